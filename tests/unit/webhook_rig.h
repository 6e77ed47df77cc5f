/* What the tests of the webhook channel share: endpoints, results, and a name server that hangs. */
#ifndef TEST_WEBHOOK_RIG_H
#define TEST_WEBHOOK_RIG_H

#include <event2/event.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notify/posters.h"
#include "selfsigned.h"
#include "webhook_server.h"

#define TURN_ALSO(f) server_turn((f)->server)
#include "turning.h"

#define TOKENS 1024
#define WARM 1023 /* the token of what warm() sends */

struct fixture {
	struct event_base *base;
	struct event *tick;
	struct server *server;
	struct yj_posters *hooks;
	struct yj_sent_result results[TOKENS];
	int n_results[TOKENS]; /* by token */
	int n_all;
	bool sending; /* inside of a call to send or set */
};

/* The name slow.test is not resolved while a test holds this; so many look-ups of it are waiting.
 */
extern pthread_mutex_t gate;
extern atomic_int n_resolving;

extern const struct yj_msg_inbox page;

struct hook_conf {	  /* a webhook in short */
	const char *name; /* without "webhook:" */
	const char *url, *secret;
	int64_t timeout_ms;
	int attempts;
};
int hooks_set(struct yj_posters *hooks, const struct hook_conf *conf, size_t n, size_t *bad);
const struct yj_channel *hooks_channel(struct yj_posters *hooks, const char *name);

/* Servers and an empty set of endpoints, for each test. */
int setup(void **state);
int teardown(void **state);
/* Keeps a result in the fixture (ctx). */
void on_done(void *ctx, const struct yj_sent_result *result);
/* Puts one endpoint "e" in place. */
const struct yj_channel *endpoint(
    struct fixture *f, int port, const char *path, int64_t timeout_ms);
struct yj_delivery delivery_of(uint64_t token, int attempt);
int send_page(struct fixture *f, const struct yj_channel *channel, uint64_t token, int attempt);
/* Sends until a channel is trusted with as many at once as it may ever have. */
void warm(struct fixture *f, const struct yj_channel *channel);
/* Sends once to a path of the good server and waits for the result. */
struct yj_sent_result outcome_of(struct fixture *f, const char *path, int attempt);

#endif
