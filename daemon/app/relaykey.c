#include "relaykey.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define SHA1_LEN 20
_Static_assert(4 * ((SHA1_LEN + 2) / 3) < YJ_RELAY_PASSWORD_MAX, "base64 of a SHA-1 has room");

int yj_relay_key(const char *secret, const char *name, int64_t until_utc_ms,
    char user[YJ_RELAY_USER_MAX], char password[YJ_RELAY_PASSWORD_MAX])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	password[0] = '\0';
	int n = snprintf(user, YJ_RELAY_USER_MAX, "%" PRId64 ":%s", until_utc_ms / 1000, name);
	if (n < 0 || n >= YJ_RELAY_USER_MAX || strchr(name, ':')) {
		user[0] = '\0';
		return YJ_ERR_INVAL;
	}
	if (!HMAC(EVP_sha1(), secret, (int)strlen(secret), (const unsigned char *)user, (size_t)n,
		mac, &len) ||
	    len != SHA1_LEN) {
		user[0] = '\0';
		return YJ_ERR_IO;
	}
	EVP_EncodeBlock((unsigned char *)password, mac, SHA1_LEN);
	return 0;
}
