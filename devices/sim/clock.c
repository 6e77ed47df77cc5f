#include "clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sim_utc_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t sim_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

struct timeval sim_timeval_ms(int64_t ms)
{
	if (ms < 0)
		ms = 0;
	return (struct timeval){
	    .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}
