/* A button that is stuck: for a time its device's new incidents page every operator (or, without
 * one, every duty room) and nobody else, and the operators are told so every hour. Where there is
 * neither, its incidents follow their policy: a call is never nobody's. */
#ifndef APP_DIVERTS_H
#define APP_DIVERTS_H

#include "gateway.h"
#include "store/divert.h"

#define YJ_DIVERT_MAX_MS (24LL * 3600 * 1000)

/* Do this device's new incidents go to operators alone now? 0 or a yj_err. */
int yj_diverts_now(struct yj_gateway *g, const char *device, bool *diverted) YJ_MUST_CHECK;
/* Is there an operator or a duty room? */
int yj_diverts_desk(struct yj_gateway *g, bool *any) YJ_MUST_CHECK;

/* Begins one (d->until_* are set), or ends it, tells the operators and logs it, within the caller's
 * transaction. end: YJ_ERR_NOTFOUND if it is not diverted. */
int yj_diverts_begin(
    struct yj_gateway *g, struct yj_divert *d, const char *actor, const char *reason) YJ_MUST_CHECK;
int yj_diverts_end(struct yj_gateway *g, const char *device, const char *actor) YJ_MUST_CHECK;

/* When the next one ends or is told again, on the timeline; INT64_MAX: there is none. */
int64_t yj_diverts_due(struct yj_gateway *g);
int yj_diverts_run(struct yj_gateway *g) YJ_MUST_CHECK;
/* A transaction was undone. */
void yj_diverts_forget(struct yj_gateway *g);

#endif
