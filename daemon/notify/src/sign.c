/* Signatures of the Standard Webhooks specification, version 1 (symmetric). */
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"

#define PREFIX "whsec_"
#define KEY_MAX 512

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* RFC 4648, section 4; the padding may be absent. Returns the key's length, or YJ_ERR_INVAL. */
static int decode_key(const char *text, unsigned char key[KEY_MAX])
{
	size_t len = strcspn(text, "=");
	size_t padding = strlen(text + len);
	if (strspn(text + len, "=") != padding || padding > 2 || len % 4 == 1 || len == 0 ||
	    (padding > 0 && (len + padding) % 4 != 0) || len / 4 * 3 + 3 > KEY_MAX)
		return YJ_ERR_INVAL;
	unsigned bits = 0;
	int n_bits = 0, n = 0;
	for (size_t i = 0; i < len; i++) {
		int six = sextet(text[i]);
		if (six < 0)
			return YJ_ERR_INVAL;
		bits = (bits << 6 | (unsigned)six) & 0xffffu;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			key[n++] = (unsigned char)(bits >> n_bits & 0xffu);
		}
	}
	return n;
}

bool yj_webhook_secret_valid(const char *secret)
{
	unsigned char key[KEY_MAX];
	bool valid = strncmp(secret, PREFIX, strlen(PREFIX)) == 0 &&
		     decode_key(secret + strlen(PREFIX), key) > 0;
	OPENSSL_cleanse(key, sizeof(key));
	return valid;
}

int yj_webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const void *body,
    size_t len, char *out, size_t cap)
{
	unsigned char key[KEY_MAX];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	char *signed_text = NULL;
	int rc = YJ_ERR_INVAL;
	if (strncmp(secret, PREFIX, strlen(PREFIX)) != 0)
		return YJ_ERR_INVAL;
	int key_len = decode_key(secret + strlen(PREFIX), key);
	if (key_len <= 0)
		goto out;
	rc = YJ_ERR_NOMEM;
	size_t head_cap = strlen(id) + 32;
	signed_text = malloc(head_cap + len);
	if (!signed_text)
		goto out;
	int head = snprintf(signed_text, head_cap, "%s.%" PRId64 ".", id, timestamp_s);
	memcpy(signed_text + head, body, len);
	if (!HMAC(EVP_sha256(), key, key_len, (unsigned char *)signed_text, (size_t)head + len, mac,
		&mac_len))
		goto out;
	rc = YJ_ERR_FULL;
	if (cap < 3 + 4 * ((mac_len + 2) / 3) + 1)
		goto out;
	snprintf(out, cap, "v1,");
	EVP_EncodeBlock((unsigned char *)out + 3, mac, (int)mac_len);
	rc = 0;
out:
	OPENSSL_cleanse(key, sizeof(key));
	free(signed_text);
	return rc;
}
