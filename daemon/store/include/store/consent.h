/* What residents agreed to, as visits need it. The records as such come and go with the directory
 * (directory.h, YJ_DIR_CONSENTS). */
#ifndef STORE_CONSENT_H
#define STORE_CONSENT_H

#include <jansson.h>
#include <stdbool.h>

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

#define YJ_CONSENT_ROWS_MAX ((size_t)YJ_CONSENT_COUNT * 3) /* that can speak of one caller */
#define YJ_CONSENT_TIME_LEN 64

struct yj_consent_row {
	enum yj_consent kind;
	char who[YJ_NAME_MAX + 1]; /* the caregiver, their role's word, or "": everybody */
	bool granted;
	/* dates or RFC 3339 times; "" if none */
	char said_at[YJ_CONSENT_TIME_LEN], until[YJ_CONSENT_TIME_LEN];
};
/* All rows of a resident that speak of this caregiver, whatever their time. 0 or a yj_err. */
int yj_consents_of(struct yj_store *s, const char *resident, const char *caregiver,
    enum yj_role role, struct yj_consent_row rows[YJ_CONSENT_ROWS_MAX], size_t *n) YJ_MUST_CHECK;

/* Does anybody else live where this terminal stands: is it bound to several residents or to an
 * institution, or does the resident's bed, or one that names the terminal, stand in an institution
 * or hospital? 0 or a yj_err. */
int yj_consents_shared(
    struct yj_store *s, const char *resident, const char *device, bool *shared) YJ_MUST_CHECK;
/* The residents to whom a terminal is bound. */
struct yj_names;
int yj_consents_residents_at(
    struct yj_store *s, const char *device, struct yj_names *out) YJ_MUST_CHECK;

/* The incidents not closed that are the resident's, or in which a device of theirs has called: at
 * most cap of them. */
struct yj_consent_call {
	enum yj_kind kind;
	char policy_hash[65];
	bool assigned; /* it is somebody's or some institution's */
};
int yj_consents_calls(struct yj_store *s, const char *resident, struct yj_consent_call *calls,
    size_t cap, size_t *n) YJ_MUST_CHECK;

/* From now on this kind says no to whom it names: a caregiver, a role and with it those of that
 * role who are named, or ("") everybody, whoever is named. What said no already stays as it is.
 * *changed: how many rows were written. now: as RFC 3339. The caller's transaction. 0,
 * YJ_ERR_NOTFOUND (no such resident, or nobody of that name), or a yj_err. */
int yj_consents_withdraw_rows(struct yj_store *s, const char *resident, enum yj_consent kind,
    const char *who, enum yj_consent_by by, const char *now, int *changed) YJ_MUST_CHECK;

/* Tombstones for what a resident said ("": not asked for), or what was said of a caregiver. */
int yj_consents_drop(struct yj_store *s, const char *resident, const char *caregiver,
    int64_t now_utc_ms) YJ_MUST_CHECK;

/* Records of a resident ("": of all) in the order of their keys, as yj_dir_list has them. New
 * reference. */
int yj_read_consents(struct yj_store *s, const char *resident, json_t **out) YJ_MUST_CHECK;

#endif
