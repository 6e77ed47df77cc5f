/* What an operator does to an incident: all of it goes through the gateway. */
#include "incident_act.h"

#include <string.h>

#include "proto/words.h"
#include "term.h"

/* Adds an option's value to what the gateway is asked, under the same name. */
static void put(json_t *request, const struct yj_args *args, const char *name)
{
	const char *value = yj_arg(args, name);
	if (value)
		json_object_set_new(request, name, json_string(value));
}

static int check_words(const struct yj_args *args)
{
	const char *how = yj_arg(args, "how"), *outcome = yj_arg(args, "outcome");
	const char *code = yj_arg(args, "code");
	enum yj_how h;
	enum yj_outcome o;
	enum yj_note_code c;
	if (how && (!*how || yj_how_parse(how, &h) < 0))
		return yj_wrong(args->command, "--how is going or remote, not \"%s\"", how);
	if (outcome && (!*outcome || yj_outcome_parse(outcome, &o) < 0))
		return yj_wrong(args->command,
		    "--outcome is helped, hospital, false_alarm, test, device_fault, deceased or "
		    "other, "
		    "not \"%s\"",
		    outcome);
	if (code && (!*code || yj_note_code_parse(code, &c) < 0))
		return yj_wrong(args->command,
		    "--code is called_120, called_119, called_110, spoke_resident, no_reply, "
		    "called_family, need_help or other, not \"%s\"",
		    code);
	return 0;
}

static const char *done_word(const char *verb)
{
	static const char *const words[][2] = {{"ack", "answered"}, {"arrive", "arrived"},
	    {"resolve", "resolved"}, {"cancel", "cancelled"}, {"page", "paged"}, {"note", "noted"}};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(verb, words[i][0]) == 0)
			return words[i][1];
	}
	return verb;
}

int yj_incident_act(struct yj_cli *cli, const struct yj_args *args)
{
	static const char *const names[] = {
	    "by", "how", "outcome", "note", "reason", "to", "code", "text"};
	int64_t eta = -1;
	int rc = check_words(args);
	if (rc == 0)
		rc = yj_arg_number(args, "eta", 0, &eta);
	if (rc)
		return rc;
	json_t *request = json_object();
	json_object_set_new(request, "id", json_string(args->words[0]));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		put(request, args, names[i]);
	if (eta >= 0)
		json_object_set_new(request, "eta", json_integer(eta));
	char cmd[32];
	snprintf(cmd, sizeof cmd, "incident.%s", args->command->verb);
	json_t *data = NULL;
	rc = yj_gateway_ask(cli, cmd, request, NULL, 0, YJ_ASK_MS, &data);
	if (rc)
		return rc;
	yj_done_put(cli, data, args->words[0], done_word(args->command->verb));
	json_decref(data);
	return 0;
}

const struct yj_opt yj_incident_ack_opts[] = {
    {"by", 0, "CAREGIVER", "who answers", true},
    {"how", 0, "going|remote", "goes there, or looks after it from afar", false},
    {"eta", 0, "MINUTES", "until the arrival", false},
    {0},
};
const struct yj_opt yj_incident_arrive_opts[] = {
    {"by", 0, "CAREGIVER", "who is there", true},
    {0},
};
const struct yj_opt yj_incident_resolve_opts[] = {
    {"by", 0, "CAREGIVER", "who ends it", true},
    {"outcome", 0, "CODE",
	"helped, hospital, false_alarm, test, device_fault, deceased or other; a call for help "
	"takes "
	"one",
	false},
    {"note", 0, "TEXT", "for the record", false},
    {0},
};
const struct yj_opt yj_incident_cancel_opts[] = {
    {"by", 0, "CAREGIVER", "who cancels it", true},
    {"reason", 0, "TEXT", "why", true},
    {0},
};
const struct yj_opt yj_incident_page_opts[] = {
    {"to", 0, "CAREGIVER", "who is paged", true},
    {0},
};
const struct yj_opt yj_incident_note_opts[] = {
    {"code", 0, "CODE",
	"called_120, called_119, called_110, spoke_resident, no_reply, called_family, need_help or "
	"other",
	true},
    {"text", 0, "TEXT", "more words", false},
    {"by", 0, "CAREGIVER", "whose note it is", false},
    {0},
};
