#include "pushcheck.h"

#include <event2/keyvalq_struct.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OLD_PREFIX 20 /* of a message of the older platform: random bytes and a length */

static bool same(const char *a, size_t a_len, const char *b)
{
	return strlen(b) == a_len && CRYPTO_memcmp(a, b, a_len) == 0;
}

/* ── a token ── */

static bool token_in_query(const char *secret, const char *name, struct evhttp_request *req)
{
	struct evkeyvalq query = {0};
	const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	bool yes = false;
	if (!text || evhttp_parse_query_str(text, &query) < 0)
		return false;
	const char *value = evhttp_find_header(&query, name);
	if (value)
		yes = same(secret, strlen(secret), value);
	evhttp_clear_headers(&query);
	return yes;
}

static bool token(const struct yj_config_inlet *in, struct evhttp_request *req)
{
	if (in->query)
		return token_in_query(in->secret, in->query, req);
	const char *value = evhttp_find_header(
	    evhttp_request_get_input_headers(req), in->header ? in->header : "Authorization");
	if (value && strncasecmp(value, "Bearer ", 7) == 0)
		value += 7;
	return value && same(in->secret, strlen(in->secret), value);
}

/* ── HMAC-SHA256 ── */

static void hex_of(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static bool hmac(
    const struct yj_config_inlet *in, struct evhttp_request *req, const char *body, size_t len)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1], b64[2 * EVP_MAX_MD_SIZE], given[130] = "";
	const char *value = evhttp_find_header(
	    evhttp_request_get_input_headers(req), in->header ? in->header : "X-Signature");
	if (!value || !HMAC(EVP_sha256(), in->secret, (int)strlen(in->secret),
			  (const unsigned char *)body, len, mac, &n))
		return false;
	if (strncasecmp(value, "sha256=", 7) == 0)
		value += 7;
	hex_of(mac, n, hex);
	EVP_EncodeBlock((unsigned char *)b64, mac, (int)n);
	size_t size = strlen(value);
	if (size >= sizeof given)
		return false;
	for (size_t i = 0; i < size; i++) /* digits of either case */
		given[i] = (char)(value[i] >= 'A' && value[i] <= 'F' ? value[i] | 32 : value[i]);
	return same(hex, strlen(hex), given) || same(b64, strlen(b64), value);
}

/* ── OneNET ── */

bool yj_pushcheck_onenet(
    const char *token, const char *nonce, const char *msg, size_t len, const char *signature)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char own[2 * EVP_MAX_MD_SIZE], given[64];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool made = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1 &&
		    EVP_DigestUpdate(c, token, strlen(token)) == 1 &&
		    EVP_DigestUpdate(c, nonce, strlen(nonce)) == 1 &&
		    EVP_DigestUpdate(c, msg, len) == 1 && EVP_DigestFinal_ex(c, md5, &n) == 1;
	EVP_MD_CTX_free(c);
	size_t size = strcspn(signature, "=");
	if (!made || size >= sizeof given)
		return false;
	EVP_EncodeBlock((unsigned char *)own, md5, (int)n);
	own[strcspn(own, "=")] = '\0';
	for (size_t i = 0; i < size; i++)
		given[i] = signature[i] == ' ' ? '+' : signature[i];
	given[size] = '\0';
	return same(own, strlen(own), given);
}

static int decode64(const char *text, size_t len, unsigned char *out)
{
	int n = len % 4 == 0 && len > 0
		    ? EVP_DecodeBlock(out, (const unsigned char *)text, (int)len)
		    : -1;
	return n < 0 ? n : n - (text[len - 1] == '=') - (text[len - 2] == '=');
}

static int decrypt(const char *key, const unsigned char *from, int len, unsigned char *to)
{
	unsigned char old[48];
	char padded[48];
	bool is_old = strlen(key) == 43;
	if (is_old) {
		snprintf(padded, sizeof padded, "%s=", key);
		if (decode64(padded, 44, old) != 32)
			return -1;
	}
	const unsigned char *bytes = is_old ? old : (const unsigned char *)key;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool good = c &&
		    EVP_DecryptInit_ex(c, is_old ? EVP_aes_256_cbc() : EVP_aes_128_cbc(), NULL,
			bytes, bytes) == 1 &&
		    EVP_DecryptUpdate(c, to, &n, from, len) == 1 &&
		    EVP_DecryptFinal_ex(c, to + n, &last) == 1;
	EVP_CIPHER_CTX_free(c);
	n += last;
	int skip = is_old ? OLD_PREFIX : 0;
	if (!good || n < skip)
		return -1;
	memmove(to, to + skip, (size_t)(n - skip));
	return n - skip;
}

/* {"msg": what was encrypted}; NULL: it cannot be opened. */
static char *open_message(const char *key, const struct yj_onenet *push, size_t *len)
{
	static const char head[] = "{\"msg\":";
	size_t n = sizeof head - 1;
	unsigned char *raw = malloc(push->len + 4);
	char *out = malloc(push->len + 64);
	int got = raw && out ? decode64(push->msg, push->len, raw) : -1;
	if (got >= 0) {
		memcpy(out, head, n);
		got = decrypt(key, raw, got, (unsigned char *)out + n);
	}
	free(raw);
	if (got < 0) {
		free(out);
		return NULL;
	}
	n += (size_t)got;
	out[n++] = '}';
	*len = n;
	return out;
}

static bool onenet(const struct yj_config_inlet *in, struct yj_decoder *d, const char *body,
    size_t len, char **open, size_t *open_len)
{
	struct yj_onenet push;
	if (!yj_onenet_read(d, body, len, &push) ||
	    !yj_pushcheck_onenet(in->secret, push.nonce, push.msg, push.len, push.signature))
		return false;
	if (in->aes_key && push.text)
		*open = open_message(in->aes_key, &push, open_len);
	return true;
}

bool yj_pushcheck(const struct yj_config_inlet *in, struct yj_decoder *d,
    struct evhttp_request *req, const char *body, size_t len, char **open, size_t *open_len)
{
	*open = NULL;
	if (!in->secret)
		return false;
	switch (in->verify) {
	case YJ_VERIFY_TOKEN:
		return token(in, req);
	case YJ_VERIFY_HMAC:
		return hmac(in, req, body, len);
	case YJ_VERIFY_ONENET:
		return onenet(in, d, body, len, open, open_len);
	}
	return false;
}
