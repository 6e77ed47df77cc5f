/* The links by which caregivers come to visits (docs/visits.md): {http.public_url}/visit/#TOKEN,
 * and the key of one visit.
 *
 * A token is base64url, without padding, of: one byte of version (1); incident, end and generation,
 * each a byte of length and so many bytes, big-endian, without leading zeros; caregiver and
 * resident, each a byte of length and so many bytes; and the first 16 bytes of HMAC-SHA256 over a
 * label and all that. It is good for whoever has it, so it is said to nobody but its caregiver. */
#ifndef APP_VISITLINK_H
#define APP_VISITLINK_H

#include <event2/http.h>

#include "answerlink.h"
#include "gateway.h"

#define YJ_VISITLINK_MAX 240	/* a token with its terminator */
#define YJ_VISITLINK_KEY_MAX 23 /* a visit's key with its terminator */

struct yj_visitlink {
	char caregiver[YJ_NAME_MAX + 1];
	char resident[YJ_NAME_MAX + 1]; /* "": all whom the caregiver serves */
	int64_t incident;		/* good while it is open and 24 h after; 0: none */
	int64_t expires_utc_s;		/* 0: never by itself */
	int64_t generation;		/* of the caregiver's links: older ones were revoked */
};

/* Numbers must not be negative. */
void yj_visitlink_make(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_visitlink *link, char token[YJ_VISITLINK_MAX]);
/* 0, or YJ_ERR_INVAL for what this gateway has not made. In constant time; whether it still holds
 * is not looked at. */
int yj_visitlink_read(const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *token,
    struct yj_visitlink *out) YJ_MUST_CHECK;

/* The key of the visit of that id: for it alone, as long as there is the visit. */
void yj_visitlink_visit_key(const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *visit,
    char out[YJ_VISITLINK_KEY_MAX]);
/* Is this its key? In constant time. */
bool yj_visitlink_visit_good(
    const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *visit, const char *given);

/* What a request brings: `Authorization: Bearer X`, else `?key=X`. false: nothing, or longer than
 * cap with its terminator. */
bool yj_visitlink_bearer(struct evhttp_request *req, char *buf, size_t cap);

enum yj_visitlink_pass {
	YJ_LINK_GOOD,
	YJ_LINK_UNKNOWN, /* forged, cut off, or of an incident that there is not */
	YJ_LINK_EXPIRED,
	YJ_LINK_REVOKED,
	YJ_LINK_REMOVED, /* the caregiver has left the directory */
};

/* Does a token hold now? Whom its caregiver may visit is not looked at (consents.h). *link is set
 * unless UNKNOWN, *who if GOOD. Reads only, within the caller's transaction or look. 0;
 * YJ_ERR_BUSY: there is no key yet; or a yj_err. */
int yj_visitlink_admit(struct yj_gateway *g, const char *token, struct yj_visitlink *link,
    struct yj_caregiver *who, enum yj_visitlink_pass *pass) YJ_MUST_CHECK;

/* The whole link; "" where http.public_url is not set, there is no key yet, or it is longer than
 * cap. */
void yj_visitlink_url(
    const struct yj_gateway *g, const struct yj_visitlink *link, char *buf, size_t cap);

#endif
