/* The directory: list and show are read from the database, add, set, remove and move are asked of
 * the gateway, which checks them by the same rules as an import. */
#include "store/directory.h"
#include "proto/time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "beds.h"
#include "cli.h"
#include "proto/time.h"
#include "store/bed.h"
#include "store/life.h"
#include "store/read.h"
#include "store/ready.h"
#include "store/trend.h"
#include "store/work.h"
#include "table.h"
#include "term.h"
#include "ways.h"

static const struct yj_column region_columns[] = {
    {"code", NULL, false}, {"name", NULL, false}, {0}};
static const struct yj_column institution_columns[] = {
    {"id", NULL, false},
    {"name", NULL, false},
    {"region", NULL, false},
    {"filing", NULL, false},
    {"policy", NULL, false},
    {"address", NULL, false},
    {"phone", NULL, false},
    {0},
};
static const struct yj_column resident_columns[] = {
    {"id", NULL, false},
    {"name", NULL, false},
    {"region", NULL, false},
    {"phone", NULL, false},
    {"address", NULL, false},
    {"categories", NULL, false},
    {"risk", NULL, false},
    {"status", NULL, false},
    {"policy", NULL, false},
    {0},
};
static const struct yj_column caregiver_columns[] = {
    {"id", NULL, false},
    {"name", NULL, false},
    {"role", NULL, false},
    {"phone", NULL, false},
    {"region", NULL, false},
    {"institution", NULL, false},
    {"residents", NULL, false},
    {"on_site", "on site", false},
    {"channels", NULL, false},
    {0},
};
static const struct yj_column device_columns[] = {
    {"id", NULL, false},
    {"kind", NULL, false},
    {"resident", NULL, false},
    {"family", NULL, false},
    {"institution", NULL, false},
    {"place", NULL, false},
    {"online", NULL, false},
    {"last_seen", "last seen", false},
    {"battery", NULL, true},
    {"battery_empty_on", "empty on", false},
    {"revoked", NULL, false},
    {0},
};
static const struct yj_column bed_columns[] = {
    {"id", NULL, false},
    {"kind", NULL, false},
    {"institution", NULL, false},
    {"occupant", NULL, false},
    {"device", NULL, false},
    {"policy", NULL, false},
    {"problem", NULL, false},
    {0},
};

static const struct yj_column move_columns[] = {
    {"at", NULL, false},
    {"resident", NULL, false},
    {"from", NULL, false},
    {"to", NULL, false},
    {"by", NULL, false},
    {"reason", NULL, false},
    {0},
};

static const struct yj_column reach_columns[] = {
    {"channel", NULL, false},
    {"proved_at", "proved", false},
    {"tested_at", "tested", false},
    {"test", NULL, false},
    {"words", NULL, false},
    {0},
};

static const struct yj_column *const columns_of[YJ_DIR_COUNT] = {
    [YJ_DIR_REGIONS] = region_columns,
    [YJ_DIR_INSTITUTIONS] = institution_columns,
    [YJ_DIR_RESIDENTS] = resident_columns,
    [YJ_DIR_CAREGIVERS] = caregiver_columns,
    [YJ_DIR_DEVICES] = device_columns,
    [YJ_DIR_BEDS] = bed_columns,
};

static enum yj_dir kind_of(const struct yj_args *args)
{
	return (enum yj_dir)args->command->which;
}

static const char *key_of(enum yj_dir kind)
{
	return kind == YJ_DIR_REGIONS ? "code" : "id";
}

/* Those whose battery will be empty within that time. */
static void keep_emptying(json_t *list, int64_t within_ms)
{
	char last[YJ_DAY_LEN];
	struct tm tm = {0};
	time_t until = time(NULL) + (time_t)(within_ms / 1000);
	localtime_r(&until, &tm);
	yj_day_text((int32_t)((until + tm.tm_gmtoff) / 86400), last);
	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *day =
		    json_string_value(json_object_get(json_array_get(list, i), "battery_empty_on"));
		if (!day || strcmp(day, last) > 0)
			json_array_remove(list, i);
	}
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	const char *emptying = yj_arg(args, "battery-empty-within");
	int64_t within_ms = 0;
	if (emptying && yj_duration_parse(emptying, &within_ms) < 0)
		return yj_wrong(args->command,
		    "--battery-empty-within: a duration such as 30d, not \"%s\"", emptying);
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *list = NULL;
	rc = yj_dir_list(cli->store, kind_of(args), &list);
	if (rc == 0 && kind_of(args) == YJ_DIR_BEDS)
		rc = yj_beds_add_problems(cli, list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (emptying)
		keep_emptying(list, within_ms);
	char none[64];
	snprintf(none, sizeof none, "no %s", yj_dir_name(kind_of(args)));
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns_of[kind_of(args)], none, cli->color);
	json_decref(list);
	return 0;
}

/* Of a resident or a bed: where they were moved, who lay there. */
static int add_moves(struct yj_cli *cli, enum yj_dir kind, const char *id, json_t *record)
{
	json_t *moves = NULL;
	if (kind != YJ_DIR_RESIDENTS && kind != YJ_DIR_BEDS)
		return 0;
	int rc = yj_read_moves(cli->store, id, kind == YJ_DIR_RESIDENTS, &moves);
	return rc < 0 ? rc : json_object_set_new(record, "moves", moves) < 0 ? YJ_ERR_NOMEM : 0;
}

/* Of a caregiver: over what they are reached, and when that was last proved. Of a device: when it
 * was last tested. */
static int add_proofs(struct yj_cli *cli, enum yj_dir kind, const char *id, json_t *record)
{
	json_t *found = NULL;
	const char *member = kind == YJ_DIR_CAREGIVERS ? "reach" : "tested_at";
	struct yj_reaching reaching = yj_ways_all(cli);
	int rc = 0;
	if (kind == YJ_DIR_CAREGIVERS)
		rc = yj_read_reach(cli->store, id, &reaching, &found);
	else if (kind == YJ_DIR_DEVICES)
		rc = yj_read_device_test(cli->store, id, &found);
	else
		return 0;
	json_t *work = NULL;
	if (rc == 0 && kind == YJ_DIR_DEVICES)
		rc = yj_read_work_of(cli->store, id, &work);
	if (work)
		json_object_set_new(record, "work", work);
	return rc < 0 ? rc : json_object_set_new(record, member, found) < 0 ? YJ_ERR_NOMEM : 0;
}

/* Of a resident: when they were last heard of; and when they are missed, as far as the gateway is
 * there to say. */
static int add_life(struct yj_cli *cli, enum yj_dir kind, const char *id, json_t *record)
{
	json_t *life = NULL;
	struct yj_life_row row;
	char last[YJ_RFC3339_LEN];
	if (kind != YJ_DIR_RESIDENTS)
		return 0;
	yj_gateway_ask_if_up(cli, "resident.life", json_pack("{s:s}", "id", id), &life);
	int rc = life ? 0 : yj_life_get(cli->store, id, &row);
	if (rc == 0 && !life)
		life = json_pack("{s:s}", "last_sign", yj_rfc3339_format(row.utc_ms, last));
	if (rc == 0 && json_object_update(record, life) < 0)
		rc = YJ_ERR_NOMEM;
	json_decref(life);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *record = NULL;
	rc = yj_dir_get(cli->store, kind_of(args), args->words[0], &record);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no %s %s", args->command->name, args->words[0]);
	if (rc == 0)
		rc = add_moves(cli, kind_of(args), args->words[0], record);
	if (rc == 0)
		rc = add_proofs(cli, kind_of(args), args->words[0], record);
	if (rc == 0)
		rc = yj_beds_add_to(cli, kind_of(args), args->words[0], record);
	if (rc == 0)
		rc = add_life(cli, kind_of(args), args->words[0], record);
	if (rc < 0) {
		json_decref(record);
		return yj_gateway_store_failed(cli, rc);
	}
	if (cli->json) {
		yj_json_put(stdout, record);
	} else {
		yj_record_put(stdout, record, cli->color);
		yj_part_put(stdout, record, "moves", move_columns, cli->color);
		yj_part_put(stdout, record, "reach", reach_columns, cli->color);
		yj_part_put(stdout, record, "incidents", yj_bed_incident_columns, cli->color);
	}
	json_decref(record);
	return 0;
}

int yj_record_word(json_t *record, const struct yj_args *args, int i, const char *key)
{
	const char *word = args->words[i], *equals = strchr(word, '=');
	char column[64];
	if (!equals && !key)
		return yj_wrong(args->command, "column=value is expected, not \"%s\"", word);
	if (equals && (equals == word || equals - word >= (long)sizeof column))
		return yj_wrong(args->command, "\"%s\" names no column", word);
	if (equals)
		snprintf(column, sizeof column, "%.*s", (int)(equals - word), word);
	else
		snprintf(column, sizeof column, "%s", key);
	if (json_object_get(record, column))
		return yj_wrong(args->command, "%s is given twice", column);
	json_t *value = json_string(equals ? equals + 1 : word);
	if (!value)
		return yj_wrong(args->command, "the value of %s is not UTF-8", column);
	json_object_set_new(record, column, value);
	return 0;
}

static int run_put(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *record = json_object();
	int rc = 0;
	for (int i = 0; i < args->n_words && rc == 0; i++)
		rc = yj_record_word(record, args, i, i == 0 ? key_of(kind_of(args)) : NULL);
	const char *id = json_string_value(json_object_get(record, key_of(kind_of(args))));
	if (rc == 0 && (!id || !*id))
		rc = yj_wrong(args->command, "needs %s", key_of(kind_of(args)));
	if (rc) {
		json_decref(record);
		return rc;
	}
	char what[128];
	snprintf(what, sizeof what, "%s %s", args->command->name, id);
	json_t *data = NULL;
	rc = yj_gateway_ask(cli, "dir.put",
	    json_pack("{s:s, s:o, s:s}", "kind", yj_dir_name(kind_of(args)), "record", record,
		"mode", args->command->verb),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, what, strcmp(args->command->verb, "add") == 0 ? "added" : "set");
	json_decref(data);
	return 0;
}

static int run_remove(struct yj_cli *cli, const struct yj_args *args)
{
	char what[128];
	snprintf(what, sizeof what, "%s %s", args->command->name, args->words[0]);
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "dir.remove",
	    json_pack("{s:s, s:s}", "kind", yj_dir_name(kind_of(args)), "id", args->words[0]), NULL,
	    0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, what, "removed");
	json_decref(data);
	return 0;
}

static int run_move(struct yj_cli *cli, const struct yj_args *args)
{
	const char *resident = args->words[0], *bed = args->words[1];
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "bed.move",
	    json_pack("{s:s, s:s, s:s}", "resident", resident, "bed",
		strcmp(bed, "-") == 0 ? "" : bed, "reason", yj_arg(args, "reason")),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, resident, "moved");
	json_decref(data);
	return 0;
}

static int run_verify(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "caregiver.verify", json_pack("{s:s}", "id", args->words[0]),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "a test is on its way over each of their channels");
	json_decref(data);
	return 0;
}

static int ask_trip(struct yj_cli *cli, const struct yj_args *args, json_t *request)
{
	json_t *data = NULL;
	char what[128], command[64];
	if (yj_arg(args, "by"))
		json_object_set_new(request, "by", json_string(yj_arg(args, "by")));
	snprintf(command, sizeof command, "resident.%s", args->command->verb);
	snprintf(what, sizeof what, "resident %s", args->words[0]);
	int rc = yj_gateway_ask(cli, command, request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, what, args->command->verb);
	json_decref(data);
	return 0;
}

static int run_away(struct yj_cli *cli, const struct yj_args *args)
{
	const char *until = yj_arg(args, "until"), *during = yj_arg(args, "for");
	if (!until == !during)
		return yj_wrong(args->command, "takes one of --until and --for");
	return ask_trip(cli, args,
	    json_pack("{s:s, s:s}", "id", args->words[0], until ? "until" : "for",
		until ? until : during));
}

static int run_back(struct yj_cli *cli, const struct yj_args *args)
{
	return ask_trip(cli, args, json_pack("{s:s}", "id", args->words[0]));
}

static const struct yj_opt away_opts[] = {
    {"until", 0, "TIME", "the end: a date, which counts, or a time", false},
    {"for", 0, "DURATION", "the end, from now", false},
    {"by", 0, "CAREGIVER", "in whose name", false},
    {0},
};
static const struct yj_opt back_opts[] = {
    {"by", 0, "CAREGIVER", "in whose name", false},
    {0},
};
static const struct yj_opt device_list_opts[] = {
    {"battery-empty-within", 0, "DURATION", "whose battery is empty by then", false},
    {0},
};

static const struct yj_opt move_opts[] = {
    {"reason", 0, "TEXT", "why, for the record", true},
    {0},
};

#define KINDS_VERB(NAME, KIND, VERB, WORDS, MIN, MAX, RUN, HELP)                                   \
	{                                                                                          \
		.name = (NAME), .verb = (VERB), .words = (WORDS), .help = (HELP),                  \
		.min_words = (MIN), .max_words = (MAX), .json = true, .run = (RUN),                \
		.which = (KIND)                                                                    \
	}

#define PUT_VERBS(NAME, KIND)                                                                      \
	KINDS_VERB(NAME, KIND, "add", "ID [COLUMN=VALUE]...", 1, -1, run_put,                      \
	    "Adds one that is not there yet. The columns are those of an import: see\n"            \
	    "yijianctl import KIND --template."),                                                  \
	    KINDS_VERB(NAME, KIND, "set", "ID COLUMN=VALUE...", 2, -1, run_put,                    \
		"Changes columns of one that is there; an empty value clears a column."),          \
	    KINDS_VERB(NAME, KIND, "remove", "ID", 1, 1, run_remove,                               \
		"Takes one out of the directory, unless something still needs it.")
#define LIST_HELP "All of them that the directory has."
#define DIRECTORY(NAME, KIND)                                                                      \
	KINDS_VERB(NAME, KIND, "list", NULL, 0, 0, run_list, LIST_HELP), OTHERS(NAME, KIND)
#define OTHERS(NAME, KIND)                                                                         \
	KINDS_VERB(NAME, KIND, "show", "ID", 1, 1, run_show,                                       \
	    "One of them with all its columns. (A region's ID is its code.)"),                     \
	    PUT_VERBS(NAME, KIND)

const struct yj_command yj_directory_commands[] = {
    DIRECTORY("resident", YJ_DIR_RESIDENTS),
    {.name = "resident",
	.verb = "away",
	.words = "ID",
	.help = "Notes that a resident is away for a time, in which nobody misses them.",
	.opts = away_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_away},
    {.name = "resident",
	.verb = "back",
	.words = "ID",
	.help = "Notes that a resident is at home again.",
	.opts = back_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_back},
    {.name = "device",
	.verb = "list",
	.help = LIST_HELP,
	.opts = device_list_opts,
	.json = true,
	.run = run_list,
	.which = YJ_DIR_DEVICES},
    OTHERS("device", YJ_DIR_DEVICES),
    DIRECTORY("caregiver", YJ_DIR_CAREGIVERS),
    {.name = "caregiver",
	.verb = "verify",
	.words = "ID",
	.help = "Sends a test over each of a person's channels, to be confirmed. `caregiver show` "
		"tells\nwhat became of it.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_verify},
    DIRECTORY("region", YJ_DIR_REGIONS),
    DIRECTORY("institution", YJ_DIR_INSTITUTIONS),
    DIRECTORY("bed", YJ_DIR_BEDS),
    {.name = "bed",
	.verb = "move",
	.words = "RESIDENT BED",
	.help = "Moves a resident into a bed, from whichever they have; the bed \"-\" means none.",
	.opts = move_opts,
	.min_words = 2,
	.max_words = 2,
	.json = true,
	.run = run_move},
    {.name = "bed",
	.verb = "history",
	.words = "[BED]",
	.help = "Who was moved into a bed and out of it, and the incidents there; or, with "
		"--resident,\nwhere a resident has lain, and what happened there.",
	.opts = yj_bed_history_opts,
	.min_words = 0,
	.max_words = 1,
	.json = true,
	.run = yj_bed_history_run},
    PUT_VERBS("round", YJ_DIR_ROUNDS),
    {0},
};
