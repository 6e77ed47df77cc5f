/* The channels of driver smstools out of the configuration: one for each spool. */
#ifndef APP_MODEMS_H
#define APP_MODEMS_H

#include "gateway.h"

struct yj_modems;

struct yj_modems *yj_modems_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_modems_free(struct yj_modems *modems);

/* Takes over g->config. A spool whose settings stay goes on with what it has under way; of one that
 * changes or goes, that is sent again by whoever comes after it, under the same name, so not twice.
 * 0 or YJ_ERR_NOMEM. */
int yj_modems_set(struct yj_gateway *g, struct yj_modems *modems) YJ_MUST_CHECK;

/* By its name ("sms", "sms:2"), borrowed until the next set; NULL: none. */
const struct yj_channel *yj_modems_channel(struct yj_modems *modems, const char *name);

#endif
