/* What every command has: a loop, an end, and the exit code. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <event2/event.h>

#include "options.h"

struct sim_run {
	struct event_base *base;
	const struct sim_options *opts;
	struct event *interrupted, *terminated;
	struct event *timeout, *duration;
	int on_signal; /* exit code after SIGINT or SIGTERM */
	int exit_code;
};

/* Arms --timeout (exit 1), --duration (exit 0) and the signals. 0 or YJ_ERR_NOMEM. Release with
 * sim_run_done, also after a failure. */
int sim_run_init(struct sim_run *run, const struct sim_options *opts, int on_signal) YJ_MUST_CHECK;
void sim_run_loop(struct sim_run *run);		      /* until sim_run_end */
void sim_run_end(struct sim_run *run, int exit_code); /* the first call counts */
void sim_run_done(struct sim_run *run);

/* The commands; each returns the exit code. */
int sim_press_main(const struct sim_options *opts); /* what is said once: call, well … */
int sim_heartbeat_main(const struct sim_options *opts);
int sim_terminal_main(const struct sim_options *opts);
int sim_bed_main(const struct sim_options *opts);
int sim_caregiver_main(const struct sim_options *opts);
int sim_fleet_main(const struct sim_options *opts);

#endif
