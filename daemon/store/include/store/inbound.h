/* What came in: de-duplication, cancels that came too early, floods, rejected payloads, suspects.
 */
#ifndef STORE_INBOUND_H
#define STORE_INBOUND_H

#include "proto/limits.h"
#include "proto/words.h"
#include "store/store.h"

#define YJ_HASH_LEN 16
#define YJ_DEDUPE_DAYS 8 /* remembered at least 7, the day it came not counted */

/* First YJ_HASH_LEN bytes of SHA-256 over the topic's type and the payload. */
void yj_inbound_hash(
    int topic_type, const void *payload, size_t len, unsigned char hash[YJ_HASH_LEN]);

enum yj_seen { YJ_SEEN_NEW, YJ_SEEN_SAME, YJ_SEEN_REUSED /* the id, with other bytes */ };
/* Looks a message up. For SAME, *incident and result say what became of it ("" if nothing was
 * answered). */
int yj_dedupe_check(struct yj_store *s, const char *id, const char *speaker,
    const unsigned char hash[YJ_HASH_LEN], enum yj_seen *seen, int64_t *incident, char *result,
    size_t cap) YJ_MUST_CHECK;
/* Remembers it, with what became of it: an incident (0: none), what was answered (NULL: nothing).
 */
int yj_dedupe_add(struct yj_store *s, const char *id, const char *speaker,
    const unsigned char hash[YJ_HASH_LEN], int64_t now_t, int64_t incident,
    const char *result) YJ_MUST_CHECK;
/* The incident that a device's message id opened or joined: the newest, of one with calls of that
 * device if an alarm had the same id. YJ_ERR_NOTFOUND. */
int yj_dedupe_incident(
    struct yj_store *s, const char *id, const char *speaker, int64_t *incident) YJ_MUST_CHECK;

int yj_early_cancel_put(
    struct yj_store *s, const char *device, const char *ref, int64_t until_t) YJ_MUST_CHECK;
/* Takes it out if it is there and not too old. */
int yj_early_cancel_take(struct yj_store *s, const char *device, const char *ref, int64_t now_t,
    bool *found) YJ_MUST_CHECK;

/* Floods: counts alerts beyond the limit; take returns and removes those whose minute is over. */
int yj_flood_add(struct yj_store *s, const char *device, int64_t since_t) YJ_MUST_CHECK;
int yj_flood_take(struct yj_store *s, int64_t before_t, char device[YJ_NAME_MAX + 1],
    int64_t *count) YJ_MUST_CHECK; /* YJ_ERR_NOTFOUND: no more */

/* The earliest since_t; INT64_MAX if there is none. */
int yj_flood_next(struct yj_store *s, int64_t *since_t) YJ_MUST_CHECK;

/* Keeps the beginning of a refused payload; n receives its number. Old ones beyond the bounds go.
 */
int yj_rejected_add(struct yj_store *s, int64_t utc_ms, const char *topic, const char *speaker,
    enum yj_reason reason, const void *payload, size_t len, char sha256[65]) YJ_MUST_CHECK;

/* Items that were in hand when the daemon crashed. bump returns how often by now. */
int yj_suspect_bump(
    struct yj_store *s, const char *item, int64_t utc_ms, int64_t *times) YJ_MUST_CHECK;
int yj_suspect_times(struct yj_store *s, const char *item, int64_t *times) YJ_MUST_CHECK;
/* Those noted at least so many times, newest first; a non-zero answer ends it and is returned. */
int yj_suspects_over(struct yj_store *s, int64_t times, int (*each)(void *ctx, const char *item),
    void *ctx) YJ_MUST_CHECK;
/* Is there one that is set aside and not closed? */
int yj_incident_any_poisoned(struct yj_store *s, bool *any) YJ_MUST_CHECK;
/* Sets an incident aside: no step of the rules any more, but it comes up again at due_t. */
int yj_incident_poison(struct yj_store *s, int64_t n, int64_t due_t) YJ_MUST_CHECK;
int yj_outbox_poison(struct yj_store *s, int64_t n) YJ_MUST_CHECK;

/* Removes a little of what is too old (dedupe, rejected, early cancels); call now and then. more:
 * there is more to do. */
int yj_inbound_purge(
    struct yj_store *s, int64_t now_t, int64_t now_utc_ms, bool *more) YJ_MUST_CHECK;

#endif
