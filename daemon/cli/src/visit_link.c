/* visit link: by which a caregiver comes to visits. */
#include <string.h>

#include "cli.h"
#include "term.h"

static int revoke(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	if (args->n_words > 1 || yj_arg(args, "for") || yj_arg(args, "send"))
		return yj_wrong(args->command,
		    "--revoke ends all links of a caregiver, and takes nothing else");
	int rc = yj_gateway_ask(cli, "visit.link",
	    json_pack("{s:s, s:b}", "caregiver", args->words[0], "revoke", 1), NULL, 0, YJ_ASK_MS,
	    &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], "links revoked");
	json_decref(data);
	return 0;
}

static int run_link(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *data = NULL;
	if (yj_arg(args, "revoke"))
		return revoke(cli, args);
	json_t *request = json_pack("{s:s, s:s*, s:s*, s:b}", "caregiver", args->words[0],
	    "resident", args->n_words > 1 ? args->words[1] : NULL, "for", yj_arg(args, "for"),
	    "send", yj_arg(args, "send") != NULL);
	int rc = yj_gateway_ask(cli, "visit.link", request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	const char *url = json_string_value(json_object_get(data, "url"));
	const char *until = json_string_value(json_object_get(data, "until"));
	if (cli->json)
		yj_json_put(stdout, data);
	else
		printf("%s\n", url ? url : "");
	if (!cli->json && until)
		fprintf(
		    stderr, "good until %s%s\n", until, yj_arg(args, "send") ? ", and sent" : "");
	json_decref(data);
	return 0;
}

static const struct yj_opt link_opts[] = {
    {"for", 0, "DURATION", "how long it is good (30d)", false},
    {"send", 0, NULL, "also tell it over the caregiver's channels", false},
    {"revoke", 0, NULL, "make none, and end all of this caregiver's", false},
    {0},
};

const struct yj_command yj_visit_link_commands[] = {
    {.name = "visit",
	.verb = "link",
	.words = "CAREGIVER [RESIDENT]",
	.help = "A link to the page of visits for one caregiver: to one resident, or to all whom\n"
		"they serve. Whoever has it can call in their name.",
	.opts = link_opts,
	.min_words = 1,
	.max_words = 2,
	.json = true,
	.run = run_link},
    {0},
};
