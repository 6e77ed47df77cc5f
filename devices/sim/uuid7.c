#include "uuid7.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "clock.h"

#define COUNTER_MAX 0xfff
/* A seed leaves the upper half of the counter free, so that it seldom spills into the time. */
#define COUNTER_SEED 0x7ff

char *sim_uuid7_make(
    struct sim_uuid7 *gen, int64_t utc_ms, const uint8_t random[10], char out[SIM_UUID7_LEN])
{
	const uint16_t seed = (uint16_t)((random[0] << 8 | random[1]) & COUNTER_SEED);
	uint64_t ms;

	if (utc_ms > gen->last_ms) {
		gen->last_ms = utc_ms;
		gen->counter = seed;
	} else if (gen->counter < COUNTER_MAX) {
		gen->counter++;
	} else {
		gen->last_ms++;
		gen->counter = seed;
	}
	ms = (uint64_t)gen->last_ms & 0xffffffffffff;
	snprintf(out, SIM_UUID7_LEN, "%08x-%04x-7%03x-%02x%02x-%02x%02x%02x%02x%02x%02x",
	    (unsigned)(ms >> 16), (unsigned)(ms & 0xffff), (unsigned)gen->counter,
	    (unsigned)(0x80 | (random[2] & 0x3f)), (unsigned)random[3], (unsigned)random[4],
	    (unsigned)random[5], (unsigned)random[6], (unsigned)random[7], (unsigned)random[8],
	    (unsigned)random[9]);
	return out;
}

char *sim_uuid7_next(char out[SIM_UUID7_LEN])
{
	static struct sim_uuid7 gen;
	uint8_t random[10];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();
	return sim_uuid7_make(&gen, sim_utc_ms(), random, out);
}
