/* Silences on the alert path: while one is active, lesser alerts of what it names open no incident
 * (never calls for help). Without an active one a look costs a comparison. */
#ifndef APP_SILENCES_H
#define APP_SILENCES_H

#include "gateway.h"

/* The silence that mutes `kind` from this device now, or 0. Nothing does while the time of day is
 * not known, or for a call for help. 0 or a yj_err. */
int yj_silences_match(struct yj_gateway *g, const char *device, const struct yj_whose *whose,
    enum yj_kind kind, int64_t *n) YJ_MUST_CHECK;

/* What stands in the store has changed, or a transaction was undone. */
void yj_silences_forget(struct yj_gateway *g);

/* When the next one ends, on the timeline; INT64_MAX if none does. */
int64_t yj_silences_due(struct yj_gateway *g);
/* Notes and logs the end of those that are over, within the caller's transaction. */
int yj_silences_sweep(struct yj_gateway *g) YJ_MUST_CHECK;

#endif
