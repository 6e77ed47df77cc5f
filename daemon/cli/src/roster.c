/* roster list, show, set, remove: who is on duty when. */
#include "roster.h"

#include <string.h>
#include <time.h>

#include "proto/time.h"
#include "store/read.h"
#include "store/roster.h"
#include "table.h"
#include "term.h"

static const struct yj_column list_columns[] = {
    {"group", NULL, false},
    {"people", NULL, true},
    {"on_duty", "on duty", false},
    {"next_gap", "next gap", false},
    {"policies", NULL, false},
    {"set_at", "set at", false},
    {"set_by", "set by", false},
    {0},
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The moment that is asked for, --at or now. */
static int moment(const struct yj_args *args, int64_t *at)
{
	*at = now_ms();
	return yj_arg_time(args, "at", at);
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	int64_t at;
	int rc = moment(args, &at);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *list = NULL;
	rc = yj_read_rosters(cli->store, at, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, list_columns, "no rosters", cli->color);
	json_decref(list);
	return 0;
}

/* Midnight, so many days after the one of tm. */
static int64_t midnight(const struct tm *tm, int days)
{
	struct tm day = {.tm_year = tm->tm_year,
	    .tm_mon = tm->tm_mon,
	    .tm_mday = tm->tm_mday + days,
	    .tm_isdst = -1};
	return (int64_t)mktime(&day) * 1000;
}

/* The week, from Monday on, of --week DATE or of the moment. Needs the zone. */
static int find_week(const struct yj_args *args, int64_t at, int64_t *from, int64_t *until)
{
	const char *date = yj_arg(args, "week");
	time_t t = (time_t)(at / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	if (date) {
		char again[16] = "";
		memset(&tm, 0, sizeof tm);
		const char *end = strptime(date, "%Y-%m-%d", &tm);
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		if (end && !*end && mktime(&tm) != -1)
			strftime(again, sizeof again, "%Y-%m-%d", &tm);
		if (strcmp(again, date) != 0)
			return yj_wrong(args->command,
			    "--week takes a date such as 2026-11-23, not \"%s\"", date);
	}
	int monday = -((tm.tm_wday + 6) % 7);
	*from = midnight(&tm, monday);
	*until = midnight(&tm, monday + 7);
	return 0;
}

static int show_one(
    struct yj_cli *cli, const char *group, int64_t at, int64_t from, int64_t until, bool only)
{
	json_t *roster = NULL;
	int rc = yj_read_roster(cli->store, group, at, from, until, &roster);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no roster of a group %s", group);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json && only)
		yj_json_put(stdout, roster);
	else if (!cli->json)
		yj_roster_week_put(stdout, roster, cli->color);
	json_decref(roster);
	return 0;
}

static int show_all(struct yj_cli *cli, int64_t at, int64_t from, int64_t until)
{
	struct yj_names names = {0};
	struct yj_json_list list = {.out = stdout};
	int rc = yj_roster_names(cli->store, &names);
	if (rc == 0 && names.n == 0 && !cli->json)
		puts("no rosters");
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		json_t *roster = NULL;
		rc = yj_read_roster(cli->store, names.v[i], at, from, until, &roster);
		if (rc < 0)
			break;
		if (cli->json) {
			yj_json_list_put(&list, roster);
		} else {
			fputs(i ? "\n" : "", stdout);
			yj_roster_week_put(stdout, roster, cli->color);
		}
		json_decref(roster);
	}
	if (rc == 0 && cli->json)
		yj_json_list_end(&list);
	yj_names_done(&names);
	return rc < 0 ? yj_gateway_store_failed(cli, rc) : 0;
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	int64_t at, from = 0, until = 0;
	int rc = moment(args, &at);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc == 0)
		rc = find_week(args, at, &from, &until);
	if (rc)
		return rc;
	if (args->n_words)
		return show_one(cli, args->words[0], at, from, until, true);
	return show_all(cli, at, from, until);
}

/* What the file leaves open, so that whoever sets it sees it at once. */
static void put_gaps(const json_t *gaps)
{
	size_t i;
	const json_t *gap;
	json_array_foreach(gaps, i, gap)
	{
		char from[32], until[32];
		const char *group = json_string_value(json_object_get(gap, "group"));
		yj_roster_time_put(gap, "from", from);
		yj_roster_time_put(gap, "until", until);
		printf("group %s: nobody from %s to %s\n", group ? group : "", from, until);
	}
}

static int run_set(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *groups = NULL, *data = NULL;
	bool check = yj_arg(args, "check") != NULL;
	int rc = yj_roster_file_read(args->words[0], &groups);
	if (rc)
		return rc;
	rc = yj_gateway_ask(cli, "roster.set",
	    json_pack("{s:o, s:b}", "groups", groups, "check", check), NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	const char *zone = json_string_value(json_object_get(data, "zone"));
	json_t *shown = json_deep_copy(data);
	if (!cli->json) {
		json_object_del(shown, "checked");
		json_object_del(shown, "gaps");
		json_object_del(shown, "zone");
	}
	yj_done_put(cli, shown, args->words[0], check ? "well, and nothing was changed" : "set");
	if (!cli->json && zone && yj_zone_use(zone) == 0)
		put_gaps(json_object_get(data, "gaps"));
	json_decref(shown);
	json_decref(data);
	return 0;
}

static int run_remove(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	char what[128];
	int rc = yj_gateway_ask(cli, "roster.remove", json_pack("{s:s}", "group", args->words[0]),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	snprintf(what, sizeof what, "roster %s", args->words[0]);
	yj_done_put(cli, data, what, "removed");
	json_decref(data);
	return 0;
}

static const struct yj_opt at_opts[] = {
    {"at", 0, "TIME", "as of then (now): RFC 3339", false},
    {0},
};
static const struct yj_opt show_opts[] = {
    {"week", 0, "DATE", "the week with this day (this one)", false},
    {"at", 0, "TIME", "as of then (now): RFC 3339", false},
    {0},
};
static const struct yj_opt set_opts[] = {
    {"check", 0, NULL, "only says whether the file is well", false},
    {0},
};

const struct yj_command yj_roster_commands[] = {
    {.name = "roster",
	.verb = "list",
	.help = "The groups that have a roster, who of them is on duty, and when nobody will be.",
	.opts = at_opts,
	.json = true,
	.run = run_list},
    {.name = "roster",
	.verb = "show",
	.words = "[GROUP]",
	.help = "Draws a week of a group (or of all): who is on duty when, and when nobody is.",
	.opts = show_opts,
	.max_words = 1,
	.json = true,
	.run = run_show},
    {.name = "roster",
	.verb = "set",
	.words = "FILE",
	.help =
	    "Puts the rosters of a file (\"-\": standard input) in the place of those of the same\n"
	    "groups, all or none. docs/rosters.md says what a file looks like.",
	.opts = set_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_set},
    {.name = "roster",
	.verb = "remove",
	.words = "GROUP",
	.help = "Removes a group's roster, unless a policy names the group.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_remove},
    {0},
};
