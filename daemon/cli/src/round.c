/* round record and ledger: who looked in on whom. */
#include <string.h>

#include "cli.h"
#include "store/directory.h"
#include "store/ledger.h"
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
	char region[13] = "";
	const char *code = yj_arg(args, "region"), *resident = yj_arg(args, "resident");
	struct yj_ledger_filter filter = {
	    .from_utc_ms = INT64_MIN,
	    .until_utc_ms = INT64_MAX,
	    .region = region,
	    .resident = resident ? resident : "",
	};
	if (code && yj_region_prefix(code, region) < 0)
		return yj_wrong(args->command, "no code of a region: \"%s\"", code);
	int rc = yj_arg_time(args, "from", &filter.from_utc_ms);
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
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, ledger_columns, "no entries", cli->color);
	json_decref(list);
	return 0;
}

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
