/* A device's calls to operators alone, for a time. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "diverts.h"
#include "proto/time.h"

#define REASON_MAX 1000

static int read_end(struct yj_command *c, struct yj_divert *d)
{
	const char *until = yj_command_text(c, "until"), *during = yj_command_text(c, "for");
	const struct yj_now *now = &c->g->now;
	int64_t ms = 0;
	if (!until[0] == !during[0])
		return yj_command_refuse(c, "invalid", "takes either until or for");
	if (until[0] && !now->utc_known)
		return yj_command_refuse(c, "utc_unknown",
		    "the gateway does not know the time of day: say for how long instead");
	if (during[0] && yj_duration_parse(during, &ms) < 0)
		return yj_command_refuse(c, "invalid", "for: a duration like 2h");
	if (until[0]) {
		if (yj_rfc3339_parse(until, &ms) < 0)
			return yj_command_refuse(
			    c, "invalid", "until: a time like 2026-11-23T08:00:00Z");
		ms -= now->utc_ms;
	}
	if (ms <= 0)
		return yj_command_refuse(c, "invalid", "the end lies ahead");
	if (ms > YJ_DIVERT_MAX_MS)
		return yj_command_refuse(
		    c, "too_long", "a device is diverted for 24 h at the most");
	d->until_t = now->t + ms;
	d->until_utc_ms = now->utc_ms + ms;
	return 0;
}

static int do_divert(struct yj_command *c)
{
	struct yj_divert d = {.device = ""};
	struct yj_device device;
	const char *id = yj_command_text(c, "id"), *reason = yj_command_text(c, "reason");
	char until[YJ_RFC3339_LEN];
	int rc = yj_device_find(c->g->store, id, &device);
	if (json_is_true(json_object_get(c->args, "end"))) {
		rc = yj_diverts_end(c->g, id, c->user);
		if (rc == YJ_ERR_NOTFOUND)
			return yj_command_refuse(c, "not_diverted", "this device is not diverted");
		return rc < 0 ? rc : yj_command_done(c);
	}
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && (device.gone || device.revoked)))
		return yj_command_refuse(c, "unknown", "no such device");
	if (strlen(reason) > REASON_MAX)
		return yj_command_refuse(c, "invalid", "reason: of at most 1000 bytes");
	if (rc == 0)
		rc = read_end(c, &d);
	if (rc < 0)
		return rc;
	memcpy(d.device, device.id, sizeof d.device);
	rc = yj_diverts_begin(c->g, &d, c->user, reason);
	c->data =
	    json_pack("{s:b, s:s}", "ok", 1, "until", yj_rfc3339_format(d.until_utc_ms, until));
	return rc;
}

const struct yj_command_entry yj_commands_divert[] = {
    {"device.divert", do_divert, false},
    {NULL, NULL, false},
};
