/* heartbeat: one sign of life, or one every so often. */
#include "clock.h"
#include "device.h"

struct beater {
	struct sim_run run;
	struct sim_device dev;
	struct event *timer;
	int mid; /* the last one; 0: none yet */
};

static void beat(struct beater *beater)
{
	struct timeval wait = sim_timeval_ms(beater->run.opts->every_ms);

	if (sim_device_beat(&beater->dev, &beater->mid) < 0)
		return; /* not connected: `up` comes back here */
	if (beater->run.opts->every_ms > 0)
		evtimer_add(beater->timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	beat(arg);
}

static void on_up(void *ctx)
{
	struct beater *beater = ctx;

	/* a single one that was taken before a reconnect is repeated by the library */
	if (beater->mid == 0 || beater->run.opts->every_ms > 0)
		beat(beater);
}

static void on_published(void *ctx, int mid, int code)
{
	struct beater *beater = ctx;

	if (beater->run.opts->every_ms <= 0 && mid == beater->mid)
		sim_run_end(&beater->run, code < 128 ? SIM_EXIT_DONE : SIM_EXIT_UNCONFIRMED);
}

static const struct sim_device_ops ops = {.up = on_up, .published = on_published};

int sim_heartbeat_main(const struct sim_options *opts)
{
	struct beater beater = {0};
	const int on_signal = opts->every_ms > 0 ? SIM_EXIT_DONE : SIM_EXIT_UNCONFIRMED;
	int code = SIM_EXIT_UNCONFIRMED;

	if (!sim_device_options_ok(opts))
		return SIM_EXIT_USAGE;
	if (sim_run_init(&beater.run, opts, on_signal) == 0) {
		beater.timer = evtimer_new(beater.run.base, on_timer, &beater);
		if (beater.timer != NULL &&
		    sim_device_init(&beater.dev, &beater.run, false, &ops, &beater) == 0) {
			sim_run_loop(&beater.run);
			code = beater.run.exit_code;
		}
	}
	sim_device_done(&beater.dev);
	if (beater.timer != NULL)
		event_free(beater.timer);
	sim_run_done(&beater.run);
	return code;
}
