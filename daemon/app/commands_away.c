/* Residents who are away, and when each was last heard of. */
#include <stdio.h>
#include <string.h>

#include "away.h"
#include "command.h"
#include "life.h"
#include "proto/time.h"

/* By an operator, or in the name of somebody who serves the resident. */
static int check_by(struct yj_command *c, const char *resident, const char *by)
{
	struct yj_whose whose;
	int rc = by[0] ? yj_command_caregiver(c, by) : 0;
	if (rc == 0)
		rc = yj_whose_resident(c->g->store, resident, &whose);
	if (rc == 0 && by[0])
		rc = yj_away_may(c->g, by, resident);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such resident");
	if (rc == YJ_ERR_DENIED)
		return yj_command_refuse(c, "not_allowed",
		    "only who serves the resident may say so, and neither provider nor "
		    "maintenance");
	return rc;
}

static int read_end(struct yj_command *c, char until[YJ_RFC3339_LEN])
{
	const char *when = yj_command_text(c, "until"), *during = yj_command_text(c, "for");
	const struct yj_now *now = &c->g->now;
	int64_t end, ms;
	if (!when[0] == !during[0])
		return yj_command_refuse(c, "invalid", "takes either until or for");
	if (!now->utc_known)
		return yj_command_refuse(c, "utc_unknown",
		    "the gateway does not know the time of day, so nobody would be back");
	if (during[0] && yj_duration_parse(during, &ms) < 0)
		return yj_command_refuse(c, "invalid", "for: a duration like 3d");
	if (during[0])
		yj_rfc3339_format(now->utc_ms + ms, until);
	else if (strlen(when) < YJ_RFC3339_LEN)
		snprintf(until, YJ_RFC3339_LEN, "%s", when);
	else if (yj_rfc3339_parse(when, &end) == 0)
		yj_rfc3339_format(end, until);
	if (!yj_away_end(until, &end))
		return yj_command_refuse(c, "invalid",
		    "until: a date like 2026-12-01, or a time like 2026-12-01T08:00:00Z");
	if (end <= now->utc_ms || end - now->utc_ms > YJ_AWAY_MAX_MS)
		return yj_command_refuse(c, "invalid", "the end lies ahead, within a year");
	return 0;
}

static int do_away(struct yj_command *c)
{
	const char *id = yj_command_text(c, "id"), *by = yj_command_text(c, "by");
	char until[YJ_RFC3339_LEN] = "";
	int rc = check_by(c, id, by);
	if (rc == 0)
		rc = read_end(c, until);
	if (rc == 0)
		rc = yj_away_set(c->g, id, until, &(struct yj_actor){c->user, "ctl"}, by);
	if (rc == 0)
		c->data = json_pack("{s:b, s:s}", "ok", 1, "until", until);
	return rc < 0 || c->data ? rc : YJ_ERR_NOMEM;
}

static int do_back(struct yj_command *c)
{
	const char *id = yj_command_text(c, "id"), *by = yj_command_text(c, "by");
	int rc = check_by(c, id, by);
	if (rc == 0)
		rc = yj_away_back(c->g, id, &(struct yj_actor){c->user, "ctl"}, by);
	return rc < 0 ? rc : yj_command_done(c);
}

static int do_life(struct yj_command *c)
{
	int rc = yj_life_json(c->g, yj_command_text(c, "id"), &c->data);
	if (rc == YJ_ERR_NOTFOUND) { /* no device of theirs was ever heard */
		c->data = json_pack("{s:s, s:b}", "rests", "never_heard", "watched", 0);
		rc = c->data ? 0 : YJ_ERR_NOMEM;
	}
	return rc;
}

const struct yj_command_entry yj_commands_away[] = {
    {"resident.away", do_away, false},
    {"resident.back", do_back, false},
    {"resident.life", do_life, true},
    {NULL, NULL, false},
};
