#include "topics.h"

#include <string.h>
#include <strings.h>

size_t yj_topic_levels(const char *topic, struct yj_level *levels, size_t cap)
{
	size_t n = 0;
	for (const char *p = topic;; p++) {
		size_t len = strcspn(p, "/");
		if (n < cap)
			levels[n] = (struct yj_level){p, len};
		n++;
		p += len;
		if (*p == '\0')
			return n;
	}
}

bool yj_level_is(const struct yj_level *level, const char *text)
{
	size_t len = strlen(text);
	return level->len == len && memcmp(level->at, text, len) == 0;
}

bool yj_level_begins(const struct yj_level *level, const char *text)
{
	size_t len = strlen(text);
	return level->len >= len && memcmp(level->at, text, len) == 0;
}

const char *yj_topic_behind(const char *topic, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(topic, prefix, len) == 0 ? topic + len : NULL;
}

bool yj_ends_with(const char *text, size_t len, const char *end, size_t *before)
{
	size_t n = strlen(end);
	if (len < n || memcmp(text + len - n, end, n) != 0)
		return false;
	*before = len - n;
	return true;
}

bool yj_word_is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}
