/* Measured times, and their percentiles. */
#ifndef SIM_LATENCY_H
#define SIM_LATENCY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct sim_latency { /* zero it before the first use */
	uint32_t *values_us;
	size_t count, cap;
};

/* Notes one time; negative counts as 0, over 71 minutes as that. 0 or YJ_ERR_NOMEM. */
int sim_latency_add(struct sim_latency *lat, int64_t value_us) YJ_MUST_CHECK;

/* The smallest value that at least percent of all values do not exceed (nearest rank), in
 * microseconds; -1 if there are none. percent is 0 to 100. Sorts the values. */
int64_t sim_latency_percentile(struct sim_latency *lat, double percent);

void sim_latency_done(struct sim_latency *lat);

#endif
