/* Bed sensors, whose beds they stand in, what is wrong about who lies where, and the history of
 * beds. */
#ifndef STORE_BED_H
#define STORE_BED_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/limits.h"
#include "proto/vital.h"
#include "store/store.h"

#define YJ_BED_WRONG_MS (10LL * 60 * 1000) /* occupied for so long before that can be wrong */

enum {
	YJ_BED_TOLD_EXIT = 1,
	YJ_BED_TOLD_WRONG = 2,
	YJ_BED_TOLD_VITAL = 16, /* shifted by enum yj_vital */
};

struct yj_bed_row { /* of bed_sensors */
	char device[YJ_NAME_MAX + 1];
	int lies; /* enum yj_lies of core/bed.h */
	int64_t since_t, since_utc_ms;
	int64_t turn_t; /* INT64_MAX: none */
	bool turn_night;
	int64_t return_t; /* INT64_MAX: none */
	unsigned told;
};
int yj_bed_put(struct yj_store *s, const struct yj_bed_row *row) YJ_MUST_CHECK;
/* Calls fn for each; what it returns below 0 ends it and is returned. */
int yj_bed_each(struct yj_store *s, int (*fn)(void *ctx, const struct yj_bed_row *row),
    void *ctx) YJ_MUST_CHECK;

/* What a sensor stands for. */
struct yj_bed_place {
	char bed[YJ_NAME_MAX + 1]; /* that names it, else the resident's; "" if none */
	int64_t return_within_ms;  /* of that bed; 0: as configured */
	bool is_bed;		   /* its kind is `bed`, or a bed names it */
	bool elsewhere;		   /* its resident lies in another bed than the one it stands in */
	struct yj_vital_range ranges[YJ_VITAL_COUNT]; /* of its resident; high 0: as configured */
};
/* resident: the first of its own, else the occupant of the bed that names it; "" if none. */
int yj_bed_place(struct yj_store *s, const char *device, const char *resident,
    struct yj_bed_place *out) YJ_MUST_CHECK;
/* Is it a bed's sensor? false too for one that is not there. */
int yj_bed_is_sensor(struct yj_store *s, const char *device, bool *is) YJ_MUST_CHECK;

/* Keeps what was measured; and says it, "心率 145，呼吸 33", "" if nothing was. */
int yj_bed_vital_put(struct yj_store *s, int64_t incident, enum yj_vital vital, double value,
    int64_t utc_ms) YJ_MUST_CHECK;
int yj_bed_vital_words(
    struct yj_store *s, int64_t incident, bool en, char *buf, size_t cap) YJ_MUST_CHECK;

/* What is wrong now: an array of {"what": "unassigned" | "two_beds" | "sensor_of_another", "bed",
 * "device", "resident", "region", "since"}, null where there is none. device "" : all of them. A
 * new reference. */
int yj_read_beds_wrong(
    struct yj_store *s, const char *device, int64_t now_utc_ms, json_t **out) YJ_MUST_CHECK;
/* How a sensor of a bed is: {"device", "state": "in" | "out" | null, "since"}; null for a bed
 * without one. */
int yj_read_bed_sensor(struct yj_store *s, const char *bed, json_t **out) YJ_MUST_CHECK;
/* Incidents of a bed or (by_resident) of a resident wherever they lay, the newest first, at most
 * limit: {"id", "kind", "state", "resident", "bed", "institution", "device", "opened_at",
 * "closed_at", "outcome", "alerts"}. */
int yj_read_bed_incidents(struct yj_store *s, const char *id, bool by_resident, int64_t limit,
    json_t **out) YJ_MUST_CHECK;

/* Occupants that were changed by another way than a move come into the history as moves with that
 * reason: of one bed; or of all beds that differ, begun in the transaction that changed them and
 * then in pieces of at most `limit`, until there is no more. Within the caller's transaction; 0 or
 * a yj_err. */
int yj_dir_bed_note(struct yj_store *s, const char *bed, int64_t utc_ms, const char *actor,
    const char *reason) YJ_MUST_CHECK;
int yj_dir_beds_note_begin(
    struct yj_store *s, int64_t utc_ms, const char *actor, const char *reason) YJ_MUST_CHECK;
int yj_dir_beds_note_piece(struct yj_store *s, int limit, bool *more) YJ_MUST_CHECK;

#endif
