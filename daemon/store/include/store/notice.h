/* Notices (app/notices.h): a row per person told, and when they confirmed over which channel. */
#ifndef STORE_NOTICE_H
#define STORE_NOTICE_H

#include "store/outbox.h"

enum yj_notice_kind {	    /* as stored */
	YJ_NOTICE_VERIFY,   /* a test of this person's channels, to be confirmed */
	YJ_NOTICE_ROSTER,   /* a gap in a roster lies ahead */
	YJ_NOTICE_DIVERTED, /* a device's calls go to operators alone */
	YJ_NOTICE_OTHER,
	YJ_NOTICE_WORK,	 /* devices that need maintenance */
	YJ_NOTICE_ROUND, /* who is to be looked in on */
};

#define YJ_NOTICE_TEXT_MAX 512
#define YJ_NOTICE_BRIEF_MAX 256
#define YJ_NOTICE_ALONE "*" /* `said` of a delivery after whose failure no next channel begins */

struct yj_notice {
	int64_t n;
	enum yj_notice_kind kind;
	char caregiver[YJ_NAME_MAX + 1];
	char text[YJ_NOTICE_TEXT_MAX];
	char brief[YJ_NOTICE_BRIEF_MAX]; /* what it says in a group; "": the text */
	int64_t created_utc_ms;
	int64_t confirmed_utc_ms; /* INT64_MAX: not yet */
};

/* The id for people and the wire, {gateway}-m{n}. parse: YJ_ERR_NOTFOUND if it is none. */
void yj_notice_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);
int yj_notice_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* Inserts; sets n. */
int yj_notice_add(struct yj_store *s, struct yj_notice *notice) YJ_MUST_CHECK;
int yj_notice_get(struct yj_store *s, int64_t n, struct yj_notice *out) YJ_MUST_CHECK;
/* The person has confirmed it over this channel, which is proved by that. */
int yj_notice_confirm(
    struct yj_store *s, int64_t n, const char *channel, int64_t now_utc_ms) YJ_MUST_CHECK;

/* The newest test of a person's channels since then that is not confirmed. YJ_ERR_NOTFOUND. */
int yj_notice_open(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n) YJ_MUST_CHECK;

/* How many of kind OTHER a person was sent since then; at most max. */
int yj_notice_count(struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t max,
    int64_t *count) YJ_MUST_CHECK;

/* A person was reached over a channel for certain: they answered over it. Within an hour
 * of the last time nothing is written. */
int yj_proof_note(struct yj_store *s, const char *caregiver, const char *channel,
    int64_t now_utc_ms) YJ_MUST_CHECK;
/* When that was the last time (ms, UTC); INT64_MIN: never. */
int yj_proof_newest(
    struct yj_store *s, const char *caregiver, const char *channel, int64_t *utc_ms) YJ_MUST_CHECK;

#endif
