/* The two clocks of the simulator. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

int64_t sim_utc_ms(void);  /* for `ts` and people */
int64_t sim_mono_us(void); /* for delays and latencies */

static inline int64_t sim_mono_ms(void)
{
	return sim_mono_us() / 1000;
}

/* For libevent; negative becomes 0. */
struct timeval sim_timeval_ms(int64_t ms);

#endif
