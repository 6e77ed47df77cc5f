/* What any other provider posts by itself, read by a map. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/sms_http.h"
#include "notify/template.h"
#include "poster.h"

#define FIELDS_MAX 64
#define TEXT_MAX 2048

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One name or value of a form as a JSON string; NULL if it is no UTF-8, or out of memory. */
static json_t *decoded(const char *text, size_t len)
{
	char *out = malloc(len + 1);
	size_t n = 0;
	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && nibble(text[i + 1]) >= 0 &&
		    nibble(text[i + 2]) >= 0) {
			out[n++] = (char)(nibble(text[i + 1]) * 16 + nibble(text[i + 2]));
			i += 2;
		} else {
			out[n++] = text[i] == '+' ? ' ' : text[i];
		}
	}
	json_t *json = memchr(out, '\0', n) ? NULL : json_stringn(out, n);
	free(out);
	return json;
}

/* A form as an object of strings; NULL if it is none. */
static json_t *form(const char *body, size_t len)
{
	json_t *object = json_object();
	for (size_t at = 0, fields = 0; object && at < len; fields++) {
		const char *end = memchr(body + at, '&', len - at);
		size_t n = end ? (size_t)(end - body) - at : len - at;
		const char *equals = memchr(body + at, '=', n);
		size_t key_len = equals ? (size_t)(equals - body) - at : n;
		json_t *key = decoded(body + at, key_len);
		json_t *value = equals ? decoded(equals + 1, n - key_len - 1) : json_string("");
		if (fields == FIELDS_MAX || !key || !value ||
		    json_object_set(object, json_string_value(key), value) < 0) {
			json_decref(object);
			object = NULL;
		}
		json_decref(key);
		json_decref(value);
		at += n + 1;
	}
	return object;
}

/* The text at a pointer, or in the member of that name. */
static const char *read_at(json_t *item, const char *pointer, char *out, size_t cap)
{
	json_t *inner = NULL;
	out[0] = '\0';
	if (!pointer)
		return out;
	json_t *value = pointer[0] == '/' ? yj_pointer_get(item, pointer, &inner)
					  : json_object_get(item, pointer);
	yj_pointer_text(value, out, cap);
	json_decref(inner);
	return out;
}

/* Gives one item, if it is a report or a reply; *found says so. */
static int give(const struct yj_sms_http_push *map, const char *channel, json_t *item,
    yj_back_cb take, void *ctx, bool *found)
{
	char ref[YJ_REF_MAX + 1], state[YJ_REF_MAX + 1], from[64], text[TEXT_MAX],
	    id[YJ_MSGID_MAX + 1];
	struct yj_back back = {
	    .channel = channel, .ref = "", .id = "", .from = "", .text = "", .words = ""};
	read_at(item, map->reply_from, from, sizeof(from));
	read_at(item, map->reply_text, text, sizeof(text));
	if (from[0] && text[0]) {
		back.type = YJ_BACK_TEXT;
		back.from = from;
		back.text = text;
		back.id = read_at(item, map->reply_id, id, sizeof(id));
		*found = true;
		return take(ctx, &back);
	}
	back.ref = read_at(item, map->report_ref, ref, sizeof(ref));
	back.words = read_at(item, map->report_state, state, sizeof(state));
	*found = ref[0] && (!map->report_state || state[0]);
	if (!*found)
		return 0;
	back.type = !map->report_state || (map->report_ok && strcmp(state, map->report_ok) == 0)
			? YJ_BACK_RECEIPT
			: YJ_BACK_FAILED;
	return take(ctx, &back);
}

/* The first array that an object holds, be it as text; a new reference, or NULL. */
static json_t *list_in(json_t *json)
{
	const char *key;
	json_t *value;
	json_object_foreach(json, key, value)
	{
		if (json_is_array(value))
			return json_incref(value);
		json_t *inner =
		    json_is_string(value) ? json_loads(json_string_value(value), 0, NULL) : NULL;
		if (json_is_array(inner))
			return inner;
		json_decref(inner);
	}
	return NULL;
}

int yj_sms_http_push(const struct yj_sms_http_push *map, const char *channel,
    const char *content_type, const char *body, size_t len, yj_back_cb take, void *ctx)
{
	bool is_form = content_type && yj_escape_of(content_type) == YJ_ESCAPE_PERCENT;
	json_t *json = is_form ? form(body, len) : json_loadb(body, len, 0, NULL);
	int rc = 0;
	if (!json)
		return YJ_ERR_INVAL;
	bool found = false;
	if (json_is_object(json))
		rc = give(map, channel, json, take, ctx, &found);
	json_t *list = json_is_array(json) ? json_incref(json) : found ? NULL : list_in(json);
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
		rc = give(map, channel, json_array_get(list, i), take, ctx, &found);
	json_decref(list);
	json_decref(json);
	return rc;
}
