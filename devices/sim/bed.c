/* bed: a bed sensor. It sends vitals while somebody lies in it; --exit-after lets them get up,
 * which is a vital with in_bed false and an alarm `bed_exit` (not with --no-alarm); --return-after
 * brings them back. */
#include <stdlib.h>

#include "clock.h"
#include "device.h"
#include "out.h"
#include "uuid7.h"

#define DEFAULT_EVERY_MS 10000

struct bed {
	struct sim_run run;
	struct sim_device dev;
	struct event *vital, *heartbeat, *change;
	bool in_bed;
	double hr, rr, spo2_pct; /* wander a little around a resting adult's */
};

static double wander(double value, double low, double high)
{
	value += (double)(random() % 3) - 1;
	if (value < low)
		return low;
	return value > high ? high : value;
}

static double steady(int64_t wanted, double otherwise)
{
	return wanted >= 0 ? (double)wanted : otherwise;
}

static void arm(struct event *timer, int64_t wait_ms)
{
	struct timeval wait = sim_timeval_ms(wait_ms);

	evtimer_add(timer, &wait);
}

static int say_vital(struct bed *bed)
{
	char id[SIM_UUID7_LEN];
	struct yj_message msg = {.type = YJ_TOPIC_VITAL};

	msg.u.vital = (struct yj_msg_vital){.id = sim_uuid7_next(id),
	    .ts_ms = sim_utc_ms(),
	    .hr = -1,
	    .rr = -1,
	    .spo2_pct = -1,
	    .in_bed = bed->in_bed};
	if (bed->in_bed) {
		msg.u.vital.hr = bed->hr = steady(bed->run.opts->hr, wander(bed->hr, 48, 96));
		msg.u.vital.rr = bed->rr = steady(bed->run.opts->rr, wander(bed->rr, 10, 22));
		msg.u.vital.spo2_pct = bed->spo2_pct = wander(bed->spo2_pct, 93, 99);
	}
	return sim_sender_tell(&bed->dev.sender, &msg, false, NULL);
}

static void on_vital(evutil_socket_t fd, short what, void *arg)
{
	struct bed *bed = arg;
	const int64_t every_ms = bed->run.opts->every_ms;

	(void)fd;
	(void)what;
	if (say_vital(bed) == 0)
		arm(bed->vital, every_ms > 0 ? every_ms : DEFAULT_EVERY_MS);
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct bed *bed = arg;

	(void)fd;
	(void)what;
	if (bed->run.opts->heartbeat_ms > 0 && sim_device_beat(&bed->dev, NULL) == 0)
		arm(bed->heartbeat, bed->run.opts->heartbeat_ms);
}

static void on_change(evutil_socket_t fd, short what, void *arg)
{
	struct bed *bed = arg;
	char id[YJ_MSGID_MAX + 1];

	(void)fd;
	(void)what;
	bed->in_bed = !bed->in_bed;
	if (say_vital(bed) < 0)
		sim_err("%s: not connected, the next vital will tell", bed->run.opts->device);
	if (bed->in_bed)
		return;
	if (!bed->run.opts->no_alarm && sim_device_press(&bed->dev, YJ_TOPIC_ALARM, NULL, id) < 0)
		sim_run_end(&bed->run, SIM_EXIT_UNCONFIRMED);
	else if (bed->run.opts->return_after_ms >= 0)
		arm(bed->change, bed->run.opts->return_after_ms);
}

static void on_up(void *ctx)
{
	struct bed *bed = ctx;

	on_heartbeat(-1, 0, bed);
	on_vital(-1, 0, bed);
}

static const struct sim_device_ops ops = {.up = on_up};

static int begin(struct bed *bed)
{
	bed->vital = evtimer_new(bed->run.base, on_vital, bed);
	bed->heartbeat = evtimer_new(bed->run.base, on_heartbeat, bed);
	bed->change = evtimer_new(bed->run.base, on_change, bed);
	if (bed->vital == NULL || bed->heartbeat == NULL || bed->change == NULL)
		return YJ_ERR_NOMEM;
	if (bed->run.opts->exit_after_ms >= 0)
		arm(bed->change, bed->run.opts->exit_after_ms);
	return sim_device_init(&bed->dev, &bed->run, true, &ops, bed);
}

int sim_bed_main(const struct sim_options *opts)
{
	struct bed bed = {.in_bed = true, .hr = 64, .rr = 14, .spo2_pct = 97};
	int code = SIM_EXIT_UNCONFIRMED;

	if (!sim_device_options_ok(opts))
		return SIM_EXIT_USAGE;
	if (sim_run_init(&bed.run, opts, SIM_EXIT_DONE) == 0 && begin(&bed) == 0) {
		sim_run_loop(&bed.run);
		code = bed.run.exit_code;
	}
	sim_device_done(&bed.dev);
	struct event *const timers[] = {bed.vital, bed.heartbeat, bed.change};
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		if (timers[i] != NULL)
			event_free(timers[i]);
	}
	sim_run_done(&bed.run);
	return code;
}
