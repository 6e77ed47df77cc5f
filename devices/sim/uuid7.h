/* Message ids that sort by time: UUID version 7 (RFC 9562, section 5.7). */
#ifndef SIM_UUID7_H
#define SIM_UUID7_H

#include <stdint.h>

#define SIM_UUID7_LEN 37 /* 36 characters and a terminator */

struct sim_uuid7 { /* zero it before the first use */
	int64_t last_ms;
	uint16_t counter;
};

/* Writes the next id. Ids of one state grow strictly, also when utc_ms stands still or goes back
 * (RFC 9562, section 6.2, method 1: 12 bits of counter, seeded at random). Pure: random is ten
 * bytes of the caller's. Returns out. */
char *sim_uuid7_make(
    struct sim_uuid7 *gen, int64_t utc_ms, const uint8_t random[10], char out[SIM_UUID7_LEN]);

/* The same with this process's state, clock and randomness. Not for several threads. */
char *sim_uuid7_next(char out[SIM_UUID7_LEN]);

#endif
