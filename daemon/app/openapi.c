#include "openapi.h"

#include <event2/buffer.h>

static const unsigned char document[] = {
#include "openapi.inc"
};

const char *yj_openapi(size_t *len)
{
	*len = sizeof document;
	return (const char *)document;
}

static void on_get(void *ctx, struct evhttp_request *req)
{
	struct evbuffer *body = evbuffer_new();
	(void)ctx;
	if (body && evbuffer_add_reference(body, document, sizeof document, NULL, NULL) == 0)
		yj_http_reply(req, 200, "application/json", body);
	else
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	if (body)
		evbuffer_free(body);
}

int yj_openapi_routes(struct yj_gateway *g)
{
	return yj_http_route(g->http, EVHTTP_REQ_GET, "/api/v1/openapi.json", on_get, g);
}
