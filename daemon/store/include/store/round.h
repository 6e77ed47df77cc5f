/* Rounds in the store: which lists there are, what is remembered of each resident, what is due for
 * whom (core/round.h). What is due follows from the directory and the ledger as they are; what is
 * remembered is only what they do not say: since when somebody is known, in their class, back. */
#ifndef STORE_ROUND_H
#define STORE_ROUND_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/policy.h"
#include "store/ledger.h"
#include "store/store.h"

#define YJ_ROUND_ID_MAX (YJ_NAME_MAX + 24)
#define YJ_ROUND_REASON_MAX 200
#define YJ_ROUND_CHANGE "!change" /* in place of a list: the 24 hours after a major change */
#define YJ_ROUND_CHANGE_MS 86400000LL
#define YJ_ROUND_ITEMS_MAX 64 /* lists and extra rounds that one resident is on */

/* The day (since 1970-01-01) of a moment by the clock of this process's zone; minute (may be NULL):
 * of the day. */
int32_t yj_round_day(int64_t utc_ms, int *minute);

/* ── lists and extra rounds in force ── */

struct yj_round_plan; /* of one moment */
/* Owned; yj_round_plan_free. today: lists that are not noted yet begin then. */
int yj_round_plan_read(
    struct yj_store *s, int64_t now_utc_ms, struct yj_round_plan **out) YJ_MUST_CHECK;
void yj_round_plan_free(struct yj_round_plan *plan);
/* Notes since when each list is there. */
int yj_round_plan_note(struct yj_store *s, const struct yj_round_plan *plan) YJ_MUST_CHECK;
/* Are there extra rounds, which are due for whomever they are about, whatever look_day says? */
bool yj_round_plan_extra(const struct yj_round_plan *plan);

/* ── residents ── */

struct yj_round_resident {
	char resident[YJ_NAME_MAX + 1];
	char name[YJ_CALLED_MAX + 1];
	char region[13];
	unsigned classes; /* by the directory, now */
	bool rests;	  /* away, moved, deceased, in hospital */
	bool known;	  /* the following are there */
	int64_t known_utc_ms;
	int32_t begins_day;
	unsigned was_classes;
	bool rested;
	int64_t change_utc_ms; /* INT64_MIN: none */
	int32_t look_day;      /* INT32_MAX: none */
};
/* The next residents behind `after` in the order of ids, at most cap. */
int yj_round_residents(struct yj_store *s, const char *after, struct yj_round_resident *v,
    size_t cap, size_t *n) YJ_MUST_CHECK;
/* The same of those who may have something due by this day, in the order of (look_day, id), behind
 * these two. */
int yj_round_looks(struct yj_store *s, int32_t today, int32_t after_day, const char *after,
    struct yj_round_resident *v, size_t cap, size_t *n) YJ_MUST_CHECK;
/* One of them. YJ_ERR_NOTFOUND. */
int yj_round_resident_get(
    struct yj_store *s, const char *resident, struct yj_round_resident *out) YJ_MUST_CHECK;

/* Takes over what the directory, bed moves and incidents say now: a new class, a return, a major
 * change. Writes only what has changed; r is as stored then. */
int yj_round_remember(struct yj_store *s, const struct yj_round_plan *plan,
    struct yj_round_resident *r) YJ_MUST_CHECK;
/* After a look: nothing is due before this day. */
int yj_round_look_set(struct yj_store *s, const char *resident, int32_t day) YJ_MUST_CHECK;

/* ── what is due ── */

enum yj_round_sort { YJ_ROUND_LIST, YJ_ROUND_AFTER_CHANGE, YJ_ROUND_EXTRA };
struct yj_round_item { /* strings are borrowed from the plan */
	enum yj_round_sort sort;
	const char *id;	      /* of the list or extra round */
	const char *key;      /* by which it is told once: the id, or YJ_ROUND_CHANGE */
	const char *name;     /* of the list, "" if built in; the reason of an extra round */
	const char *assignee; /* as stored */
	int32_t due_day;      /* the last day on which it is in time */
	int64_t due_utc_ms;   /* of a change or an extra round; else INT64_MAX */
	int64_t last_utc_ms;  /* what counted last; INT64_MIN: never */
	unsigned counts;
};
/* What a resident is to be looked in on for. None while they rest. */
int yj_round_items(struct yj_store *s, const struct yj_round_plan *plan,
    const struct yj_round_resident *r, struct yj_round_item items[YJ_ROUND_ITEMS_MAX],
    size_t *n) YJ_MUST_CHECK;
/* Days over the due day as of the plan's moment: under 0 it is to come, 0 it is due. */
int32_t yj_round_overdue(const struct yj_round_plan *plan, const struct yj_round_item *item);
/* Who makes it. */
void yj_round_assignee(const char *stored, struct yj_target *to);

/* ── what was told ── */

/* The due day for which an event was logged last; INT32_MIN: none. */
int yj_round_told(struct yj_store *s, const char *resident, const char *key, int32_t *due_day,
    bool *missed) YJ_MUST_CHECK;
int yj_round_told_set(struct yj_store *s, const char *resident, const char *key, int32_t due_day,
    bool missed) YJ_MUST_CHECK;
/* Has this run told this person? And notes that it has; and forgets all (the run is over). */
int yj_round_person_told(
    struct yj_store *s, const char *caregiver, const char *run, bool *told) YJ_MUST_CHECK;
int yj_round_person_set(struct yj_store *s, const char *caregiver, const char *run) YJ_MUST_CHECK;
int yj_round_people_forget(struct yj_store *s) YJ_MUST_CHECK;

/* ── extra rounds ── */

struct yj_round_extra {
	int64_t n;
	char id[YJ_ROUND_ID_MAX];
	char region[13]; /* as given */
	char prefix[13]; /* without zeros, "" for everywhere */
	char reason[YJ_ROUND_REASON_MAX + 1];
	char assignee[YJ_TARGET_LEN + 8];
	char by[YJ_NAME_MAX + 1];
	char author[64];
	int64_t began_utc_ms, until_utc_ms;
	bool told;
};
int yj_round_extra_add(
    struct yj_store *s, struct yj_round_extra *extra) YJ_MUST_CHECK; /* sets n, id */
int yj_round_extra_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;
/* The next one of which something is to be told: that it has begun, or (its time is over) how it
 * ended. YJ_ERR_NOTFOUND: none. */
int yj_round_extra_next(
    struct yj_store *s, int64_t now_utc_ms, struct yj_round_extra *out) YJ_MUST_CHECK;
int yj_round_extra_told(struct yj_store *s, int64_t n) YJ_MUST_CHECK;
/* YJ_ERR_NOTFOUND: there is none, or it has ended. */
int yj_round_extra_end(struct yj_store *s, int64_t n, int64_t now_utc_ms) YJ_MUST_CHECK;
/* Where an extra round of a resident in this region belongs. */
bool yj_round_extra_covers(const struct yj_round_extra *extra, const char *region);

/* ── for people (as of now_utc_ms) ── */

enum yj_round_which { YJ_ROUND_EVERY, YJ_ROUND_DUE /* due or overdue */, YJ_ROUND_OVERDUE };
/* What residents are on, by due date: round, name, resident, resident_name, region, due, state
 * (planned, due, overdue), overdue_days, reason, counts, assignee, last_at. list: of this list or
 * extra round alone, "" for all. In short reads; *out is new. */
int yj_read_rounds(struct yj_store *s, int64_t now_utc_ms, enum yj_round_which which,
    const char *region, const char *list, json_t **out) YJ_MUST_CHECK;
/* The lists in force and extra rounds: id, name, period, class, region, counts, assignee, built_in,
 * since, and of extra rounds reason, until, by; with numbers of residents: members, due, overdue.
 */
int yj_read_round_lists(struct yj_store *s, int64_t now_utc_ms, json_t **out) YJ_MUST_CHECK;
/* One resident: resident, resident_name, region, classes, rests, items as above, changed_at, and
 * the newest entries of the ledger. YJ_ERR_NOTFOUND. */
int yj_read_round_resident(
    struct yj_store *s, int64_t now_utc_ms, const char *resident, json_t **out) YJ_MUST_CHECK;

#endif
