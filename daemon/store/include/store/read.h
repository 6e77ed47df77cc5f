/* Lists and single things for people and programs, as JSON; for a read-only handle. Times are RFC
 * 3339. Each call is one short read. New references in *out. */
#ifndef STORE_READ_H
#define STORE_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

/* Over which channels a person is reached depends on the configuration, which is the caller's to
 * know. */
struct yj_caregiver;
struct yj_reaching {
	/* Their channels in order, a new array of names; NULL when memory is short. */
	json_t *(*channels)(void *ctx, const struct yj_caregiver *who);
	/* Is there such a channel at all? NULL: not known. */
	bool (*exists)(void *ctx, const char *channel);
	void *ctx;
};

/* Incidents as an array, newest first: those not closed, or all (at most limit; 0: no limit). Each
 * has id, kind, state, level, resident, resident_name, region, device, opened_at, answered_by,
 * next_at (when the gateway acts next), alerts, late, drill, outcome, closed_at. */
int yj_read_incidents(struct yj_store *s, bool all, int64_t limit, json_t **out) YJ_MUST_CHECK;

/* The same, one after the other; each is borrowed until `each` returns, whose non-zero answer ends
 * it and is returned. No read is open meanwhile, so `each` may take its time. */
int yj_read_incidents_each(struct yj_store *s, bool all, int64_t limit,
    int (*each)(void *ctx, json_t *incident), void *ctx) YJ_MUST_CHECK;

/* One incident with all of the above and "people" (caregiver, name, role, status, level), "notes"
 * (at, caregiver, text), "devices", "deliveries" (id, caregiver, channel, state, status, attempts,
 * words, at), "policy", "events" (CloudEvents). id as text. YJ_ERR_NOTFOUND. */
int yj_read_incident(struct yj_store *s, const char *id, json_t **out) YJ_MUST_CHECK;

/* Rejected messages, newest first (n, at, topic, device, reason, length, sha256), and one of them
 * with the beginning of its payload ("text" where it is UTF-8, else "base64"). */
int yj_read_rejected(struct yj_store *s, int64_t limit, json_t **out) YJ_MUST_CHECK;
int yj_read_rejected_one(struct yj_store *s, int64_t n, json_t **out) YJ_MUST_CHECK;

/* Moves of a resident (by_resident), or into and out of a bed, newest first: at, resident, from,
 * to, by, reason. Empty if there are none. */
int yj_read_moves(struct yj_store *s, const char *id, bool by_resident, json_t **out) YJ_MUST_CHECK;

/* A point of the log to be noted elsewhere: number and hash (hex) of the newest event, or of the
 * newest up to at_seq (0: no bound). YJ_ERR_NOTFOUND: there is none. */
int yj_read_checkpoint(
    struct yj_store *s, int64_t at_seq, int64_t *seq, char hash[65]) YJ_MUST_CHECK;

/* All rosters by name, as of a moment (ms, UTC): {"group", "people": n, "on_duty": [ids],
 * "next_gap": time | null (within two weeks), "policies": [names], "set_at", "set_by"}. */
int yj_read_rosters(struct yj_store *s, int64_t now_utc_ms, json_t **out) YJ_MUST_CHECK;

/* One roster over [from, until): {"group", "zone", "people": [{"caregiver", "name"}], "on_duty":
 * [ids], "from", "until", "spans": [{"from", "until", "who": [ids]}], "gaps": [{"from", "until"}]
 * of the two weeks from now on (cut off there), "policies", "set_at", "set_by", "roster": as it was
 * set}. YJ_ERR_NOTFOUND. */
int yj_read_roster(struct yj_store *s, const char *name, int64_t now_utc_ms, int64_t from_utc_ms,
    int64_t until_utc_ms, json_t **out) YJ_MUST_CHECK;

/* The zone of the gateway's rosters, "" if it has not said yet. */
int yj_read_zone(struct yj_store *s, char *buf, size_t cap) YJ_MUST_CHECK;

/* Who would be reached for a resident (or device, for one without a resident) by incidents of
 * `kind`: {"resident", "policy", "whose", "levels": [{"level", "wait_ms", "people":
 * [{"caregiver","name","role","channels","cannot","reachable","why"}], "empty": bool}], "inform":
 * [...], "repeat_every_ms"...}, as of the moment of yj_duty_at (roster.h); each level also has
 * "off_duty":
 * [{"caregiver","name","role","why","on_duty_at"}], whom the rosters keep from it. YJ_ERR_NOTFOUND.
 */
int yj_read_explain(struct yj_store *s, const char *resident, const char *kind,
    const struct yj_reaching *reaching, json_t **out) YJ_MUST_CHECK;

/* What `policy check` finds: an array of {"policy","kind"?,"resident"?,"what"} for residents whose
 * last level can be empty within a week of the moment of yj_duty_at, levels that name nobody,
 * groups or caregivers that do not exist. Empty: all well. */
int yj_read_policy_check(struct yj_store *s, json_t **out) YJ_MUST_CHECK;

#endif
