/* Host names to addresses, off the loop: getaddrinfo blocks for as long as a name server likes. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <event2/event.h>

#include "proto/err.h"

#define ADDRS_MAX 8

struct addrs {
	int n;
	char text[ADDRS_MAX][80]; /* numeric, so that connecting needs no look-up */
};

/* Fills in *out if host is a numeric address: 0, else YJ_ERR_INVAL. Never blocks. */
int addrs_numeric(const char *host, struct addrs *out) YJ_MUST_CHECK;

struct resolver;

/* Called from the loop. addrs is borrowed; with n == 0 nothing was found and why is set. */
typedef void resolver_done(void *ctx, const struct addrs *addrs, const char *why);

/* host and base are borrowed. NULL: memory is short. */
struct resolver *resolver_new(
    struct event_base *base, const char *host, resolver_done *done, void *ctx);

/* Begins a look-up; if one is still under way that one answers, so that a dead name server never
 * costs more than one thread. 0, YJ_ERR_NOMEM, YJ_ERR_IO. */
int resolver_start(struct resolver *r) YJ_MUST_CHECK;

void resolver_free(struct resolver *r); /* NULL is fine; no callback any more */

#endif
