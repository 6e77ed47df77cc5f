/* What operators do about rounds: enter what was seen by hand. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "proto/time.h"
#include "rounds.h"
#include "store/directory.h"
#include "store/round.h"

#define OLDEST_MS (366LL * 86400000) /* older than that nobody enters a visit */
#define WITHIN_MIN_MS 600000LL
#define WITHIN_MAX_MS (30LL * 86400000)
#define AHEAD_MS 60000 /* of somebody whose clock is a little fast */

/* What a visit counts as that was entered by hand, by its method. */
static const unsigned counts_of[] = {
    [YJ_METHOD_ON_SITE] = 1U << YJ_AS_VISIT | 1U << YJ_AS_ON_SITE,
    [YJ_METHOD_VIDEO] = 1U << YJ_AS_VISIT,
    [YJ_METHOD_PHONE] = 1U << YJ_AS_VISIT | 1U << YJ_AS_CHECKIN,
    [YJ_METHOD_DEVICE] = 1U << YJ_AS_VISIT | 1U << YJ_AS_CHECKIN,
};

/* `at`: a time, or so long ago; now without it. */
static int read_at(struct yj_command *c, int64_t *utc_ms)
{
	const struct yj_now *now = &c->g->now;
	const char *at = yj_command_text(c, "at");
	int64_t ms;
	if (!now->utc_known)
		return yj_command_refuse(
		    c, "utc_unknown", "the gateway does not know the time of day");
	*utc_ms = now->utc_ms;
	if (at[0] && yj_duration_parse(at, &ms) == 0)
		*utc_ms = now->utc_ms - ms;
	else if (at[0] && yj_rfc3339_parse(at, utc_ms) < 0)
		return yj_command_refuse(
		    c, "invalid", "at: a time like 2026-11-23T08:00:00Z, or so long ago, like 2h");
	if (*utc_ms > now->utc_ms + AHEAD_MS || *utc_ms < now->utc_ms - OLDEST_MS)
		return yj_command_refuse(c, "invalid", "at: a time that has been, within a year");
	return 0;
}

static int read_entry(struct yj_command *c, struct yj_seen_in *in)
{
	*in = (struct yj_seen_in){
	    .resident = yj_command_text(c, "resident"),
	    .caregiver = yj_command_text(c, "by"),
	    .note = yj_command_text(c, "note"),
	    .source = "",
	};
	if (yj_visit_method_parse(yj_command_text(c, "method"), &in->method) < 0)
		return yj_command_refuse(
		    c, "invalid", "method: one of on_site, video, phone, device");
	if (yj_visit_result_parse(yj_command_text(c, "result"), &in->result) < 0 ||
	    in->result == YJ_FOUND_UNSAID)
		return yj_command_refuse(
		    c, "invalid", "result: one of well, needs, not_home, refused, hospital");
	if (strlen(in->note) > YJ_LEDGER_NOTE_MAX)
		return yj_command_refuse(c, "invalid", "note: of at most 1000 bytes");
	in->counts = counts_of[in->method];
	int rc = read_at(c, &in->utc_ms);
	return rc < 0 ? rc : yj_command_caregiver(c, in->caregiver);
}

static int log_change(struct yj_command *c, const char *change, int64_t n,
    const struct yj_seen_in *in, const char *region)
{
	struct yj_log_event e = yj_event_of(YJ_EV_DIRECTORY_CHANGED);
	char id[YJ_NAME_MAX + 24];
	yj_ledger_id(c->g->store, n, id, sizeof id);
	e.subject = "directory/ledger";
	e.resident = in->resident;
	e.caregiver = in->caregiver;
	e.region = region;
	e.actor = c->user;
	e.via = "ctl";
	e.more = json_pack(
	    "{s:s, s:s, s:s, s:i}", "of", "ledger", "change", change, "key", id, "rows", 1);
	if (e.more && in->caregiver[0])
		json_object_set_new(
		    e.more, "method", json_string(yj_visit_method_name(in->method)));
	int rc = e.more ? yj_gateway_log(c->g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static int do_record(struct yj_command *c)
{
	struct yj_seen_in in;
	struct yj_whose whose;
	char id[YJ_NAME_MAX + 24], at[YJ_RFC3339_LEN];
	int64_t n = 0;
	int rc = read_entry(c, &in);
	if (rc < 0)
		return rc;
	rc = yj_whose_resident(c->g->store, in.resident, &whose);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown_resident", "no such resident");
	if (rc == 0)
		rc = yj_ledger_put(c->g->store, &in, whose.region, c->g->now.utc_ms, c->user, &n);
	if (rc == 0)
		rc = log_change(c, "recorded", n, &in, whose.region);
	if (rc < 0)
		return rc;
	yj_ledger_id(c->g->store, n, id, sizeof id);
	c->data =
	    json_pack("{s:b, s:s, s:s}", "ok", 1, "id", id, "at", yj_rfc3339_format(in.utc_ms, at));
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_unrecord(struct yj_command *c)
{
	char resident[YJ_NAME_MAX + 1];
	int64_t n;
	int rc = yj_ledger_parse(c->g->store, yj_command_text(c, "id"), &n);
	if (rc == 0)
		rc = yj_ledger_remove(c->g->store, n, resident);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such entry of the ledger");
	if (rc == YJ_ERR_DENIED)
		return yj_command_refuse(
		    c, "not_by_hand", "only what was entered by hand can be taken back");
	const struct yj_seen_in in = {.resident = resident, .caregiver = ""};
	yj_rounds_changed(c->g, resident);
	if (rc == 0)
		rc = log_change(c, "removed", n, &in, NULL);
	return rc < 0 ? rc : yj_command_done(c);
}

/* ── extra rounds ── */

static int read_assignee(struct yj_command *c, char stored[YJ_TARGET_LEN + 8])
{
	const char *text = yj_command_text(c, "assignee");
	struct yj_target to = {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_GRID};
	char name[YJ_TARGET_LEN];
	if (text[0] && yj_target_parse(text, &to) < 0)
		return yj_command_refuse(
		    c, "invalid", "assignee: a role, group:NAME or caregiver:ID");
	if (to.type == YJ_TARGET_CAREGIVER) {
		int rc = yj_command_caregiver(c, to.name);
		if (rc < 0)
			return rc;
	}
	snprintf(stored, YJ_TARGET_LEN + 8, "%s%s", to.type == YJ_TARGET_ROLE ? "role:" : "",
	    yj_target_format(&to, name));
	return 0;
}

static int read_extra(struct yj_command *c, struct yj_round_extra *e)
{
	const struct yj_now *now = &c->g->now;
	const char *region = yj_command_text(c, "region"), *by = yj_command_text(c, "by");
	const char *reason = yj_command_text(c, "reason");
	int64_t within_ms;
	memset(e, 0, sizeof *e);
	if (!now->utc_known)
		return yj_command_refuse(c, "utc_unknown",
		    "the gateway does not know the time of day, so it would never end");
	if (yj_region_prefix(region, e->prefix) < 0)
		return yj_command_refuse(
		    c, "invalid", "region: a code of 12 digits, or a prefix of 2, 4, 6 or 9");
	if (yj_duration_parse(yj_command_text(c, "within"), &within_ms) < 0 ||
	    within_ms < WITHIN_MIN_MS || within_ms > WITHIN_MAX_MS)
		return yj_command_refuse(
		    c, "invalid", "within: a duration like 24h, from 10m to 30d");
	if (!reason[0] || strlen(reason) > YJ_ROUND_REASON_MAX || strpbrk(reason, "\n\r\t"))
		return yj_command_refuse(c, "invalid", "reason: one line of 1 to 200 bytes");
	snprintf(e->region, sizeof e->region, "%s", region);
	snprintf(e->reason, sizeof e->reason, "%s", reason);
	snprintf(e->by, sizeof e->by, "%s", by);
	snprintf(e->author, sizeof e->author, "%s", c->user);
	e->began_utc_ms = now->utc_ms;
	e->until_utc_ms = now->utc_ms + within_ms;
	int rc = by[0] ? yj_command_caregiver(c, by) : 0;
	return rc < 0 ? rc : read_assignee(c, e->assignee);
}

static int do_extra(struct yj_command *c)
{
	struct yj_round_extra e;
	char until[YJ_RFC3339_LEN];
	int rc = read_extra(c, &e);
	if (rc == 0)
		rc = yj_round_extra_add(c->g->store, &e);
	if (rc == 0)
		rc = yj_commands_log_change(c->g, c->user, "rounds", e.id, "extra", 1);
	if (rc < 0)
		return rc;
	c->data = json_pack("{s:b, s:s, s:s}", "ok", 1, "id", e.id, "until",
	    yj_rfc3339_format(e.until_utc_ms, until));
	return c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_end(struct yj_command *c)
{
	const char *id = yj_command_text(c, "id");
	int64_t n;
	int rc = yj_round_extra_parse(c->g->store, id, &n);
	if (rc == 0)
		rc = yj_round_extra_end(c->g->store, n, c->g->now.utc_ms);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such extra round, or it has ended");
	if (rc == 0)
		rc = yj_commands_log_change(c->g, c->user, "rounds", id, "ended", 1);
	return rc < 0 ? rc : yj_command_done(c);
}

/* Its clock is what is due by. */
static int do_now(struct yj_command *c)
{
	c->data = json_pack(
	    "{s:I, s:b}", "utc_ms", (json_int_t)c->g->now.utc_ms, "utc_known", c->g->now.utc_known);
	return c->data ? 0 : YJ_ERR_NOMEM;
}

const struct yj_command_entry yj_commands_round[] = {
    {"round.extra", do_extra, false},
    {"round.end", do_end, false},
    {"round.now", do_now, true},
    {"round.record", do_record, false},
    {"round.unrecord", do_unrecord, false},
    {NULL, NULL, false},
};
