/* The outbox: what is to be told to people and homes, a row per delivery. A page to one person is a
 * chain of deliveries, one per channel, that begin one after the other. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

enum yj_delivery_status {
	YJ_DELIVERY_PENDING,   /* to be sent at due_t */
	YJ_DELIVERY_SENT,      /* handed to the provider; due_t: the next channel begins then */
	YJ_DELIVERY_DELIVERED, /* a receipt came */
	YJ_DELIVERY_FAILED,    /* for good */
	YJ_DELIVERY_DROPPED,   /* overtaken before it was sent */
};

struct yj_outbox_row {
	int64_t n;
	int64_t due_t; /* INT64_MAX: nothing more is to be done */
	enum yj_delivery_status status;
	int64_t incident; /* 0 for a notice */
	int64_t notice;	  /* 0: none */
	bool home;
	char target[YJ_NAME_MAX + 1];
	int say; /* enum yj_home_state if home, else enum yj_page_state */
	uint32_t level, round;
	int64_t page;
	int chain;
	char channel[YJ_NAME_MAX + 16];
	int attempts;
	char said[YJ_NAME_MAX + 2]; /* caregiver whose deed is news, or "" */
};

void yj_delivery_id(const struct yj_store *s, int64_t n, char *buf, size_t cap);

/* YJ_ERR_NOTFOUND if it is not of that form. */
int yj_delivery_parse(const struct yj_store *s, const char *id, int64_t *n) YJ_MUST_CHECK;

/* Notes that this report or text of a channel (type: enum yj_back_type) is done; *fresh: it was not
 * before. Kept for 30 days. */
int yj_back_note(struct yj_store *s, const char *channel, const char *id, int type,
    int64_t now_utc_ms, bool *fresh) YJ_MUST_CHECK;

/* Inserts; sets n, and page to n if it is 0. */
int yj_outbox_add(struct yj_store *s, struct yj_outbox_row *row, int64_t now_utc_ms) YJ_MUST_CHECK;
int yj_outbox_get(struct yj_store *s, int64_t n, struct yj_outbox_row *out) YJ_MUST_CHECK;
/* Notes by which name the provider's later report speaks of it. */
int yj_outbox_ref(struct yj_store *s, int64_t n, const char *ref) YJ_MUST_CHECK;
/* The newest delivery of a channel with that name. YJ_ERR_NOTFOUND. */
int yj_outbox_find_ref(
    struct yj_store *s, const char *channel, const char *ref, int64_t *n) YJ_MUST_CHECK;
/* Writes due_t, status, attempts and words (NULL: keeps). */
int yj_outbox_set(struct yj_store *s, const struct yj_outbox_row *row, const char *words,
    int64_t now_utc_ms) YJ_MUST_CHECK;

/* Rows of a status (PENDING or SENT) due by now, oldest first, after (due_t, n) of the last one
 * seen for paging; poisoned ones are left out. */
int yj_outbox_due(struct yj_store *s, enum yj_delivery_status status, int64_t now_t,
    int64_t after_due, int64_t after_n, struct yj_outbox_row *rows, size_t cap,
    size_t *n) YJ_MUST_CHECK;
/* All rows of an incident with a number above after_n, in order. */
int yj_outbox_of(struct yj_store *s, int64_t incident, int64_t after_n, struct yj_outbox_row *rows,
    size_t cap, size_t *n) YJ_MUST_CHECK;
/* The earliest due_t of what is not to be sent before after_t (what is due already waits for its
 * channel, not for time), and of the next channels; INT64_MAX if there is none. */
int yj_outbox_next_due(struct yj_store *s, int64_t after_t, int64_t *due_t) YJ_MUST_CHECK;

/* Drops the pages of an incident that are not sent yet, and the next channels of those that are. */
int yj_outbox_call_off(struct yj_store *s, int64_t incident) YJ_MUST_CHECK;
/* Drops a person's pages of an incident that are not sent yet, and the next channels of those that
 * are: a newer page follows. */
int yj_outbox_overtake_page(
    struct yj_store *s, int64_t incident, const char *caregiver) YJ_MUST_CHECK;
/* Drops what a home was to be told before something newer. */
int yj_outbox_overtake_home(struct yj_store *s, int64_t incident, const char *device) YJ_MUST_CHECK;
/* Of whom a home was told when it last heard this; YJ_ERR_NOTFOUND: it never did. */
int yj_outbox_home_said(struct yj_store *s, int64_t incident, const char *device,
    enum yj_home_state say, char *buf, size_t cap) YJ_MUST_CHECK;
/* A person's deliveries of an incident over mqtt that have no receipt yet (PENDING or SENT). */
int yj_outbox_unseen(struct yj_store *s, int64_t incident, const char *caregiver,
    struct yj_outbox_row *rows, size_t cap, size_t *n) YJ_MUST_CHECK;
/* The newest delivery of a notice over a channel. YJ_ERR_NOTFOUND. */
int yj_outbox_of_notice(struct yj_store *s, int64_t notice, const char *channel,
    struct yj_outbox_row *out) YJ_MUST_CHECK;
/* Stops the next channels of a person's pages: they have answered. */
int yj_outbox_quiet(struct yj_store *s, int64_t incident, const char *caregiver) YJ_MUST_CHECK;
/* Of a page: how many deliveries are not failed, and the highest chain. broker_down: what waits for
 * mqtt counts as failed if the page has other channels too. */
int yj_outbox_page_left(struct yj_store *s, int64_t page, bool broker_down, int *not_failed,
    int *last_chain) YJ_MUST_CHECK;
/* The channels that a page has been sent over, or is to be. */
struct yj_names;
int yj_outbox_page_channels(
    struct yj_store *s, int64_t page, struct yj_names *channels) YJ_MUST_CHECK;
/* How many wait to be sent, and since when the oldest has been due. */
int yj_outbox_pending(struct yj_store *s, int64_t *count, int64_t *oldest_due) YJ_MUST_CHECK;

#endif
