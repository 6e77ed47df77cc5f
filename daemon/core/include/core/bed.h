/* One bed sensor, pure: what it says becomes "lies in it", "got up", "did not come back", "not
 * well"; a sample that does not last changes nothing.
 *
 *   UNKNOWN ── in ──▶ IN ── out for turn_ms ──▶ OUT ── in for turn_ms ──▶ IN
 *      └────── out ────────────────────────────▶ OUT
 *
 * - IN: somebody lies in it. A shorter "out" is a turn in bed.
 * - OUT: nobody. If it began by night, and after IN, return_due is armed: EXIT when it passes, once
 *   per absence; BACK when they are in bed again after an EXIT. A shorter "in" is nothing.
 * - Vitals: one that is out of its range in `samples` samples and for `for_ms`, with none between
 *   that is well inside, is news once; again only after calm_ms well inside. What is zero or
 *   not said was not measured and counts for neither; nothing is measured of an empty bed.
 *
 * Who cannot hear judges nobody: what is due waits until the sensor has been heard again, or
 * grace_ms after it could be. Times are ms on the timeline T; INT64_MAX: not armed. */
#ifndef CORE_BED_H
#define CORE_BED_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/vital.h"

#define YJ_BED_GAP_MS (5LL * 60 * 1000) /* silent for longer: a run of samples begins anew */

enum yj_lies { YJ_LIES_UNKNOWN, YJ_LIES_IN, YJ_LIES_OUT }; /* as stored */

struct yj_bed_rules {
	int64_t turn_ms;   /* > 0 */
	int64_t return_ms; /* > 0; shorter than turn_ms it is the turn too */
	int64_t grace_ms;
	int64_t for_ms;
	int64_t calm_ms;
	int samples;				      /* >= 1 */
	struct yj_vital_range ranges[YJ_VITAL_COUNT]; /* high 0: not looked at */
};

struct yj_bed_run {	    /* of one vital */
	int64_t since;	    /* of the first sample out of range; INT64_MAX: none */
	int64_t heard;	    /* the newest sample; INT64_MIN: none */
	int64_t calm_since; /* well inside since, once told; INT64_MAX: it is not */
	int n;
	bool told;
};

struct yj_bed {
	enum yj_lies lies;
	int64_t since;	    /* of lies, as far as is known */
	int64_t turn_since; /* the samples say otherwise since; INT64_MAX: they do not */
	bool turn_night;    /* that began by night */
	int64_t return_due; /* OUT by night, not told yet */
	bool exit_told;	    /* of this absence */
	int64_t heard;	    /* the newest sample that says where they are; INT64_MIN: none */
	struct yj_bed_run runs[YJ_VITAL_COUNT];
};

struct yj_bed_sample {
	int in_bed;		       /* 1, 0, -1: not said */
	double values[YJ_VITAL_COUNT]; /* <= 0: not measured */
};

struct yj_bed_now {
	int64_t t;
	int64_t hears_since; /* who cannot hear: INT64_MAX */
	bool night;
};

enum yj_bed_news {
	YJ_BED_IN = 1,	   /* is in bed */
	YJ_BED_OUT = 2,	   /* is not */
	YJ_BED_EXIT = 4,   /* got up by night and is not back */
	YJ_BED_BACK = 8,   /* is, after that */
	YJ_BED_VITAL = 16, /* shifted by enum yj_vital: is not well */
};

/* Nothing is known. */
void yj_bed_init(struct yj_bed *bed);
/* A sample; and time that has passed. They give enum yj_bed_news, several at once. */
unsigned yj_bed_sample(struct yj_bed *bed, const struct yj_bed_rules *rules,
    const struct yj_bed_sample *sample, const struct yj_bed_now *now);
unsigned yj_bed_tick(
    struct yj_bed *bed, const struct yj_bed_rules *rules, const struct yj_bed_now *now);
/* When the next tick is wanted; INT64_MAX: none. */
int64_t yj_bed_due(
    const struct yj_bed *bed, const struct yj_bed_rules *rules, const struct yj_bed_now *now);

#endif
