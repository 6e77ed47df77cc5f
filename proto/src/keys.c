#include "proto/keys.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

struct entry {
	const char *key, *means;
	size_t key_len, means_len;
};

/* The entry at *p, which goes behind it. false: there is none any more. */
static bool next(const char **p, struct entry *e)
{
	*p += strspn(*p, "; ");
	if (**p == '\0')
		return false;
	size_t len = strcspn(*p, ";");
	const char *sign = memchr(*p, '=', len);
	e->key = *p;
	e->key_len = sign ? (size_t)(sign - *p) : len;
	e->means = sign ? sign + 1 : *p + len;
	e->means_len = sign ? len - e->key_len - 1 : 0;
	while (e->means_len > 0 && e->means[e->means_len - 1] == ' ')
		e->means_len--;
	*p += len;
	return true;
}

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* 1: a button, 0: ignore, -1: neither. */
static int meaning(const struct entry *e, enum yj_kind *button)
{
	static const enum yj_kind buttons[] = {YJ_KIND_SOS, YJ_KIND_SERVICE, YJ_KIND_FAMILY};
	for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++) {
		if (is(e->means, e->means_len, yj_kind_name(buttons[i]))) {
			*button = buttons[i];
			return 1;
		}
	}
	return is(e->means, e->means_len, "ignore") ? 0 : -1;
}

/* How well an entry fits: the key itself, how it was pressed whichever it was, all; 0: not. */
static int fits(const struct entry *e, const char *key)
{
	const char *how = strrchr(key, ':');
	if (is(e->key, e->key_len, key))
		return 3;
	if (how && is(e->key, e->key_len, how + 1))
		return 2;
	return is(e->key, e->key_len, "*");
}

bool yj_keys_button(const char *keys, const char *key, enum yj_kind *button)
{
	struct entry e;
	int found = -1, best = 0;
	*button = YJ_KIND_SOS;
	while (best < 3 && next(&keys, &e)) {
		int fit = fits(&e, key);
		if (fit > best) {
			best = fit;
			*button = YJ_KIND_SOS;
			found = meaning(&e, button);
		}
	}
	return found != 0;
}

const char *yj_keys_check(const char *keys)
{
	struct entry e;
	enum yj_kind button;
	while (next(&keys, &e)) {
		if (e.key_len == 0 || e.means_len == 0)
			return "expected KEY=MEANING, with ';' between";
		if (meaning(&e, &button) < 0)
			return "expected sos, service, family or ignore behind '='";
	}
	return NULL;
}
