/* From the core's sets to rows of the outbox. All within the caller's transaction. */
#ifndef APP_PAGER_H
#define APP_PAGER_H

#include "gateway.h"

/* Pages the set of a YJ_ACT_PAGE; *people is how many were asked. */
int yj_pager_page(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state, uint32_t *people) YJ_MUST_CHECK;

/* News for all who were paged or are informed. */
int yj_pager_tell(struct yj_gateway *g, const struct yj_incident *inc, const struct yj_plan *plan,
    const struct yj_act *a, const struct yj_state *state) YJ_MUST_CHECK;

/* Tells the devices of the incident. */
int yj_pager_home(
    struct yj_gateway *g, const struct yj_incident *inc, const struct yj_act *a) YJ_MUST_CHECK;

/* Tells one device again what its incidents stand at: it has come online. */
int yj_pager_home_again(struct yj_gateway *g, const char *device) YJ_MUST_CHECK;

/* Is there a channel that the page of this row has not been sent over? */
int yj_pager_has_next(
    struct yj_gateway *g, const struct yj_outbox_row *row, bool *has) YJ_MUST_CHECK;

/* Begins the next channel of the page that row belongs to, if there is one and it has not begun.
 * at_once (a call for help): the one after it too while the one begun is known to be down. */
int yj_pager_next_channel(
    struct yj_gateway *g, const struct yj_outbox_row *row, bool at_once) YJ_MUST_CHECK;

#endif
