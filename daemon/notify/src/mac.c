/* HMAC-SHA256 (RFC 2104) and SHA-256 as text. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "poster.h"

static int mac_of(
    const void *key, size_t key_len, const void *text, size_t len, unsigned char mac[32])
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned out_len = 0;
	if (!HMAC(EVP_sha256(), key, (int)key_len, text, len, out, &out_len) || out_len != 32)
		return YJ_ERR_NOMEM;
	memcpy(mac, out, 32);
	return 0;
}

static void hex(const unsigned char bytes[32], char out[65])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

int yj_mac_base64(
    const void *key, size_t key_len, const void *text, size_t len, char out[YJ_ROBOT_SIGN_LEN])
{
	unsigned char mac[32];
	int rc = mac_of(key, key_len, text, len, mac);
	if (rc == 0)
		EVP_EncodeBlock((unsigned char *)out, mac, 32);
	return rc;
}

int yj_mac_hex(const void *key, size_t key_len, const void *text, size_t len, char out[65])
{
	unsigned char mac[32];
	int rc = mac_of(key, key_len, text, len, mac);
	if (rc == 0)
		hex(mac, out);
	return rc;
}

int yj_sha256_hex(const void *text, size_t len, char out[65])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (EVP_Digest(text, len, sum, NULL, EVP_sha256(), NULL) != 1)
		return YJ_ERR_NOMEM;
	hex(sum, out);
	return 0;
}
