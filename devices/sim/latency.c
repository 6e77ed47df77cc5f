#include "latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int sim_latency_add(struct sim_latency *lat, int64_t value_us)
{
	if (lat->count == lat->cap) {
		size_t cap = lat->cap == 0 ? 1024 : lat->cap * 2;
		uint32_t *grown = reallocarray(lat->values_us, cap, sizeof(*grown));

		if (grown == NULL)
			return YJ_ERR_NOMEM;
		lat->values_us = grown;
		lat->cap = cap;
	}
	if (value_us < 0)
		value_us = 0;
	lat->values_us[lat->count++] = value_us > UINT32_MAX ? UINT32_MAX : (uint32_t)value_us;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int64_t sim_latency_percentile(struct sim_latency *lat, double percent)
{
	size_t rank;

	if (lat->count == 0)
		return -1;
	qsort(lat->values_us, lat->count, sizeof(*lat->values_us), compare);
	rank = (size_t)ceil(percent / 100 * (double)lat->count);
	if (rank < 1)
		rank = 1;
	if (rank > lat->count)
		rank = lat->count;
	return lat->values_us[rank - 1];
}

void sim_latency_done(struct sim_latency *lat)
{
	free(lat->values_us);
	memset(lat, 0, sizeof(*lat));
}
