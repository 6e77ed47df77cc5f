#include "json.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/utf8.h"

struct reader {
	struct yj_js *js;
	const char *p, *end;
	int depth;
};

static int value(struct reader *r);

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static int add(struct reader *r, enum yj_js_type type, struct yj_js_token **out)
{
	if (r->js->n == YJ_JS_TOKENS_MAX)
		return YJ_ERR_FULL;
	struct yj_js_token *t = &r->js->tokens[r->js->n++];
	t->type = (uint8_t)type;
	t->escaped = false;
	t->from = (uint32_t)(r->p - r->js->text);
	*out = t;
	return 0;
}

static void end_token(struct reader *r, struct yj_js_token *t)
{
	t->to = (uint32_t)(r->p - r->js->text);
	t->next = (uint32_t)r->js->n;
}

static bool is_hex(const char *p, const char *end)
{
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++)
		if (!strchr("0123456789abcdefABCDEF", p[i]) || p[i] == '\0')
			return false;
	return true;
}

static int escape(struct reader *r)
{
	r->p++;
	if (r->p == r->end)
		return YJ_ERR_INVAL;
	char c = *r->p++;
	if (c == 'u') {
		if (!is_hex(r->p, r->end))
			return YJ_ERR_INVAL;
		r->p += 4;
		return 0;
	}
	return c != '\0' && strchr("\"\\/bfnrt", c) ? 0 : YJ_ERR_INVAL;
}

/* Eight characters at once that need no second look: no quote, backslash, control or high bit. */
static bool plain(const char *p)
{
	const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
	uint64_t v;
	memcpy(&v, p, sizeof v);
	uint64_t quote = v ^ ones * '"', back = v ^ ones * '\\';
	/* the high bit of a byte of x - ones comes up where that byte is 0, of v - 0x20s where it
	 * is below that */
	uint64_t found = v | (quote - ones) | (back - ones) | (v - ones * 0x20);
	return (found & high) == 0;
}

static int string(struct reader *r)
{
	struct yj_js_token *t;
	r->p++;
	int rc = add(r, YJ_JS_STRING, &t);
	if (rc < 0)
		return rc;
	while (r->end - r->p >= 8 && plain(r->p))
		r->p += 8;
	while (r->p < r->end && *r->p != '"') {
		unsigned char c = (unsigned char)*r->p;
		if (c == '\\') {
			t->escaped = true;
			rc = escape(r);
			if (rc < 0)
				return rc;
		} else if (c >= 0x80) {
			size_t n = yj_utf8_char(r->p, (size_t)(r->end - r->p));
			if (n == 0)
				return YJ_ERR_BADMSG;
			r->p += n;
		} else if (c < 0x20) {
			return YJ_ERR_INVAL;
		} else {
			r->p++;
		}
	}
	if (r->p == r->end)
		return YJ_ERR_INVAL;
	end_token(r, t);
	r->p++;
	return 0;
}

static bool digits(struct reader *r)
{
	const char *from = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from;
}

static int number(struct reader *r)
{
	struct yj_js_token *t;
	int rc = add(r, YJ_JS_NUMBER, &t);
	if (rc < 0)
		return rc;
	if (*r->p == '-')
		r->p++;
	bool zero = r->p < r->end && *r->p == '0';
	const char *from = r->p;
	if (!digits(r) || (zero && r->p - from > 1))
		return YJ_ERR_INVAL;
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (!digits(r))
			return YJ_ERR_INVAL;
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		if (!digits(r))
			return YJ_ERR_INVAL;
	}
	end_token(r, t);
	return 0;
}

static int word(struct reader *r, const char *text, enum yj_js_type type)
{
	struct yj_js_token *t;
	size_t len = strlen(text);
	if ((size_t)(r->end - r->p) < len || memcmp(r->p, text, len) != 0)
		return YJ_ERR_INVAL;
	int rc = add(r, type, &t);
	if (rc < 0)
		return rc;
	r->p += len;
	end_token(r, t);
	return 0;
}

static int member(struct reader *r)
{
	if (r->p == r->end || *r->p != '"')
		return YJ_ERR_INVAL;
	int rc = string(r);
	skip_space(r);
	if (rc < 0 || r->p == r->end || *r->p != ':')
		return rc < 0 ? rc : YJ_ERR_INVAL;
	r->p++;
	return value(r);
}

static int container(struct reader *r, enum yj_js_type type, char close)
{
	struct yj_js_token *t;
	int rc = ++r->depth > YJ_JS_DEPTH_MAX ? YJ_ERR_INVAL : add(r, type, &t);
	if (rc < 0)
		return rc;
	r->p++;
	skip_space(r);
	bool empty = r->p < r->end && *r->p == close;
	while (!empty) {
		skip_space(r);
		rc = type == YJ_JS_OBJECT ? member(r) : value(r);
		skip_space(r);
		if (rc < 0 || r->p == r->end || (*r->p != ',' && *r->p != close))
			return rc < 0 ? rc : YJ_ERR_INVAL;
		if (*r->p == close)
			break;
		r->p++;
	}
	r->p++;
	end_token(r, t);
	r->depth--;
	return 0;
}

static int value(struct reader *r)
{
	skip_space(r);
	if (r->p == r->end)
		return YJ_ERR_INVAL;
	switch (*r->p) {
	case '{':
		return container(r, YJ_JS_OBJECT, '}');
	case '[':
		return container(r, YJ_JS_ARRAY, ']');
	case '"':
		return string(r);
	case 't':
		return word(r, "true", YJ_JS_TRUE);
	case 'f':
		return word(r, "false", YJ_JS_FALSE);
	case 'n':
		return word(r, "null", YJ_JS_NULL);
	default:
		return *r->p == '-' || (*r->p >= '0' && *r->p <= '9') ? number(r) : YJ_ERR_INVAL;
	}
}

int yj_js_read(struct yj_js *js, const char *text, size_t len)
{
	struct reader r = {.js = js, .p = text, .end = text + len};
	js->text = text;
	js->n = 0;
	if (len >= UINT32_MAX)
		return YJ_ERR_FULL;
	int rc = value(&r);
	skip_space(&r);
	if (rc == 0 && r.p != r.end)
		rc = YJ_ERR_INVAL;
	if (rc < 0)
		js->n = 0;
	return rc;
}

bool yj_js_is(yj_js_at at, enum yj_js_type type)
{
	return at && at->type == type;
}

yj_js_at yj_js_first(const struct yj_js *js, yj_js_at container)
{
	if (!yj_js_is(container, YJ_JS_OBJECT) && !yj_js_is(container, YJ_JS_ARRAY))
		return NULL;
	return container + 1 < js->tokens + container->next ? container + 1 : NULL;
}

yj_js_at yj_js_next(const struct yj_js *js, yj_js_at container, yj_js_at at)
{
	yj_js_at last = container->type == YJ_JS_OBJECT ? at + 1 : at;
	return last->next < container->next ? js->tokens + last->next : NULL;
}

yj_js_at yj_js_get(const struct yj_js *js, yj_js_at object, const char *key)
{
	if (!yj_js_is(object, YJ_JS_OBJECT))
		return NULL;
	for (yj_js_at k = yj_js_first(js, object); k; k = yj_js_next(js, object, k))
		if (yj_js_equals(js, k, key))
			return k + 1;
	return NULL;
}

yj_js_at yj_js_path(const struct yj_js *js, yj_js_at at, ...)
{
	va_list keys;
	va_start(keys, at);
	for (const char *key = va_arg(keys, const char *); key; key = va_arg(keys, const char *))
		at = yj_js_get(js, at, key);
	va_end(keys);
	return at;
}

static unsigned hex4(const char *p)
{
	unsigned v = 0;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		unsigned d = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a') + 10;
		v = v << 4 | d;
	}
	return v;
}

static size_t put_char(unsigned c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* One character of a string's content at *p, with its escape resolved. A half of a surrogate pair
 * and \u0000 become U+FFFD. */
static size_t next_char(const char **p, const char *end, char out[4])
{
	const char *s = *p;
	if (*s != '\\') {
		out[0] = *s;
		*p = s + 1;
		return 1;
	}
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (s[1] != 'u') {
		out[0] = to[strchr(from, s[1]) - from];
		*p = s + 2;
		return 1;
	}
	unsigned c = hex4(s + 2);
	*p = s + 6;
	if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
		unsigned low = hex4(*p + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			*p += 6;
			return put_char(0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00), out);
		}
	}
	return put_char(c == 0 || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c, out);
}

static bool compare(const struct yj_js *js, yj_js_at at, const char *text, bool any_case)
{
	if (!yj_js_is(at, YJ_JS_STRING))
		return false;
	const char *p = js->text + at->from, *end = js->text + at->to;
	size_t len = strlen(text);
	if (!at->escaped)
		return (size_t)(end - p) == len &&
		       (any_case ? strncasecmp(p, text, len) : memcmp(p, text, len)) == 0;
	while (p < end) {
		char c[4];
		size_t n = next_char(&p, end, c);
		if ((any_case ? strncasecmp(c, text, n) : strncmp(c, text, n)) != 0)
			return false;
		text += n;
	}
	return *text == '\0';
}

bool yj_js_equals(const struct yj_js *js, yj_js_at at, const char *text)
{
	return compare(js, at, text, false);
}

bool yj_js_equals_case(const struct yj_js *js, yj_js_at at, const char *text)
{
	return compare(js, at, text, true);
}

bool yj_js_copy(const struct yj_js *js, yj_js_at at, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (!at || at->type == YJ_JS_OBJECT || at->type == YJ_JS_ARRAY || at->type == YJ_JS_NULL)
		return false;
	const char *p = js->text + at->from, *end = js->text + at->to;
	size_t used = 0;
	while (p < end) { /* what stands before an escape, then that */
		const char *escape = at->escaped ? memchr(p, '\\', (size_t)(end - p)) : NULL;
		size_t n = (size_t)((escape ? escape : end) - p);
		char c[4] = "";
		const char *from = p;
		p += n;
		if (n == 0) {
			n = next_char(&p, end, c);
			from = c;
		}
		if (used + n >= cap) {
			buf[0] = '\0';
			return false;
		}
		memcpy(buf + used, from, n);
		used += n;
	}
	buf[used] = '\0';
	return true;
}

/* Up to 15 digits and a fraction of as many, without an exponent, is what devices send; the rest
 * goes the slow way. */
static bool simple_number(const char *p, const char *end, double *out)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	bool minus = p < end && *p == '-';
	p += minus;
	int64_t v = 0;
	size_t n = 0, fraction = 0;
	bool point = false;
	for (; p < end; p++) {
		if (*p == '.' && !point && n > 0) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9' || ++n > 15 || (point && ++fraction > 9))
			return false;
		v = v * 10 + (*p - '0');
	}
	if (n == 0 || (point && fraction == 0))
		return false;
	*out = (double)v / tens[fraction];
	if (minus)
		*out = -*out;
	return true;
}

bool yj_js_number(const struct yj_js *js, yj_js_at at, double *out)
{
	char buf[64], *end;
	if (!yj_js_is(at, YJ_JS_NUMBER) && !yj_js_is(at, YJ_JS_STRING))
		return false;
	if (!at->escaped && simple_number(js->text + at->from, js->text + at->to, out))
		return true;
	if (!yj_js_copy(js, at, buf, sizeof buf) || !strchr("-0123456789", buf[0]) ||
	    buf[0] == '\0' || strpbrk(buf, "xX"))
		return false;
	double v = strtod(buf, &end);
	if (*end != '\0' || !isfinite(v))
		return false;
	*out = v;
	return true;
}

bool yj_js_integer(const struct yj_js *js, yj_js_at at, int64_t *out)
{
	double v;
	if (yj_js_is(at, YJ_JS_NUMBER) && at->to - at->from > 15) { /* exact where it can be */
		char buf[32], *end;
		if (yj_js_copy(js, at, buf, sizeof buf)) {
			int64_t whole = strtoll(buf, &end, 10);
			if (*end == '\0' && whole != INT64_MAX && whole != INT64_MIN) {
				*out = whole;
				return true;
			}
		}
	}
	if (!yj_js_number(js, at, &v))
		return false;
	v = floor(v);
	if (v < -9.2e18 || v > 9.2e18)
		return false;
	*out = (int64_t)v;
	return true;
}

bool yj_js_bool(const struct yj_js *js, yj_js_at at, bool *out)
{
	static const char *const yes[] = {"true", "on", "yes", "1"};
	static const char *const no[] = {"false", "off", "no", "0"};
	double v;
	if (!at)
		return false;
	if (at->type == YJ_JS_TRUE || at->type == YJ_JS_FALSE) {
		*out = at->type == YJ_JS_TRUE;
		return true;
	}
	if (at->type == YJ_JS_NUMBER && yj_js_number(js, at, &v) && (v == 0 || v == 1)) {
		*out = v == 1;
		return true;
	}
	for (size_t i = 0; i < 4; i++) {
		bool is = yj_js_equals_case(js, at, yes[i]);
		if (is || yj_js_equals_case(js, at, no[i])) {
			*out = is;
			return true;
		}
	}
	return false;
}
