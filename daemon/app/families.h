/* Which families' messages the broker is asked for: those of the devices that are registered, and
 * those that the configuration names for discovery. */
#ifndef APP_FAMILIES_H
#define APP_FAMILIES_H

#include "gateway.h"

struct yj_families;
struct yj_families *yj_families_new(void); /* NULL when memory is short */
void yj_families_free(struct yj_families *f);

/* The directory or the configuration has changed: looked at again by the next refresh. */
void yj_families_changed(struct yj_gateway *g);
/* Subscribes and unsubscribes, if something has changed. Outside of a transaction. */
void yj_families_refresh(struct yj_gateway *g);

#endif
