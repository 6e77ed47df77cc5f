/* The event log: it only grows, and each event carries the hash of the one before it.
 *
 *   hash(n) = SHA-256( hash(n-1) || record(n) ),  hash(0) = SHA-256("yijian log v1 " || gateway)
 *   record(n) = seq "\n" time "\n" type "\n" subject "\n" data
 * with seq and time (UTC, ms since the epoch) in decimal, type with its prefix, subject as in the
 * CloudEvent and data byte for byte as stored. The head (seq and hash of the newest event) stands
 * in the database too, so that cutting off the end is found. One chain per gateway. */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include <jansson.h>

#include "proto/words.h"
#include "store/store.h"

struct yj_log_event { /* what `data` says; NULL, "" or the marked value: not said */
	enum yj_event_type type;
	int64_t utc_ms;
	int64_t incident;    /* number, 0: none. Subject is then incident/ID */
	const char *subject; /* "device/ID" … for events that are of no incident */
	const char *resident, *device, *caregiver;
	const char *alert; /* the device's own id; replaced by its SHA-256 as the contract says */
	int kind;	   /* enum yj_kind, -1: none */
	int level;	   /* -1: none */
	const char *region;
	const char *outcome;
	const char *actor, *via; /* the account or channel that acted */
	bool late, entered_late, drill;
	json_t *more; /* further members (object), borrowed; numbers, words and ids only */
};

/* Appends in the caller's transaction. *seq (may be NULL) is its number. 0 or a yj_err. */
int yj_log_append(struct yj_store *s, const struct yj_log_event *event, int64_t *seq) YJ_MUST_CHECK;

/* The number of the newest event; 0 for an empty log. */
int yj_log_head(struct yj_store *s, int64_t *seq) YJ_MUST_CHECK;

/* One stored event. Strings are borrowed from the database until the callback returns. */
struct yj_log_row {
	int64_t seq;
	int64_t utc_ms;
	enum yj_event_type type;
	const char *subject;
	const char *data; /* JSON text */
};

struct yj_log_filter {
	int64_t after_seq;     /* only newer ones; 0: from the beginning */
	int64_t incident;      /* 0: any */
	const char *type_glob; /* of the name without prefix, fnmatch(3); NULL: any */
	const char *resident;  /* NULL: any */
	int64_t since_utc_ms;  /* 0: any */
	int64_t limit;	       /* at most so many; 0: no limit */
	bool newest; /* the newest `limit` of them instead of the oldest; still oldest first */
};

/* Calls `each` for the events that pass the filter, oldest first; a non-zero answer ends the
 * reading and is returned. Reads in pieces, with no transaction over a second. 0 or a yj_err. */
int yj_log_read(struct yj_store *s, const struct yj_log_filter *filter,
    int (*each)(void *ctx, const struct yj_log_row *row), void *ctx) YJ_MUST_CHECK;

/* The event as CloudEvents 1.0 structured JSON (compact, malloc'd, owned by the caller). */
char *yj_log_cloudevent(const struct yj_store *s, const struct yj_log_row *row) YJ_MUST_CHECK;

struct yj_log_verdict {
	int64_t events; /* how many were read */
	bool bad;
	int64_t bad_seq; /* the first bad record, if bad */
	char what[120];	 /* what is wrong with it */
	char head[65];	 /* hash of the last one, hex */
};

/* Walks the whole chain. 0 (look at bad) or a yj_err. Optional checkpoint: the log must
 * contain (seq, hash hex) as it was noted elsewhere; seq 0: none. */
int yj_log_verify(struct yj_store *s, int64_t checkpoint_seq, const char *checkpoint_hash,
    struct yj_log_verdict *out) YJ_MUST_CHECK;

/* How far a named reader has come. get: 0 for a new one. set only moves forward. */
int yj_cursor_get(struct yj_store *s, const char *name, int64_t *seq) YJ_MUST_CHECK;
int yj_cursor_set(struct yj_store *s, const char *name, int64_t seq) YJ_MUST_CHECK;

#endif
