/* ready: which homes would not be served well, before anything happens. */
#include "store/ready.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "store/directory.h"
#include "table.h"
#include "term.h"
#include "ways.h"

#define TABLE_ROWS 500 /* of one table: there may be a million findings */

static const struct yj_column columns[] = {
    {"resident", NULL, false},
    {"resident_name", "name", false},
    {"region", NULL, false},
    {"caregiver", NULL, false},
    {"role", NULL, false},
    {"what", NULL, false},
    {"detail", NULL, false},
    {0},
};

struct telling {
	const struct yj_cli *cli;
	struct yj_json_list list; /* for programs */
	json_t *rows;		  /* for people, of the next table */
	bool begun;
	size_t n;
};

static void put_rows(struct telling *t)
{
	if (json_array_size(t->rows) == 0)
		return;
	if (t->begun)
		putchar('\n');
	t->begun = true;
	yj_table_put(stdout, t->rows, columns, NULL, t->cli->color);
	json_array_clear(t->rows);
}

static int tell(void *ctx, json_t *finding)
{
	struct telling *t = ctx;
	t->n++;
	if (t->cli->json) {
		yj_json_list_put(&t->list, finding);
	} else {
		json_array_append(t->rows, finding);
		if (json_array_size(t->rows) == TABLE_ROWS)
			put_rows(t);
	}
	return ferror(stdout) ? YJ_ERR_IO : 0;
}

static int run_ready(struct yj_cli *cli, const struct yj_args *args)
{
	const char *code = yj_arg(args, "region");
	char region[13] = "";
	if (code && yj_region_prefix(code, region) < 0)
		return yj_wrong(args->command, "no code of a region: \"%s\"", code);
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	size_t homes = 0;
	struct yj_ready_conf conf = {
	    .region = region,
	    .reaching = yj_ways_all(cli),
	    .now_utc_ms = (int64_t)time(NULL) * 1000,
	    .homes = &homes,
	};
	struct telling t = {.cli = cli, .list = {.out = stdout}, .rows = json_array()};
	rc = yj_read_ready(cli->store, &conf, tell, &t);
	if (cli->json)
		yj_json_list_end(&t.list);
	else
		put_rows(&t);
	json_decref(t.rows);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_fail(YJ_EXIT_REFUSED, "the gateway has loaded no policy yet");
	if (rc < 0)
		return ferror(stdout) ? YJ_EXIT_REFUSED : yj_gateway_store_failed(cli, rc);
	if (t.n)
		return yj_fail(YJ_EXIT_REFUSED, "%zu findings", t.n);
	if (!cli->json)
		puts(homes ? "every home is ready" : "there are no homes");
	return 0;
}

static const struct yj_opt ready_opts[] = {
    {"region", 0, "CODE", "only the homes of a region", false},
    {0},
};

const struct yj_command yj_ready_commands[] = {
    {.name = "ready",
	.help =
	    "Lists the homes with fewer than three verified contacts, with an hour of the week at\n"
	    "which a call would find nobody, without a test press in 31 days, with a battery\n"
	    "that will be empty within 14 days, or with people whose\n"
	    "channels were not proved in 31 days; and relatives and operators of whom nobody has\n"
	    "decided whether they go there. Exits 1 if there are any.",
	.opts = ready_opts,
	.json = true,
	.run = run_ready},
    {0},
};
