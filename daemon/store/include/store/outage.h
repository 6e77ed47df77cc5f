/* Outages: devices of a region that went offline together, as members of one incident of kind
 * `outage`. An outage lasts until most of its devices are back, whatever becomes of the incident.
 */
#ifndef STORE_OUTAGE_H
#define STORE_OUTAGE_H

#include <jansson.h>

#include "store/incident.h"

struct yj_outage {
	int64_t incident;
	char region[13]; /* 12 digits; of a township or county with zeros at the end */
	int64_t began_t;
	enum yj_inc_state state; /* of its incident */
};

/* Begins one; members come after. */
int yj_outage_add(struct yj_store *s, const struct yj_outage *o, int64_t now_utc_ms) YJ_MUST_CHECK;
/* A device is away, as a (new) member. */
int yj_outage_member(struct yj_store *s, int64_t incident, const char *device, const char *resident,
    const char *region) YJ_MUST_CHECK;
/* All members of one become the other's. */
int yj_outage_move(struct yj_store *s, int64_t from, int64_t to) YJ_MUST_CHECK;
int yj_outage_end(struct yj_store *s, int64_t incident, int64_t now_utc_ms) YJ_MUST_CHECK;

/* Those that last, oldest first; at most cap. */
int yj_outage_list(struct yj_store *s, struct yj_outage *v, size_t cap, size_t *n) YJ_MUST_CHECK;
/* Members, and how many of them are away and still in use. */
int yj_outage_counts(
    struct yj_store *s, int64_t incident, int64_t *members, int64_t *away) YJ_MUST_CHECK;

/* The incident of the outage that lasts and for which the device is away, and that incident's
 * state. YJ_ERR_NOTFOUND: there is none. */
int yj_outage_of_device(struct yj_store *s, const char *device, int64_t *incident,
    enum yj_inc_state *state) YJ_MUST_CHECK;
/* The device is back; *was: it was away for an outage that lasts. */
int yj_outage_back(
    struct yj_store *s, const char *device, int64_t now_utc_ms, bool *was) YJ_MUST_CHECK;
/* The incident not closed of an outage that has members in this region. YJ_ERR_NOTFOUND. */
int yj_outage_of_region(struct yj_store *s, const char *region, int64_t *incident) YJ_MUST_CHECK;

/* The regions of the members, each once, cut to so many digits and filled up with zeros. */
int yj_outage_regions(
    struct yj_store *s, int64_t incident, int digits, struct yj_names *out) YJ_MUST_CHECK;

/* The homes to look after, those of high risk first: an array of {"resident", "name", "address",
 * "phone", "risk", "region", "region_name", "device", "back_at"}; name and address are the
 * institution's and the place where there is no resident. */
int yj_outage_homes(struct yj_store *s, int64_t incident, json_t **out) YJ_MUST_CHECK;

#endif
