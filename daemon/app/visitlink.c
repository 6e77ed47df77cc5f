#include "visitlink.h"

#include <event2/keyvalq_struct.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "answerpage.h"
#include "base64url.h"
#include "store/incident.h"
#include "store/visit_link.h"

#define VERSION 1
#define MAC_LEN YJ_ANSWERLINK_MAC_LEN
#define BYTES_MAX (1 + 3 * (1 + 8) + 2 * (1 + YJ_NAME_MAX) + MAC_LEN)
#define AFTER_END_MS 86400000LL /* an incident's link still works */
#define PATH "/visit/#"

_Static_assert(YJ_BASE64URL_LEN(BYTES_MAX) <= YJ_VISITLINK_MAX, "room for a token");
_Static_assert(YJ_BASE64URL_LEN(MAC_LEN) <= YJ_VISITLINK_KEY_MAX, "room for a visit's key");

/* ── signatures ── */

/* Different labels for what is different, so that nothing is taken for something else. */
static bool sign(const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *label,
    const void *bytes, size_t len, unsigned char mac[MAC_LEN])
{
	unsigned char said[32 + BYTES_MAX], full[EVP_MAX_MD_SIZE];
	unsigned full_len = sizeof full;
	size_t label_len = strlen(label) + 1;
	if (label_len + len > sizeof said)
		return false;
	memcpy(said, label, label_len);
	memcpy(said + label_len, bytes, len);
	if (!HMAC(EVP_sha256(), key, YJ_ANSWERLINK_KEY_LEN, said, label_len + len, full, &full_len))
		return false;
	memcpy(mac, full, MAC_LEN);
	return true;
}

void yj_visitlink_visit_key(const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *visit,
    char out[YJ_VISITLINK_KEY_MAX])
{
	unsigned char mac[MAC_LEN];
	out[0] = '\0';
	if (sign(key, "yijian visit", visit, strlen(visit), mac))
		yj_base64url_write(mac, sizeof mac, out);
}

bool yj_visitlink_visit_good(
    const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *visit, const char *given)
{
	char own[YJ_VISITLINK_KEY_MAX];
	yj_visitlink_visit_key(key, visit, own);
	return own[0] && strlen(given) == sizeof own - 1 &&
	       CRYPTO_memcmp(own, given, sizeof own - 1) == 0;
}

/* ── tokens ── */

static size_t put_number(unsigned char *to, int64_t n)
{
	size_t len = 0;
	for (int shift = 56; shift >= 0; shift -= 8) {
		unsigned char byte = (unsigned char)((uint64_t)n >> shift);
		if (len || byte)
			to[1 + len++] = byte;
	}
	to[0] = (unsigned char)len;
	return 1 + len;
}

static size_t put_name(unsigned char *to, const char *name)
{
	size_t len = strlen(name);
	to[0] = (unsigned char)len;
	for (size_t i = 0; i < len; i++)
		to[1 + i] = (unsigned char)name[i];
	return 1 + len;
}

void yj_visitlink_make(const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const struct yj_visitlink *link, char token[YJ_VISITLINK_MAX])
{
	unsigned char bytes[BYTES_MAX] = {VERSION};
	size_t len = 1;
	len += put_number(bytes + len, link->incident);
	len += put_number(bytes + len, link->expires_utc_s);
	len += put_number(bytes + len, link->generation);
	len += put_name(bytes + len, link->caregiver);
	len += put_name(bytes + len, link->resident);
	token[0] = '\0';
	if (sign(key, "yijian visit link", bytes, len, bytes + len))
		yj_base64url_write(bytes, len + MAC_LEN, token);
}

/* What is left to be read of a token. */
struct rest {
	const unsigned char *at;
	size_t len;
	bool bad;
};

/* The next field's bytes; *len of them, at most max. */
static const unsigned char *take(struct rest *r, size_t max, size_t *len)
{
	const unsigned char *field = r->at + 1;
	*len = r->len > 0 ? r->at[0] : 0;
	if (r->len < 1 + *len || *len > max) {
		r->bad = true;
		r->len = *len = 0;
		return field;
	}
	r->at += 1 + *len;
	r->len -= 1 + *len;
	return field;
}

static int64_t take_number(struct rest *r)
{
	size_t len;
	const unsigned char *field = take(r, 8, &len);
	uint64_t n = 0;
	for (size_t i = 0; i < len; i++)
		n = n << 8 | field[i];
	if (n > INT64_MAX)
		r->bad = true;
	return (int64_t)n;
}

static void take_name(struct rest *r, char name[YJ_NAME_MAX + 1])
{
	size_t len;
	const unsigned char *field = take(r, YJ_NAME_MAX, &len);
	memcpy(name, field, len);
	name[len] = '\0';
}

int yj_visitlink_read(
    const unsigned char key[YJ_ANSWERLINK_KEY_LEN], const char *token, struct yj_visitlink *out)
{
	unsigned char bytes[BYTES_MAX], mac[MAC_LEN];
	struct yj_visitlink link = {0};
	size_t len;
	if (!yj_base64url_read(token, bytes, sizeof bytes, &len) || len < 1 + MAC_LEN)
		return YJ_ERR_INVAL;
	len -= MAC_LEN;
	if (!sign(key, "yijian visit link", bytes, len, mac) ||
	    CRYPTO_memcmp(mac, bytes + len, MAC_LEN) != 0 || bytes[0] != VERSION)
		return YJ_ERR_INVAL;
	struct rest r = {.at = bytes + 1, .len = len - 1};
	link.incident = take_number(&r);
	link.expires_utc_s = take_number(&r);
	link.generation = take_number(&r);
	take_name(&r, link.caregiver);
	take_name(&r, link.resident);
	if (r.bad || r.len > 0)
		return YJ_ERR_INVAL;
	*out = link;
	return 0;
}

/* ── requests ── */

bool yj_visitlink_bearer(struct evhttp_request *req, char *buf, size_t cap)
{
	static const char scheme[] = "Bearer ";
	const char *said =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *query = uri ? evhttp_uri_get_query(uri) : NULL;
	struct evkeyvalq pairs = {0};
	if (said && strncasecmp(said, scheme, sizeof scheme - 1) == 0)
		said += sizeof scheme - 1 + strspn(said + sizeof scheme - 1, " ");
	else if (!said && query && evhttp_parse_query_str(query, &pairs) == 0)
		said = evhttp_find_header(&pairs, "key");
	else
		said = NULL;
	size_t len = said ? strlen(said) : 0;
	bool good = len > 0 && len < cap;
	if (good)
		memcpy(buf, said, len + 1);
	evhttp_clear_headers(&pairs);
	return good;
}

/* ── does it hold? ── */

static int incident_over(struct yj_gateway *g, int64_t n, enum yj_visitlink_pass *pass)
{
	struct yj_incident inc;
	int rc = yj_incident_load(g->store, n, &inc);
	if (rc == YJ_ERR_NOTFOUND)
		*pass = YJ_LINK_UNKNOWN;
	else if (rc == 0 && inc.closed_utc_ms != INT64_MAX &&
		 g->now.utc_ms - inc.closed_utc_ms >= AFTER_END_MS)
		*pass = YJ_LINK_EXPIRED;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_visitlink_admit(struct yj_gateway *g, const char *token, struct yj_visitlink *link,
    struct yj_caregiver *who, enum yj_visitlink_pass *pass)
{
	const unsigned char *key = yj_answerpage_secret(g);
	int64_t generation;
	*pass = YJ_LINK_UNKNOWN;
	if (!key)
		return YJ_ERR_BUSY;
	if (yj_visitlink_read(key, token, link) < 0)
		return 0;
	int rc = yj_visit_generation(g->store, link->caregiver, &generation);
	if (rc == 0)
		rc = yj_caregiver_find(g->store, link->caregiver, who);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*pass = YJ_LINK_GOOD;
	if (rc == YJ_ERR_NOTFOUND || who->gone)
		*pass = YJ_LINK_REMOVED;
	else if (generation != link->generation)
		*pass = YJ_LINK_REVOKED;
	else if (link->expires_utc_s && g->now.utc_known &&
		 g->now.utc_ms / 1000 >= link->expires_utc_s)
		*pass = YJ_LINK_EXPIRED;
	else if (link->incident)
		return incident_over(g, link->incident, pass);
	return 0;
}

void yj_visitlink_url(
    const struct yj_gateway *g, const struct yj_visitlink *link, char *buf, size_t cap)
{
	const unsigned char *key = yj_answerpage_secret(g);
	const char *base = g->config->http.public_url;
	char token[YJ_VISITLINK_MAX];
	buf[0] = '\0';
	if (!base || !base[0] || !key)
		return;
	size_t len = strlen(base);
	while (len > 0 && base[len - 1] == '/')
		len--;
	yj_visitlink_make(key, link, token);
	if (token[0] && len + sizeof PATH + strlen(token) <= cap)
		snprintf(buf, cap, "%.*s" PATH "%s", (int)len, base, token);
}
