/* call, cancel, alarm, well, checkin: say one thing until it is confirmed. resume: the rest. */
#include "device.h"
#include "out.h"

#include <string.h>

struct press {
	struct sim_run run;
	struct sim_device dev;
	enum yj_home_state wait;
	char id[YJ_MSGID_MAX + 1];
};

static void on_call(void *ctx, const struct yj_msg_down_call *down)
{
	struct press *press = ctx;

	if (press->run.opts->command == SIM_RESUME) {
		if (press->dev.sender.pending.count == 0)
			sim_run_end(&press->run, SIM_EXIT_DONE);
	} else if (down->state == press->wait && strcmp(down->id, press->id) == 0) {
		sim_run_end(&press->run, SIM_EXIT_DONE);
	}
}

static const struct sim_device_ops ops = {.call = on_call};

static int begin(struct press *press, const struct sim_options *opts)
{
	static const enum yj_topic_type types[SIM_COMMAND_COUNT] = {
	    [SIM_CALL] = YJ_TOPIC_CALL,
	    [SIM_CANCEL] = YJ_TOPIC_CANCEL,
	    [SIM_ALARM] = YJ_TOPIC_ALARM,
	    [SIM_WELL] = YJ_TOPIC_WELL,
	    [SIM_CHECKIN] = YJ_TOPIC_CHECKIN,
	};
	int rc = yj_home_state_parse(opts->wait, &press->wait);

	if (rc == 0)
		rc = sim_device_init(&press->dev, &press->run, false, &ops, press);
	if (rc < 0)
		return rc;
	if (opts->command != SIM_RESUME)
		return sim_device_press(&press->dev, types[opts->command], opts->button, press->id);
	if (press->dev.sender.pending.count == 0)
		sim_run_end(&press->run, SIM_EXIT_DONE);
	return 0;
}

int sim_press_main(const struct sim_options *opts)
{
	struct press press = {0};
	int code = SIM_EXIT_UNCONFIRMED;

	if (!sim_device_options_ok(opts))
		return SIM_EXIT_USAGE;
	if (sim_run_init(&press.run, opts, SIM_EXIT_UNCONFIRMED) == 0 && begin(&press, opts) == 0) {
		sim_run_loop(&press.run);
		code = press.run.exit_code;
	}
	sim_device_done(&press.dev);
	sim_run_done(&press.run);
	return code;
}
