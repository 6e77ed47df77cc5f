/* What comes of a bed sensor's news: events, incidents, a word to those who look after beds. All
 * within the caller's transaction; 0 or a yj_err. */
#ifndef APP_BEDS_INCIDENT_H
#define APP_BEDS_INCIDENT_H

#include "alert.h"
#include "core/bed.h"
#include "store/bed.h"

struct yj_bed_finding {
	struct yj_gateway *g;
	struct yj_device device;
	struct yj_whose whose;
	struct yj_bed_place place;
};

/* Whose the sensor is. YJ_ERR_NOTFOUND: nobody's any more. */
int yj_bed_finding_of(
    struct yj_gateway *g, const char *device, struct yj_bed_finding *out) YJ_MUST_CHECK;

/* bed.in or bed.out. */
int yj_bed_log(const struct yj_bed_finding *f, enum yj_event_type type) YJ_MUST_CHECK;
/* Up by night for so long. */
int yj_bed_exit(const struct yj_bed_finding *f, int64_t return_ms) YJ_MUST_CHECK;
/* In bed again: whoever was called for that hears of it; nothing is closed. */
int yj_bed_back(const struct yj_bed_finding *f) YJ_MUST_CHECK;
/* Which vitals (a mask of 1 << enum yj_vital), and what was measured. */
int yj_bed_vitals(const struct yj_bed_finding *f, unsigned vitals,
    const double values[YJ_VITAL_COUNT]) YJ_MUST_CHECK;
/* Is something wrong about who lies there? It is told if so and `tell`. */
int yj_bed_wrong(const struct yj_bed_finding *f, bool tell, bool *is) YJ_MUST_CHECK;

#endif
