#include "answerlink.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "base64url.h"

#define VERSION 1
#define NUMBER_MAX 8
#define BYTES_MAX (1 + NUMBER_MAX + YJ_ANSWERLINK_MAC_LEN)
#define META_KEY "answer_key"

static size_t put_number(unsigned char *to, int64_t n, bool whole)
{
	size_t len = 0;
	for (int shift = 56; shift >= 0; shift -= 8) {
		unsigned char byte = (unsigned char)((uint64_t)n >> shift);
		if (whole || len || byte || shift == 0)
			to[len++] = byte;
	}
	return len;
}

static void sign(const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const struct yj_outbox_row *row,
    unsigned char mac[YJ_ANSWERLINK_MAC_LEN])
{
	unsigned char said[64 + sizeof row->target], full[EVP_MAX_MD_SIZE] = {0};
	static const char purpose[] = "yijian answer";
	unsigned full_len = sizeof full;
	size_t len = sizeof purpose, target = strlen(row->target);
	memcpy(said, purpose, len);
	said[len++] = VERSION;
	len += put_number(said + len, row->n, true);
	len += put_number(said + len, row->incident, true);
	len += put_number(said + len, row->notice, true);
	memcpy(said + len, row->target, target);
	len += target;
	if (!HMAC(EVP_sha256(), key, YJ_ANSWERLINK_KEY_LEN, said, len, full, &full_len))
		memset(full, 0, sizeof full);
	memcpy(mac, full, YJ_ANSWERLINK_MAC_LEN);
}

int yj_answerlink_key(struct yj_store *s, unsigned char key[YJ_ANSWERLINK_KEY_LEN])
{
	char text[2 * YJ_ANSWERLINK_KEY_LEN + 1];
	size_t len = 0;
	int rc = yj_store_meta_get(s, META_KEY, text, sizeof text);
	if (rc == 0 && OPENSSL_hexstr2buf_ex(key, YJ_ANSWERLINK_KEY_LEN, &len, text, '\0') == 1 &&
	    len == YJ_ANSWERLINK_KEY_LEN)
		return 0;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (RAND_bytes(key, YJ_ANSWERLINK_KEY_LEN) != 1 ||
	    OPENSSL_buf2hexstr_ex(text, sizeof text, NULL, key, YJ_ANSWERLINK_KEY_LEN, '\0') != 1)
		return YJ_ERR_IO;
	rc = yj_store_meta_set(s, META_KEY, text);
	OPENSSL_cleanse(text, sizeof text);
	return rc;
}

void yj_answerlink_token(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_outbox_row *row, char token[YJ_ANSWERLINK_MAX])
{
	unsigned char bytes[BYTES_MAX] = {VERSION};
	size_t len = 1 + put_number(bytes + 1, row->n, false);
	sign(key, row, bytes + len);
	yj_base64url_write(bytes, len + YJ_ANSWERLINK_MAC_LEN, token);
}

int yj_answerlink_read(
    const char *token, int64_t *delivery, unsigned char mac[YJ_ANSWERLINK_MAC_LEN])
{
	unsigned char bytes[BYTES_MAX];
	size_t len = 0;
	if (!yj_base64url_read(token, bytes, sizeof bytes, &len) ||
	    len < 2 + YJ_ANSWERLINK_MAC_LEN || bytes[0] != VERSION)
		return YJ_ERR_INVAL;
	size_t digits = len - 1 - YJ_ANSWERLINK_MAC_LEN;
	uint64_t n = 0;
	for (size_t i = 0; i < digits; i++)
		n = n << 8 | bytes[1 + i];
	if (bytes[1] == 0 || n > INT64_MAX)
		return YJ_ERR_INVAL;
	*delivery = (int64_t)n;
	memcpy(mac, bytes + 1 + digits, YJ_ANSWERLINK_MAC_LEN);
	return 0;
}

bool yj_answerlink_good(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_outbox_row *row, const unsigned char mac[YJ_ANSWERLINK_MAC_LEN])
{
	unsigned char own[YJ_ANSWERLINK_MAC_LEN];
	sign(key, row, own);
	return CRYPTO_memcmp(own, mac, sizeof own) == 0;
}
