#include "run.h"

#include <signal.h>
#include <string.h>

#include "clock.h"
#include "out.h"

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct sim_run *run = arg;

	(void)fd;
	(void)what;
	sim_run_end(run, run->on_signal);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sim_err("not confirmed in time");
	sim_run_end(arg, SIM_EXIT_UNCONFIRMED);
}

static void on_duration(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	sim_run_end(arg, SIM_EXIT_DONE);
}

int sim_run_init(struct sim_run *run, const struct sim_options *opts, int signal_code)
{
	struct timeval wait;

	*run = (struct sim_run){.opts = opts, .on_signal = signal_code, .exit_code = -1};
	run->base = event_base_new();
	if (run->base == NULL)
		return YJ_ERR_NOMEM;
	run->interrupted = evsignal_new(run->base, SIGINT, on_signal, run);
	run->terminated = evsignal_new(run->base, SIGTERM, on_signal, run);
	run->timeout = evtimer_new(run->base, on_timeout, run);
	run->duration = evtimer_new(run->base, on_duration, run);
	if (run->interrupted == NULL || run->terminated == NULL || run->timeout == NULL ||
	    run->duration == NULL)
		return YJ_ERR_NOMEM;
	evsignal_add(run->interrupted, NULL);
	evsignal_add(run->terminated, NULL);
	if (opts->timeout_ms >= 0) {
		wait = sim_timeval_ms(opts->timeout_ms);
		evtimer_add(run->timeout, &wait);
	}
	if (opts->duration_ms >= 0) {
		wait = sim_timeval_ms(opts->duration_ms);
		evtimer_add(run->duration, &wait);
	}
	return 0;
}

void sim_run_loop(struct sim_run *run)
{
	if (run->exit_code < 0)
		event_base_loop(run->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void sim_run_end(struct sim_run *run, int exit_code)
{
	if (run->exit_code < 0)
		run->exit_code = exit_code;
	event_base_loopbreak(run->base);
}

void sim_run_done(struct sim_run *run)
{
	struct event *const events[] = {
	    run->interrupted, run->terminated, run->timeout, run->duration};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	if (run->base != NULL)
		event_base_free(run->base);
}
