#include "inlets.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <openssl/crypto.h>
#include <string.h>

#include "backs.h"
#include "notify/sms_aliyun.h"
#include "notify/sms_http.h"

#define PATH "/api/v1/sms/"

/* The channel with that secret. All are looked at, each in constant time. */
static const struct yj_config_channel *find(const struct yj_gateway *g, const char *secret)
{
	const struct yj_config_channel *found = NULL;
	size_t len = strlen(secret);
	for (size_t i = 0; i < g->config->n_channels; i++) {
		const struct yj_config_channel *c = &g->config->channels[i];
		const char *own = yj_config_text(c, "callback_secret_file");
		if (own && strlen(own) == len && CRYPTO_memcmp(own, secret, len) == 0)
			found = c;
	}
	return found;
}

static int take(struct yj_gateway *g, const struct yj_config_channel *c, const char *content_type,
    const char *body, size_t len)
{
	if (c->type == YJ_CHANNEL_ALIYUN)
		return yj_sms_aliyun_push(c->name, body, len, yj_backs_take, g);
	struct yj_sms_http_push map = {
	    .report_ref = yj_config_text(c, "report_ref"),
	    .report_state = yj_config_text(c, "report_state"),
	    .report_ok = yj_config_text(c, "report_ok"),
	    .reply_from = yj_config_text(c, "reply_from"),
	    .reply_text = yj_config_text(c, "reply_text"),
	    .reply_id = yj_config_text(c, "reply_id"),
	};
	return yj_sms_http_push(&map, c->name, content_type, body, len, yj_backs_take, g);
}

/* The answer that Aliyun takes for "understood"; others look at the status only. */
static void reply_taken(struct evhttp_request *req)
{
	struct evbuffer *body = evbuffer_new();
	if (body)
		evbuffer_add_printf(body, "{\"code\":0,\"msg\":\"ok\"}\n");
	yj_http_reply(req, 200, "application/json", body);
	if (body)
		evbuffer_free(body);
}

const char *yj_inlets_body(struct evhttp_request *req, size_t *len)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	*len = evbuffer_get_length(in);
	return *len ? (const char *)evbuffer_pullup(in, -1) : "";
}

void yj_inlets_reply(struct evhttp_request *req, int rc)
{
	if (rc == 0)
		reply_taken(req);
	else if (rc == YJ_ERR_INVAL)
		yj_http_problem(req, 400, "Bad Request", "no report or message can be read in it");
	else /* nothing is lost: the provider posts it again */
		yj_http_problem(req, 503, "Service Unavailable", NULL);
}

static void on_post(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	const struct yj_config_channel *c = find(g, path + strlen(PATH));
	size_t len;
	if (!c) {
		yj_http_problem(req, 404, "Not Found", NULL);
		return;
	}
	const char *body = yj_inlets_body(req, &len);
	const char *type =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type");
	yj_inlets_reply(req, body ? take(g, c, type ? type : "", body, len) : YJ_ERR_NOMEM);
}

int yj_inlets_routes(struct yj_gateway *g)
{
	return yj_http_route(g->http, EVHTTP_REQ_POST, PATH "*", on_post, g);
}
