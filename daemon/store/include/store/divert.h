/* Devices whose calls go to operators alone for a time. Times on the timeline T, so that they end
 * whatever becomes of the clock. */
#ifndef STORE_DIVERT_H
#define STORE_DIVERT_H

#include <jansson.h>

#include "store/incident.h"

struct yj_divert {
	char device[YJ_NAME_MAX + 1];
	int64_t until_t, until_utc_ms;
	int64_t tell_t; /* when the operators are told next */
};

/* Sets or replaces. reason may be "". */
int yj_divert_put(struct yj_store *s, const struct yj_divert *d, const char *author,
    const char *reason) YJ_MUST_CHECK;
int yj_divert_told(struct yj_store *s, const char *device, int64_t tell_t) YJ_MUST_CHECK;
/* YJ_ERR_NOTFOUND: it is not diverted. */
int yj_divert_end(struct yj_store *s, const char *device) YJ_MUST_CHECK;
int yj_divert_get(struct yj_store *s, const char *device, struct yj_divert *out) YJ_MUST_CHECK;
/* The one with something to be done first: its end, or telling. YJ_ERR_NOTFOUND: there is none. */
int yj_divert_first(struct yj_store *s, struct yj_divert *out) YJ_MUST_CHECK;
/* All as an array of {"device", "until", "author", "reason"}. */
int yj_read_diverts(struct yj_store *s, json_t **out) YJ_MUST_CHECK;

#endif
