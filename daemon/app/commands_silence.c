/* What operators do about silences. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "proto/time.h"
#include "silences.h"
#include "store/directory.h"
#include "store/silence.h"

#define SILENCE_MAX_MS (3650LL * 86400000)

static int copy_id(struct yj_command *c, const char *key, char to[YJ_NAME_MAX + 1])
{
	const char *id = yj_command_text(c, key);
	if (strlen(id) > YJ_NAME_MAX) {
		snprintf(c->why, sizeof c->why, "%s: longer than any id", key);
		return yj_command_refuse(c, "invalid", c->why);
	}
	memcpy(to, id, strlen(id) + 1);
	return 0;
}

/* What it names must be there, for a slip of the pen would mute nothing or somebody else. */
static int check_known(struct yj_command *c, const struct yj_silence *s)
{
	struct yj_device d;
	struct yj_whose whose;
	int rc = s->device[0] ? yj_device_find(c->g->store, s->device, &d) : 0;
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && s->device[0] && d.gone))
		return yj_command_refuse(c, "unknown_device", "no such device");
	if (rc == 0 && s->resident[0])
		rc = yj_whose_resident(c->g->store, s->resident, &whose);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown_resident", "no such resident");
	return rc;
}

static int read_kind(struct yj_command *c, struct yj_silence *s)
{
	const char *word = yj_command_text(c, "kind");
	enum yj_kind kind;
	s->kind = -1;
	if (!word[0])
		return 0;
	if (yj_kind_parse(word, &kind) < 0)
		return yj_command_refuse(c, "invalid", "kind: no kind of incident");
	if (yj_kind_is_help(kind)) {
		snprintf(
		    c->why, sizeof c->why, "%s is a call for help, which is never muted", word);
		return yj_command_refuse(c, "call_for_help", c->why);
	}
	s->kind = (int)kind;
	return 0;
}

static int read_selectors(struct yj_command *c, struct yj_silence *s)
{
	char prefix[13];
	const char *region = yj_command_text(c, "region");
	int rc = copy_id(c, "device", s->device);
	if (rc == 0)
		rc = copy_id(c, "resident", s->resident);
	if (rc == 0)
		rc = read_kind(c, s);
	if (rc < 0)
		return rc;
	if (region[0] && yj_region_prefix(region, prefix) < 0)
		return yj_command_refuse(
		    c, "invalid", "region: a code of 12 digits, or a prefix of 2, 4, 6 or 9");
	snprintf(s->region, sizeof s->region, "%s", region);
	if (!s->device[0] && !s->resident[0] && !region[0] && s->kind < 0)
		return yj_command_refuse(
		    c, "invalid", "a silence names a device, resident, region or kind");
	return check_known(c, s);
}

/* `until` as a time, or `for` as a duration from now on. */
static int read_end(struct yj_command *c, int64_t *until_utc_ms)
{
	const char *until = yj_command_text(c, "until"), *during = yj_command_text(c, "for");
	const struct yj_now *now = &c->g->now;
	int64_t ms;
	if (!until[0] == !during[0])
		return yj_command_refuse(c, "invalid", "a silence takes either until or for");
	if (!now->utc_known)
		return yj_command_refuse(c, "utc_unknown",
		    "the gateway does not know the time of day, so no silence could end");
	if (during[0] && yj_duration_parse(during, &ms) == 0)
		*until_utc_ms = now->utc_ms + ms;
	else if (!until[0] || yj_rfc3339_parse(until, until_utc_ms) < 0)
		return yj_command_refuse(c, "invalid",
		    "until: a time like 2026-11-23T08:00:00Z; for: a duration like 2h");
	if (*until_utc_ms <= now->utc_ms || *until_utc_ms - now->utc_ms > SILENCE_MAX_MS)
		return yj_command_refuse(
		    c, "invalid", "the end of a silence lies ahead, within ten years");
	return 0;
}

static int do_add(struct yj_command *c)
{
	struct yj_silence s = {.author = c->user, .reason = yj_command_text(c, "reason")};
	char id[YJ_NAME_MAX + 24], until[YJ_RFC3339_LEN];
	if (!s.reason[0] || strlen(s.reason) > YJ_SILENCE_REASON_MAX)
		return yj_command_refuse(c, "invalid", "reason: of 1 to 1000 bytes");
	int rc = read_selectors(c, &s);
	if (rc == 0)
		rc = read_end(c, &s.until_utc_ms);
	if (rc < 0)
		return rc;
	rc = yj_silence_add(c->g->store, &s, c->g->now.utc_ms);
	if (rc == YJ_ERR_FULL)
		return yj_command_refuse(c, "too_many", "there are too many silences already");
	if (rc < 0)
		return rc;
	yj_silences_forget(c->g);
	yj_silence_id(c->g->store, s.n, id, sizeof id);
	rc = yj_commands_log_change(c->g, c->user, "silences", id, "added", 1);
	c->data = json_pack("{s:b, s:s, s:s}", "ok", 1, "id", id, "until",
	    yj_rfc3339_format(s.until_utc_ms, until));
	return rc;
}

static int do_remove(struct yj_command *c)
{
	const char *id = yj_command_text(c, "id");
	int64_t n;
	int rc = yj_silence_parse(c->g->store, id, &n);
	if (rc == 0)
		rc = yj_silence_end(c->g->store, n, c->user, c->g->now.utc_ms);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such silence");
	if (rc == YJ_ERR_EXISTS)
		return yj_command_refuse(c, "ended", "it has ended already");
	yj_silences_forget(c->g);
	if (rc == 0)
		rc = yj_commands_log_change(c->g, c->user, "silences", id, "removed", 1);
	return rc < 0 ? rc : yj_command_done(c);
}

const struct yj_command_entry yj_commands_silence[] = {
    {"silence.add", do_add, false},
    {"silence.remove", do_remove, false},
    {NULL, NULL, false},
};
