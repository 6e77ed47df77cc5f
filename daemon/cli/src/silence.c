/* silence add, list and remove: for a time, lesser alerts of what is named open nothing. */
#include <string.h>
#include <time.h>

#include "cli.h"
#include "proto/words.h"
#include "store/silence.h"
#include "table.h"
#include "term.h"
#include "until.h"

static const struct yj_column columns[] = {
    {"id", NULL, false},
    {"device", NULL, false},
    {"resident", NULL, false},
    {"region", NULL, false},
    {"kind", NULL, false},
    {"until", NULL, false},
    {"author", NULL, false},
    {"reason", NULL, false},
    {"muted", NULL, true},
    {"ended_at", "ended", false},
    {"ended_by", "by", false},
    {0},
};

/* One of each: a second one could only be meant instead of the first, or never be met with it. */
static int check_once(const struct yj_args *args)
{
	for (int i = 0; i < args->n_given; i++)
		for (int k = 0; k < i; k++)
			if (args->given[i].opt == args->given[k].opt)
				return yj_wrong(
				    args->command, "--%s is there twice", args->given[i].opt->name);
	return 0;
}

static int put_selectors(const struct yj_args *args, json_t *request)
{
	static const char *const names[] = {"device", "resident", "region", "kind"};
	const char *kind = yj_arg(args, "kind");
	enum yj_kind k;
	bool any = false;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = yj_arg(args, names[i]);
		if (!value)
			continue;
		if (!*value)
			return yj_wrong(args->command, "--%s needs a value", names[i]);
		json_object_set_new(request, names[i], json_string(value));
		any = true;
	}
	if (!any)
		return yj_wrong(
		    args->command, "needs at least one of --device, --resident, --region, --kind");
	if (kind && yj_kind_parse(kind, &k) < 0)
		return yj_wrong(args->command, "--kind: no kind of incident: \"%s\"", kind);
	return 0;
}

static int run_add(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *request = json_object(), *data = NULL;
	json_object_set_new(request, "reason", json_string(yj_arg(args, "reason")));
	int rc = check_once(args);
	if (rc == 0)
		rc = put_selectors(args, request);
	if (rc == 0)
		rc = yj_until_put(args, request);
	if (rc) {
		json_decref(request);
		return rc;
	}
	rc = yj_gateway_ask(cli, "silence.add", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	if (cli->json)
		yj_json_put(stdout, data);
	else
		printf("%s: silent until %s\n", json_string_value(json_object_get(data, "id")),
		    json_string_value(json_object_get(data, "until")));
	json_decref(data);
	return 0;
}

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	struct timespec now;
	json_t *list = NULL;
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	clock_gettime(CLOCK_REALTIME, &now);
	bool all = yj_arg(args, "all") != NULL;
	int64_t now_utc_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	rc = yj_read_silences(cli->store, all, now_utc_ms, &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(
		    stdout, list, columns, all ? "no silences" : "nothing is silenced", cli->color);
	json_decref(list);
	return 0;
}

static int run_remove(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	int rc = yj_gateway_ask(cli, "silence.remove", json_pack("{s:s}", "id", args->words[0]),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "removed");
	json_decref(data);
	return 0;
}

static const struct yj_opt add_opts[] = {
    {"device", 0, "ID", "what this device says", false},
    {"resident", 0, "ID", "what this resident's devices say", false},
    {"region", 0, "CODE", "what the devices of this region say", false},
    {"kind", 0, "KIND", "alerts of this kind alone", false},
    {"until", 0, "TIME", "the end", false},
    {"for", 0, "DURATION", "the end, from now", false},
    {"reason", 0, "TEXT", "why", true},
    {0},
};

static const struct yj_opt list_opts[] = {
    {"all", 0, NULL, "also those that have ended", false},
    {0},
};

const struct yj_command yj_silence_commands[] = {
    {.name = "silence",
	.verb = "add",
	.help = "For a time, alerts that meet all that is named open no incident and page\n"
		"nobody. Calls for help are never muted.",
	.opts = add_opts,
	.json = true,
	.run = run_add},
    {.name = "silence",
	.verb = "list",
	.help = "Silences, newest first: those that are active, or with --all every one.",
	.opts = list_opts,
	.json = true,
	.run = run_list},
    {.name = "silence",
	.verb = "remove",
	.words = "ID",
	.help = "Ends a silence before its time.",
	.min_words = 1,
	.max_words = 1,
	.json = true,
	.run = run_remove},
    {0},
};
