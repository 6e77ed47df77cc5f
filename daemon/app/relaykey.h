/* Who may use the relay (docs/turn.md): a user name that says until when, and a password that only
 * who knows the relay's secret can make. It is what coturn calls use-auth-secret. */
#ifndef APP_RELAYKEY_H
#define APP_RELAYKEY_H

#include <stdint.h>

#include "proto/err.h"

#define YJ_RELAY_USER_MAX 128	 /* with its terminator */
#define YJ_RELAY_PASSWORD_MAX 32 /* likewise: 28 characters of base64 */

/* The user name "{until, s of UTC}:{name}" and base64 of HMAC-SHA1(secret, user name). `name` is
 * for the relay's quotas and must say nothing of a person. 0; YJ_ERR_INVAL for a name that is too
 * long or has a ':'; YJ_ERR_IO when there is no SHA-1 (then both are ""). */
int yj_relay_key(const char *secret, const char *name, int64_t until_utc_ms,
    char user[YJ_RELAY_USER_MAX], char password[YJ_RELAY_PASSWORD_MAX]) YJ_MUST_CHECK;

#endif
