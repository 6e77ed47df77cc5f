/* What supervisors and Prometheus ask. */
#include "http.h"

static void reply_text(struct evhttp_request *req, int status, const char *text)
{
	struct evbuffer *body = evbuffer_new();
	if (body)
		evbuffer_add_printf(body, "%s", text);
	yj_http_reply(req, status, "text/plain; charset=utf-8", body);
	if (body)
		evbuffer_free(body);
}

static void on_healthz(void *ctx, struct evhttp_request *req)
{
	(void)ctx;
	reply_text(req, 200, "ok");
}

static void on_readyz(void *ctx, struct evhttp_request *req)
{
	struct yj_http *http = ctx;
	const char *why = NULL;
	if (http->ops.ready(http->ctx, &why))
		reply_text(req, 200, "ready");
	else
		reply_text(req, 503, why ? why : "not ready");
}

static void on_metrics(void *ctx, struct evhttp_request *req)
{
	struct yj_http *http = ctx;
	struct evbuffer *body = evbuffer_new();
	if (!body) {
		yj_http_problem(req, 503, "Service Unavailable", "out of memory");
		return;
	}
	http->ops.metrics(http->ctx, body);
	yj_http_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", body);
	evbuffer_free(body);
}

int yj_http_probes_add(struct yj_http *http)
{
	int rc = yj_http_route(http, EVHTTP_REQ_GET, "/healthz", on_healthz, http);
	if (rc == 0)
		rc = yj_http_route(http, EVHTTP_REQ_GET, "/readyz", on_readyz, http);
	if (rc == 0)
		rc = yj_http_route(http, EVHTTP_REQ_GET, "/metrics", on_metrics, http);
	return rc;
}
