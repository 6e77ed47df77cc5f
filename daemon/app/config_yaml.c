/* libyaml's document tree with the checks that a configuration needs. An event pass comes first: it
 * bounds depth and anchors before the tree is built, because looking up anchors costs a
 * comparison with each one before. */
#include "config_yaml.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/time.h"

char *yj_yaml_clip(const char *s, char buf[YJ_CLIP_LEN])
{
	size_t n = 0;
	for (; s[n] && n < 44; n++)
		buf[n] = (unsigned char)s[n] < 0x20 || s[n] == 0x7f ? '?' : s[n];
	if (s[n]) { /* never in the middle of a character */
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
		memcpy(buf + n, "...", 3);
		n += 3;
	}
	buf[n] = '\0';
	return buf;
}

void yj_yaml_error(struct yj_yaml *y, int line, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;
	if (y->n_errors == YJ_YAML_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text) {
		y->nomem = true;
		return;
	}
	/* Kept in the order of the lines. */
	size_t at = y->n_errors++;
	for (; at > 0 && y->errors[at - 1].line > line; at--)
		y->errors[at] = y->errors[at - 1];
	y->errors[at] = (struct yj_yaml_error){.line = line, .text = text};
}

char *yj_yaml_errors(struct yj_yaml *y)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	for (size_t i = 0; i < y->n_errors; i++) {
		const struct yj_yaml_error *e = &y->errors[i];
		if (e->line > 0)
			fprintf(f, "%s%s:%d: %s", i ? "\n" : "", y->name, e->line, e->text);
		else
			fprintf(f, "%s%s: %s", i ? "\n" : "", y->name, e->text);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* What the parser itself did not understand. */
static int parser_error(struct yj_yaml *y, const yaml_parser_t *p, const unsigned char *bytes)
{
	int line = (int)p->problem_mark.line + 1;
	if (p->error == YAML_MEMORY_ERROR)
		return YJ_ERR_NOMEM;
	if (p->error == YAML_READER_ERROR) { /* knows the offset only */
		line = 1;
		for (size_t i = 0; i < p->problem_offset; i++)
			line += bytes[i] == '\n';
	}
	yj_yaml_error(y, line, "%s%s%s, expected YAML in UTF-8", p->context ? p->context : "",
	    p->context ? ", " : "", p->problem ? p->problem : "unreadable");
	return YJ_ERR_INVAL;
}

struct bounds {
	int depth;
	int anchors;
	int documents;
};

/* One event of the first pass. */
static int bounds_step(struct yj_yaml *y, struct bounds *b, const yaml_event_t *e)
{
	int line = (int)e->start_mark.line + 1;
	const yaml_char_t *anchor = NULL;
	if (e->type == YAML_DOCUMENT_START_EVENT && ++b->documents > 1) {
		yj_yaml_error(y, line, "a second document, expected one");
		return YJ_ERR_INVAL;
	}
	if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		b->depth++;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		b->depth++;
	} else if (e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT) {
		b->depth--;
	} else if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
	}
	if (b->depth > YJ_YAML_DEPTH_MAX) {
		yj_yaml_error(
		    y, line, "nested too deep, expected at most %d levels", YJ_YAML_DEPTH_MAX);
		return YJ_ERR_INVAL;
	}
	if (anchor && ++b->anchors > YJ_YAML_ANCHORS_MAX) {
		yj_yaml_error(
		    y, line, "too many anchors, expected at most %d", YJ_YAML_ANCHORS_MAX);
		return YJ_ERR_INVAL;
	}
	return YJ_OK;
}

static int bounds_check(struct yj_yaml *y, const unsigned char *bytes, size_t len)
{
	yaml_parser_t p;
	struct bounds b = {0};
	bool more = true;
	int err = YJ_OK;
	if (!yaml_parser_initialize(&p))
		return YJ_ERR_NOMEM;
	yaml_parser_set_input_string(&p, bytes, len);
	while (err == YJ_OK && more) {
		yaml_event_t e;
		if (!yaml_parser_parse(&p, &e)) {
			err = parser_error(y, &p, bytes);
			break;
		}
		err = bounds_step(y, &b, &e);
		more = e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return err;
}

int yj_yaml_load(struct yj_yaml *y, const char *name, const void *bytes, size_t len)
{
	yaml_parser_t p;
	int err;
	memset(y, 0, sizeof(*y));
	y->name = name;
	err = bounds_check(y, bytes, len);
	if (err != YJ_OK)
		return err;
	if (!yaml_parser_initialize(&p))
		return YJ_ERR_NOMEM;
	yaml_parser_set_input_string(&p, bytes, len);
	if (yaml_parser_load(&p, &y->doc))
		y->loaded = true;
	else
		err = parser_error(y, &p, bytes);
	yaml_parser_delete(&p);
	return err;
}

void yj_yaml_done(struct yj_yaml *y)
{
	if (y->loaded)
		yaml_document_delete(&y->doc);
	for (size_t i = 0; i < y->n_errors; i++)
		free(y->errors[i].text);
	memset(y, 0, sizeof(*y));
}

yaml_node_t *yj_yaml_root(struct yj_yaml *y)
{
	return yaml_document_get_root_node(&y->doc);
}

int yj_yaml_line(const yaml_node_t *node)
{
	return node ? (int)node->start_mark.line + 1 : 1;
}

bool yj_yaml_is_null(const yaml_node_t *node)
{
	if (!node)
		return true;
	if (node->type != YAML_SCALAR_NODE)
		return false;
	const char *s = (const char *)node->data.scalar.value;
	if (node->data.scalar.length == 0)
		return true;
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (strcmp(s, "~") == 0 || strcmp(s, "null") == 0);
}

static const char *kind_of(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE	  ? "a mapping"
	       : node->type == YAML_SEQUENCE_NODE ? "a list"
						  : "a single value";
}

/* "a, b or c" of the keys that are possible. */
static void key_names(const struct yj_yaml_key *keys, size_t n, char *buf, size_t cap)
{
	size_t used = 0;
	buf[0] = '\0';
	for (size_t i = 0; i < n && used < cap; i++) {
		const char *sep = i == 0 ? "" : i + 1 == n ? " or " : ", ";
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", sep, keys[i].name);
	}
}

/* One key of a mapping, with the line where each was seen first. */
static void map_pair(struct yj_yaml *y, yaml_node_t *key, yaml_node_t *val, const char *what,
    const struct yj_yaml_key *keys, size_t n, yaml_node_t **vals, int *lines)
{
	char names[512], told[YJ_CLIP_LEN];
	size_t i = 0;
	if (key->type != YAML_SCALAR_NODE) {
		yj_yaml_error(
		    y, yj_yaml_line(key), "%s as a key in %s, expected a word", kind_of(key), what);
		return;
	}
	const char *name = (const char *)key->data.scalar.value;
	while (i < n && strcmp(keys[i].name, name) != 0)
		i++;
	yj_yaml_clip(name, told);
	if (i == n || strlen(name) != key->data.scalar.length) {
		key_names(keys, n, names, sizeof(names));
		yj_yaml_error(y, yj_yaml_line(key), "unknown key \"%s\" in %s, expected %s", told,
		    what, names);
	} else if (lines[i] != 0) {
		yj_yaml_error(y, yj_yaml_line(key),
		    "key \"%s\" in %s is repeated, expected it only once (line %d)", told, what,
		    lines[i]);
	} else {
		lines[i] = yj_yaml_line(key);
		vals[i] = yj_yaml_is_null(val) ? NULL : val;
	}
}

bool yj_yaml_map(struct yj_yaml *y, yaml_node_t *node, const char *what,
    const struct yj_yaml_key *keys, size_t n, yaml_node_t **vals)
{
	int lines[YJ_YAML_KEYS_MAX] = {0};
	for (size_t i = 0; i < n; i++)
		vals[i] = NULL;
	if (node && node->type != YAML_MAPPING_NODE) {
		yj_yaml_error(y, yj_yaml_line(node), "%s is %s, expected a mapping (key: value)",
		    what, kind_of(node));
		return false;
	}
	if (node) {
		yaml_node_pair_t *p = node->data.mapping.pairs.start;
		for (; p < node->data.mapping.pairs.top; p++)
			map_pair(y, yaml_document_get_node(&y->doc, p->key),
			    yaml_document_get_node(&y->doc, p->value), what, keys, n, vals, lines);
	}
	for (size_t i = 0; i < n; i++) {
		if (keys[i].required && !vals[i])
			yj_yaml_error(y, lines[i] ? lines[i] : yj_yaml_line(node),
			    "\"%s\" is not set in %s, expected a value", keys[i].name, what);
	}
	return true;
}

int yj_yaml_list(struct yj_yaml *y, yaml_node_t *node, const char *what, size_t min, size_t max)
{
	if (node->type != YAML_SEQUENCE_NODE) {
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is %s, expected a list", what, kind_of(node));
		return -1;
	}
	size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (n < min || n > max) {
		yj_yaml_error(y, yj_yaml_line(node), "%s has %zu entries, expected %zu to %zu",
		    what, n, min, max);
		return -1;
	}
	return (int)n;
}

yaml_node_t *yj_yaml_item(struct yj_yaml *y, yaml_node_t *list, int i)
{
	return yaml_document_get_node(&y->doc, list->data.sequence.items.start[i]);
}

yaml_node_t *yj_yaml_find(struct yj_yaml *y, yaml_node_t *node, const char *key)
{
	yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	for (; pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *name = yaml_document_get_node(&y->doc, pair->key);
		if (name->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)name->data.scalar.value, key) == 0)
			return yaml_document_get_node(&y->doc, pair->value);
	}
	return NULL;
}

bool yj_yaml_text(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, const char **out)
{
	if (yj_yaml_is_null(node))
		return false;
	if (node->type != YAML_SCALAR_NODE) {
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is %s, expected %s", what, kind_of(node), expected);
		return false;
	}
	const char *s = (const char *)node->data.scalar.value;
	for (size_t i = 0; i < node->data.scalar.length; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
			yj_yaml_error(y, yj_yaml_line(node),
			    "%s has a control character in it, expected %s", what, expected);
			return false;
		}
	}
	*out = s;
	return true;
}

bool yj_yaml_int(struct yj_yaml *y, yaml_node_t *node, const char *what, int min, int max, int *out)
{
	char expected[64], told[YJ_CLIP_LEN];
	const char *s;
	int v = 0;
	snprintf(expected, sizeof(expected), "a whole number from %d to %d", min, max);
	if (!yj_yaml_text(y, node, what, expected, &s))
		return false;
	bool good = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strlen(s) <= 9;
	for (const char *c = s; *c && good; c++) {
		good = *c >= '0' && *c <= '9';
		v = v * 10 + (*c - '0');
	}
	if (!good || v < min || v > max) {
		yj_yaml_clip(s, told);
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is \"%s\", expected %s", what, told, expected);
		return false;
	}
	*out = v;
	return true;
}

bool yj_yaml_bool(struct yj_yaml *y, yaml_node_t *node, const char *what, bool *out)
{
	char told[YJ_CLIP_LEN];
	const char *s;
	if (!yj_yaml_text(y, node, what, "true or false", &s))
		return false;
	bool yes = strcmp(s, "true") == 0;
	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	    (!yes && strcmp(s, "false") != 0)) {
		yj_yaml_clip(s, told);
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is \"%s\", expected true or false", what, told);
		return false;
	}
	*out = yes;
	return true;
}

char *yj_duration_format(int64_t ms, char buf[YJ_DURATION_LEN])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;
	if (ms == 0) {
		memcpy(buf, "0s", 3);
		return buf;
	}
	while (ms % units[i].ms != 0)
		i++;
	/* 24h reads better than 1d, and 90m than 5400s. */
	if (i == 0 && ms == units[0].ms)
		i = 1;
	snprintf(buf, YJ_DURATION_LEN, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
	return buf;
}

bool yj_yaml_duration(struct yj_yaml *y, yaml_node_t *node, const char *what, int64_t min_ms,
    int64_t max_ms, int64_t *out)
{
	char expected[128], told[YJ_CLIP_LEN], min[YJ_DURATION_LEN], max[YJ_DURATION_LEN];
	const char *s;
	int64_t ms;
	snprintf(expected, sizeof(expected),
	    "a duration with a unit (500ms, 60s, 5m, 24h, 180d) from %s to %s",
	    yj_duration_format(min_ms, min), yj_duration_format(max_ms, max));
	if (!yj_yaml_text(y, node, what, expected, &s))
		return false;
	if (yj_duration_parse(s, &ms) != YJ_OK || ms < min_ms || ms > max_ms) {
		yj_yaml_clip(s, told);
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is \"%s\", expected %s", what, told, expected);
		return false;
	}
	*out = ms;
	return true;
}
