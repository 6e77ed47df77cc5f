/* visit start, list and show: who looked in on whom, and asking whether somebody is well. */
#include <string.h>

#include "cli.h"
#include "proto/words.h"
#include "store/visit.h"
#include "table.h"
#include "term.h"

static const struct yj_column columns[] = {
    {"id", NULL, false},
    {"started_at", "started", false},
    {"resident", NULL, false},
    {"caregiver", NULL, false},
    {"mode", NULL, false},
    {"state", NULL, false},
    {"reason", NULL, false},
    {"duration_s", "seconds", true},
    {"result", NULL, false},
    {"raised", NULL, false},
    {0},
};

static int run_start(struct yj_cli *cli, const struct yj_args *args)
{
	const char *mode = yj_arg(args, "mode");
	enum yj_visit_mode m = YJ_MODE_CHECK_IN;
	json_t *data = NULL;
	if (mode && yj_visit_mode_parse(mode, &m) < 0)
		return yj_wrong(
		    args->command, "--mode: video, voice or check-in, not \"%s\"", mode);
	int rc = yj_gateway_ask(cli, "visit.start",
	    json_pack("{s:s, s:s, s:s}", "resident", args->words[0], "by", yj_arg(args, "by"),
		"mode", yj_visit_mode_name(m)),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	const char *url = json_string_value(json_object_get(data, "url"));
	const char *id = json_string_value(json_object_get(data, "id"));
	if (cli->json)
		yj_json_put(stdout, data);
	else if (url)
		printf("open %s\n", url);
	else
		printf("%s: ringing\n", id ? id : "");
	json_decref(data);
	return 0;
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	const char *resident = yj_arg(args, "resident");
	json_t *list = NULL;
	int64_t limit = -1; /* all */
	int rc = yj_arg_number(args, "lines", 1, &limit);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = yj_read_visits(cli->store, resident ? resident : "", limit, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, "no visits", cli->color);
	json_decref(list);
	return 0;
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *visit = NULL;
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = yj_read_visit(cli->store, args->words[0], &visit);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no visit %s", args->words[0]);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, visit);
	else
		yj_record_put(stdout, visit, cli->color);
	json_decref(visit);
	return 0;
}

static const struct yj_opt start_opts[] = {
    {"by", 0, "CAREGIVER", "who asks", true},
    {"mode", 0, "MODE", "check-in (the default), or video or voice: then a page is opened", false},
    {0},
};

static const struct yj_opt list_opts[] = {
    {"resident", 0, "ID", "of this resident alone", false},
    {"lines", 'n', "N", "the newest N; without it all", false},
    {0},
};

const struct yj_command yj_visit_commands[] = {
    {.name = "visit",
	.verb = "start",
	.words = "RESIDENT",
	.help = "Has the terminal in the home ask whether all is well. Nobody who answers is an\n"
		"alarm, after a few tries. To see and hear somebody takes a browser: video and\n"
		"voice give the address of the page.",
	.opts = start_opts,
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_start},
    {.name = "visit",
	.verb = "list",
	.help = "Visits, the newest last: by whom, when, how long, and what came of them.",
	.opts = list_opts,
	.json = true,
	.run = run_list},
    {.name = "visit",
	.verb = "show",
	.words = "ID",
	.help = "All that is known of one visit.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_show},
    {0},
};
