#include "stun.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define COOKIE 0x2112a442U
#define INTEGRITY_LEN 20

static void put16(uint8_t *to, unsigned n)
{
	to[0] = (uint8_t)(n >> 8);
	to[1] = (uint8_t)n;
}

static void put32(uint8_t *to, uint32_t n)
{
	put16(to, n >> 16);
	put16(to + 2, n & 0xffff);
}

static unsigned get16(const uint8_t *from)
{
	return (unsigned)from[0] << 8 | from[1];
}

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The header says how much follows it. */
static void set_length(struct yj_stun *m, size_t len)
{
	put16(m->bytes + 2, (unsigned)(len - YJ_STUN_HEADER));
}

void yj_stun_begin(struct yj_stun *m, unsigned type, const uint8_t id[12])
{
	memset(m, 0, sizeof *m);
	put16(m->bytes, type);
	put32(m->bytes + 4, COOKIE);
	memcpy(m->bytes + 8, id, 12);
	m->len = YJ_STUN_HEADER;
}

void yj_stun_put(struct yj_stun *m, enum yj_stun_attr attr, const void *value, size_t len)
{
	if (len > YJ_STUN_MAX || m->len + 4 + padded(len) > YJ_STUN_MAX) {
		m->full = true;
		return;
	}
	put16(m->bytes + m->len, attr);
	put16(m->bytes + m->len + 2, (unsigned)len);
	memcpy(m->bytes + m->len + 4, value, len);
	m->len += 4 + padded(len);
	set_length(m, m->len);
}

void yj_stun_put_number(struct yj_stun *m, enum yj_stun_attr attr, uint32_t value)
{
	uint8_t bytes[4];
	put32(bytes, value);
	yj_stun_put(m, attr, bytes, sizeof bytes);
}

/* Port and address are veiled with cookie and id, so that no NAT on the way rewrites them. */
static void veil(const uint8_t *header, uint8_t *port, uint8_t *address, size_t len)
{
	for (size_t i = 0; i < 2; i++)
		port[i] ^= header[4 + i];
	for (size_t i = 0; i < len; i++)
		address[i] ^= header[4 + i];
}

void yj_stun_put_address(struct yj_stun *m, enum yj_stun_attr attr, const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	bool is_four = address->sa_family == AF_INET;
	uint8_t value[20] = {0, is_four ? 1 : 2};
	size_t len = is_four ? 4 : 16;
	memcpy(value + 2, is_four ? &four->sin_port : &six->sin6_port, 2);
	memcpy(value + 4, is_four ? (const void *)&four->sin_addr : &six->sin6_addr, len);
	veil(m->bytes, value + 2, value + 4, len);
	yj_stun_put(m, attr, value, 4 + len);
}

/* The key of long-term credentials: MD5 of user, realm and password. */
static bool key_of(const struct yj_stun_login *login, uint8_t key[EVP_MAX_MD_SIZE], unsigned *len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1 &&
		  EVP_DigestUpdate(md, login->user, strlen(login->user)) == 1 &&
		  EVP_DigestUpdate(md, ":", 1) == 1 &&
		  EVP_DigestUpdate(md, login->realm, login->realm_len) == 1 &&
		  EVP_DigestUpdate(md, ":", 1) == 1 &&
		  EVP_DigestUpdate(md, login->password, strlen(login->password)) == 1 &&
		  EVP_DigestFinal_ex(md, key, len) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

void yj_stun_sign(struct yj_stun *m, const struct yj_stun_login *login)
{
	uint8_t key[EVP_MAX_MD_SIZE], mac[EVP_MAX_MD_SIZE] = {0};
	unsigned key_len = 0, mac_len = 0;
	yj_stun_put(m, YJ_STUN_USERNAME, login->user, strlen(login->user));
	yj_stun_put(m, YJ_STUN_NONCE, login->nonce, login->nonce_len);
	yj_stun_put(m, YJ_STUN_REALM, login->realm, login->realm_len);
	set_length(m, m->len + 4 + INTEGRITY_LEN); /* it counts as there already */
	if (!key_of(login, key, &key_len) ||
	    !HMAC(EVP_sha1(), key, (int)key_len, m->bytes, m->len, mac, &mac_len))
		m->full = true;
	yj_stun_put(m, YJ_STUN_INTEGRITY, mac, INTEGRITY_LEN);
}

int yj_stun_length(const uint8_t *bytes, size_t len)
{
	if (len < YJ_STUN_HEADER)
		return 0;
	size_t whole = YJ_STUN_HEADER + get16(bytes + 2);
	if (bytes[0] > 0x3f || bytes[4] != COOKIE >> 24 || whole > YJ_STUN_MAX || whole % 4 != 0)
		return YJ_ERR_BADMSG;
	return (int)whole;
}

unsigned yj_stun_type(const struct yj_stun *m)
{
	return get16(m->bytes);
}

bool yj_stun_same_id(const struct yj_stun *a, const struct yj_stun *b)
{
	return memcmp(a->bytes + 4, b->bytes + 4, 16) == 0;
}

const uint8_t *yj_stun_get(const struct yj_stun *m, enum yj_stun_attr attr, size_t *len)
{
	for (size_t at = YJ_STUN_HEADER; at + 4 <= m->len;) {
		size_t size = get16(m->bytes + at + 2);
		if (at + 4 + size > m->len)
			return NULL;
		if (get16(m->bytes + at) == attr) {
			*len = size;
			return m->bytes + at + 4;
		}
		at += 4 + padded(size);
	}
	return NULL;
}

int yj_stun_get_address(
    const struct yj_stun *m, enum yj_stun_attr attr, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (void *)out;
	struct sockaddr_in6 *six = (void *)out;
	uint8_t value[20];
	size_t len = 0;
	const uint8_t *found = yj_stun_get(m, attr, &len);
	memset(out, 0, sizeof *out);
	if (!found || (len != 8 && len != 20) || (found[1] == 1) != (len == 8))
		return YJ_ERR_BADMSG;
	memcpy(value, found, len);
	veil(m->bytes, value + 2, value + 4, len - 4);
	out->ss_family = len == 8 ? AF_INET : AF_INET6;
	memcpy(len == 8 ? &four->sin_port : &six->sin6_port, value + 2, 2);
	memcpy(len == 8 ? (void *)&four->sin_addr : &six->sin6_addr, value + 4, len - 4);
	return 0;
}

int yj_stun_refusal(const struct yj_stun *m)
{
	size_t len = 0;
	const uint8_t *value = yj_stun_get(m, YJ_STUN_ERROR, &len);
	return value && len >= 4 ? (value[2] & 7) * 100 + value[3] : 0;
}
