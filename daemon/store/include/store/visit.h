/* Visits. */
#ifndef STORE_VISIT_H
#define STORE_VISIT_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

/* One as it stands in the database: the core's state field by field (core/visit.h is not seen
 * here), and the rest. */
struct yj_visit_row {
	int64_t n; /* 0: not stored yet */
	char id[YJ_VISIT_ID_MAX + 1];
	int phase, reason; /* the core's */
	enum yj_visit_mode mode, asked_mode;
	bool there, heard;
	uint32_t tries;
	int64_t began_t, ring_t, due_t;
	char resident[YJ_NAME_MAX + 1], caregiver[YJ_NAME_MAX + 1], device[YJ_NAME_MAX + 1];
	char region[13];
	int64_t incident;     /* in which it was opened; 0: in none */
	int64_t raised;	      /* the alarm that it became; 0: none */
	unsigned auto_answer; /* the consents on which that rests (1 << enum yj_consent); 0: no */
	int64_t started_utc_ms;
	int64_t retry_utc_ms, answered_utc_ms, ended_utc_ms; /* INT64_MAX: not */
	int64_t version;				     /* moves with each save */
	char result[16];				     /* "": not said */
};

/* Inserts (n is 0, and set then) or updates; moves the version on. offer and answer: NULL keeps
 * what stands; both are forgotten with the end. YJ_ERR_CONFLICT: this terminal or resident has one
 * that rings or is answered. */
int yj_visit_save(struct yj_store *s, struct yj_visit_row *v, const char *offer,
    const char *answer) YJ_MUST_CHECK;
/* How many of the newest 50 this caregiver has begun since then. */
int yj_visit_count_since(
    struct yj_store *s, const char *caregiver, int64_t since_utc_ms, int64_t *n) YJ_MUST_CHECK;
/* How the caller found the resident. */
int yj_visit_result_set(struct yj_store *s, int64_t n, const char *result) YJ_MUST_CHECK;

/* Each 0 or YJ_ERR_NOTFOUND or a yj_err. */
int yj_visit_load(struct yj_store *s, int64_t n, struct yj_visit_row *out) YJ_MUST_CHECK;
int yj_visit_find(struct yj_store *s, const char *id, struct yj_visit_row *out) YJ_MUST_CHECK;
/* The one that rings or is answered at this terminal; of this resident. */
int yj_visit_at(struct yj_store *s, const char *device, struct yj_visit_row *out) YJ_MUST_CHECK;
int yj_visit_with(struct yj_store *s, const char *resident, struct yj_visit_row *out) YJ_MUST_CHECK;
/* The earliest that is due by now_t (INT64_MAX - 1: whenever). */
int yj_visit_due(struct yj_store *s, int64_t now_t, struct yj_visit_row *out) YJ_MUST_CHECK;
/* Those not over: the first after n; of this resident ("": of anybody). */
int yj_visit_next(struct yj_store *s, const char *resident, int64_t after_n,
    struct yj_visit_row *out) YJ_MUST_CHECK;
/* Malloc'd, the caller frees; NULL where there is none. */
int yj_visit_signals(struct yj_store *s, int64_t n, char **offer, char **answer) YJ_MUST_CHECK;

/* Terminals bound to a resident that are not revoked; before is the first while it is one of them
 * ("": none is), then the one that is online, and heard of last. *online (may be NULL).
 * YJ_ERR_NOTFOUND. */
int yj_visit_terminal(struct yj_store *s, const char *resident, const char *before,
    char device[YJ_NAME_MAX + 1], bool *online) YJ_MUST_CHECK;

/* For people: an array of {"id", "state", "mode", "resident", "caregiver", ...}, the newest last;
 * one of them. resident "": of all. */
int yj_read_visits(
    struct yj_store *s, const char *resident, int64_t limit, json_t **out) YJ_MUST_CHECK;
int yj_read_visit(struct yj_store *s, const char *id, json_t **out) YJ_MUST_CHECK;

/* Residents with a terminal whom this caregiver may serve, by name or by region: at most cap. */
struct yj_names;
int yj_visit_candidates(
    struct yj_store *s, const char *caregiver, size_t cap, struct yj_names *out) YJ_MUST_CHECK;

#endif
