#include "pushes.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/mapping.h"
#include "dispatch.h"
#include "inlets.h"
#include "pushcheck.h"

#define DENIED_EVERY_MS 60000 /* one line in the process log of all that were turned away */

struct yj_pushes {
	struct yj_decoder *decoder;
	int64_t told_t;
	unsigned denied; /* since it was told */
};

struct yj_pushes *yj_pushes_new(void)
{
	struct yj_pushes *p = calloc(1, sizeof *p);
	if (p)
		p->decoder = yj_decoder_new();
	if (p && !p->decoder) {
		free(p);
		return NULL;
	}
	return p;
}

void yj_pushes_free(struct yj_pushes *p)
{
	if (p)
		yj_decoder_free(p->decoder);
	free(p);
}

static const struct yj_config_inlet *find(const struct yj_gateway *g, const char *path)
{
	const char *name = path + 1 + strlen(YJ_INLET_TOPIC);
	for (size_t i = 0; i < g->config->n_inlets; i++)
		if (strcmp(g->config->inlets[i].name, name) == 0)
			return &g->config->inlets[i];
	return NULL;
}

/* Counted and told now and then; what it said is not. */
static void deny(struct yj_gateway *g, const struct yj_config_inlet *in, struct evhttp_request *req)
{
	struct yj_pushes *p = g->pushes;
	g->metrics.pushes_denied++;
	p->denied++;
	yj_gateway_sample(g);
	if (p->told_t == 0 || g->now.t - p->told_t >= DENIED_EVERY_MS) {
		yj_log(YJ_LOG_WARN, "event=push_denied inlet=%s count=%u", in->name, p->denied);
		p->told_t = g->now.t;
		p->denied = 0;
	}
	yj_http_problem(req, 401, "Unauthorized", NULL);
}

/* OneNET asks once whether the address is ours, and wants its msg back. */
static void answer_question(
    struct yj_gateway *g, const struct yj_config_inlet *in, struct evhttp_request *req)
{
	struct evkeyvalq query = {0};
	const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	if (!text || evhttp_parse_query_str(text, &query) < 0) {
		yj_http_problem(req, 400, "Bad Request", "msg, nonce and signature are expected");
		return;
	}
	const char *msg = evhttp_find_header(&query, "msg");
	const char *nonce = evhttp_find_header(&query, "nonce");
	const char *signature = evhttp_find_header(&query, "signature");
	struct evbuffer *body = evbuffer_new();
	if (!msg || !nonce || !signature || !in->secret ||
	    !yj_pushcheck_onenet(in->secret, nonce, msg, strlen(msg), signature)) {
		deny(g, in, req);
	} else if (body && evbuffer_add(body, msg, strlen(msg)) == 0) {
		yj_http_reply(req, 200, "text/plain", body);
	} else {
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	}
	if (body)
		evbuffer_free(body);
	evhttp_clear_headers(&query);
}

static void take(struct yj_gateway *g, const struct yj_config_inlet *in, const char *body,
    size_t len, struct evhttp_request *req)
{
	char topic[YJ_TOPIC_MAX];
	snprintf(topic, sizeof topic, YJ_INLET_TOPIC "%s", in->name);
	struct yj_raw raw = {
	    .topic = topic, .payload = body, .len = len, .family = &in->mapping->family};
	yj_inlets_reply(req, yj_dispatch_push(g, &raw));
}

static void on_push(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	const struct yj_config_inlet *in =
	    find(g, evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req)));
	if (!in || !in->mapping) {
		yj_http_problem(req, 404, "Not Found", NULL);
		return;
	}
	if (evhttp_request_get_command(req) != EVHTTP_REQ_POST) {
		if (in->verify == YJ_VERIFY_ONENET) {
			answer_question(g, in, req);
			return;
		}
		evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", "POST");
		yj_http_problem(req, 405, "Method Not Allowed", NULL);
		return;
	}
	size_t len, open_len = 0;
	const char *body = yj_inlets_body(req, &len);
	char *open = NULL;
	if (!body)
		yj_inlets_reply(req, YJ_ERR_NOMEM);
	else if (!yj_pushcheck(in, g->pushes->decoder, req, body, len, &open, &open_len))
		deny(g, in, req);
	else
		take(g, in, open ? open : body, open ? open_len : len, req);
	free(open);
}

int yj_pushes_routes(struct yj_gateway *g)
{
	return yj_http_route(
	    g->http, EVHTTP_REQ_POST | EVHTTP_REQ_GET, "/" YJ_INLET_TOPIC "*", on_push, g);
}
