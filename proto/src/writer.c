#include "writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

void yj_put(struct yj_writer *w, const char *s, size_t len)
{
	if (w->failed)
		return;
	if (w->cap - w->len <= len) {
		size_t cap = w->cap * 2 > w->len + len + 1 ? w->cap * 2 : w->len + len + 1;
		char *bigger = realloc(w->buf, cap);
		if (!bigger) {
			w->failed = true;
			return;
		}
		w->buf = bigger;
		w->cap = cap;
	}
	memcpy(w->buf + w->len, s, len);
	w->len += len;
}

void yj_put_key(struct yj_writer *w, const char *key)
{
	if (!w->first)
		yj_put(w, ",", 1);
	w->first = false;
	yj_put(w, "\"", 1);
	yj_put(w, key, strlen(key));
	yj_put(w, "\":", 2);
}

void yj_put_open(struct yj_writer *w)
{
	yj_put(w, "{", 1);
	w->first = true;
}

void yj_put_close(struct yj_writer *w)
{
	yj_put(w, "}", 1);
	w->first = false;
}

/* The escape of a byte that may not stand in a JSON string, else NULL. */
static const char *escape(char c, char scratch[8])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	}
	if ((unsigned char)c >= 0x20)
		return NULL;
	(void)snprintf(scratch, 8, "\\u%04x", (unsigned int)(unsigned char)c);
	return scratch;
}

/* A byte that is not UTF-8 is written as U+FFFD: a damaged name must not keep a page from going
 * out. */
static void put_string(struct yj_writer *w, const char *s)
{
	size_t len = strlen(s);
	size_t plain = 0; /* begin of the stretch not yet copied */
	char scratch[8];
	yj_put(w, "\"", 1);
	for (size_t i = 0; i < len;) {
		size_t n = yj_utf8_char(s + i, len - i);
		const char *instead = n == 0 ? "\xef\xbf\xbd" : escape(s[i], scratch);
		if (instead) {
			yj_put(w, s + plain, i - plain);
			yj_put(w, instead, strlen(instead));
			plain = i + 1;
		}
		i += n == 0 ? 1 : n;
	}
	yj_put(w, s + plain, len - plain);
	yj_put(w, "\"", 1);
}

void yj_put_text(struct yj_writer *w, const char *key, const char *s)
{
	if (!s) {
		w->failed = true;
		return;
	}
	yj_put_key(w, key);
	put_string(w, s);
}

void yj_put_id(struct yj_writer *w, const char *key, const char *s)
{
	yj_put_text(w, key, s && *s ? s : NULL);
}

void yj_put_opt_text(struct yj_writer *w, const char *key, const char *s)
{
	if (s)
		yj_put_text(w, key, s);
}

void yj_put_opt_word(struct yj_writer *w, const char *key, const char *s)
{
	if (s && *s)
		yj_put_text(w, key, s);
}

void yj_put_int(struct yj_writer *w, const char *key, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, v);
	yj_put_key(w, key);
	yj_put(w, text, (size_t)n);
}

void yj_put_opt_ms(struct yj_writer *w, const char *key, int64_t v)
{
	if (v != 0)
		yj_put_int(w, key, v);
}

void yj_put_opt_count(struct yj_writer *w, const char *key, int v)
{
	if (v >= 0)
		yj_put_int(w, key, v);
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
void yj_put_real(struct yj_writer *w, const char *key, double v)
{
	char text[32];
	if (!isfinite(v)) /* JSON has no word for it */
		return;
	if (v == 0)
		v = 0; /* no "-0" */
	int n = 0;
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	char *comma = strchr(text, ','); /* of some locales */
	if (comma)
		*comma = '.';
	yj_put_key(w, key);
	yj_put(w, text, (size_t)n);
}

void yj_put_opt_real(struct yj_writer *w, const char *key, double v)
{
	if (v >= 0)
		yj_put_real(w, key, v);
}

void yj_put_bool(struct yj_writer *w, const char *key, bool v)
{
	yj_put_key(w, key);
	yj_put(w, v ? "true" : "false", v ? 4 : 5);
}

void yj_put_opt_bool(struct yj_writer *w, const char *key, int v)
{
	if (v >= 0)
		yj_put_bool(w, key, v != 0);
}

static int put_chunk(const char *s, size_t len, void *w)
{
	yj_put(w, s, len);
	return ((struct yj_writer *)w)->failed ? -1 : 0;
}

void yj_put_opt_object(struct yj_writer *w, const char *key, const json_t *object)
{
	if (!object)
		return;
	yj_put_key(w, key);
	if (json_dump_callback(object, put_chunk, w, JSON_COMPACT) != 0)
		w->failed = true;
}
