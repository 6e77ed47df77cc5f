/* What operators do to incidents. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "replies.h"
#include "turn.h"

static int answer(struct yj_command *c, enum yj_reply_action action, struct yj_answer *a)
{
	a->caregiver = yj_command_text(c, "by");
	a->incident = yj_command_text(c, "id");
	a->action = action;
	a->actor = (struct yj_actor){c->user, "ctl"};
	int rc = yj_replies_answer(c->g, a);
	if (rc < 0)
		return rc;
	if (a->fault != YJ_ANSWER_TAKEN) {
		/* what was denied is logged all the same, so this transaction is kept */
		c->refused = yj_answer_reason(a);
		snprintf(c->why, sizeof c->why, "%s", c->refused);
		if (a->by[0])
			snprintf(c->why, sizeof c->why, "%s (%s)", c->refused, a->by);
		return 0;
	}
	c->data = json_pack("{s:b, s:s*}", "ok", 1, "by", a->by[0] ? a->by : NULL);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_ack(struct yj_command *c)
{
	struct yj_answer a = {.eta_min = -1};
	const char *how = yj_command_text(c, "how");
	if (how[0] && yj_how_parse(how, &a.how) < 0)
		return yj_command_refuse(c, "invalid", "how: expected going or remote");
	json_t *eta = json_object_get(c->args, "eta");
	if (json_is_integer(eta) && json_integer_value(eta) >= 0)
		a.eta_min =
		    json_integer_value(eta) > INT_MAX ? INT_MAX : (int)json_integer_value(eta);
	else if (eta && !json_is_null(eta))
		return yj_command_refuse(c, "invalid", "eta: expected minutes");
	return answer(c, YJ_REPLY_ACK, &a);
}

static int do_arrive(struct yj_command *c)
{
	struct yj_answer a = {.eta_min = -1};
	return answer(c, YJ_REPLY_ARRIVE, &a);
}

static int do_resolve(struct yj_command *c)
{
	struct yj_answer a = {.eta_min = -1, .note = yj_command_text(c, "note")};
	const char *outcome = yj_command_text(c, "outcome");
	if (outcome[0] && yj_outcome_parse(outcome, &a.outcome) < 0)
		return yj_command_refuse(c, "invalid",
		    "outcome: expected helped, hospital, false_alarm, test,"
		    " device_fault, deceased or other");
	return answer(c, YJ_REPLY_RESOLVE, &a);
}

static int load_incident(struct yj_command *c, struct yj_incident *inc)
{
	int64_t n;
	int rc = yj_incident_parse(c->g->store, yj_command_text(c, "id"), &n);
	if (rc == 0)
		rc = yj_incident_load(c->g->store, n, inc);
	return rc == YJ_ERR_NOTFOUND ? yj_command_refuse(c, "unknown_incident", "no such incident")
				     : rc;
}

static int run_turn(struct yj_command *c, struct yj_incident *inc, const struct yj_in *in)
{
	enum yj_verdict verdict;
	struct yj_turn turn = {.inc = inc, .in = *in, .actor = {c->user, "ctl"}};
	int rc = yj_turn_run(c->g, &turn, &verdict);
	if (rc < 0)
		return rc;
	if (verdict != YJ_VERDICT_OK && verdict != YJ_VERDICT_SECOND)
		return yj_command_refuse(c, yj_verdict_name(verdict), yj_verdict_name(verdict));
	c->data = json_pack("{s:b}", "ok", 1);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_cancel(struct yj_command *c)
{
	struct yj_answer a = {.eta_min = -1, .cancels = true, .note = yj_command_text(c, "reason")};
	if (!a.note[0])
		return yj_command_refuse(c, "invalid", "reason: is missing");
	return answer(c, YJ_REPLY_RESOLVE, &a);
}

static int do_page(struct yj_command *c)
{
	struct yj_incident inc;
	const char *to = yj_command_text(c, "to");
	int rc = yj_command_caregiver(c, to);
	if (rc == 0)
		rc = load_incident(c, &inc);
	return rc < 0 ? rc : run_turn(c, &inc, &(struct yj_in){.type = YJ_IN_SUMMON, .who = to});
}

static int do_note(struct yj_command *c)
{
	struct yj_incident inc = {0};
	struct yj_in in = {.type = YJ_IN_NOTE};
	const char *by = yj_command_text(c, "by"), *text = yj_command_text(c, "text");
	if (yj_note_code_parse(yj_command_text(c, "code"), &in.code) < 0 || in.code == YJ_NOTE_NONE)
		return yj_command_refuse(c, "invalid",
		    "code: expected called_120, called_119, called_110, spoke_resident, no_reply,"
		    " called_family, need_help or other");
	if (by[0]) {
		struct yj_answer a = {.eta_min = -1, .code = in.code, .note = text};
		return answer(c, YJ_REPLY_NOTE, &a);
	}
	int rc = load_incident(c, &inc);
	if (rc == 0 && text[0])
		rc = yj_incident_note_add(c->g->store, inc.n, "", text, c->g->now.utc_ms);
	return rc < 0 ? rc : run_turn(c, &inc, &in);
}

const struct yj_command_entry yj_commands_incident[] = {
    {"incident.ack", do_ack, false},
    {"incident.arrive", do_arrive, false},
    {"incident.resolve", do_resolve, false},
    {"incident.cancel", do_cancel, false},
    {"incident.page", do_page, false},
    {"incident.note", do_note, false},
    {NULL, NULL, false},
};
