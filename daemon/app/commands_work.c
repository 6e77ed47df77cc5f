/* What operators do about work on devices. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "presence.h"
#include "store/work.h"

/* An id of work, or of a device, all of whose work is meant. */
static int do_done(struct yj_command *c)
{
	struct yj_work_row row = {.n = 0};
	const char *id = yj_command_text(c, "id");
	const struct yj_now *now = &c->g->now;
	int done = 0;
	int64_t n;
	int rc = yj_work_parse(c->g->store, id, &n);
	if (rc == 0)
		rc = yj_work_get(c->g->store, n, &row);
	if (rc == YJ_ERR_NOTFOUND) {
		snprintf(row.device, sizeof row.device, "%s", id);
		rc = 0;
	}
	if (rc == 0)
		rc = yj_work_done(c->g->store, row.n, row.device, c->user, now->utc_ms, &done);
	if (rc < 0)
		return rc;
	if (done == 0)
		return yj_command_refuse(c, "unknown", "no such work, and no device that has any");
	yj_presence_work_done(c->g, row.device);
	rc = yj_commands_log_change(c->g, c->user, "devices", row.device, "work_done", done);
	c->data = json_pack("{s:b, s:s, s:i}", "ok", 1, "device", row.device, "done", done);
	return rc;
}

const struct yj_command_entry yj_commands_work[] = {
    {"work.done", do_done, false},
    {NULL, NULL, false},
};
