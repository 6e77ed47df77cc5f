/* The HTTP server of the gateway (evhttp). Knows no rules: app/ gives it functions to ask.
 *
 *   GET /healthz   200 "ok": the process turns its loop
 *   GET /readyz    200 "ready", or 503 and the reason
 *   GET /metrics   Prometheus text exposition, version 0.0.4
 * and what yj_http_route adds. Anything else is 404, another method 405 with Allow, both as problem
 * details (RFC 9457). HEAD goes wherever GET does.
 *
 * It runs on the loop of the alert path: nothing here blocks or polls, and one peer can cost
 * little. Headers have at most YJ_HTTP_HEADERS_MAX bytes (400), bodies YJ_HTTP_BODY_MAX (413); a
 * connection on which nothing moves for 30 s is closed. There are at most YJ_HTTP_CLIENTS_MAX
 * connections: the next one takes the place of the one that has waited longest without a request
 * being answered, so that slow and idle peers cannot lock others out; if all are being answered it
 * gets 503. Streams (stream.h) are counted apart. The process must ignore SIGPIPE. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_http;

struct yj_http_conf {
	const char *listen;    /* "127.0.0.1:8420", "[::1]:8420"; port 0 picks one */
	const char *cert_file; /* both set: TLS 1.2 or later; NULL or "" is not set */
	const char *key_file;
};

struct yj_http_ops {
	/* Is the gateway ready? If not, *why is a short reason (static or owned by ctx). */
	bool (*ready)(void *ctx, const char **why);
	/* Writes the Prometheus text exposition. */
	void (*metrics)(void *ctx, struct evbuffer *out);
};

/* Listens. 0; YJ_ERR_INVAL for a bad address or certificate, YJ_ERR_IO when the address is taken;
 * *why is a static or errno-derived string; YJ_ERR_NOMEM. ops is copied, ctx and base are borrowed.
 */
int yj_http_new(struct event_base *base, const struct yj_http_conf *conf,
    const struct yj_http_ops *ops, void *ctx, struct yj_http **out, const char **why) YJ_MUST_CHECK;
int yj_http_port(const struct yj_http *http); /* the port bound */
/* Closes all. Requests that are still to be answered are gone without a word. NULL is fine. Not
 * from inside a handler. */
void yj_http_free(struct yj_http *http);

/* Changes the 30 s, for connections to come. */
void yj_http_set_timeout(struct yj_http *http, int64_t timeout_ms);

/* Answers one request, now or later, with one of the two functions below or evhttp_send_reply*; it
 * must not block. The request's on_complete callback belongs to the server. A later answer: evhttp
 * does not notice that the client has left (see evhttp_connection_set_closecb, which is free). */
typedef void (*yj_http_handler)(void *ctx, struct evhttp_request *req);

/* Adds a route. methods: EVHTTP_REQ_GET | ... (HEAD comes with GET). path: "/a/b" for just that, or
 * "/a/" and an asterisk for all that begins so; the exact one wins, then the longest. A path may be
 * added several times with different methods. Paths are compared as they stand in the request,
 * undecoded and without the query. path is copied, ctx borrowed. 0; YJ_ERR_INVAL for a path that
 * does not begin with '/'; YJ_ERR_EXISTS for a method the path has already; YJ_ERR_FULL beyond
 * YJ_HTTP_ROUTES_MAX; YJ_ERR_NOMEM. */
int yj_http_route(struct yj_http *http, int methods, const char *path, yj_http_handler handler,
    void *ctx) YJ_MUST_CHECK;

/* Replies with a body of that media type (drained, still the caller's; NULL: empty). Not to be
 * cached, unless a Cache-Control has been added. Further headers may be added to the request's
 * output before. */
void yj_http_reply(struct evhttp_request *req, int status, const char *type, struct evbuffer *body);
/* Replies with problem details (RFC 9457). detail may be NULL; both in UTF-8. */
void yj_http_problem(struct evhttp_request *req, int status, const char *title, const char *detail);

#endif
