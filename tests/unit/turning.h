/* Turning an event loop within a test until a condition holds; nothing sleeps. */
#ifndef TEST_TURNING_H
#define TEST_TURNING_H

#include <event2/event.h>
#include <time.h>

/* Seconds of the monotonic clock. */
static inline double now_s(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline void turning_on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Keeps a loop turning, so that conditions are looked at every so often; to be freed. */
static inline struct event *turning_tick(struct event_base *base)
{
	struct event *tick = event_new(base, -1, EV_PERSIST, turning_on_tick, NULL);
	event_add(tick, &(struct timeval){.tv_usec = 1000});
	return tick;
}

#ifndef TURN_ALSO
#define TURN_ALSO(f) (void)(f) /* a rig with a second loop turns it here */
#endif

/* Turns the loop of a fixture with a member `base` until the condition holds. */
#define TURN_UNTIL(f, cond)                                                                        \
	do {                                                                                       \
		double until_ = now_s() + 20;                                                      \
		while (!(cond)) {                                                                  \
			if (now_s() > until_)                                                      \
				fail_msg("never came: %s", #cond);                                 \
			event_base_loop((f)->base, EVLOOP_ONCE);                                   \
			TURN_ALSO(f);                                                              \
		}                                                                                  \
	} while (0)

#endif
