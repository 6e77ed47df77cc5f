/* Compiling the texts of a mapping. */
#include "mapping.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "more memory";

struct yj_mapping *yj_mapping_new(void)
{
	struct yj_mapping *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->family.name = m->name;
	m->family.mapping = m;
	m->otherwise = YJ_BASE_HEARTBEAT;
	m->tell_qos = 1;
	for (size_t i = 0; i < YJ_MAP_NUMBERS; i++)
		m->numbers[i].factor = 1;
	return m;
}

static void text_done(struct yj_map_text *text)
{
	for (size_t i = 0; i < text->n; i++)
		free(text->parts[i].literal);
}

static void values_done(struct yj_map_values *values)
{
	for (size_t i = 0; i < values->n; i++)
		free(values->v[i].text);
}

static void condition_done(struct yj_map_condition *c)
{
	values_done(&c->is);
	values_done(&c->not );
}

static void pointer_free(struct yj_map_pointer *p)
{
	for (size_t i = 0; p && i < p->n; i++)
		free(p->segments[i].key);
	if (p) {
		free(p->segments);
		free(p->text);
	}
	free(p);
}

void yj_mapping_free(struct yj_mapping *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_topics; i++)
		free(m->topics[i]);
	for (size_t i = 0; i < m->n_captures; i++)
		free(m->captures[i]);
	for (size_t i = 0; i < m->n_pointers; i++)
		pointer_free(m->pointers[i]);
	for (size_t i = 0; i < YJ_MAP_NAMES_MAX; i++)
		text_done(&m->names[i]);
	text_done(&m->route);
	text_done(&m->dedup);
	for (size_t i = 0; i < YJ_MAP_FLAGS; i++)
		condition_done(&m->flags[i].when);
	for (size_t i = 0; i < YJ_MAP_RULES_MAX; i++) {
		text_done(&m->rules[i].key);
		for (size_t j = 0; j < YJ_MAP_CONDITIONS_MAX; j++)
			condition_done(&m->rules[i].conditions[j]);
	}
	free(m->tell_topic);
	for (size_t i = 0; i < sizeof m->tell / sizeof m->tell[0]; i++)
		free(m->tell[i]);
	free(m);
}

const char *yj_mapping_set_name(struct yj_mapping *m, const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= sizeof m->name || name[0] == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
		return "1 to 32 lower-case letters, digits, _ or -";
	if (strcmp(name, "generic") == 0 || yj_family_builtin(name))
		return "a name that no family of ours has";
	memcpy(m->name, name, len + 1);
	return NULL;
}

/* ── pointers ── */

/* ~1 is '/', ~0 is '~'. */
static bool unescape(const char *from, size_t len, char *to)
{
	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (c == '~') {
			if (++i == len || (from[i] != '0' && from[i] != '1'))
				return false;
			c = from[i] == '0' ? '~' : '/';
		}
		*to++ = c;
	}
	*to = '\0';
	return true;
}

/* An index has digits without leading zeros. */
static int64_t index_of(const char *key)
{
	size_t len = strlen(key);
	if (len == 0 || len > 9 || strspn(key, "0123456789") != len || (key[0] == '0' && len > 1))
		return -1;
	return strtol(key, NULL, 10);
}

static bool fill_pointer(struct yj_map_pointer *p, const char *text)
{
	size_t cap = 0;
	for (const char *c = text; *c; c++)
		cap += *c == '/';
	p->segments = calloc(cap ? cap : 1, sizeof p->segments[0]);
	if (!p->segments)
		return false;
	while (*text == '/') {
		size_t len = strcspn(++text, "/");
		struct yj_map_segment *s = &p->segments[p->n];
		s->key = malloc(len + 1);
		if (!s->key)
			return false;
		p->n++;
		if (!unescape(text, len, s->key))
			return false;
		s->len = strlen(s->key);
		s->index = index_of(s->key);
		text += len;
	}
	return true;
}

static const char *add_pointer(struct yj_mapping *m, const char *text, unsigned *index)
{
	static const char expected[] = "a JSON pointer (RFC 6901) such as /data/0/value";
	text += *text == '#';
	if (*text != '/' && *text != '\0')
		return expected;
	for (unsigned i = 0; i < m->n_pointers; i++) {
		if (strcmp(m->pointers[i]->text, text) == 0) {
			*index = i;
			return NULL;
		}
	}
	if (m->n_pointers == YJ_MAP_POINTERS_MAX)
		return "at most 64 different pointers in a mapping";
	struct yj_map_pointer *p = calloc(1, sizeof *p);
	if (p)
		p->text = strdup(text);
	if (!p || !p->text || !fill_pointer(p, text)) {
		pointer_free(p);
		return expected;
	}
	*index = (unsigned)m->n_pointers;
	m->pointers[m->n_pointers++] = p;
	return NULL;
}

static yj_js_at member(const struct yj_js *js, yj_js_at object, const struct yj_map_segment *s)
{
	for (yj_js_at k = yj_js_first(js, object); k; k = yj_js_next(js, object, k)) {
		bool is = k->escaped ? yj_js_equals(js, k, s->key)
				     : k->to - k->from == s->len &&
					   memcmp(js->text + k->from, s->key, s->len) == 0;
		if (is)
			return k + 1;
	}
	return NULL;
}

yj_js_at yj_map_at(const struct yj_js *js, yj_js_at at, const struct yj_map_pointer *pointer)
{
	for (size_t i = 0; at && i < pointer->n; i++) {
		const struct yj_map_segment *s = &pointer->segments[i];
		if (at->type == YJ_JS_OBJECT) {
			at = member(js, at, s);
		} else if (at->type == YJ_JS_ARRAY && s->index >= 0) {
			yj_js_at array = at;
			at = yj_js_first(js, array);
			for (int64_t k = 0; at && k < s->index; k++)
				at = yj_js_next(js, array, at);
		} else {
			return NULL;
		}
	}
	return at;
}

/* ── values of a message ── */

static const char *find_capture(
    const struct yj_mapping *m, const char *name, size_t len, unsigned *index)
{
	for (unsigned i = 0; i < m->n_captures; i++) {
		if (strlen(m->captures[i]) == len && memcmp(m->captures[i], name, len) == 0) {
			*index = i;
			return NULL;
		}
	}
	return "a name in braces that the topic has too";
}

static const char *braced(
    struct yj_mapping *m, const char *inner, size_t len, struct yj_map_source *out)
{
	char pointer[256];
	if (len > 0 && (inner[0] == '/' || inner[0] == '#')) {
		if (len >= sizeof pointer)
			return "a JSON pointer of at most 255 bytes";
		memcpy(pointer, inner, len);
		pointer[len] = '\0';
		out->from = YJ_FROM_POINTER;
		return add_pointer(m, pointer, &out->index);
	}
	out->from = YJ_FROM_CAPTURE;
	return find_capture(m, inner, len, &out->index);
}

const char *yj_mapping_source(struct yj_mapping *m, const char *text, struct yj_map_source *out)
{
	size_t len = strlen(text);
	if (len > 2 && text[0] == '{' && text[len - 1] == '}')
		return braced(m, text + 1, len - 2, out);
	const char *wrong = add_pointer(m, text, &out->index);
	if (!wrong)
		out->from = YJ_FROM_POINTER;
	return wrong;
}

static const char *literal(struct yj_map_text *out, const char *text, size_t len)
{
	out->parts[out->n].at.from = YJ_FROM_LITERAL;
	out->parts[out->n].literal = strndup(text, len);
	if (!out->parts[out->n].literal)
		return no_memory;
	out->n++;
	return NULL;
}

const char *yj_mapping_text(struct yj_mapping *m, const char *text, struct yj_map_text *out)
{
	const char *wrong = NULL;
	if (text[0] == '/' || text[0] == '#') {
		wrong = yj_mapping_source(m, text, &out->parts[0].at);
		out->n = wrong ? 0 : 1;
		return wrong;
	}
	while (!wrong && *text) {
		size_t len = strcspn(text, "{");
		if (out->n == YJ_MAP_PARTS_MAX)
			return "a text of at most 8 parts";
		if (len > 0) {
			wrong = literal(out, text, len);
			text += len;
			continue;
		}
		const char *end = strchr(text, '}');
		if (!end)
			return "a closing brace";
		wrong = braced(m, text + 1, (size_t)(end - text) - 1, &out->parts[out->n].at);
		out->n += !wrong;
		text = end + 1;
	}
	return wrong;
}

bool yj_mapping_as(const char *text, struct yj_map_as *out)
{
	static const struct {
		const char *name;
		struct yj_map_as as;
	} all[] = {
	    {"json", {YJ_CODE_PLAIN, YJ_SHAPE_JSON}},
	    {"text", {YJ_CODE_PLAIN, YJ_SHAPE_TEXT}},
	    {"bytes", {YJ_CODE_PLAIN, YJ_SHAPE_BYTES}},
	    {"base64", {YJ_CODE_BASE64, YJ_SHAPE_BYTES}},
	    {"base64-json", {YJ_CODE_BASE64, YJ_SHAPE_JSON}},
	    {"base64-text", {YJ_CODE_BASE64, YJ_SHAPE_TEXT}},
	    {"hex", {YJ_CODE_HEX, YJ_SHAPE_BYTES}},
	    {"hex-json", {YJ_CODE_HEX, YJ_SHAPE_JSON}},
	    {"hex-text", {YJ_CODE_HEX, YJ_SHAPE_TEXT}},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(all[i].name, text) == 0) {
			*out = all[i].as;
			return true;
		}
	}
	return false;
}

static bool number_of(const char *text, double *out)
{
	char *end;
	if (!strchr("-0123456789", text[0]) || strpbrk(text, "xXpP"))
		return false;
	*out = strtod(text, &end);
	return *end == '\0' && isfinite(*out);
}

int yj_mapping_value(const char *text, bool plain, struct yj_map_values *out)
{
	struct yj_map_value *v = &out->v[out->n];
	v->text = strdup(text);
	if (!v->text)
		return YJ_ERR_NOMEM;
	v->type = YJ_MAP_TEXT;
	if (plain && number_of(text, &v->number))
		v->type = YJ_MAP_NUMBER;
	else if (plain && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		v->type = YJ_MAP_BOOL;
	v->yes = text[0] == 't';
	out->n++;
	return 0;
}

const char *yj_mapping_check(const struct yj_mapping *m)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		const struct yj_map_rule *a = &m->rules[i];
		for (size_t j = 0; j < i && a->field[0]; j++)
			if (strcmp(a->field, m->rules[j].field) == 0)
				return "a `field` of its own for each rule with state or changes "
				       "that looks at the same value";
	}
	return NULL;
}
