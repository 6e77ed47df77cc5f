/* Inside of the HTTP server. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "http/server.h"
#include "proto/limits.h"

struct route {
	char *path; /* without the asterisk */
	bool prefix;
	int methods;
	yj_http_handler handler;
	void *ctx;
};

/* One connection. evhttp does not tell when it closes one, so a seat is known to be free when its
 * descriptor is no longer the socket that it was. */
struct seat {
	bool used;
	bool busy; /* a request is being answered */
	int fd;
	ino_t ino;
	uint64_t since; /* when it began to wait, in a count of such moments */
};

struct yj_http {
	struct event_base *base;
	struct evhttp *evhttp;
	struct evconnlistener *listener; /* owned by evhttp */
	struct event *rest;		 /* ends a pause after a failed accept */
	SSL_CTX *tls;			 /* NULL: plain */
	struct yj_http_ops ops;
	void *ctx;
	int port;
	struct route routes[YJ_HTTP_ROUTES_MAX];
	int n_routes;
	struct seat seats[YJ_HTTP_CLIENTS_MAX];
	uint64_t moments;
	int n_streams;		   /* whose connections have no seat */
	struct timeval timeout;	   /* of connections to come */
	struct timeval pace;	   /* of streams */
	struct bufferevent *fresh; /* accepted, but not seated yet */
	struct event *seating;
};

/* seats.c: evhttp's callback for the buffers of a new connection. */
struct bufferevent *yj_http_seat_new(struct event_base *base, void *http);
void yj_http_seat_fresh(evutil_socket_t fd, short what, void *http);
/* A request of a connection begins to be answered. */
void yj_http_seat_busy(struct yj_http *http, struct evhttp_request *req);
/* Its connection becomes a stream: the seat is free. */
void yj_http_seat_leave(struct yj_http *http, struct evhttp_request *req);

/* route.c: evhttp's callback for a request. */
void yj_http_dispatch(struct evhttp_request *req, void *http);

/* probes.c: adds /healthz, /readyz and /metrics. */
int yj_http_probes_add(struct yj_http *http) YJ_MUST_CHECK;

#endif
