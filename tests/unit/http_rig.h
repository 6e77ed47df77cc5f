/* What the tests of the HTTP server share: a server, and clients made of plain sockets. */
#ifndef TEST_HTTP_RIG_H
#define TEST_HTTP_RIG_H

#include <event2/event.h>
#include <event2/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/server.h"
#include "proto/limits.h"
#include "turning.h"

struct fixture {
	struct event_base *base;
	struct event *tick;
	struct yj_http *http;
	const char *not_ready; /* NULL: ready */
	struct evhttp_request *held[YJ_HTTP_CLIENTS_MAX + 1];
	int n_held;
	size_t got; /* bytes of the last posted body */
	char folder[64], cert[80], key[80];
};

#define ASSERT_HAS(text, part)                                                                     \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			fail_msg("\"%s\" is not in:\n%s", part, text);                             \
	} while (0)

extern const struct yj_http_ops ops;
extern char answer[65536]; /* to the last ask */

/* Starts it anew with a certificate or without. */
int start(struct fixture *f, const char *cert, const char *key);
/* A plain server with /hold and /post, for each test. */
int setup(void **state);
int teardown(void **state);
/* A raw connection, not blocking. */
int dial(struct fixture *f);
void say(struct fixture *f, int fd, const char *text, size_t len);
/* Appends what there is to buf (a string); true when the server has closed. */
bool closed(int fd, char *buf, size_t cap);
bool heard(int fd, char *buf, size_t cap, const char *text);
/* Sends one request and returns all that comes until the server closes. */
const char *ask_raw(struct fixture *f, const char *request, size_t len);
const char *ask(struct fixture *f, const char *method, const char *path);
int status_of(const char *text);
const char *body_of(const char *text);

#endif
