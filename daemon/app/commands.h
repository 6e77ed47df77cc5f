/* What operators ask for over the control socket. */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include "gateway.h"

extern const struct yj_ctl_ops yj_commands_ops; /* with the gateway as ctx */

/* Logs that an operator (or time: actor "") has changed something that is no record of the
 * directory, as directory.changed, in the caller's transaction. */
int yj_commands_log_change(struct yj_gateway *g, const char *actor, const char *of, const char *id,
    const char *what, long rows) YJ_MUST_CHECK;

/* The directory has changed: logs it (in the caller's transaction) and lets caches know. */
int yj_commands_directory_changed(struct yj_gateway *g, const char *actor, const char *kind,
    const char *id, const char *what, long rows) YJ_MUST_CHECK;

#endif
