/* Which options there are, and which command takes which. */
#ifndef SIM_OPTIONS_TABLE_H
#define SIM_OPTIONS_TABLE_H

#include <stddef.h>

#include "options.h"

#define SIM_BIT(command) (1u << (command))
#define SIM_ALL (SIM_BIT(SIM_COMMAND_COUNT) - 1)
#define SIM_PRESS                                                                                  \
	(SIM_BIT(SIM_CALL) | SIM_BIT(SIM_CANCEL) | SIM_BIT(SIM_ALARM) | SIM_BIT(SIM_WELL) |        \
	    SIM_BIT(SIM_CHECKIN))
#define SIM_LIVING (SIM_BIT(SIM_TERMINAL) | SIM_BIT(SIM_BED))
#define SIM_DEVICE (SIM_PRESS | SIM_LIVING | SIM_BIT(SIM_HEARTBEAT) | SIM_BIT(SIM_RESUME))
#define SIM_REPEATS                                                                                \
	(SIM_PRESS | SIM_LIVING | SIM_BIT(SIM_RESUME) | SIM_BIT(SIM_CAREGIVER) | SIM_BIT(SIM_FLEET))

enum sim_option_kind { SIM_STRING, SIM_INTEGER, SIM_DURATION, SIM_FLAG };

struct sim_option_def {
	const char *name;
	enum sim_option_kind kind;
	size_t offset;	   /* of its field in struct sim_options */
	unsigned commands; /* SIM_BITs */
	const char *arg;   /* its argument in the help */
	const char *help;
};

#define SIM_OPTIONS_MAX 80

extern const struct sim_option_def sim_option_defs[]; /* up to a NULL name */

struct sim_command_def {
	const char *name, *help;
};
extern const struct sim_command_def sim_command_defs[SIM_COMMAND_COUNT];

#endif
