/* More than YJ_FLOOD_PER_MIN alerts a minute from one device are counted instead of logged singly.
 * The window is in memory; what was counted is on disk in the same transaction as the alert. */
#ifndef APP_FLOODS_H
#define APP_FLOODS_H

#include "gateway.h"

struct yj_floods *yj_floods_new(void); /* NULL when memory is short */
void yj_floods_free(struct yj_floods *f);

/* Counts one alert of a device: true if it is beyond the limit of its minute. */
bool yj_floods_count(struct yj_gateway *g, const char *device);
bool yj_floods_count_duplicate(struct yj_gateway *g, const char *device);
/* Notes an alert beyond the limit, in the caller's transaction. */
int yj_floods_add(struct yj_gateway *g, const char *device) YJ_MUST_CHECK;
/* A transaction was undone: the windows begin anew. */
void yj_floods_forget(struct yj_gateway *g);
/* When the next minute with uncounted alerts is over; INT64_MAX if none. */
int64_t yj_floods_due(const struct yj_gateway *g);
/* Logs an alert.flood for each minute that is over, in the caller's transaction. all: also those
 * that are not (at start). */
int yj_floods_flush(struct yj_gateway *g, bool all) YJ_MUST_CHECK;

#endif
