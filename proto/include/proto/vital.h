/* Vital signs and the ranges in which they are well. */
#ifndef PROTO_VITAL_H
#define PROTO_VITAL_H

#include <stddef.h>

#include "proto/err.h"

enum yj_vital { YJ_VITAL_HR, YJ_VITAL_RR, YJ_VITAL_SPO2, YJ_VITAL_COUNT };

/* "hr", "rr", "spo2"; static. */
const char *yj_vital_name(enum yj_vital vital);

struct yj_vital_range { /* 1/min, 1/min, percent; both ends are well; high 0: not given */
	double low, high;
};

/* "40-130". YJ_ERR_INVAL: it is none, or beyond what the vital can be. */
int yj_vital_range_parse(
    enum yj_vital vital, const char *s, size_t len, struct yj_vital_range *out) YJ_MUST_CHECK;

/* "hr=45-120;rr=8-25;spo2=90-100", each at most once, any of them; those that are not named have
 * high 0. len may be that of a part of s. YJ_ERR_INVAL with *out untouched. */
int yj_vital_ranges_parse(
    const char *s, size_t len, struct yj_vital_range out[YJ_VITAL_COUNT]) YJ_MUST_CHECK;

#endif
