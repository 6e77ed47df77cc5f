/* One GET at a time to a watchdog's URL, of which only the status counts. */
#ifndef NOTIFY_PING_H
#define NOTIFY_PING_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_ping;

/* words: what went wrong, without the URL; "" when it was answered 2xx. */
typedef void (*yj_ping_cb)(void *ctx, bool ok, const char *words);

/* base and ctx are borrowed. NULL when memory is short or libcurl cannot start. */
struct yj_ping *yj_ping_new(struct event_base *base, yj_ping_cb done, void *ctx);
void yj_ping_free(struct yj_ping *ping); /* NULL is fine; no callback */

/* Begins; exactly one callback follows, from the loop. YJ_ERR_BUSY: one is under way; YJ_ERR_NOMEM.
 */
int yj_ping_send(struct yj_ping *ping, const char *url, int64_t timeout_ms) YJ_MUST_CHECK;

#endif
