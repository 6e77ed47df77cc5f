/* device work: what maintenance has to do, and that it is done. */
#include <string.h>

#include "cli.h"
#include "store/directory.h"
#include "store/work.h"
#include "table.h"
#include "term.h"

static const struct yj_column columns[] = {
    {"id", NULL, false},
    {"device", NULL, false},
    {"what", NULL, false},
    {"resident", NULL, false},
    {"region", NULL, false},
    {"since", NULL, false},
    {"told_at", "told", false},
    {"ended_at", "ended", false},
    {"by", NULL, false},
    {0},
};

static int run_done(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	if (args->n_words != 2)
		return yj_wrong(args->command, "done needs an ID");
	int rc = yj_gateway_ask(
	    cli, "work.done", json_pack("{s:s}", "id", args->words[1]), NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[1], "done");
	json_decref(data);
	return 0;
}

static int run_work(struct yj_cli *cli, const struct yj_args *args)
{
	const char *code = yj_arg(args, "region");
	char region[13] = "";
	if (args->n_words > 0 && strcmp(args->words[0], "done") == 0)
		return run_done(cli, args);
	if (args->n_words > 0)
		return yj_wrong(args->command, "\"%s\": only done is known", args->words[0]);
	if (code && yj_region_prefix(code, region) < 0)
		return yj_wrong(args->command, "no code of a region: \"%s\"", code);
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *list = NULL;
	rc = yj_read_work(cli->store, yj_arg(args, "all") != NULL, region, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, "no work", cli->color);
	json_decref(list);
	return 0;
}

static const struct yj_opt work_opts[] = {
    {"all", 0, NULL, "also what is done or gone", false},
    {"region", 0, "CODE", "only of a region", false},
    {0},
};

const struct yj_command yj_device_work_commands[] = {
    {.name = "device",
	.verb = "work",
	.words = "[done ID]",
	.help =
	    "Devices that need maintenance, newest first. `done` with the ID of a line, or of a\n"
	    "device for all of its lines, closes it; what is gone closes by itself.",
	.opts = work_opts,
	.min_words = 0,
	.max_words = 2,
	.json = true,
	.run = run_work},
    {0},
};
