#include "visitpass.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "answerpage.h"
#include "inlets.h"

static void reply_text(struct evhttp_request *req, int status, const char *type, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	struct evbuffer *body = evbuffer_new();
	if (text && body && evbuffer_add_printf(body, "%s\n", text) >= 0)
		yj_http_reply(req, status, type, body);
	else
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	if (body)
		evbuffer_free(body);
	free(text);
	json_decref(o);
}

void yj_visitpass_reply(struct evhttp_request *req, int status, json_t *o)
{
	reply_text(req, status, "application/json", o);
}

static const char *title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
	    {404, "Not Found"}, {409, "Conflict"}, {410, "Gone"}, {413, "Content Too Large"},
	    {429, "Too Many Requests"}};
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Service Unavailable";
}

void yj_visitpass_problem(
    struct evhttp_request *req, int status, const char *code, const char *detail, json_t *more)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:s, s:s*}", "type", "about:blank", "title",
	    title_of(status), "status", status, "code", code, "detail", detail);
	if (o && more)
		json_object_update(o, more);
	json_decref(more);
	reply_text(req, status, "application/problem+json", o);
}

static void refuse(struct evhttp_request *req, enum yj_visitlink_pass pass)
{
	static const char *const details[] = {[YJ_LINK_GOOD] = NULL,
	    [YJ_LINK_UNKNOWN] = "no link of this gateway's",
	    [YJ_LINK_EXPIRED] = "the link has expired",
	    [YJ_LINK_REVOKED] = "the link was revoked",
	    [YJ_LINK_REMOVED] = "its caregiver has left the directory"};
	evhttp_add_header(evhttp_request_get_output_headers(req), "WWW-Authenticate", "Bearer");
	yj_visitpass_problem(req, 401, "no_link", details[pass], NULL);
}

static int read_link(struct yj_gateway *g, struct evhttp_request *req, struct yj_visitpass *out,
    enum yj_visitlink_pass *pass)
{
	char token[YJ_VISITLINK_MAX];
	*pass = YJ_LINK_UNKNOWN;
	if (!yj_visitlink_bearer(req, token, sizeof token))
		return 0;
	yj_store_look(g->store);
	int rc = yj_visitlink_admit(g, token, &out->link, &out->who, pass);
	yj_store_look_done(g->store);
	explicit_bzero(token, sizeof token);
	return rc;
}

bool yj_visitpass_admit(struct yj_gateway *g, struct evhttp_request *req, struct yj_visitpass *out)
{
	enum yj_visitlink_pass pass;
	yj_gateway_sample(g);
	if (read_link(g, req, out, &pass) < 0)
		yj_visitpass_problem(req, 503, "not_now", NULL, NULL);
	else if (pass != YJ_LINK_GOOD)
		refuse(req, pass);
	else
		return true;
	return false;
}

bool yj_visitpass_of_visit(
    struct yj_gateway *g, struct evhttp_request *req, const struct yj_visit_row *visit)
{
	char token[YJ_VISITLINK_MAX];
	struct yj_visitpass own;
	enum yj_visitlink_pass pass;
	const unsigned char *key = yj_answerpage_secret(g);
	if (!key || !yj_visitlink_bearer(req, token, sizeof token))
		return false;
	bool good = yj_visitlink_visit_good(key, visit->id, token);
	explicit_bzero(token, sizeof token);
	if (good)
		return true;
	return read_link(g, req, &own, &pass) == 0 && pass == YJ_LINK_GOOD &&
	       strcmp(own.link.caregiver, visit->caregiver) == 0 &&
	       (!own.link.resident[0] || strcmp(own.link.resident, visit->resident) == 0);
}

json_t *yj_visitpass_body(struct evhttp_request *req)
{
	size_t len;
	const char *body = yj_inlets_body(req, &len);
	if (!body) {
		yj_http_problem(req, 503, "Service Unavailable", NULL);
		return NULL;
	}
	if (len > YJ_VISIT_BODY_MAX) {
		yj_visitpass_problem(req, 413, "too_long", NULL, NULL);
		return NULL;
	}
	json_t *o = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(o))
		return o;
	json_decref(o);
	yj_visitpass_problem(req, 400, "unreadable", "a JSON object is expected", NULL);
	return NULL;
}
