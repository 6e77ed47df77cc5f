/* Rosters: groups and who of them is on duty when (docs/rosters.md). What holds at a moment is the
 * wall clock's business (core/roster.h), in the zone of this process: yj_zone_use.
 *
 * Whom a roster's shifts name is, where a policy names a role, on duty only while a shift of any
 * roster (or an override) has them; who stands in no shift always is. While the time is not known,
 * everybody is. */
#ifndef STORE_ROSTER_H
#define STORE_ROSTER_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/policy.h"
#include "store/incident.h"

/* The zone of all wall clock times of this process, such as Asia/Shanghai (tz database). Process
 * wide; call it before threads begin. 0 or YJ_ERR_NOMEM. */
int yj_zone_use(const char *zone) YJ_MUST_CHECK;

/* The moment (ms, UTC) as of which people are expanded from now on (yj_people_expand). A handle
 * begins with YJ_DUTY_UNKNOWN. */
#define YJ_DUTY_UNKNOWN INT64_MIN
void yj_duty_at(struct yj_store *s, int64_t utc_ms);

/* Checks the groups of a file, an array of objects as docs/rosters.md has them (all single values
 * are strings; a member "#line" maps a key, or "" for the object, to its line), and, unless
 * check_only, puts each in the place of the one of its name, within the caller's transaction. 0;
 * YJ_ERR_INVAL: nothing is changed, and why says what is wrong and on which line; or a yj_err. */
int yj_rosters_set(struct yj_store *s, const json_t *groups, bool check_only, int64_t now_utc_ms,
    const char *by, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;
/* 0; YJ_ERR_NOTFOUND; YJ_ERR_DENIED: a policy names it, `why` says which. */
int yj_roster_remove(struct yj_store *s, const char *name, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* All names, in order. */
int yj_roster_names(struct yj_store *s, struct yj_names *out) YJ_MUST_CHECK;
int yj_roster_exists(struct yj_store *s, const char *name, bool *exists) YJ_MUST_CHECK;

/* The spans of [from, until) (ms, UTC) in which the same people of a group are on duty, one after
 * the other without a break; nobody is a span too. `on` is borrowed; a non-zero answer ends it and
 * is returned. YJ_ERR_NOTFOUND: there is no such roster. */
int yj_roster_spans(struct yj_store *s, const char *name, int64_t from_utc_ms, int64_t until_utc_ms,
    int (*each)(void *ctx, int64_t from_utc_ms, int64_t until_utc_ms, const struct yj_names *on),
    void *ctx) YJ_MUST_CHECK;

struct yj_gap { /* a time with nobody on duty, ms, UTC; cut off at what was asked for */
	int64_t from_utc_ms, until_utc_ms;
};
/* Gaps of a group in [from, until), at most cap, the earliest first. */
int yj_roster_gaps(struct yj_store *s, const char *name, int64_t from_utc_ms, int64_t until_utc_ms,
    struct yj_gap *out, size_t cap, size_t *n) YJ_MUST_CHECK;

/* The first moment of [from, until) at which these targets have nobody for this resident or
 * institution; INT64_MAX: there is none. Rosters alone are looked at ahead, the directory as it is
 * now. Leaves the moment of yj_duty_at as it was. */
int yj_duty_uncovered(struct yj_store *s, const struct yj_whose *whose, const struct yj_target *to,
    size_t n_to, int64_t from_utc_ms, int64_t until_utc_ms, int64_t *at_utc_ms) YJ_MUST_CHECK;
/* Does a shift of any roster name this person, so that they can be off duty? */
int yj_duty_bound(struct yj_store *s, const char *caregiver, bool *bound) YJ_MUST_CHECK;
/* When this person is next on duty, from the moment on, within two weeks; INT64_MAX: not in that
 * time. */
int yj_duty_next(
    struct yj_store *s, const char *caregiver, int64_t from_utc_ms, int64_t *at) YJ_MUST_CHECK;

/* Gaps that were reported: is one that overlaps (or touches) this gap? Notes it as told if not;
 * *told says whether it was. */
int yj_roster_gap_note(struct yj_store *s, const char *name, const struct yj_gap *gap,
    int64_t now_utc_ms, bool *told) YJ_MUST_CHECK;
/* Forgets those of a group that overlap none of these any more. */
int yj_roster_gap_forget(
    struct yj_store *s, const char *name, const struct yj_gap *gaps, size_t n) YJ_MUST_CHECK;

#endif
