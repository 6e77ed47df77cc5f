/* Reading topics by their levels. */
#ifndef DEVICES_TOPICS_H
#define DEVICES_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

struct yj_level { /* one level of a topic, borrowed, without a terminator */
	const char *at;
	size_t len;
};

/* The levels of a topic, at most cap; returns how many there are (more than cap: the rest is not
 * given). */
size_t yj_topic_levels(const char *topic, struct yj_level *levels, size_t cap);
bool yj_level_is(const struct yj_level *level, const char *text);
bool yj_level_begins(const struct yj_level *level, const char *text);
/* Does the topic begin with these levels ("a/b/")? Behind them, or NULL. */
const char *yj_topic_behind(const char *topic, const char *prefix);
/* Does text[0..len) end with this; the length before it in *before. */
bool yj_ends_with(const char *text, size_t len, const char *end, size_t *before);

/* Is text[0..len) exactly this word; without regard to ASCII case. For payloads that are one. */
bool yj_word_is(const char *text, size_t len, const char *word);

#endif
