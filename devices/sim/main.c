/* yijian-sim: simulated homes and people over real MQTT. */
#include <mosquitto.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "run.h"

static int run_command(const struct sim_options *opts)
{
	switch (opts->command) {
	case SIM_CALL:
	case SIM_CANCEL:
	case SIM_ALARM:
	case SIM_WELL:
	case SIM_CHECKIN:
	case SIM_RESUME:
		return sim_press_main(opts);
	case SIM_HEARTBEAT:
		return sim_heartbeat_main(opts);
	case SIM_TERMINAL:
		return sim_terminal_main(opts);
	case SIM_BED:
		return sim_bed_main(opts);
	case SIM_CAREGIVER:
		return sim_caregiver_main(opts);
	case SIM_FLEET:
		return sim_fleet_main(opts);
	case SIM_COMMAND_COUNT:
		break;
	}
	return SIM_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct sim_options opts;
	int code = sim_options_parse(argc, argv, &opts);

	if (code >= 0)
		return code;
	sim_out_json(opts.json);
	signal(SIGPIPE, SIG_IGN);
	/* only spreads reconnects; the fleet has a seed of its own */
	srandom((unsigned)time(NULL) ^ (unsigned)getpid());
	mosquitto_lib_init();
	code = run_command(&opts);
	mosquitto_lib_cleanup();
	return code;
}
