#include "answerpage.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answerassets.h"
#include "answerbody.h"
#include "answerhtml.h"
#include "answertake.h"
#include "answervisit.h"
#include "dispatch.h"

#define PATH "/a/"
#define PACES 256	 /* deliveries whose answers are counted */
#define PACE_MS 10000	 /* over so long */
#define SAID_AT_MAX 1024 /* `r` of the page's address */

struct pace {
	int64_t delivery, since_t;
	int answers;
};

struct yj_answerpage {
	unsigned char key[YJ_ANSWERLINK_KEY_LEN];
	bool keyed;
	char policy[YJ_ANSWER_POLICY_MAX];
	struct pace paces[PACES];
};

struct yj_answerpage *yj_answerpage_new(void)
{
	struct yj_answerpage *p = calloc(1, sizeof *p);
	if (p)
		yj_answer_policy(p->policy);
	return p;
}

void yj_answerpage_free(struct yj_answerpage *p)
{
	if (p)
		explicit_bzero(p->key, sizeof p->key);
	free(p);
}

int yj_answerpage_key(struct yj_gateway *g)
{
	int rc = yj_answerlink_key(g->store, g->answerpage->key);
	g->answerpage->keyed = rc == 0;
	return rc;
}

const unsigned char *yj_answerpage_secret(const struct yj_gateway *g)
{
	return g->answerpage->keyed ? g->answerpage->key : NULL;
}

void yj_answerpage_url(
    const struct yj_gateway *g, const struct yj_outbox_row *row, char *buf, size_t cap)
{
	const char *base = g->config->http.public_url;
	char token[YJ_ANSWERLINK_MAX];
	buf[0] = '\0';
	if (!base || !base[0] || row->n <= 0 || row->home || !g->answerpage->keyed)
		return;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	if (len + sizeof PATH + sizeof token > cap)
		return;
	yj_answerlink_token(g->answerpage->key, row, token);
	snprintf(buf, cap, "%.*s" PATH "%s", (int)len, base, token);
}

/* ── replies ── */

static void put_headers(const struct yj_gateway *g, struct evhttp_request *req)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	evhttp_add_header(headers, "Content-Security-Policy", g->answerpage->policy);
	evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
	evhttp_add_header(headers, "X-Robots-Tag", "noindex, nofollow, noarchive");
	evhttp_add_header(headers, "X-Frame-Options", "DENY");
}

static bool is_json(struct evhttp_request *req)
{
	return yj_answerbody_type(req) == YJ_BODY_JSON;
}

static void reply_plain(
    struct yj_gateway *g, struct evhttp_request *req, int status, enum yj_answer_plain what)
{
	const char *language = g->config->gateway.language;
	if (status == 429 || status == 503)
		evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", "5");
	if (is_json(req)) {
		yj_http_problem(
		    req, status, "Answer not taken", yj_answerhtml_sentence("en", what));
		return;
	}
	struct evbuffer *body = evbuffer_new();
	put_headers(g, req);
	if (body && yj_answerhtml_plain(body, language, what) < 0)
		evbuffer_drain(body, evbuffer_get_length(body));
	yj_http_reply(req, status, "text/html; charset=utf-8", body);
	if (body)
		evbuffer_free(body);
}

/* ── who asks ── */

/* false: it is answered already. A receiver who is gone may come as far as an answer, so that the
 * log has it. */
static bool admit(
    struct yj_gateway *g, struct evhttp_request *req, struct yj_answer_view *v, bool removed_too)
{
	enum yj_answer_pass pass = YJ_PASS_UNKNOWN;
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	yj_gateway_sample(g);
	if (!g->answerpage->keyed) {
		reply_plain(g, req, 503, YJ_PLAIN_NOT_NOW);
		return false;
	}
	yj_store_look(g->store);
	int rc = yj_answerview_pass(g, g->answerpage->key, path + strlen(PATH), v, &pass);
	yj_store_look_done(g->store);
	if (rc < 0) {
		reply_plain(g, req, 503, YJ_PLAIN_NOT_NOW);
		return false;
	}
	switch (pass) {
	case YJ_PASS_GOOD:
		return true;
	case YJ_PASS_UNKNOWN:
		reply_plain(g, req, 404, YJ_PLAIN_UNKNOWN);
		return false;
	case YJ_PASS_EXPIRED:
		reply_plain(g, req, 410, YJ_PLAIN_EXPIRED);
		return false;
	case YJ_PASS_REMOVED:
		if (removed_too)
			return true;
		reply_plain(g, req, 403, YJ_PLAIN_REMOVED);
		return false;
	}
	return false;
}

/* One link cannot keep the disk busy. */
static bool too_fast(struct yj_gateway *g, int64_t delivery)
{
	struct pace *p = &g->answerpage->paces[(uint64_t)delivery % PACES];
	if (p->delivery != delivery || g->now.t - p->since_t >= PACE_MS)
		*p = (struct pace){.delivery = delivery, .since_t = g->now.t};
	return ++p->answers > YJ_ANSWERS_PER_10S;
}

/* ── the page ── */

/* `r` is "HASH.ID" of the answer that led here. */
static int find_said(struct yj_gateway *g, struct evhttp_request *req, struct yj_answer_view *v)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	struct evkeyvalq pairs;
	int rc = 0;
	if (!query || evhttp_parse_query_str(query, &pairs) < 0)
		return 0;
	const char *r = evhttp_find_header(&pairs, "r");
	unsigned char hash[YJ_HASH_LEN];
	if (r && yj_answerbody_hash_read(r, hash)) {
		char result[YJ_ANSWER_RESULT_MAX] = "";
		enum yj_seen seen;
		int64_t incident;
		rc = yj_dedupe_check(g->store, r + 2 * (size_t)YJ_HASH_LEN + 1, v->row.target, hash,
		    &seen, &incident, result, sizeof result);
		if (rc == 0 && seen == YJ_SEEN_SAME)
			v->said = yj_answertake_said(result, v->first);
	}
	evhttp_clear_headers(&pairs);
	return rc;
}

static int render(struct yj_gateway *g, struct evhttp_request *req, struct yj_answer_view *v,
    struct evbuffer *body)
{
	int rc = yj_answerbody_nonce(v->nonce);
	if (rc < 0)
		return rc;
	yj_store_look(g->store);
	rc = yj_answerview_fill(g, v);
	if (rc == 0)
		rc = find_said(g, req, v);
	if (rc == 0)
		rc = yj_answervisit_fill(g, v);
	yj_store_look_done(g->store);
	if (rc == 0)
		rc = yj_answerhtml_page(body, g->config->gateway.language, v);
	yj_answerview_done(v);
	return rc;
}

static void on_get(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	struct yj_answer_view v;
	if (!admit(g, req, &v, false))
		return;
	struct evbuffer *body = evbuffer_new();
	int rc = body ? render(g, req, &v, body) : YJ_ERR_NOMEM;
	if (rc < 0) {
		reply_plain(g, req, 503, YJ_PLAIN_NOT_NOW);
	} else {
		put_headers(g, req);
		yj_http_reply(req, 200, "text/html; charset=utf-8", body);
	}
	if (body)
		evbuffer_free(body);
}

/* ── answers ── */

static void send_on(struct yj_gateway *g, struct evhttp_request *req, struct yj_answer_take *t)
{
	char where[SAID_AT_MAX], hash[2 * YJ_HASH_LEN + 1];
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	char *id = evhttp_uriencode(t->reply->id, -1, false);
	yj_answerbody_hash_write(t->hash, hash);
	snprintf(where, sizeof where, "%s?r=%s.%s", path + strlen(PATH), hash, id ? id : "");
	free(id);
	put_headers(g, req);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Location", where);
	yj_http_reply(req, 303, "text/html; charset=utf-8", NULL);
}

static void send_result(struct evhttp_request *req, const struct yj_answer_take *t)
{
	json_t *result = yj_answertake_result(t->result);
	char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
	struct evbuffer *body = evbuffer_new();
	if (text && body && evbuffer_add_printf(body, "%s\n", text) >= 0)
		yj_http_reply(req, 200, "application/json", body);
	else
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	if (body)
		evbuffer_free(body);
	free(text);
	json_decref(result);
}

static void carry_out(struct yj_gateway *g, struct evhttp_request *req, struct yj_answer_view *v,
    const struct yj_answer_body *body)
{
	bool json = body->type == YJ_BODY_JSON;
	struct yj_answer_take t = {
	    .view = v, .reply = &body->message.u.reply, .actor = json ? "webhook" : "page"};
	yj_answertake_hash(v, body->bytes, body->len, t.hash);
	if (yj_dispatch_do(g, yj_answertake_run, &t) < 0)
		reply_plain(g, req, 503, YJ_PLAIN_NOT_NOW);
	else if (json)
		send_result(req, &t);
	else if (v->removed)
		reply_plain(g, req, 403, YJ_PLAIN_REMOVED);
	else
		send_on(g, req, &t);
}

static void on_post(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	struct yj_answer_view v;
	struct yj_answer_body body;
	if (!admit(g, req, &v, true))
		return;
	if (too_fast(g, v.row.n)) {
		reply_plain(g, req, 429, YJ_PLAIN_TOO_MANY);
		return;
	}
	switch (yj_answerbody_read(g, req, &v, &body)) {
	case YJ_BODY_GOOD:
		carry_out(g, req, &v, &body);
		break;
	case YJ_BODY_UNREADABLE:
		reply_plain(g, req, 400, YJ_PLAIN_UNREADABLE);
		break;
	case YJ_BODY_TOO_LONG:
		reply_plain(g, req, 413, YJ_PLAIN_TOO_LONG);
		break;
	case YJ_BODY_WRONG_TYPE:
		reply_plain(g, req, 415, YJ_PLAIN_WRONG_TYPE);
		break;
	case YJ_BODY_NO_MEMORY:
		reply_plain(g, req, 503, YJ_PLAIN_NOT_NOW);
		break;
	}
	yj_answerbody_done(&body);
}

int yj_answerpage_routes(struct yj_gateway *g)
{
	int rc = yj_http_route(g->http, EVHTTP_REQ_GET, PATH "*", on_get, g);
	return rc < 0 ? rc : yj_http_route(g->http, EVHTTP_REQ_POST, PATH "*", on_post, g);
}
