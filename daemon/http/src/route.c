/* Which function answers a request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

int yj_http_route(
    struct yj_http *http, int methods, const char *path, yj_http_handler handler, void *ctx)
{
	size_t len = strlen(path);
	bool prefix = len > 0 && path[len - 1] == '*';
	if (path[0] != '/' || methods == 0)
		return YJ_ERR_INVAL;
	len -= prefix ? 1 : 0;
	if (methods & EVHTTP_REQ_GET)
		methods |= EVHTTP_REQ_HEAD;
	for (int i = 0; i < http->n_routes; i++) {
		struct route *other = &http->routes[i];
		if (other->prefix == prefix && strlen(other->path) == len &&
		    strncmp(other->path, path, len) == 0 && (other->methods & methods) != 0)
			return YJ_ERR_EXISTS;
	}
	if (http->n_routes == YJ_HTTP_ROUTES_MAX)
		return YJ_ERR_FULL;
	char *copy = strndup(path, len);
	if (!copy)
		return YJ_ERR_NOMEM;
	http->routes[http->n_routes++] = (struct route){
	    .path = copy, .prefix = prefix, .methods = methods, .handler = handler, .ctx = ctx};
	return 0;
}

/* How well a route fits: 0 not at all. */
static size_t fit(const struct route *route, const char *path)
{
	size_t len = strlen(route->path);
	if (strcmp(route->path, path) == 0 && !route->prefix)
		return SIZE_MAX;
	return route->prefix && strncmp(route->path, path, len) == 0 ? len : 0;
}

static void refuse_method(struct evhttp_request *req, int methods)
{
	static const struct {
		int method;
		const char *name;
	} names[] = {{EVHTTP_REQ_GET, "GET"}, {EVHTTP_REQ_HEAD, "HEAD"}, {EVHTTP_REQ_POST, "POST"},
	    {EVHTTP_REQ_PUT, "PUT"}, {EVHTTP_REQ_PATCH, "PATCH"}, {EVHTTP_REQ_DELETE, "DELETE"},
	    {EVHTTP_REQ_OPTIONS, "OPTIONS"}};
	char allow[64] = "";
	size_t len = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (methods & names[i].method)
			len += (size_t)snprintf(allow + len, sizeof(allow) - len, "%s%s",
			    len > 0 ? ", " : "", names[i].name);
	}
	evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", allow);
	yj_http_problem(req, 405, "Method Not Allowed", NULL);
}

void yj_http_dispatch(struct evhttp_request *req, void *arg)
{
	struct yj_http *http = arg;
	yj_http_seat_busy(http, req);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const struct route *chosen = NULL;
	size_t best = 0;
	int methods = 0; /* of all routes that fit best */
	for (int i = 0; path && i < http->n_routes; i++) {
		const struct route *route = &http->routes[i];
		size_t how_well = fit(route, path);
		if (how_well == 0 || how_well < best)
			continue;
		if (how_well > best) {
			best = how_well;
			methods = 0;
			chosen = NULL;
		}
		methods |= route->methods;
		if (route->methods & (int)evhttp_request_get_command(req))
			chosen = route;
	}
	if (chosen)
		chosen->handler(chosen->ctx, req);
	else if (best > 0)
		refuse_method(req, methods);
	else
		yj_http_problem(req, 404, "Not Found", NULL);
}
