/* The one path: what was read from the broker, what channels report and what time has brought is
 * carried out in ONE transaction; only then is anything acknowledged or told. */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "alerts.h"
#include "gateway.h"

struct yj_inbox *yj_inbox_new(void); /* NULL when memory is short */
void yj_inbox_free(struct yj_inbox *inbox);

/* Notes a message read on the help connection (copied). */
void yj_dispatch_note(struct yj_gateway *g, const struct yj_link_msg *msg);

/* Carries out all that waits. 0: it is on disk and may be acknowledged. Negative: nothing is, and
 * nothing was told; messages noted are forgotten, for the broker delivers them again. */
int yj_dispatch_run(struct yj_gateway *g) YJ_MUST_CHECK;

/* Has run() something to do besides messages? Schedules it for the end of this turn. */
void yj_dispatch_soon(struct yj_gateway *g);

/* An error that says nothing about the item, only that nothing can be written now? */
bool yj_dispatch_store_failed(int rc);

/* The same for what can wait a few milliseconds for company: it goes with the next transaction, and
 * has one of its own only if none comes. */
void yj_dispatch_later(struct yj_gateway *g);

/* Runs fn in a transaction of its own (for commands), with the same care: effects published after
 * the commit, errors counted. 0 or a yj_err. */
int yj_dispatch_do(
    struct yj_gateway *g, int (*fn)(struct yj_gateway *g, void *arg), void *arg) YJ_MUST_CHECK;

/* One message that came by itself (raw->family says whose), in a transaction of its own, with the
 * same care as one of the broker. 0: it is on disk, also if it was refused or set aside. Negative:
 * nothing is. */
int yj_dispatch_push(struct yj_gateway *g, struct yj_raw *raw) YJ_MUST_CHECK;

#endif
