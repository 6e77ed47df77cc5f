#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void yj_text_init(struct yj_text *t)
{
	t->v = t->small;
	t->small[0] = '\0';
	t->n = 0;
	t->cap = sizeof t->small;
	t->failed = false;
}

void yj_text_done(struct yj_text *t)
{
	if (t->v != t->small)
		free(t->v);
	yj_text_init(t);
}

static bool grow(struct yj_text *t, size_t need)
{
	size_t cap = t->cap * 2 > need ? t->cap * 2 : need;
	char *v = malloc(cap);
	if (!v) {
		t->failed = true;
		return false;
	}
	memcpy(v, t->v, t->n + 1);
	if (t->v != t->small)
		free(t->v);
	t->v = v;
	t->cap = cap;
	return true;
}

void yj_text_add(struct yj_text *t, const char *s, size_t n)
{
	if (t->failed || (t->n + n + 1 > t->cap && !grow(t, t->n + n + 1)))
		return;
	memcpy(t->v + t->n, s, n);
	t->n += n;
	t->v[t->n] = '\0';
}

void yj_text_puts(struct yj_text *t, const char *s)
{
	yj_text_add(t, s, strlen(s));
}

void yj_text_int(struct yj_text *t, int64_t v)
{
	char buf[24];
	int n = snprintf(buf, sizeof buf, "%" PRId64, v);
	yj_text_add(t, buf, (size_t)n);
}

void yj_text_json(struct yj_text *t, const char *s)
{
	yj_text_add(t, "\"", 1);
	const char *from = s;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		yj_text_add(t, from, (size_t)(s - from));
		char esc[8];
		int n = c == '"' || c == '\\' ? snprintf(esc, sizeof esc, "\\%c", c)
					      : snprintf(esc, sizeof esc, "\\u%04x", c);
		yj_text_add(t, esc, (size_t)n);
		from = s + 1;
	}
	yj_text_add(t, from, (size_t)(s - from));
	yj_text_add(t, "\"", 1);
}

static void key(struct yj_text *t, const char *name)
{
	if (t->n && t->v[t->n - 1] != '{')
		yj_text_add(t, ",", 1);
	yj_text_add(t, "\"", 1);
	yj_text_puts(t, name);
	yj_text_add(t, "\":", 2);
}

void yj_text_member(struct yj_text *t, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	key(t, name);
	yj_text_json(t, value);
}

void yj_text_member_int(struct yj_text *t, const char *name, int64_t value)
{
	key(t, name);
	yj_text_int(t, value);
}

void yj_text_member_true(struct yj_text *t, const char *name, bool value)
{
	if (!value)
		return;
	key(t, name);
	yj_text_puts(t, "true");
}
