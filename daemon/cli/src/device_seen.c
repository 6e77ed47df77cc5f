/* device seen and adopt: devices of other makers that nobody has registered. */
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "store/foreign.h"
#include "table.h"
#include "term.h"

static const struct yj_column columns[] = {
    {"family", NULL, false},
    {"address", NULL, false},
    {"said", NULL, false},
    {"times", NULL, true},
    {"first", NULL, false},
    {"last", NULL, false},
    {"payload", NULL, false},
    {0},
};

static int read_seen(struct yj_cli *cli, json_t **list)
{
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = yj_foreign_seen_list(cli->store, list);
	return rc < 0 ? yj_gateway_store_failed(cli, rc) : 0;
}

static int run_seen(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *list = NULL;
	(void)args;
	int rc = read_seen(cli, &list);
	if (rc)
		return rc;
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, "no unregistered devices", cli->color);
	json_decref(list);
	return 0;
}

static const char *member(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

/* The one of that address (and family, if given), borrowed from the list. */
static int pick(
    const struct yj_args *args, const json_t *list, const char *family, const json_t **out)
{
	const char *address = args->words[0];
	size_t i;
	const json_t *one;
	*out = NULL;
	json_array_foreach((json_t *)list, i, one)
	{
		if (strcasecmp(member(one, "address"), address) != 0 ||
		    (family && strcmp(member(one, "family"), family) != 0))
			continue;
		if (*out)
			return yj_fail(YJ_EXIT_REFUSED,
			    "%s was heard in more than one family: say which with --family",
			    address);
		*out = one;
	}
	return *out ? 0
		    : yj_fail(YJ_EXIT_REFUSED,
			  "%s was not heard of, or is registered: see device seen", address);
}

/* What called is a button, until somebody says otherwise. */
static const char *likely_kind(const json_t *one)
{
	return strcmp(member(one, "said"), "call") == 0	      ? "button"
	       : strcmp(member(one, "said"), "bed_exit") == 0 ? "bed"
							      : "sensor";
}

static int run_adopt(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *list = NULL, *record = json_object(), *data = NULL;
	const json_t *one = NULL;
	int rc = read_seen(cli, &list);
	if (rc == 0)
		rc = pick(args, list, yj_arg(args, "family"), &one);
	for (int i = 1; i < args->n_words && rc == 0; i++)
		rc = yj_record_word(record, args, i, i == 1 ? "id" : NULL);
	if (rc == 0) {
		json_object_set_new(record, "family", json_string(member(one, "family")));
		json_object_set_new(record, "address", json_string(member(one, "address")));
		if (!json_object_get(record, "kind"))
			json_object_set_new(record, "kind", json_string(likely_kind(one)));
	}
	json_decref(list);
	if (rc) {
		json_decref(record);
		return rc;
	}
	rc = yj_gateway_ask(cli, "dir.put",
	    json_pack("{s:s, s:o, s:s}", "kind", "devices", "record", record, "mode", "add"), NULL,
	    0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "adopted: its next message counts");
	json_decref(data);
	return 0;
}

static const struct yj_opt adopt_opts[] = {
    {"family", 0, "NAME", "its family, where it was heard in more than one", false},
    {0},
};

const struct yj_command yj_device_seen_commands[] = {
    {.name = "device",
	.verb = "seen",
	.help =
	    "Devices of other makers that were heard but are not registered, the newest first,\n"
	    "with the most serious of what they would have said and their last message.",
	.json = true,
	.run = run_seen},
    {.name = "device",
	.verb = "adopt",
	.words = "ADDRESS ID [COLUMN=VALUE]...",
	.help = "Registers a device that was seen, under an id of your own, like `device add`.\n"
		"Without kind=: a button if it called, a bed if somebody left it, else a sensor.",
	.opts = adopt_opts,
	.min_words = 2,
	.max_words = -1,
	.json = true,
	.run = run_adopt},
    {0},
};
