#include "visitapi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answerpage.h"
#include "consents.h"
#include "dispatch.h"
#include "proto/time.h"
#include "relay.h"
#include "store/life.h"
#include "visitpass.h"
#include "visits.h"
#include "visitwatch.h"

#define VISITS "/api/v1/visits"
#define RESIDENTS_MAX 200
#define VIA "http"

/* ── a visit as its caller sees it ── */

int yj_visits_json(struct yj_gateway *g, const struct yj_visit_row *row, json_t **out)
{
	char *offer = NULL, *answer = NULL, events[128], key[YJ_VISITLINK_KEY_MAX] = "";
	const unsigned char *secret = yj_answerpage_secret(g);
	const char *name;
	void *next;
	json_t *value, *o = NULL;
	int rc = yj_read_visit(g->store, row->id, &o);
	if (rc == 0)
		rc = yj_visit_signals(g->store, row->n, &offer, &answer);
	if (rc < 0)
		goto out;
	if (secret)
		yj_visitlink_visit_key(secret, row->id, key);
	snprintf(events, sizeof events, VISITS "/%s/events?key=%s", row->id, key);
	if (json_object_set_new(o, "events", json_string(events)) < 0)
		rc = YJ_ERR_NOMEM;
	if (answer && json_object_set_new(o, "answer", json_loads(answer, 0, NULL)) < 0)
		rc = YJ_ERR_NOMEM;
	json_object_foreach_safe(o, next, name, value) if (json_is_null(value))
	    json_object_del(o, name);
out:
	free(offer);
	free(answer);
	if (rc == 0)
		*out = o;
	else
		json_decref(o);
	return rc;
}

static void reply_visit(
    struct yj_gateway *g, struct evhttp_request *req, int status, const struct yj_visit_row *row)
{
	json_t *o = NULL;
	if (yj_visits_json(g, row, &o) < 0)
		o = NULL;
	yj_visitpass_reply(req, status, o);
}

/* ── beginning ── */

struct begin {
	struct yj_visits_ask ask;
	struct yj_visits_may may;
	struct yj_visit_row row;
};

static int do_begin(struct yj_gateway *g, void *arg)
{
	struct begin *b = arg;
	return yj_visits_begin(g, &b->ask, &b->may, &b->row);
}

static void refuse(struct yj_gateway *g, struct evhttp_request *req, const struct begin *b)
{
	static const int status[] = {[YJ_VISITS_YES] = 503,
	    [YJ_VISITS_UNKNOWN] = 404,
	    [YJ_VISITS_NOT_YOURS] = 403,
	    [YJ_VISITS_NO_CONSENT] = 403,
	    [YJ_VISITS_NO_TERMINAL] = 409,
	    [YJ_VISITS_BUSY] = 409,
	    [YJ_VISITS_TOO_LONG] = 413,
	    [YJ_VISITS_TOO_FAST] = 429};
	json_t *more = NULL;
	if (b->may.no == YJ_VISITS_BUSY) {
		struct yj_caregiver by;
		char since[YJ_RFC3339_LEN];
		bool known = yj_caregiver_find(g->store, b->may.busy.caregiver, &by) == 0;
		more = json_pack("{s:s, s:s}", "by", known ? by.name : b->may.busy.caregiver,
		    "since", yj_rfc3339_format(b->may.busy.started_utc_ms, since));
	}
	yj_visitpass_problem(req, status[b->may.no], yj_visits_no_word(b->may.no), NULL, more);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool is_description(const json_t *o, const char *type)
{
	return json_is_object(o) && strcmp(text_of(o, "type"), type) == 0 && text_of(o, "sdp")[0];
}

/* What is asked; false: refused, and answered. */
static bool read_ask(struct yj_gateway *g, struct evhttp_request *req, json_t *o,
    const struct yj_visitpass *pass, struct yj_visits_ask *ask)
{
	const char *incident = text_of(o, "incident");
	struct yj_incident inc;
	*ask = (struct yj_visits_ask){.resident = text_of(o, "resident"),
	    .caregiver = pass->link.caregiver,
	    .there = true,
	    .offer = json_object_get(o, "offer"),
	    .actor = "page",
	    .via = VIA};
	if (!ask->resident[0] && pass->link.resident[0])
		ask->resident = pass->link.resident;
	if (!yj_name_valid(ask->resident) ||
	    yj_visit_mode_parse(text_of(o, "mode"), &ask->mode) < 0) {
		yj_visitpass_problem(req, 400, "unreadable",
		    "resident and mode (video, voice or check-in) are expected", NULL);
		return false;
	}
	if (ask->mode == YJ_MODE_CHECK_IN)
		ask->offer = NULL;
	else if (!is_description(ask->offer, "offer")) {
		yj_visitpass_problem(
		    req, 400, "unreadable", "offer {type: \"offer\", sdp} is expected", NULL);
		return false;
	}
	if (pass->link.resident[0] && strcmp(pass->link.resident, ask->resident) != 0) {
		yj_visitpass_problem(
		    req, 403, "not_yours", "the link is for another resident", NULL);
		return false;
	}
	ask->incident = pass->link.incident;
	if (incident[0] && (yj_incident_parse(g->store, incident, &ask->incident) < 0 ||
			       yj_incident_load(g->store, ask->incident, &inc) < 0 ||
			       strcmp(inc.whose.resident, ask->resident) != 0)) {
		yj_visitpass_problem(
		    req, 400, "unknown_incident", "no incident of this resident's", NULL);
		return false;
	}
	return true;
}

static void on_begin(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	struct yj_visitpass pass;
	struct begin b = {.may = {.no = YJ_VISITS_YES}};
	if (!yj_visitpass_admit(g, req, &pass))
		return;
	json_t *o = yj_visitpass_body(req);
	if (!o)
		return;
	if (read_ask(g, req, o, &pass, &b.ask)) {
		int rc = yj_dispatch_do(g, do_begin, &b);
		if (rc < 0 || b.may.no) {
			refuse(g, req, &b);
		} else {
			char where[YJ_VISIT_ID_MAX + 32];
			snprintf(where, sizeof where, VISITS "/%s", b.row.id);
			evhttp_add_header(
			    evhttp_request_get_output_headers(req), "Location", where);
			reply_visit(g, req, 201, &b.row);
		}
	}
	json_decref(o);
}

/* ── one visit ── */

struct change {
	struct yj_visit_row row;
	json_t *body;
	enum yj_visit_result result;
};

static int do_hang_up(struct yj_gateway *g, void *arg)
{
	struct change *c = arg;
	return yj_visits_step(g, &c->row, YJ_VISIT_IN_HANG_UP, "page", VIA);
}

static int do_signal(struct yj_gateway *g, void *arg)
{
	struct change *c = arg;
	return yj_visits_signal(g, &c->row, c->body);
}

static int do_result(struct yj_gateway *g, void *arg)
{
	struct change *c = arg;
	return yj_visits_result(g, &c->row, c->result, text_of(c->body, "note"));
}

static void reply_nothing(struct evhttp_request *req, int status)
{
	yj_http_reply(req, status, NULL, NULL);
}

static void run(struct yj_gateway *g, struct evhttp_request *req, struct change *c,
    int (*fn)(struct yj_gateway *g, void *arg), int status)
{
	int rc = yj_dispatch_do(g, fn, c);
	if (rc == 0)
		reply_nothing(req, status);
	else
		yj_visitpass_problem(req, rc == YJ_ERR_FULL ? 413 : 503,
		    rc == YJ_ERR_FULL ? "too_long" : "not_now", NULL, NULL);
}

static void on_signal(struct yj_gateway *g, struct evhttp_request *req, struct change *c)
{
	const json_t *offer = json_object_get(c->body, "offer");
	if (c->row.phase != YJ_VISIT_IS_ANSWERED)
		yj_visitpass_problem(req, 409, "not_answered", NULL, NULL);
	else if (offer && !is_description(offer, "offer"))
		yj_visitpass_problem(
		    req, 400, "unreadable", "offer {type: \"offer\", sdp} is expected", NULL);
	else
		run(g, req, c, do_signal, 202);
}

static void on_result(struct yj_gateway *g, struct evhttp_request *req, struct change *c)
{
	const char *said = text_of(c->body, "result");
	if (!said[0] || yj_visit_result_parse(said, &c->result) < 0)
		yj_visitpass_problem(req, 400, "unreadable",
		    "result is well, needs, not_home, refused or hospital", NULL);
	else if (c->row.answered_utc_ms == INT64_MAX)
		yj_visitpass_problem(req, 409, "not_answered", NULL, NULL);
	else
		run(g, req, c, do_result, 204);
}

static void on_post(
    struct yj_gateway *g, struct evhttp_request *req, const char *what, struct change *c)
{
	c->body = yj_visitpass_body(req);
	if (!c->body)
		return;
	if (strcmp(what, "signal") == 0)
		on_signal(g, req, c);
	else
		on_result(g, req, c);
	json_decref(c->body);
}

static void not_allowed(struct evhttp_request *req, const char *allow)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", allow);
	yj_http_problem(req, 405, "Method Not Allowed", NULL);
}

static void on_visit(
    struct yj_gateway *g, struct evhttp_request *req, const char *what, struct change *c)
{
	enum evhttp_cmd_type method = evhttp_request_get_command(req);
	bool get = method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD;
	bool post = method == EVHTTP_REQ_POST;
	if (what[0] == '\0' && get)
		reply_visit(g, req, 200, &c->row);
	else if (what[0] == '\0' && method == EVHTTP_REQ_DELETE)
		run(g, req, c, do_hang_up, 204);
	else if (what[0] == '\0')
		not_allowed(req, "GET, HEAD, DELETE");
	else if (strcmp(what, "events") == 0 && get)
		yj_visitwatch_open(g, &c->row, req);
	else if (strcmp(what, "events") == 0)
		not_allowed(req, "GET, HEAD");
	else if (post)
		on_post(g, req, what, c);
	else
		not_allowed(req, "POST");
}

static void on_one(void *ctx, struct evhttp_request *req)
{
	static const char *const parts[] = {"", "events", "signal", "result"};
	struct yj_gateway *g = ctx;
	struct change c = {.body = NULL};
	char id[YJ_VISIT_ID_MAX + 1];
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	const char *rest = path + strlen(VISITS) + 1;
	size_t len = strcspn(rest, "/");
	const char *what = rest[len] ? rest + len + 1 : "";
	bool known = len > 0 && len <= YJ_VISIT_ID_MAX && (rest[len] == '\0' || what[0]);
	bool part = false;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		part |= strcmp(what, parts[i]) == 0;
	snprintf(id, sizeof id, "%.*s", known ? (int)len : 0, rest);
	yj_gateway_sample(g);
	int rc = known && part ? yj_visit_find(g->store, id, &c.row) : YJ_ERR_NOTFOUND;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	else if (rc == YJ_ERR_NOTFOUND || !yj_visitpass_of_visit(g, req, &c.row))
		/* whether there is such a visit is for its caller alone */
		yj_visitpass_problem(req, 404, "unknown_visit", NULL, NULL);
	else
		on_visit(g, req, what, &c);
}

/* ── whom they may visit ── */

static json_t *resident_json(struct yj_gateway *g, const char *id, const struct yj_visits_may *may)
{
	char name[YJ_CALLED_MAX + 1] = "", incident[YJ_NAME_MAX + 24], busy[YJ_CALLED_MAX + 1] = "";
	int64_t ns[8];
	size_t n = 0;
	struct yj_visit_row row;
	struct yj_caregiver by;
	bool terminal = may->no != YJ_VISITS_NO_TERMINAL;
	if (yj_resident_name(g->store, id, name, sizeof name) < 0 ||
	    yj_incident_open_of(g->store, id, ns, sizeof ns / sizeof ns[0], &n) < 0)
		return NULL;
	if (n > 0)
		yj_incident_id(g->store, ns[0], incident, sizeof incident);
	if (yj_visit_with(g->store, id, &row) == 0)
		snprintf(busy, sizeof busy, "%s",
		    yj_caregiver_find(g->store, row.caregiver, &by) == 0 ? by.name : row.caregiver);
	return json_pack("{s:s, s:s, s:o*, s:{s:b, s:b}, s:s*, s:s*}", "id", id, "name", name,
	    "terminal", terminal ? json_pack("{s:b}", "online", may->online) : NULL, "may", "visit",
	    may->no == YJ_VISITS_YES, "auto_answer", may->auto_answer, "incident",
	    n > 0 ? incident : NULL, "busy", busy[0] ? busy : NULL);
}

static int add_resident(
    struct yj_gateway *g, const struct yj_visitpass *pass, const char *id, json_t *list)
{
	struct yj_visits_may may;
	int rc = yj_visits_may(g, id, pass->link.caregiver, &may);
	if (rc < 0 || may.no == YJ_VISITS_UNKNOWN || may.no == YJ_VISITS_NOT_YOURS)
		return rc;
	return json_array_append_new(list, resident_json(g, id, &may)) < 0 ? YJ_ERR_NOMEM : 0;
}

static int me_json(struct yj_gateway *g, const struct yj_visitpass *pass, json_t **out)
{
	struct yj_names names = {0};
	json_t *servers = NULL, *list = json_array();
	char until[YJ_RFC3339_LEN], alias[32];
	int64_t until_ms = 0;
	int rc = list ? 0 : YJ_ERR_NOMEM;
	if (rc == 0 && pass->link.resident[0])
		rc = yj_names_add(&names, pass->link.resident);
	else if (rc == 0)
		rc = yj_visit_candidates(g->store, pass->link.caregiver, RESIDENTS_MAX, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = add_resident(g, pass, names.v[i], list);
	yj_names_done(&names);
	snprintf(alias, sizeof alias, "me%" PRIx64, (uint64_t)g->now.t);
	if (rc == 0)
		rc = yj_relay_servers(g, alias, &servers, &until_ms);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = json_pack("{s:{s:s, s:s, s:s}, s:o, s:o, s:s*, s:s}", "caregiver", "id",
	    pass->who.id, "name", pass->who.name, "role", yj_role_name(pass->who.role), "residents",
	    list, "ice_servers", servers, "ice_until",
	    until_ms ? yj_rfc3339_format(until_ms, until) : NULL, "language",
	    g->config->gateway.language);
	return *out ? 0 : YJ_ERR_NOMEM;
}

static void on_me(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	struct yj_visitpass pass;
	json_t *o = NULL;
	if (!yj_visitpass_admit(g, req, &pass))
		return;
	yj_store_look(g->store);
	if (me_json(g, &pass, &o) < 0)
		o = NULL;
	yj_store_look_done(g->store);
	yj_visitpass_reply(req, 200, o);
}

/* ── consents taken back on a page of the family ── */

struct withdrawal {
	const char *caregiver;
	const json_t *body;
	const char *no;
};

static int do_withdraw(struct yj_gateway *g, void *arg)
{
	struct withdrawal *w = arg;
	const struct yj_actor actor = {"page", VIA};
	return yj_consents_post(g, w->caregiver, w->body, &actor, &w->no);
}

static void on_withdraw(void *ctx, struct evhttp_request *req)
{
	static const struct {
		const char *no;
		int status;
	} refusals[] = {{"not_yours", 403}, {"unknown_caregiver", 404}, {"invalid", 400}};
	struct yj_gateway *g = ctx;
	struct yj_visitpass pass;
	int status = 400;
	if (!yj_visitpass_admit(g, req, &pass))
		return;
	json_t *o = yj_visitpass_body(req);
	if (!o)
		return;
	struct withdrawal w = {.caregiver = pass.link.caregiver, .body = o, .no = ""};
	const char *resident = text_of(o, "resident");
	bool elsewhere = pass.link.resident[0] && strcmp(resident, pass.link.resident) != 0;
	int rc = elsewhere ? 0 : yj_dispatch_do(g, do_withdraw, &w);
	if (elsewhere)
		w.no = "not_yours";
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (strcmp(w.no, refusals[i].no) == 0)
			status = refusals[i].status;
	if (rc < 0)
		yj_visitpass_problem(req, 503, "not_now", NULL, NULL);
	else if (w.no[0])
		yj_visitpass_problem(req, status, w.no, NULL, NULL);
	else
		reply_nothing(req, 204);
	json_decref(o);
}

int yj_visitapi_routes(struct yj_gateway *g)
{
	int rc = yj_http_route(g->http, EVHTTP_REQ_POST, VISITS, on_begin, g);
	if (rc == 0)
		rc = yj_http_route(g->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE,
		    VISITS "/*", on_one, g);
	if (rc == 0)
		rc = yj_http_route(g->http, EVHTTP_REQ_GET, "/api/v1/me", on_me, g);
	return rc < 0 ? rc
		      : yj_http_route(
			    g->http, EVHTTP_REQ_POST, "/api/v1/consents/withdraw", on_withdraw, g);
}
