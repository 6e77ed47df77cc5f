/* consent list, set and withdraw: what residents agreed to. */
#include "store/consent.h"

#include <string.h>

#include "cli.h"
#include "table.h"
#include "term.h"

static const struct yj_column columns[] = {
    {"resident", NULL, false},
    {"kind", NULL, false},
    {"who", NULL, false},
    {"granted", NULL, false},
    {"by", NULL, false},
    {"guardian", NULL, false},
    {"at", NULL, false},
    {"until", NULL, false},
    {0},
};

static int run_list(struct yj_cli *cli, const struct yj_args *args)
{
	json_t *list = NULL;
	int rc = yj_gateway_open(cli);
	if (rc)
		return rc;
	rc = yj_read_consents(cli->store, args->n_words ? args->words[0] : "", &list);
	if (rc < 0)
		return yj_gateway_store_failed(cli, rc);
	if (cli->json)
		yj_json_put(stdout, list);
	else
		yj_table_put(stdout, list, columns, "no consents", cli->color);
	json_decref(list);
	return 0;
}

static int check_kind(const struct yj_args *args)
{
	enum yj_consent kind;
	if (yj_consent_parse(args->words[1], &kind) == 0)
		return 0;
	return yj_wrong(args->command,
	    "KIND is visit, auto_answer, alert, night or shared_room, not \"%s\"", args->words[1]);
}

/* What it is about, for the last line: RESIDENT KIND [WHO]. */
static void put_what(char what[256], const struct yj_args *args, const char *who)
{
	snprintf(what, 256, "%s %s%s%s", args->words[0], args->words[1], *who ? " " : "", who);
}

static int run_set(struct yj_cli *cli, const struct yj_args *args)
{
	static const char *const keys[] = {"resident", "kind", "who"};
	json_t *record = json_object(), *data = NULL;
	int named = 0, rc = check_kind(args);
	while (named < args->n_words && named < 3 && !strchr(args->words[named], '='))
		named++;
	for (int i = 0; i < args->n_words && rc == 0; i++)
		rc = yj_record_word(record, args, i, i < named ? keys[i] : NULL);
	if (rc == 0 && named < 2)
		rc = yj_wrong(args->command, "needs RESIDENT and KIND");
	if (rc) {
		json_decref(record);
		return rc;
	}
	char what[256];
	put_what(what, args, named > 2 ? args->words[2] : "");
	rc = yj_gateway_ask(
	    cli, "consent.set", json_pack("{s:o}", "record", record), NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, what, "set");
	json_decref(data);
	return 0;
}

static int run_withdraw(struct yj_cli *cli, const struct yj_args *args)
{
	const char *who = args->n_words > 2 ? args->words[2] : "";
	char what[256];
	json_t *data = NULL;
	int rc = check_kind(args);
	if (rc)
		return rc;
	put_what(what, args, who);
	rc = yj_gateway_ask(cli, "consent.withdraw",
	    json_pack(
		"{s:s, s:s, s:s}", "resident", args->words[0], "kind", args->words[1], "who", who),
	    NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, what, "withdrawn");
	json_decref(data);
	return 0;
}

const struct yj_command yj_consent_commands[] = {
    {.name = "consent",
	.verb = "list",
	.words = "[RESIDENT]",
	.help = "What residents agreed to, and what not; of one of them, or of all.",
	.max_words = 1,
	.json = true,
	.run = run_list},
    {.name = "consent",
	.verb = "set",
	.words = "RESIDENT KIND [WHO] COLUMN=VALUE...",
	.help = "Writes down what was agreed to, or with granted=no what was not, and by=resident\n"
		"or by=guardian who said so. KIND is visit, auto_answer, alert, night or\n"
		"shared_room; WHO a caregiver or a role, else everybody. The columns are those of\n"
		"an import: see yijianctl import consents --template.",
	.min_words = 2,
	.max_words = -1,
	.json = true,
	.run = run_set},
    {.name = "consent",
	.verb = "withdraw",
	.words = "RESIDENT KIND [WHO]",
	.help = "Takes a consent back, at once: from a caregiver, from a role and all of it, or\n"
		"from everybody, those who are named too. Visits that rest on it end.",
	.min_words = 2,
	.max_words = 3,
	.json = true,
	.run = run_withdraw},
    {0},
};
