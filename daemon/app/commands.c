#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beds.h"
#include "command.h"
#include "deadman.h"
#include "dispatch.h"
#include "imports.h"
#include "presence.h"
#include "proto/time.h"
#include "reload.h"
#include "store/divert.h"

const char *yj_command_text(const struct yj_command *c, const char *key)
{
	const char *v = json_string_value(json_object_get(c->args, key));
	return v ? v : "";
}

int yj_command_refuse(struct yj_command *c, const char *code, const char *why)
{
	c->refused = code;
	if (why != c->why)
		snprintf(c->why, sizeof c->why, "%s", why);
	return YJ_ERR_INVAL; /* of the command, not of the store: see yj_dispatch_do */
}

int yj_command_done(struct yj_command *c)
{
	c->data = json_pack("{s:b}", "ok", 1);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

int yj_command_caregiver(struct yj_command *c, const char *id)
{
	struct yj_caregiver who;
	int rc = yj_caregiver_find(c->g->store, id, &who);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone))
		return yj_command_refuse(c, "unknown_caregiver", "no such caregiver");
	return rc;
}

static json_t *or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static int do_status(struct yj_command *c)
{
	struct yj_gateway *g = c->g;
	int64_t counts[YJ_LEVELS_MAX] = {0}, pending = 0, oldest, known, online, open = 0;
	char started[YJ_RFC3339_LEN], path[4096];
	int rc = yj_incident_counts(g->store, counts);
	if (rc == 0)
		rc = yj_outbox_pending(g->store, &pending, &oldest);
	if (rc < 0)
		return rc;
	json_t *diverted = NULL;
	rc = yj_read_diverts(g->store, &diverted);
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
			    " s:{s:I}, s:{s:I, s:I}, s:{s:I}, s:o, s:b, s:o}",
	    "gateway", g->config->gateway.id, "version", YJ_VERSION, "pid", (int)getpid(),
	    "uptime_s", (json_int_t)((g->now.t - g->started_t) / 1000), "started_at",
	    yj_rfc3339_format(g->started_utc_ms, started), "degraded", or_null(g->degraded),
	    "database", path, "broker", "help", yj_link_is_up(g->help) ? "up" : "down", "chatter",
	    yj_link_is_up(g->chatter) ? "up" : "down", "incidents", "open", (json_int_t)open,
	    "by_level", levels, "outbox", "pending", (json_int_t)pending, "devices", "known",
	    (json_int_t)known, "online", (json_int_t)online, "beds", "wrong",
	    (json_int_t)yj_beds_wrong(g), "diverted", diverted, "utc_known", g->now.utc_known,
	    "deadman", yj_deadman_json(g));
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static const struct yj_command_entry own[] = {{"status", do_status, true}, {NULL, NULL, false}};

static const struct yj_command_entry *const tables[] = {own, yj_commands_incident,
    yj_commands_visit, yj_commands_visits, yj_commands_directory, yj_commands_roster,
    yj_commands_people, yj_commands_silence, yj_commands_divert, yj_commands_away, yj_commands_work,
    yj_commands_round, yj_commands_consent, yj_commands_turn, yj_commands_terminal};

static const struct yj_command_entry *find(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
		for (const struct yj_command_entry *e = tables[i]; e->name; e++)
			if (strcmp(e->name, name) == 0)
				return e;
	return NULL;
}

struct job {
	struct yj_command c;
	int (*run)(struct yj_command *c);
};

static int in_transaction(struct yj_gateway *g, void *arg)
{
	struct job *job = arg;
	(void)g;
	int rc = job->run(&job->c);
	/* what was refused says nothing about the store */
	return rc < 0 && job->c.refused ? YJ_ERR_INVAL : rc;
}

static void finish(struct yj_ctl_call *call, struct yj_command *c, int rc)
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
	const struct yj_command_entry *entry = find(cmd);
	if (!entry) {
		yj_ctl_refuse(call, "unknown_command", "this gateway does not know that command");
		return;
	}
	struct job job = {.c = {.g = g, .user = peer->user, .args = args}, .run = entry->run};
	yj_gateway_sample(g);
	int rc = entry->reads ? job.run(&job.c) : yj_dispatch_do(g, in_transaction, &job);
	finish(call, &job.c, rc);
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
