/* What devices measure, of themselves and of the person, wherever it came from: each part goes to
 * whoever looks after it. Kept in memory; may be called within a transaction and outside of one. */
#ifndef APP_READINGS_H
#define APP_READINGS_H

#include "gateway.h"

/* Readings of a device that the directory knows, live (not a broker's replay). */
void yj_readings_take(struct yj_gateway *g, const char *device, const struct yj_readings *readings);

/* The same of native messages. */
void yj_readings_heartbeat(
    struct yj_gateway *g, const char *device, const struct yj_msg_heartbeat *heartbeat);
void yj_readings_vital(struct yj_gateway *g, const char *device, const struct yj_msg_vital *vital);

#endif
