#include "sms_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NATIONAL_DIGITS 9 /* the end of a number that is the same however it is written */

/* ---- headers ---- */

size_t yj_sms_body(const char *bytes, size_t len)
{
	size_t line = 0;
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			continue;
		if (i == line || (i == line + 1 && bytes[line] == '\r'))
			return i + 1;
		line = i + 1;
	}
	return len;
}

/* A value among the lines of a text. */
static bool find_value(const char *bytes, size_t len, const char *name, char *buf, size_t cap)
{
	size_t n = strlen(name);
	buf[0] = '\0';
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t line = end ? (size_t)(end - bytes) : len;
		if (line > n && memcmp(bytes, name, n) == 0 && bytes[n] == ':') {
			const char *from = bytes + n + 1, *to = bytes + line;
			while (from < to && (*from == ' ' || *from == '\t'))
				from++;
			while (to > from && (to[-1] == ' ' || to[-1] == '\r' || to[-1] == '\t'))
				to--;
			size_t size = (size_t)(to - from);
			if (size >= cap)
				size = cap - 1;
			if (memchr(from, '\0', size))
				return false;
			memcpy(buf, from, size);
			buf[size] = '\0';
			return true;
		}
		size_t step = end ? line + 1 : line;
		bytes += step;
		len -= step;
	}
	return false;
}

bool yj_sms_header(const char *bytes, size_t len, const char *name, char *buf, size_t cap)
{
	return find_value(bytes, yj_sms_body(bytes, len), name, buf, cap);
}

/* ---- alphabets ---- */

/* 3GPP TS 23.038, 6.2.1: where the default alphabet differs from ASCII. */
static const uint16_t gsm_low[32] = {'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, '\n',
    0xd8, 0xf8, '\r', 0xc5, 0xe5, 0x394, '_', 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3,
    0x398, 0x39e, 0, 0xc6, 0xe6, 0xdf, 0xc9};
static const struct {
	uint8_t from;
	uint16_t to;
} gsm_others[] = {{0x24, 0xa4}, {0x40, 0xa1}, {0x5b, 0xc4}, {0x5c, 0xd6}, {0x5d, 0xd1},
    {0x5e, 0xdc}, {0x5f, 0xa7}, {0x60, 0xbf}, {0x7b, 0xe4}, {0x7c, 0xf6}, {0x7d, 0xf1},
    {0x7e, 0xfc}, {0x7f, 0xe0}};
static const struct {
	uint8_t from;
	uint16_t to;
} gsm_extended[] = {{0x0a, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2f, '\\'}, {0x3c, '['},
    {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'}, {0x65, 0x20ac}};

struct out { /* UTF-8 under way; the buffer is large enough for what the alphabet can become */
	char *text;
	size_t len;
};

static void put(struct out *o, uint32_t c)
{
	if (c == 0 || c == 0xfeff)
		return;
	if (c < 0x80) {
		o->text[o->len++] = (char)c;
	} else if (c < 0x800) {
		o->text[o->len++] = (char)(0xc0 | c >> 6);
		o->text[o->len++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		o->text[o->len++] = (char)(0xe0 | c >> 12);
		o->text[o->len++] = (char)(0x80 | (c >> 6 & 0x3f));
		o->text[o->len++] = (char)(0x80 | (c & 0x3f));
	} else {
		o->text[o->len++] = (char)(0xf0 | c >> 18);
		o->text[o->len++] = (char)(0x80 | (c >> 12 & 0x3f));
		o->text[o->len++] = (char)(0x80 | (c >> 6 & 0x3f));
		o->text[o->len++] = (char)(0x80 | (c & 0x3f));
	}
}

/* UTF-16, big endian; half a pair becomes U+FFFD, half a unit at the end is left out. */
static void from_ucs2(struct out *o, const unsigned char *s, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = (uint32_t)s[i] << 8 | s[i + 1];
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len && (s[i + 2] & 0xfc) == 0xdc) {
			uint32_t low = (uint32_t)s[i + 2] << 8 | s[i + 3];
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		put(o, c);
	}
}

static void from_gsm(struct out *o, const unsigned char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t c = s[i];
		if (c == 0x1b) {
			uint32_t found = ' ';
			for (size_t k = 0; i + 1 < len && k < sizeof gsm_extended / 4; k++) {
				if (gsm_extended[k].from == s[i + 1])
					found = gsm_extended[k].to;
			}
			i++;
			put(o, found);
			continue;
		}
		if (c < 32)
			c = gsm_low[c];
		for (size_t k = 0; k < sizeof gsm_others / 4; k++) {
			if (gsm_others[k].from == s[i])
				c = gsm_others[k].to;
		}
		put(o, c);
	}
}

/* ISO 8859-15, which smsd means by ISO. */
static void from_latin9(struct out *o, const unsigned char *s, size_t len)
{
	static const struct {
		uint8_t from;
		uint16_t to;
	} differs[] = {{0xa4, 0x20ac}, {0xa6, 0x160}, {0xa8, 0x161}, {0xb4, 0x17d}, {0xb8, 0x17e},
	    {0xbc, 0x152}, {0xbd, 0x153}, {0xbe, 0x178}};
	for (size_t i = 0; i < len; i++) {
		uint32_t c = s[i];
		for (size_t k = 0; k < sizeof differs / sizeof differs[0]; k++) {
			if (differs[k].from == s[i])
				c = differs[k].to;
		}
		put(o, c);
	}
}

/* The length of a well-formed character (RFC 3629) at s, and the character; 0 if it is none. */
static size_t utf8_character(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80		   ? 1
		   : (s[0] & 0xe0) == 0xc0 ? 2
		   : (s[0] & 0xf0) == 0xe0 ? 3
		   : (s[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	if (n == 0 || n > len)
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return n;
}

static void from_utf8(struct out *o, const unsigned char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = utf8_character(s + i, len - i, &c);
		put(o, n ? c : 0xfffd);
		i += n ? n : 1;
	}
}

/* ---- what handsets and the centre say ---- */

enum alphabet { ISO, GSM, UCS2, UTF8, BINARY };

/* By the first three letters, as smsd itself does it; without any it means ISO. */
static enum alphabet alphabet_of(const char *name)
{
	static const struct {
		const char *begin;
		enum alphabet alphabet;
	} names[] = {{"GSM", GSM}, {"UCS", UCS2}, {"Uni", UCS2}, {"UNI", UCS2}, {"Chi", UCS2},
	    {"CHI", UCS2}, {"UTF", UTF8}, {"bin", BINARY}, {"Bin", BINARY}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strncmp(name, names[i].begin, 3) == 0)
			return names[i].alphabet;
	}
	return ISO;
}

static char *decode(enum alphabet alphabet, const char *body, size_t len)
{
	const unsigned char *s = (const unsigned char *)body;
	struct out o = {.text = malloc(len * 3 + 1)};
	if (!o.text)
		return NULL;
	switch (alphabet) {
	case UCS2:
		from_ucs2(&o, s, len);
		break;
	case GSM:
		from_gsm(&o, s, len);
		break;
	case UTF8:
		from_utf8(&o, s, len);
		break;
	case ISO:
	case BINARY:
		from_latin9(&o, s, len);
		break;
	}
	o.text[o.len] = '\0';
	return o.text;
}

long yj_sms_count(const char *text)
{
	long n = 0;
	size_t len = strspn(text, "0123456789");
	if (len == 0 || len > 9)
		return -1;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (text[i] - '0');
	return n;
}

static enum yj_sms_kind read_report(const char *body, size_t len, struct yj_sms_incoming *out)
{
	char value[128];
	find_value(body, len, "Message_id", value, sizeof value);
	long reference = yj_sms_count(value);
	bool complete = find_value(body, len, "Status", value, sizeof value);
	long status = yj_sms_count(value);
	if (!complete)
		return YJ_SMS_INCOMPLETE;
	if (reference < 0 || reference > 255 || status < 0 || status > 255)
		return YJ_SMS_GARBAGE;
	out->reference = (int)reference;
	out->status = (int)status;
	yj_sms_words(value, out->words, sizeof out->words);
	return YJ_SMS_REPORT;
}

enum yj_sms_kind yj_sms_read(const char *bytes, size_t len, bool whole, struct yj_sms_incoming *out)
{
	static const char report[] = "SMS STATUS REPORT";
	char value[64];
	*out = (struct yj_sms_incoming){0};
	size_t at = yj_sms_body(bytes, len);
	if (at == len && (len < 2 || bytes[len - 1] != '\n' || bytes[len - 2] != '\n'))
		return YJ_SMS_INCOMPLETE;
	if (!yj_sms_header(bytes, len, "From", out->from, sizeof out->from) || !out->from[0] ||
	    yj_sms_header(bytes, len, "Error", value, sizeof value))
		return YJ_SMS_GARBAGE;
	yj_sms_header(bytes, len, "Modem", out->modem, sizeof out->modem);
	yj_sms_header(bytes, len, "Alphabet", value, sizeof value);
	enum alphabet alphabet = alphabet_of(value);
	if (alphabet == BINARY)
		return YJ_SMS_GARBAGE;
	const char *body = bytes + at;
	size_t size = len - at;
	/* smsd counts characters; what UTF-8 makes of them is never shorter */
	if (!whole && yj_sms_header(bytes, len, "Length", value, sizeof value)) {
		long units = yj_sms_count(value);
		if (units > 0 && size < (size_t)units * (alphabet == UCS2 ? 2 : 1))
			return YJ_SMS_INCOMPLETE;
	}
	if (alphabet == ISO && size >= sizeof report - 1 &&
	    memcmp(body, report, sizeof report - 1) == 0)
		return read_report(body, size, out);
	out->text = decode(alphabet, body, size);
	return out->text ? YJ_SMS_TEXT : YJ_SMS_INCOMPLETE;
}

/* ---- numbers, references, words ---- */

int yj_sms_number(const char *phone, const char *country, char *buf, size_t cap)
{
	char digits[YJ_SMS_NUMBER_MAX + 1], number[2 * YJ_SMS_NUMBER_MAX];
	size_t n = 0;
	bool international = false;
	for (const char *p = phone; *p; p++) {
		if (*p == '+' && n == 0)
			international = true;
		else if (*p >= '0' && *p <= '9' && n < YJ_SMS_NUMBER_MAX)
			digits[n++] = *p;
		else if (!strchr(" -().", *p))
			return YJ_ERR_NOTFOUND;
	}
	digits[n] = '\0';
	const char *before = country, *rest = digits;
	if (!international && n > 2 && digits[0] == '0' && digits[1] == '0') {
		international = true;
		rest += 2;
		n -= 2;
	}
	if (n < 3 || (international && n < 7))
		return YJ_ERR_NOTFOUND;
	if (international || (n > 11 && strncmp(rest, country, strlen(country)) == 0))
		before = "";
	else if (n <= 6)
		before = "s"; /* a short code */
	else if (rest[0] == '0')
		rest++; /* within the country */
	snprintf(number, sizeof number, "%s%s", before, rest);
	if (strlen(number) >= cap)
		return YJ_ERR_NOTFOUND;
	memcpy(buf, number, strlen(number) + 1);
	return 0;
}

uint64_t yj_sms_hash(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	} while (*text++);
	return hash;
}

void yj_sms_ref(int reference, const char *modem, const char *number, char *buf, size_t cap)
{
	size_t len = strlen(number);
	uint64_t hash = yj_sms_hash(YJ_SMS_HASH_BEGIN, modem);
	hash = yj_sms_hash(hash, number + (len > NATIONAL_DIGITS ? len - NATIONAL_DIGITS : 0));
	snprintf(buf, cap, "%d-%08x", reference, (unsigned)(hash >> 32));
}

void yj_sms_words(const char *from, char *buf, size_t cap)
{
	size_t n = 0;
	while (*from && n + 1 < cap) {
		size_t digits = strspn(from, "0123456789");
		if (digits >= 6) {
			buf[n++] = '#';
			from += digits;
			continue;
		}
		for (size_t i = 0; i < (digits ? digits : 1) && n + 1 < cap; i++, from++)
			buf[n++] = *from >= ' ' && *from <= '~' ? *from : '?';
	}
	buf[n] = '\0';
}
