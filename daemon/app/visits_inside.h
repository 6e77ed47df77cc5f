/* Inside of visits: what its two files share. */
#ifndef APP_VISITS_INSIDE_H
#define APP_VISITS_INSIDE_H

#include "visits.h"

/* Saves a visit that begins, rings, and logs it. offer: JSON text or NULL. 0; YJ_ERR_FULL: the
 * offer does not fit into a message; or a yj_err. */
int yj_visits_first(struct yj_gateway *g, const struct yj_visits_ask *ask, struct yj_visit_row *row,
    const char *offer) YJ_MUST_CHECK;

/* At each ring: which terminal is to ring, and whether it answers by itself there. *found: there is
 * one, and nobody else is there; row->device is it then. */
int yj_visits_aim(struct yj_gateway *g, struct yj_visit_row *row, bool *found) YJ_MUST_CHECK;

/* Is the terminal of the visit still one of the resident's? It may stand in another home by now. */
int yj_visits_at_home(
    struct yj_gateway *g, const struct yj_visit_row *row, bool *at_home) YJ_MUST_CHECK;

/* The mode that a signal names, if it names one. */
bool yj_visits_mode_of(const json_t *signal, enum yj_visit_mode *mode);

/* Into the ledger of who looked in on whom: what has come of a visit that is over, or what its
 * caller says of it. result: YJ_FOUND_UNSAID: as it ended. */
int yj_visits_ledger(struct yj_gateway *g, const struct yj_visit_row *row,
    enum yj_visit_result result, const char *note) YJ_MUST_CHECK;

#endif
