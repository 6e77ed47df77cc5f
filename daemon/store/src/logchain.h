/* The head of the hash chain within transactions; private to the room. */
#ifndef STORE_LOGCHAIN_H
#define STORE_LOGCHAIN_H

#include "db.h"

int yj_logchain_load(struct yj_store *s) YJ_MUST_CHECK;	 /* once, from the newest event */
int yj_logchain_flush(struct yj_store *s) YJ_MUST_CHECK; /* writes the head before a commit */
void yj_logchain_committed(struct yj_store *s);
void yj_logchain_rolled_back(struct yj_store *s);

/* hash := SHA-256(hash || record), as store/log.h defines the record. */
void yj_logchain_next(unsigned char hash[32], int64_t seq, int64_t utc_ms, const char *type,
    const char *subject, const char *data);
void yj_logchain_first(const char *gateway, unsigned char hash[32]);
/* The subject as in the CloudEvent: incident/ID, or the text given. */
const char *yj_logchain_subject(
    const struct yj_store *s, int64_t incident, const char *subject, char *buf, size_t cap);
void yj_hex(const unsigned char *bytes, size_t n, char *out /* 2n + 1 */);

#endif
