/* round: who is to be looked in on by when, and who looked in on whom. */
#include <string.h>
#include <time.h>

#include "cli.h"
#include "store/directory.h"
#include "store/ledger.h"
#include "store/round.h"
#include "table.h"
#include "term.h"

static const struct yj_column ledger_columns[] = {
    {"id", NULL, false},
    {"at", NULL, false},
    {"resident", NULL, false},
    {"resident_name", "name", false},
    {"region", NULL, false},
    {"caregiver", "by", false},
    {"method", NULL, false},
    {"result", NULL, false},
    {"counts", NULL, false},
    {"source", NULL, false},
    {"note", NULL, false},
    {0},
};

static const struct yj_column item_columns[] = {
    {"due", NULL, false},
    {"state", NULL, false},
    {"overdue_days", "days over", true},
    {"resident", NULL, false},
    {"resident_name", "name", false},
    {"region", NULL, false},
    {"round", NULL, false},
    {"reason", NULL, false},
    {"counts", NULL, false},
    {"assignee", NULL, false},
    {"last_at", "last", false},
    {0},
};

static const struct yj_column list_columns[] = {
    {"id", NULL, false},
    {"name", NULL, false},
    {"period", NULL, false},
    {"classes", NULL, false},
    {"region", NULL, false},
    {"counts", NULL, false},
    {"assignee", NULL, false},
    {"built_in", "built in", false},
    {"reason", NULL, false},
    {"until", NULL, false},
    {"members", NULL, true},
    {"due", NULL, true},
    {"overdue", NULL, true},
    {0},
};

/* By the gateway's clock while it runs. */
static int64_t now_of(struct yj_cli *cli)
{
	json_t *data = NULL;
	struct timespec now;
	yj_gateway_ask_if_up(cli, "round.now", json_object(), &data);
	bool known = json_is_true(json_object_get(data, "utc_known"));
	int64_t utc_ms = json_integer_value(json_object_get(data, "utc_ms"));
	json_decref(data);
	clock_gettime(CLOCK_REALTIME, &now);
	return known ? utc_ms : (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int region_of(const struct yj_args *args, char region[13])
{
	const char *code = yj_arg(args, "region");
	region[0] = '\0';
	if (code && yj_region_prefix(code, region) < 0)
		return yj_wrong(args->command, "no code of a region: \"%s\"", code);
	return 0;
}

static void put_list(
    struct yj_cli *cli, json_t *list, const struct yj_column *columns, const char *none)
{
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, none, cli->color);
	json_decref(list);
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	char region[13];
	bool due = yj_arg(args, "due"), overdue = yj_arg(args, "overdue");
	json_t *list = NULL;
	if (due && overdue)
		return yj_wrong(args->command, "takes one of --due and --overdue");
	int rc = region_of(args, region);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = yj_read_rounds(cli->store, now_of(cli),
	    overdue ? YJ_ROUND_OVERDUE
	    : due   ? YJ_ROUND_DUE
		    : YJ_ROUND_EVERY,
	    region, "", &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	put_list(cli, list, item_columns, due || overdue ? "nobody is due" : "nobody");
	return 0;
}

static int show_lists(struct yj_cli *cli, int64_t now_utc_ms)
{
	json_t *list = NULL;
	int rc = yj_read_round_lists(cli->store, now_utc_ms, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	put_list(cli, list, list_columns, "no lists");
	return 0;
}

/* A list or an extra round of that id, with those who are on it; NULL: there is none. */
static int find_list(struct yj_cli *cli, int64_t now_utc_ms, const char *id, json_t **out)
{
	json_t *lists = NULL, *found = NULL, *items = NULL, *one;
	size_t i;
	int rc = yj_read_round_lists(cli->store, now_utc_ms, &lists);
	json_array_foreach(lists, i, one)
	{
		const char *name = json_string_value(json_object_get(one, "id"));
		if (name && strcmp(name, id) == 0)
			found = json_incref(one);
	}
	json_decref(lists);
	if (rc == 0 && found)
		rc = yj_read_rounds(cli->store, now_utc_ms, YJ_ROUND_EVERY, "", id, &items);
	if (rc == 0 && found)
		json_object_set_new(found, "rounds", items);
	*out = found;
	return rc;
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *found = NULL;
	int64_t now = now_of(cli);
	if (args->n_words == 0)
		return show_lists(cli, now);
	rc = yj_read_round_resident(cli->store, now, args->words[0], &found);
	if (rc == YJ_ERR_NOTFOUND)
		rc = find_list(cli, now, args->words[0], &found);
	if (rc == 0 && !found)
		return yj_fail(YJ_EXIT_REFUSED, "no round and no resident %s", args->words[0]);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json) {
		yj_json_put(stdout, found);
	} else {
		yj_record_put(stdout, found, cli->color);
		yj_part_put(stdout, found, "rounds", item_columns, cli->color);
		yj_part_put(stdout, found, "ledger", ledger_columns, cli->color);
	}
	json_decref(found);
	return 0;
}

static int run_extra(struct yj_cli *cli, const struct yj_args *args)
{
	static const char *const names[] = {"region", "within", "reason", "by", "assignee"};
	json_t *request = json_object(), *data = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (yj_arg(args, names[i]))
			json_object_set_new(request, names[i], json_string(yj_arg(args, names[i])));
	int rc = yj_gateway_ask(cli, "round.extra", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	if (cli->json)
		yj_json_put(stdout, data);
	else
		printf("%s: everybody there is to be seen until %s\n",
		    json_string_value(json_object_get(data, "id")),
		    json_string_value(json_object_get(data, "until")));
	json_decref(data);
	return 0;
}

static int run_end(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	int rc = yj_gateway_ask(
	    cli, "round.end", json_pack("{s:s}", "id", args->words[0]), NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "ended");
	json_decref(data);
	return 0;
}

static int run_record(struct yj_cli *cli, const struct yj_args *args)
{
	static const char *const names[] = {"by", "method", "result", "at", "note"};
	json_t *request = json_pack("{s:s}", "resident", args->words[0]), *data = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (yj_arg(args, names[i]))
			json_object_set_new(request, names[i], json_string(yj_arg(args, names[i])));
	int rc = yj_gateway_ask(cli, "round.record", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "recorded");
	json_decref(data);
	return 0;
}

static int run_unrecord(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "round.unrecord", json_pack("{s:s}", "id", args->words[0]),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "taken back");
	json_decref(data);
	return 0;
}

static int run_ledger(struct yj_cli *cli, const struct yj_args *args)
{
	char region[13];
	const char *resident = yj_arg(args, "resident");
	struct yj_ledger_filter filter = {
	    .from_utc_ms = INT64_MIN,
	    .until_utc_ms = INT64_MAX,
	    .region = region,
	    .resident = resident ? resident : "",
	};
	int rc = region_of(args, region);
	if (rc == 0)
		rc = yj_arg_time(args, "from", &filter.from_utc_ms);
	if (rc == 0)
		rc = yj_arg_time(args, "to", &filter.until_utc_ms);
	if (rc == 0)
		rc = yj_arg_number(args, "n", 1, &filter.limit);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *list = NULL;
	rc = yj_read_ledger(cli->store, &filter, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	put_list(cli, list, ledger_columns, "no entries");
	return 0;
}

static const struct yj_opt list_opts[] = {
    {"due", 0, NULL, "who is to be seen today, or should have been", false},
    {"overdue", 0, NULL, "who should have been seen by yesterday", false},
    {"region", 0, "CODE", "of this region", false},
    {0},
};

static const struct yj_opt extra_opts[] = {
    {"region", 0, "CODE", "where", true},
    {"within", 0, "DURATION", "by when, from now", true},
    {"reason", 0, "TEXT", "why: a typhoon, cold, a festival", true},
    {"by", 0, "CAREGIVER", "in whose name", false},
    {"assignee", 0, "WHO", "a role, group:NAME or caregiver:ID (grid)", false},
    {0},
};

static const struct yj_opt record_opts[] = {
    {"by", 0, "CAREGIVER", "who looked in", true},
    {"method", 0, "METHOD", "on_site, video, phone or device", true},
    {"result", 0, "RESULT", "well, needs, not_home, refused or hospital", true},
    {"at", 0, "TIME", "when, or how long ago (now)", false},
    {"note", 0, "TEXT", "what else there is to say", false},
    {0},
};

static const struct yj_opt ledger_opts[] = {
    {"from", 0, "TIME", "from then on, or so long ago", false},
    {"to", 0, "TIME", "before then", false},
    {"region", 0, "CODE", "of this region", false},
    {"resident", 0, "ID", "of this resident", false},
    {"n", 'n', "COUNT", "the newest so many", false},
    {0},
};

const struct yj_command yj_round_commands[] = {
    {.name = "round",
	.verb = "list",
	.help = "Who is to be looked in on, by whom and by when, in the order of the dates.",
	.opts = list_opts,
	.json = true,
	.run = run_list},
    {.name = "round",
	.verb = "show",
	.words = "[ID|RESIDENT]",
	.help =
	    "A list with those who are on it, or a resident with what they are on and the last\n"
	    "entries of the ledger; without a word all lists that are in force.",
	.min_words = 0,
	.max_words = 1,
	.json = true,
	.run = run_show},
    {.name = "round",
	.verb = "extra",
	.help = "Everybody in a region is to be seen within a time; it ends by itself.",
	.opts = extra_opts,
	.json = true,
	.run = run_extra},
    {.name = "round",
	.verb = "end",
	.words = "ID",
	.help = "Ends an extra round before its time.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_end},
    {.name = "round",
	.verb = "record",
	.words = "RESIDENT",
	.help = "Enters into the ledger that somebody has looked in on a resident, or tried to.",
	.opts = record_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_record},
    {.name = "round",
	.verb = "unrecord",
	.words = "ENTRY",
	.help = "Takes back an entry that was made by hand.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_unrecord},
    {.name = "round",
	.verb = "ledger",
	.help = "Who looked in on whom, how, and how they were; oldest first.",
	.opts = ledger_opts,
	.json = true,
	.run = run_ledger},
    {0},
};
