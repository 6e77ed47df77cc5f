/* policy check and explain: who would be reached, when, over what. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "config_ways.h"
#include "proto/time.h"
#include "proto/words.h"
#include "store/read.h"
#include "store/roster.h"
#include "table.h"
#include "term.h"
#include "ways.h"

static const struct yj_column finding_columns[] = {
    {"policy", NULL, false},
    {"kind", NULL, false},
    {"resident", NULL, false},
    {"institution", NULL, false},
    {"level", NULL, true},
    {"what", NULL, false},
    {0},
};

static const struct yj_column people_columns[] = {
    {"caregiver", NULL, false},
    {"name", NULL, false},
    {"role", NULL, false},
    {"channels", NULL, false},
    {"why", NULL, false},
    {"not", "not over", false},
    {0},
};

static const struct yj_column off_columns[] = {
    {"caregiver", NULL, false},
    {"name", NULL, false},
    {"role", NULL, false},
    {"on_duty_at", "on duty at", false},
    {"why", NULL, false},
    {0},
};

/* Opens the database and looks at people as of --at, or now. */
static int open_at(struct yj_cli *cli, const struct yj_args *args, int64_t *at_utc_ms)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t at = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	int rc = yj_arg_time(args, "at", &at);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc == 0)
		yj_duty_at(cli->store, at);
	*at_utc_ms = at;
	return rc;
}

static int run_check(struct yj_cli *cli, const struct yj_args *args)
{
	int64_t at;
	int rc = open_at(cli, args, &at);
	if (rc)
		return rc;
	json_t *findings = NULL;
	rc = yj_read_policy_check(cli->store, &findings);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	size_t n = json_array_size(findings);
	if (cli->json)
		yj_json_put(stdout, findings);
	else
		yj_table_put(
		    stdout, findings, finding_columns, "the policies reach everybody", cli->color);
	json_decref(findings);
	if (n == 0)
		return 0;
	return yj_fail(YJ_EXIT_REFUSED, "%zu findings", n);
}

/* "90 s", "2 min", "1 h 30 min" */
static void put_after(FILE *out, int64_t ms)
{
	if (ms % 1000 && ms < 60000) {
		fprintf(out, "%" PRId64 " ms", ms);
		return;
	}
	int64_t s = ms / 1000;
	const char *sep = "";
	if (s >= 3600) {
		fprintf(out, "%" PRId64 " h", s / 3600);
		sep = " ";
	}
	if (s / 60 % 60) {
		fprintf(out, "%s%" PRId64 " min", sep, s / 60 % 60);
		sep = " ";
	}
	if (s % 60 || s == 0)
		fprintf(out, "%s%" PRId64 " s", sep, s % 60);
}

static int64_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* For the table: "sms (no telephone)". */
static void say_cannot(json_t *people)
{
	size_t i, k;
	json_t *person, *one;
	json_array_foreach(people, i, person)
	{
		char text[256] = "";
		json_array_foreach(json_object_get(person, "cannot"), k, one)
		{
			size_t n = strlen(text);
			snprintf(text + n, sizeof text - n, "%s%s (%s)", k ? ", " : "",
			    json_string_value(json_object_get(one, "channel")),
			    json_string_value(json_object_get(one, "why")));
		}
		json_object_set_new(person, "not", json_string(text));
	}
}

static void put_level(const struct yj_cli *cli, const json_t *level, int64_t repeat_ms)
{
	printf("\nlevel %" PRId64 ", ", number(level, "level"));
	if (number(level, "after_ms") == 0) {
		fputs("at once", stdout);
	} else {
		fputs("after ", stdout);
		put_after(stdout, number(level, "after_ms"));
	}
	if (repeat_ms) {
		fputs(", repeated every ", stdout);
		put_after(stdout, repeat_ms);
	}
	fputs(":\n", stdout);
	say_cannot(json_object_get(level, "people"));
	yj_table_put(
	    stdout, json_object_get(level, "people"), people_columns, "nobody", cli->color);
	if (json_array_size(json_object_get(level, "off_duty")) == 0)
		return;
	puts("off duty:");
	yj_table_put(stdout, json_object_get(level, "off_duty"), off_columns, NULL, cli->color);
}

static void put_duration(const json_t *explained, const char *name, const char *words)
{
	fputs(words, stdout);
	put_after(stdout, number(explained, name));
	putchar('\n');
}

static void put_explained(const struct yj_cli *cli, const json_t *e)
{
	static const char *const head[] = {
	    "resident", "device", "institution", "bed", "region", "policy", "kind", "at", "night"};
	const json_t *levels = json_object_get(e, "levels"), *inform = json_object_get(e, "inform");
	json_t *shown = json_object();
	for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
		json_object_set(shown, head[i], json_object_get(e, head[i]));
	yj_record_put(stdout, shown, cli->color);
	json_decref(shown);
	size_t i, n = json_array_size(levels);
	const json_t *level;
	json_array_foreach(levels, i, level)
	    put_level(cli, level, i + 1 == n ? number(e, "repeat_every_ms") : 0);
	if (n == 0)
		puts("\nof nobody and nothing: every call pages the desk");
	if (n == 0 || json_is_true(json_object_get(json_array_get(levels, n - 1), "empty"))) {
		puts("\ndesk:");
		say_cannot(json_object_get(e, "desk"));
		yj_table_put(
		    stdout, json_object_get(e, "desk"), people_columns, "nobody", cli->color);
	}
	if (json_array_size(inform)) {
		puts("\ntold of it:");
		say_cannot(json_object_get(e, "inform"));
		yj_table_put(stdout, inform, people_columns, NULL, cli->color);
	}
	putchar('\n');
	put_duration(e, "verify_within_ms", "a remote answer holds the next level back for ");
	put_duration(e, "arrive_within_ms", "whoever goes is expected within ");
	put_duration(e, "arrive_max_ms", "or within what they say, at most ");
	put_duration(e, "resolve_within_ms", "and it is to be over within ");
}

static int run_explain(struct yj_cli *cli, const struct yj_args *args)
{
	const char *kind = yj_arg(args, "kind");
	enum yj_kind parsed;
	if (kind && yj_kind_parse(kind, &parsed) < 0)
		return yj_wrong(args->command, "no such kind: \"%s\"", kind);
	struct yj_moment moment = {.cli = cli};
	int rc = open_at(cli, args, &moment.utc_ms);
	if (rc)
		return rc;
	json_t *explained = NULL;
	struct yj_reaching reaching = yj_ways_at(&moment);
	rc =
	    yj_read_explain(cli->store, args->words[0], kind ? kind : "sos", &reaching, &explained);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED,
		    "no resident, device or bed %s, or no policy for it", args->words[0]);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	char then[YJ_RFC3339_LEN];
	json_object_set_new(explained, "at", json_string(yj_rfc3339_format(moment.utc_ms, then)));
	json_object_set_new(explained, "night",
	    cli->settings ? json_boolean(yj_ways_is_night(cli->settings, moment.utc_ms))
			  : json_null());
	if (cli->json)
		yj_json_put(stdout, explained);
	else
		put_explained(cli, explained);
	json_decref(explained);
	return 0;
}

static const struct yj_opt explain_opts[] = {
    {"kind", 0, "KIND", "of the incident (sos)", false},
    {"at", 0, "TIME", "as of then (now): RFC 3339", false},
    {0},
};
static const struct yj_opt check_opts[] = {
    {"at", 0, "TIME", "the week from then on (from now): RFC 3339", false},
    {0},
};

const struct yj_command yj_policy_commands[] = {
    {.name = "policy",
	.verb = "check",
	.help =
	    "Looks for residents whose last level can be empty within a week, and for names that\n"
	    "nobody has; exits 1 if there are any.",
	.opts = check_opts,
	.json = true,
	.run = run_check},
    {.name = "policy",
	.verb = "explain",
	.words = "RESIDENT",
	.help = "Who would be reached for a resident (or a device without one, or a bed), when, "
		"and over\n"
		"what.",
	.opts = explain_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_explain},
    {0},
};
