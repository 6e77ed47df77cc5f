#include "commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatch.h"
#include "imports.h"
#include "pager.h"
#include "presence.h"
#include "proto/time.h"
#include "reload.h"
#include "replies.h"
#include "store/directory.h"
#include "turn.h"

#define TEST_MS (5LL * 60 * 1000)

/* One command under way; within a transaction for those that change something. */
struct command {
	struct yj_gateway *g;
	const char *user;
	json_t *args;
	json_t *data;	     /* what is answered, owned */
	const char *refused; /* code, or NULL */
	char why[YJ_WHY_MAX];
};

static const char *text_arg(struct command *c, const char *key)
{
	const char *v = json_string_value(json_object_get(c->args, key));
	return v ? v : "";
}

static int refuse(struct command *c, const char *code, const char *why)
{
	c->refused = code;
	if (why != c->why)
		snprintf(c->why, sizeof c->why, "%s", why);
	return YJ_ERR_INVAL; /* of the command, not of the store: see yj_dispatch_do */
}

static json_t *or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static int do_status(struct command *c)
{
	struct yj_gateway *g = c->g;
	int64_t counts[YJ_LEVELS_MAX] = {0}, pending = 0, oldest, known, online, open = 0;
	char started[YJ_RFC3339_LEN], path[4096];
	int rc = yj_incident_counts(g->store, counts);
	if (rc == 0)
		rc = yj_outbox_pending(g->store, &pending, &oldest);
	if (rc < 0)
		return rc;
	yj_presence_counts(g, &known, &online);
	json_t *levels = json_array();
	for (int i = 0; i < YJ_LEVELS_MAX; i++) {
		open += counts[i];
		json_array_append_new(levels, json_integer(counts[i]));
	}
	snprintf(path, sizeof path, "%s/yijian.db", g->config->gateway.data_dir);
	c->data = json_pack("{s:s, s:s, s:i, s:I, s:s, s:o, s:s, s:{s:s, s:s}, s:{s:I, s:o},"
			    " s:{s:I}, s:{s:I, s:I}, s:b}",
	    "gateway", g->config->gateway.id, "version", YJ_VERSION, "pid", (int)getpid(),
	    "uptime_s", (json_int_t)((g->now.t - g->started_t) / 1000), "started_at",
	    yj_rfc3339_format(g->started_utc_ms, started), "degraded", or_null(g->degraded),
	    "database", path, "broker", "help", yj_link_is_up(g->help) ? "up" : "down", "chatter",
	    yj_link_is_up(g->chatter) ? "up" : "down", "incidents", "open", (json_int_t)open,
	    "by_level", levels, "outbox", "pending", (json_int_t)pending, "devices", "known",
	    (json_int_t)known, "online", (json_int_t)online, "utc_known", g->now.utc_known);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int answer(struct command *c, enum yj_reply_action action, struct yj_answer *a)
{
	a->caregiver = text_arg(c, "by");
	a->incident = text_arg(c, "id");
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

static int do_ack(struct command *c)
{
	struct yj_answer a = {.eta_min = -1};
	const char *how = text_arg(c, "how");
	if (how[0] && yj_how_parse(how, &a.how) < 0)
		return refuse(c, "invalid", "how: expected going or remote");
	json_t *eta = json_object_get(c->args, "eta");
	if (json_is_integer(eta) && json_integer_value(eta) >= 0)
		a.eta_min =
		    json_integer_value(eta) > INT_MAX ? INT_MAX : (int)json_integer_value(eta);
	else if (eta && !json_is_null(eta))
		return refuse(c, "invalid", "eta: expected minutes");
	return answer(c, YJ_REPLY_ACK, &a);
}

static int do_arrive(struct command *c)
{
	struct yj_answer a = {.eta_min = -1};
	return answer(c, YJ_REPLY_ARRIVE, &a);
}

static int do_resolve(struct command *c)
{
	struct yj_answer a = {.eta_min = -1, .note = text_arg(c, "note")};
	const char *outcome = text_arg(c, "outcome");
	if (outcome[0] && yj_outcome_parse(outcome, &a.outcome) < 0)
		return refuse(c, "invalid",
		    "outcome: expected helped, hospital, false_alarm, test,"
		    " device_fault, deceased or other");
	return answer(c, YJ_REPLY_RESOLVE, &a);
}

static int load_incident(struct command *c, struct yj_incident *inc)
{
	int64_t n;
	int rc = yj_incident_parse(c->g->store, text_arg(c, "id"), &n);
	if (rc == 0)
		rc = yj_incident_load(c->g->store, n, inc);
	return rc == YJ_ERR_NOTFOUND ? refuse(c, "unknown_incident", "no such incident") : rc;
}

static int run_turn(struct command *c, struct yj_incident *inc, const struct yj_in *in)
{
	enum yj_verdict verdict;
	struct yj_turn turn = {.inc = inc, .in = *in, .actor = {c->user, "ctl"}};
	int rc = yj_turn_run(c->g, &turn, &verdict);
	if (rc < 0)
		return rc;
	if (verdict != YJ_VERDICT_OK && verdict != YJ_VERDICT_SECOND)
		return refuse(c, yj_verdict_name(verdict), yj_verdict_name(verdict));
	c->data = json_pack("{s:b}", "ok", 1);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int known_caregiver(struct command *c, const char *id)
{
	struct yj_caregiver who;
	int rc = yj_caregiver_find(c->g->store, id, &who);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone))
		return refuse(c, "unknown_caregiver", "no such caregiver");
	return rc;
}

static int do_cancel(struct command *c)
{
	struct yj_answer a = {.eta_min = -1, .cancels = true, .note = text_arg(c, "reason")};
	if (!a.note[0])
		return refuse(c, "invalid", "reason: is missing");
	return answer(c, YJ_REPLY_RESOLVE, &a);
}

static int do_page(struct command *c)
{
	struct yj_incident inc;
	const char *to = text_arg(c, "to");
	int rc = known_caregiver(c, to);
	if (rc == 0)
		rc = load_incident(c, &inc);
	return rc < 0 ? rc : run_turn(c, &inc, &(struct yj_in){.type = YJ_IN_SUMMON, .who = to});
}

static int do_note(struct command *c)
{
	struct yj_incident inc;
	struct yj_in in = {.type = YJ_IN_NOTE};
	const char *by = text_arg(c, "by"), *text = text_arg(c, "text");
	if (yj_note_code_parse(text_arg(c, "code"), &in.code) < 0 || in.code == YJ_NOTE_NONE)
		return refuse(c, "invalid",
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

int yj_commands_directory_changed(struct yj_gateway *g, const char *actor, const char *kind,
    const char *id, const char *what, long rows)
{
	struct yj_log_event e = yj_event_of(YJ_EV_DIRECTORY_CHANGED);
	char subject[2 * YJ_NAME_MAX];
	snprintf(subject, sizeof subject, "directory/%s", kind);
	e.subject = subject;
	e.actor = actor;
	e.via = "ctl";
	e.more = json_pack("{s:s, s:s, s:s*, s:I}", "of", kind, "change", what, "key", id, "rows",
	    (json_int_t)rows);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	yj_presence_forget(g);
	return rc;
}

static int which_kind(struct command *c, enum yj_dir *kind)
{
	if (yj_dir_parse(text_arg(c, "kind"), kind) < 0)
		return refuse(c, "invalid", "kind: not a kind of the directory");
	return 0;
}

static int do_put(struct command *c)
{
	enum yj_dir kind;
	int rc = which_kind(c, &kind);
	if (rc < 0)
		return rc;
	json_t *record = json_object_get(c->args, "record");
	bool add = strcmp(text_arg(c, "mode"), "add") == 0;
	bool set = strcmp(text_arg(c, "mode"), "set") == 0;
	if (!json_is_object(record))
		return refuse(c, "invalid", "record: is missing");
	rc = yj_dir_put(c->g->store, kind, record, add, set, c->why);
	if (rc == YJ_ERR_EXISTS)
		return refuse(c, "exists", c->why[0] ? c->why : "it is there already");
	if (rc == YJ_ERR_NOTFOUND)
		return refuse(c, "unknown", c->why[0] ? c->why : "there is no such record");
	if (rc == YJ_ERR_INVAL || rc == YJ_ERR_DENIED)
		return refuse(c, "invalid", c->why);
	if (rc < 0)
		return rc;
	const char *key = kind == YJ_DIR_REGIONS ? "code" : "id";
	const char *id = json_string_value(json_object_get(record, key));
	rc = yj_commands_directory_changed(
	    c->g, c->user, yj_dir_name(kind), id, add ? "added" : "set", 1);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

/* Whoever leaves the directory cannot keep an answer. */
static int release_some(struct command *c, const char *caregiver, bool *more)
{
	int64_t ns[64];
	size_t n = 0, cap = sizeof ns / sizeof ns[0];
	int rc = yj_incident_of_person(c->g->store, caregiver, ns, cap, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct yj_incident inc;
		bool paged;
		rc = yj_incident_load(c->g->store, ns[i], &inc);
		struct yj_turn turn = {
		    .inc = &inc,
		    .in = {.type = YJ_IN_GONE, .who = caregiver},
		    .actor = {c->user, "ctl"},
		};
		if (rc == 0)
			rc = yj_turn_standing(c->g, &inc, caregiver, &turn.in, &paged);
		if (rc == 0)
			rc = yj_turn_run(c->g, &turn, NULL);
	}
	*more = rc == 0 && n == cap;
	return rc;
}

static int release_answers(struct command *c, const char *caregiver)
{
	bool more = true; /* each one that is released is not found again */
	int rc = 0;
	while (rc == 0 && more)
		rc = release_some(c, caregiver, &more);
	return rc;
}

static int do_remove(struct command *c)
{
	enum yj_dir kind;
	int rc = which_kind(c, &kind);
	if (rc < 0)
		return rc;
	const char *id = text_arg(c, "id");
	rc = yj_dir_remove(c->g->store, kind, id, c->g->now.utc_ms, c->why);
	if (rc == YJ_ERR_NOTFOUND)
		return refuse(c, "unknown", c->why[0] ? c->why : "there is no such record");
	if (rc == YJ_ERR_DENIED)
		return refuse(c, "in_use", c->why);
	if (rc == 0 && kind == YJ_DIR_CAREGIVERS)
		rc = release_answers(c, id);
	if (rc == 0)
		rc = yj_commands_directory_changed(
		    c->g, c->user, yj_dir_name(kind), id, "removed", 1);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

static int log_bed(struct command *c, enum yj_event_type type, const char *bed,
    const char *resident, const char *region)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_NAME_MAX + 8];
	snprintf(subject, sizeof subject, "bed/%s", bed);
	e.subject = subject;
	e.resident = resident;
	e.region = region;
	e.actor = c->user;
	e.via = "ctl";
	return yj_gateway_log(c->g, &e);
}

static int do_bed_move(struct command *c)
{
	char from[YJ_NAME_MAX + 1] = "";
	const char *resident = text_arg(c, "resident"), *bed = text_arg(c, "bed");
	struct yj_whose before = {0}, after = {0};
	int rc = yj_whose_resident(c->g->store, resident, &before);
	if (rc == 0)
		rc = yj_dir_bed_move(c->g->store, resident, bed, from, c->why);
	if (rc == 0)
		rc = yj_whose_resident(c->g->store, resident, &after);
	if (rc == YJ_ERR_NOTFOUND)
		return refuse(c, "unknown", c->why[0] ? c->why : "no such resident or bed");
	if (rc == YJ_ERR_EXISTS)
		return refuse(c, "occupied", c->why[0] ? c->why : "somebody lies there");
	if (rc == 0) /* the reason is free text, and not for the chained log */
		rc = yj_dir_bed_moved(c->g->store, c->g->now.utc_ms, resident, from, bed, c->user,
		    text_arg(c, "reason"));
	if (rc == 0 && from[0])
		rc = log_bed(c, YJ_EV_BED_RELEASED, from, resident, before.region);
	if (rc == 0 && bed[0])
		rc = log_bed(c, YJ_EV_BED_ASSIGNED, bed, resident, after.region);
	c->data = json_pack("{s:s, s:s}", "from", from, "to", bed);
	return rc;
}

static int log_device(struct command *c, enum yj_event_type type, const char *device)
{
	struct yj_log_event e = yj_event_of(type);
	struct yj_device d;
	struct yj_whose whose = {0};
	char subject[YJ_NAME_MAX + 16];
	int rc = yj_device_find(c->g->store, device, &d);
	if (rc == 0) {
		d.revoked = false; /* whose it is stands in the directory all the same */
		rc = yj_whose_find(c->g->store, &d, &whose);
	}
	if (rc < 0)
		return rc;
	snprintf(subject, sizeof subject, "device/%s", device);
	e.subject = subject;
	e.device = device;
	e.resident = whose.resident;
	e.region = whose.region;
	e.actor = c->user;
	e.via = "ctl";
	return yj_gateway_log(c->g, &e);
}

static int set_revoked(struct command *c, bool revoked)
{
	const char *id = text_arg(c, "id");
	int rc = yj_dir_revoke(c->g->store, id, revoked, c->g->now.utc_ms);
	if (rc == YJ_ERR_NOTFOUND)
		return refuse(c, "unknown", "no such device");
	if (rc == 0)
		rc = log_device(c, revoked ? YJ_EV_DEVICE_REVOKED : YJ_EV_DEVICE_ENROLLED, id);
	yj_presence_forget(c->g);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

static int do_revoke(struct command *c)
{
	return set_revoked(c, true);
}

static int do_enroll(struct command *c)
{
	return set_revoked(c, false);
}

static int do_test(struct command *c)
{
	struct yj_device d;
	const char *id = text_arg(c, "id");
	int rc = yj_device_find(c->g->store, id, &d);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && (d.gone || d.revoked)))
		return refuse(c, "unknown", "no such device");
	if (rc == 0)
		rc = yj_device_test_set(c->g->store, id, c->g->now.t + TEST_MS);
	if (rc == 0)
		rc =
		    yj_commands_directory_changed(c->g, c->user, "devices", id, "test_expected", 1);
	c->data = json_pack("{s:b, s:i}", "ok", 1, "within_s", (int)(TEST_MS / 1000));
	return rc;
}

static const struct {
	const char *name;
	int (*run)(struct command *c);
	bool reads; /* needs no transaction */
} commands[] = {
    {"status", do_status, true},
    {"incident.ack", do_ack, false},
    {"incident.arrive", do_arrive, false},
    {"incident.resolve", do_resolve, false},
    {"incident.cancel", do_cancel, false},
    {"incident.page", do_page, false},
    {"incident.note", do_note, false},
    {"dir.put", do_put, false},
    {"dir.remove", do_remove, false},
    {"bed.move", do_bed_move, false},
    {"device.enroll", do_enroll, false},
    {"device.revoke", do_revoke, false},
    {"device.test", do_test, false},
};

struct job {
	struct command c;
	int (*run)(struct command *c);
};

static int in_transaction(struct yj_gateway *g, void *arg)
{
	struct job *job = arg;
	(void)g;
	int rc = job->run(&job->c);
	/* what was refused says nothing about the store */
	return rc < 0 && job->c.refused ? YJ_ERR_INVAL : rc;
}

static void finish(struct yj_ctl_call *call, struct command *c, int rc)
{
	if (c->refused) {
		yj_ctl_refuse(call, c->refused, c->why);
		json_decref(c->data);
	} else if (rc < 0) {
		yj_ctl_refuse(call, "failed", yj_err_name(rc));
		json_decref(c->data);
	} else {
		yj_ctl_answer(call, c->data);
	}
}

static void do_reload(struct yj_gateway *g, struct yj_ctl_call *call, const char *user)
{
	char *errors = NULL, *restart = NULL;
	int rc = yj_reload(g, user, &errors, &restart);
	if (rc == 0)
		yj_ctl_answer(call,
		    json_pack("{s:b, s:s}", "ok", 1, "needs_restart", restart ? restart : ""));
	else
		yj_ctl_refuse(call, "invalid", errors ? errors : yj_err_name(rc));
	free(errors);
	free(restart);
}

static void on_request(void *ctx, struct yj_ctl_call *call, const struct yj_ctl_peer *peer,
    const char *cmd, json_t *args, const void *body, size_t body_len)
{
	struct yj_gateway *g = ctx;
	if (strcmp(cmd, "reload") == 0) {
		do_reload(g, call, peer->user);
		return;
	}
	if (strcmp(cmd, "import") == 0) {
		yj_imports_begin(g, call, peer->user, args, body, body_len);
		return;
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(commands[i].name, cmd) != 0)
			continue;
		struct job job = {
		    .c = {.g = g, .user = peer->user, .args = args}, .run = commands[i].run};
		yj_gateway_sample(g);
		int rc =
		    commands[i].reads ? job.run(&job.c) : yj_dispatch_do(g, in_transaction, &job);
		finish(call, &job.c, rc);
		return;
	}
	yj_ctl_refuse(call, "unknown_command", "this gateway does not know that command");
}

static void on_gone(void *ctx, struct yj_ctl_call *call)
{
	yj_imports_gone(ctx, call);
}

static int log_denied(struct yj_gateway *g, void *arg)
{
	const struct yj_ctl_peer *peer = arg;
	struct yj_log_event e = yj_event_of(YJ_EV_USER_DENIED);
	char subject[64];
	snprintf(subject, sizeof subject, "user/%s", peer->user);
	e.subject = subject;
	e.actor = peer->user;
	e.via = "ctl";
	return yj_gateway_log(g, &e);
}

static void on_denied(void *ctx, const struct yj_ctl_peer *peer)
{
	struct yj_ctl_peer copy = *peer;
	(void)!yj_dispatch_do(ctx, log_denied, &copy);
}

const struct yj_ctl_ops yj_commands_ops = {
    .request = on_request,
    .gone = on_gone,
    .denied = on_denied,
};
