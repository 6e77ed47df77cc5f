/* The link by which one person answers one page: {http.public_url}/a/{token}.
 *
 * A token is base64url, without padding, of: one byte of version (1); the delivery's number, big-
 * endian, without leading zeros; the first 16 bytes of HMAC-SHA256 over the version, the delivery,
 * what it is about and who gets it. So it says nothing of anybody, fits into an SMS (27 characters
 * for the first 16 million deliveries, 34 at most), and is good for that delivery only, also where
 * a database restored from a copy has given its number away again. The key is made once and kept in
 * the database. Whether it still holds (docs/contract.md) is not written in it. */
#ifndef APP_ANSWERLINK_H
#define APP_ANSWERLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "store/outbox.h"

#define YJ_ANSWERLINK_KEY_LEN 32
#define YJ_ANSWERLINK_MAC_LEN 16
#define YJ_ANSWERLINK_MAX 36 /* a token with its terminator */

/* The gateway's key, made when there is none, within the caller's transaction. 0 or a yj_err. */
int yj_answerlink_key(struct yj_store *s, unsigned char key[YJ_ANSWERLINK_KEY_LEN]) YJ_MUST_CHECK;

/* The token of a row of the outbox, whose number must be positive. */
void yj_answerlink_token(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_outbox_row *row, char token[YJ_ANSWERLINK_MAX]);

/* Takes a token apart. 0, or YJ_ERR_INVAL for what this program never writes. */
int yj_answerlink_read(
    const char *token, int64_t *delivery, unsigned char mac[YJ_ANSWERLINK_MAC_LEN]) YJ_MUST_CHECK;
/* Did this gateway make it for that row? In constant time. */
bool yj_answerlink_good(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_outbox_row *row, const unsigned char mac[YJ_ANSWERLINK_MAC_LEN]);

#endif
