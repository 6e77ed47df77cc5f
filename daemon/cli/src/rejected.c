/* rejected list and show: messages that were refused, with the beginning of what they said. */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"
#include "store/read.h"
#include "table.h"
#include "term.h"

static const struct yj_column columns[] = {
    {"n", NULL, true},
    {"at", NULL, false},
    {"topic", NULL, false},
    {"device", NULL, false},
    {"reason", NULL, false},
    {"length", NULL, true},
    {"sha256", NULL, false},
    {0},
};

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	int64_t limit = 0;
	int rc = yj_arg_number(args, "lines", 0, &limit);
	if (rc == 0)
		rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *list = NULL;
	rc = yj_read_rejected(cli->store, limit, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, "no rejected messages", cli->color);
	json_decref(list);
	return 0;
}

static int run_show(struct yj_cli *cli, const struct yj_args *args)
{
	char *end = NULL;
	errno = 0;
	long long n = strtoll(args->words[0], &end, 10);
	if (*end || errno || n < 1)
		return yj_wrong(
		    args->command, "N is a number of `rejected list`, not \"%s\"", args->words[0]);
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	json_t *one = NULL;
	rc = yj_read_rejected_one(cli->store, n, &one);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "no rejected message %lld", n);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, one);
	else
		yj_record_put(stdout, one, cli->color);
	json_decref(one);
	return 0;
}

static const struct yj_opt list_opts[] = {
    {"lines", 'n', "N", "the newest N; without it all", false},
    {0},
};

const struct yj_command yj_rejected_commands[] = {
    {.name = "rejected",
	.verb = "list",
	.help = "Messages that were refused in the last 30 days, newest first.",
	.opts = list_opts,
	.json = true,
	.run = run_list},
    {.name = "rejected",
	.verb = "show",
	.words = "N",
	.help = "One of them with the beginning of its payload.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_show},
    {0},
};
