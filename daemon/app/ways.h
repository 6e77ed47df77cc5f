/* Over which channels a person is reached (config_ways.h), for the running gateway. */
#ifndef APP_WAYS_H
#define APP_WAYS_H

#include "config_ways.h"
#include "gateway.h"

/* As of now. Whoever names no channel and has no telephone is not called or texted; whom nothing
 * is left for has mqtt. */
void yj_ways_get(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out);
/* By day, and then what is added by night. */
void yj_ways_all(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out);

/* Is it night now, by the municipality's clock? Never while the time is not known. */
bool yj_ways_night(const struct yj_gateway *g);

#endif
