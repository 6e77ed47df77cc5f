/* JSON pointers (RFC 6901). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"

#define STEP_MAX 128

bool yj_pointer_valid(const char *pointer)
{
	if (pointer[0] != '\0' && pointer[0] != '/')
		return false;
	for (const char *p = pointer; *p; p++)
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return false;
	return true;
}

/* One step's name, unescaped, and the pointer after it; NULL if it is too long. */
static const char *step(const char *pointer, char name[STEP_MAX])
{
	size_t n = 0;
	const char *p = pointer + 1;
	for (; *p && *p != '/'; p++) {
		if (n + 1 == STEP_MAX)
			return NULL;
		char c = *p;
		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		name[n++] = c;
	}
	name[n] = '\0';
	return p;
}

static json_t *member(json_t *value, const char *name)
{
	if (json_is_object(value))
		return json_object_get(value, name);
	if (!json_is_array(value) || name[0] == '\0' || strlen(name) > 6 ||
	    name[strspn(name, "0123456789")] != '\0' || (name[0] == '0' && name[1] != '\0'))
		return NULL;
	return json_array_get(value, strtoul(name, NULL, 10));
}

json_t *yj_pointer_get(json_t *root, const char *pointer, json_t **inner)
{
	json_t *at = root;
	char name[STEP_MAX];
	*inner = NULL;
	while (at && *pointer) {
		if (json_is_string(at)) {
			json_t *parsed = json_loads(json_string_value(at), 0, NULL);
			json_decref(*inner);
			*inner = at = parsed;
		}
		pointer = step(pointer, name);
		at = at && pointer ? member(at, name) : NULL;
	}
	return at;
}

const char *yj_pointer_text(const json_t *value, char *out, size_t cap)
{
	out[0] = '\0';
	if (json_is_string(value))
		snprintf(out, cap, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(out, cap, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(out, cap, "%.17g", json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(out, cap, "%s", json_is_true(value) ? "true" : "false");
	return out;
}
