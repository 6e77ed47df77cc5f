/* What the tests of the control socket share: a server, peers, and a child that asks. */
#ifndef TEST_CTL_RIG_H
#define TEST_CTL_RIG_H

#include <event2/event.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/client.h"
#include "ctl/server.h"
#include "turning.h"

struct fixture {
	struct event_base *base;
	struct event *tick;
	struct yj_ctl *ctl;
	char folder[64];
	char path[100];
	struct yj_ctl_call *held; /* by the command "hold" */
	struct yj_ctl_call *gone;
	int n_gone, n_denied, n_requests;
	char denied_user[33];
	char asked_by[33];
};

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

extern const struct yj_ctl_ops ops;

/* A server in a folder of its own, for each test. */
int setup(void **state);
int teardown(void **state);
/* A raw connection, not blocking. */
int dial(const char *path);
void say(int fd, const char *text);
/* Reads what there is into buf (a string); true when the peer has closed. */
bool closed(int fd, char *buf, size_t cap);
bool heard(int fd, char *buf, size_t cap, const char *text);
/* Runs fn in a child with its own (blocking) client; the child's exit code is what fn returns. */
int in_child(struct fixture *f, int (*fn)(struct fixture *f));
bool is_refusal(json_t *answer, const char *code);
/* For in_child: five requests of all sorts. */
int child_asks(struct fixture *f);

#endif
