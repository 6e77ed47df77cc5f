/* "Village dark": when many devices of a region go offline together, one incident of kind `outage`
 * with the list of homes to look after, until most are back. While nothing happens it costs a
 * comparison; a look, some seconds after a device has gone, is one walk over the devices. */
#ifndef APP_OUTAGES_H
#define APP_OUTAGES_H

#include "gateway.h"

/* A device has gone, which counts from that time on. */
void yj_outages_gone(struct yj_gateway *g, int64_t gone_t);
/* When to look; INT64_MAX: there is nothing to look for. */
int64_t yj_outages_due(const struct yj_gateway *g);

/* The rest within the caller's transaction; 0 or a yj_err. A device that has gone belongs to the
 * outage there is in its region, unless a silence excuses it. */
int yj_outages_member(
    struct yj_gateway *g, const char *device, const struct yj_whose *whose) YJ_MUST_CHECK;
int yj_outages_back(struct yj_gateway *g, const char *device) YJ_MUST_CHECK;
/* Begins and ends what is to be begun and ended. */
int yj_outages_look(struct yj_gateway *g) YJ_MUST_CHECK;
/* The transaction was undone: all of it is looked at again. */
void yj_outages_undone(struct yj_gateway *g);

/* The people of a level, in each of the places that an outage is about. */
int yj_outages_expand(struct yj_gateway *g, const struct yj_incident *inc,
    const struct yj_target *to, size_t n_to, struct yj_names *names) YJ_MUST_CHECK;

#endif
