/* Topics of a mapping: patterns with +, # and {captures}, where {name#} takes all that is left. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping.h"

static bool is_capture(const struct yj_level *l)
{
	return l->len > 2 && l->at[0] == '{' && l->at[l->len - 1] == '}';
}

static bool takes_rest(const struct yj_level *l)
{
	return yj_level_is(l, "#") || (is_capture(l) && l->len > 3 && l->at[l->len - 2] == '#');
}

static size_t name_len(const struct yj_level *l)
{
	return l->len - 2 - takes_rest(l);
}

static bool good_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return len > 0;
}

static int capture_of(const struct yj_mapping *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->n_captures; i++)
		if (strlen(m->captures[i]) == len && memcmp(m->captures[i], name, len) == 0)
			return (int)i;
	return -1;
}

static const char *add_capture(struct yj_mapping *m, const struct yj_level *l)
{
	const char *name = l->at + 1;
	size_t len = name_len(l);
	if (!good_name(name, len))
		return "{name} of letters, digits and _ as a level, {name#} as the last one";
	if (capture_of(m, name, len) >= 0)
		return NULL;
	if (m->n_captures == YJ_MAP_CAPTURES_MAX)
		return "at most 8 names in braces";
	m->captures[m->n_captures] = strndup(name, len);
	if (!m->captures[m->n_captures])
		return "more memory";
	m->n_captures++;
	return NULL;
}

const char *yj_mapping_add_topic(struct yj_mapping *m, const char *pattern)
{
	struct yj_level levels[32];
	size_t n = yj_topic_levels(pattern, levels, 32);
	if (!*pattern || strlen(pattern) >= YJ_TOPIC_MAX || n > 32 || pattern[0] == '$')
		return "a topic of at most 32 levels";
	if (yj_level_is(&levels[0], "yj"))
		return "a topic that is not under yj/";
	if (m->n_topics == YJ_MAP_TOPICS_MAX)
		return "at most 8 topics";
	for (size_t i = 0; i < n; i++) {
		const struct yj_level *l = &levels[i];
		if (takes_rest(l) && i + 1 < n)
			return "# at the end only";
		if (is_capture(l)) {
			const char *wrong = add_capture(m, l);
			if (wrong)
				return wrong;
		} else if (!yj_level_is(l, "+") && !yj_level_is(l, "#") &&
			   (memchr(l->at, '+', l->len) || memchr(l->at, '#', l->len) ||
			       memchr(l->at, '{', l->len) || memchr(l->at, '}', l->len))) {
			return "+, # or {name} as a whole level";
		}
	}
	m->topics[m->n_topics] = strdup(pattern);
	if (!m->topics[m->n_topics])
		return "more memory";
	m->n_topics++;
	return NULL;
}

static bool match(const struct yj_mapping *m, const char *pattern, const char *topic,
    struct yj_level captures[YJ_MAP_CAPTURES_MAX])
{
	for (;;) {
		struct yj_level p = {pattern, strcspn(pattern, "/")};
		struct yj_level t = {topic, strcspn(topic, "/")};
		bool rest = takes_rest(&p);
		if (rest)
			t.len = strlen(topic);
		if (is_capture(&p)) {
			int i = capture_of(m, p.at + 1, name_len(&p));
			if (i >= 0)
				captures[i] = t;
		} else if (!rest && !yj_level_is(&p, "+") &&
			   (p.len != t.len || memcmp(p.at, t.at, p.len) != 0)) {
			return false;
		}
		pattern += p.len;
		topic += t.len;
		if (!*pattern || !*topic)
			return !*pattern && !*topic;
		pattern++;
		topic++;
	}
}

bool yj_mapping_match(
    const struct yj_mapping *m, const char *topic, struct yj_level captures[YJ_MAP_CAPTURES_MAX])
{
	for (size_t i = 0; i < m->n_topics; i++) {
		memset(captures, 0, YJ_MAP_CAPTURES_MAX * sizeof captures[0]);
		if (topic[0] != '$' && match(m, m->topics[i], topic, captures))
			return true;
	}
	memset(captures, 0, YJ_MAP_CAPTURES_MAX * sizeof captures[0]);
	return false;
}

bool yj_mapping_begins_with_any(const struct yj_mapping *m)
{
	for (size_t i = 0; i < m->n_topics; i++)
		if (strchr("+#{", m->topics[i][0]))
			return true;
	return false;
}

bool yj_mapping_owns(const struct yj_mapping *m, const char *topic)
{
	struct yj_level captures[YJ_MAP_CAPTURES_MAX];
	return yj_mapping_match(m, topic, captures);
}

void yj_mapping_filters(
    const struct yj_mapping *m, void (*add)(void *ctx, const char *filter), void *ctx)
{
	for (size_t i = 0; i < m->n_topics; i++) {
		char filter[YJ_TOPIC_MAX];
		struct yj_level levels[32];
		size_t n = yj_topic_levels(m->topics[i], levels, 32), used = 0;
		for (size_t k = 0; k < n; k++) {
			const struct yj_level *l = &levels[k];
			const char *text = takes_rest(l) ? "#" : is_capture(l) ? "+" : l->at;
			int len = is_capture(l) || takes_rest(l) ? 1 : (int)l->len;
			used += (size_t)snprintf(
			    filter + used, sizeof filter - used, "%s%.*s", k ? "/" : "", len, text);
		}
		add(ctx, filter);
	}
}
