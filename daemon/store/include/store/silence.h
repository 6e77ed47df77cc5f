/* Silences: for a time, lesser alerts of a device, resident, region or kind open no incident. What
 * a call for help is (yj_kind_is_help) is for the caller to keep away from here. */
#ifndef STORE_SILENCE_H
#define STORE_SILENCE_H

#include <jansson.h>

#include "store/incident.h"

struct yj_silence { /* "" and -1 where it names nothing; all that is named must be met */
	int64_t n;
	char device[YJ_NAME_MAX + 1];
	char resident[YJ_NAME_MAX + 1];
	char region[13]; /* 12 digits, or a prefix of 6 or 9 */
	int kind;	 /* enum yj_kind */
	int64_t until_utc_ms;
	const char *author; /* the account; borrowed */
	const char *reason; /* borrowed */
};

/* The id for people and the wire, {gateway}-s{n}. parse: YJ_ERR_NOTFOUND if it is none. */
void yj_silence_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);
int yj_silence_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* Inserts; sets n. YJ_ERR_INVAL: the region is no code; YJ_ERR_FULL: YJ_SILENCES_MAX have not
 * ended. */
int yj_silence_add(
    struct yj_store *s, struct yj_silence *silence, int64_t now_utc_ms) YJ_MUST_CHECK;

/* Ends one before its time. YJ_ERR_NOTFOUND: there is none; YJ_ERR_EXISTS: it has ended already. */
int yj_silence_end(struct yj_store *s, int64_t n, const char *by, int64_t now_utc_ms) YJ_MUST_CHECK;
/* Notes the end of one that is over; its number. YJ_ERR_NOTFOUND: there is none. */
int yj_silence_over(struct yj_store *s, int64_t now_utc_ms, int64_t *n) YJ_MUST_CHECK;
/* The earliest and the latest end of those that have not ended; INT64_MAX and INT64_MIN if there
 * are none. */
int yj_silence_ends(struct yj_store *s, int64_t *first_utc_ms, int64_t *last_utc_ms) YJ_MUST_CHECK;

/* The oldest silence that is met at that time. YJ_ERR_NOTFOUND: none is. */
int yj_silence_match(struct yj_store *s, const char *device, const struct yj_whose *whose,
    enum yj_kind kind, int64_t now_utc_ms, int64_t *n) YJ_MUST_CHECK;
/* It has muted an alert. */
int yj_silence_count(struct yj_store *s, int64_t n) YJ_MUST_CHECK;

/* As an array, newest first: those that have not ended, or all. Each has id, device, resident,
 * region, kind, until, author, reason, created_at, active, ended_at, ended_by, muted. */
int yj_read_silences(struct yj_store *s, bool all, int64_t now_utc_ms, json_t **out) YJ_MUST_CHECK;

#endif
