/* The ledger: each time somebody looked in on a resident or tried to, with what it counts as. It is
 * what rounds (docs/rounds.md) and reports go by. A resident's own "I am well" is an entry without
 * a caregiver. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <jansson.h>

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

#define YJ_LEDGER_SOURCE_MAX (YJ_NAME_MAX + YJ_MSGID_MAX + 8)
#define YJ_LEDGER_NOTE_MAX 1000

struct yj_seen_in { /* borrowed */
	const char *resident;
	const char *caregiver; /* "": the resident themself */
	enum yj_visit_method method;
	enum yj_visit_result result;
	unsigned counts;    /* mask of 1 << enum yj_seen_as */
	const char *source; /* "visit/ID", "alert/DEVICE/ID"; "": entered by hand */
	const char *note;   /* "": none. Free text, never in the event log */
	int64_t utc_ms;	    /* when they were seen */
};

/* The id for people, {gateway}-l{n}. parse: YJ_ERR_NOTFOUND if it is none. */
void yj_ledger_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);
int yj_ledger_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* Adds an entry; one of the same source and resident is corrected instead (its note stays unless
 * there is a new one). region: where the resident was, "" if unknown; entered_by: account or
 * channel. *n (may be NULL) is its number. */
int yj_ledger_put(struct yj_store *s, const struct yj_seen_in *in, const char *region,
    int64_t now_utc_ms, const char *entered_by, int64_t *n) YJ_MUST_CHECK;
/* Takes back what was entered by hand. YJ_ERR_NOTFOUND; YJ_ERR_DENIED: it came by itself.
 * resident: whose it was. */
int yj_ledger_remove(struct yj_store *s, int64_t n, char resident[YJ_NAME_MAX + 1]) YJ_MUST_CHECK;

/* When a resident was last seen in each way that counts (ms, UTC; INT64_MIN: never). */
int yj_ledger_last(
    struct yj_store *s, const char *resident, int64_t last[YJ_AS_COUNT]) YJ_MUST_CHECK;

struct yj_ledger_filter {
	int64_t from_utc_ms, until_utc_ms; /* [from, until) */
	const char *region;		   /* a prefix, "" for all; as at the time */
	const char *resident;		   /* "" for all */
	int64_t limit;			   /* the newest so many, 0: all */
};
/* Entries, oldest first: id, at, resident, resident_name, caregiver, caregiver_name, method,
 * result (null: not said), counts (an array), region, source (null: by hand), entered_at,
 * entered_by, note. In short reads. *list is new. */
int yj_read_ledger(
    struct yj_store *s, const struct yj_ledger_filter *filter, json_t **list) YJ_MUST_CHECK;

#endif
