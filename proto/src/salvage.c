#include "salvage.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

/* Index behind the closing quote of the string whose opening quote is at s[i], or 0 if it never
 * ends. */
static size_t string_end(const char *s, size_t len, size_t i)
{
	for (i++; i < len; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\') {
			i++;
			continue;
		}
		size_t n = yj_utf8_char(s + i, len - i);
		/* Text that is not UTF-8 is mostly GB18030, where a backslash can be the second
		 * byte of a character and then escapes nothing; a quote never is. */
		if (n == 0)
			n = i + 1 < len && s[i + 1] == '\\' ? 2 : 1;
		i += n - 1;
	}
	return 0;
}

static size_t skip_space(const char *s, size_t len, size_t i)
{
	while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r'))
		i++;
	return i;
}

/* Reads the JSON string token s[0..len), quotes included, into id if it is of a good length. */
static bool read_string(const char *s, size_t len, char id[YJ_MSGID_MAX + 1])
{
	/* A byte of an id takes at most the six of an escape. */
	if (len > 6 * YJ_MSGID_MAX + 2)
		return false;
	json_t *value = json_loadb(s, len, JSON_DECODE_ANY, NULL);
	size_t n = json_string_length(value);
	bool good = json_is_string(value) && n >= 1 && n <= YJ_MSGID_MAX;
	if (good)
		memcpy(id, json_string_value(value), n + 1);
	json_decref(value);
	return good;
}

/* The member whose key is the string s[key..after): if it is a readable "id", copies it. */
static void try_member(
    const char *s, size_t len, size_t key, size_t after, char id[YJ_MSGID_MAX + 1])
{
	char name[YJ_MSGID_MAX + 1];
	if (!read_string(s + key, after - key, name) || strcmp(name, "id") != 0)
		return;
	size_t colon = skip_space(s, len, after);
	if (colon == len || s[colon] != ':')
		return;
	size_t value = skip_space(s, len, colon + 1);
	if (value == len || s[value] != '"')
		return;
	size_t end = string_end(s, len, value);
	if (end != 0)
		(void)read_string(s + value, end - value, id);
}

void yj_salvage_id(const char *s, size_t len, char id[YJ_MSGID_MAX + 1])
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'};
	size_t i = len >= sizeof(bom) && memcmp(s, bom, sizeof(bom)) == 0 ? sizeof(bom) : 0;
	size_t depth = 0;
	bool key_next = false; /* the next string at depth 1 is a key */
	id[0] = '\0';
	i = skip_space(s, len, i);
	if (i == len || s[i] != '{')
		return;
	do {
		size_t next = i + 1;
		switch (s[i]) {
		case '{':
		case '[':
			depth++;
			key_next = depth == 1;
			break;
		case '}':
		case ']':
			depth--;
			break;
		case ',':
			key_next = depth == 1;
			break;
		case '"':
			next = string_end(s, len, i);
			if (next == 0)
				return;
			if (key_next)
				try_member(s, len, i, next, id);
			key_next = false;
			break;
		}
		i = next;
	} while (i < len && depth > 0);
}

static bool number_byte(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* What to write instead of the number token s[0..len), which a byte follows that is no part of a
 * number: "" to keep it, else a suffix or "null". */
static const char *number_remedy(const char *s, size_t len)
{
	if (memchr(s, '.', len) || memchr(s, 'e', len) || memchr(s, 'E', len))
		return isinf(strtod(s, NULL)) ? "null" : "";
	errno = 0;
	(void)strtoll(s, NULL, 10);
	if (errno != ERANGE)
		return "";
	return isinf(strtod(s, NULL)) ? "null" : "e0";
}

char *yj_salvage_numbers(const char *s, size_t len, size_t *out_len)
{
	/* A suffix is shorter than the 19 digits that call for one, "null" than any token it
	 * replaces ("1e309"): twice the room is plenty. The terminator also ends a last number. */
	char *in = malloc(len + 1);
	char *out = malloc(2 * len + 1);
	size_t to = 0;
	if (!in || !out)
		goto fail;
	memcpy(in, s, len);
	in[len] = '\0';
	for (size_t i = 0; i < len;) {
		size_t end = i + 1;
		const char *remedy = "";
		if (in[i] == '"') {
			end = string_end(in, len, i);
			if (end == 0)
				end = len;
		} else if (number_byte(in[i]) && in[i] != 'e') {
			while (end < len && number_byte(in[end]))
				end++;
			remedy = number_remedy(in + i, end - i);
		}
		if (strcmp(remedy, "null") != 0) {
			memcpy(out + to, in + i, end - i);
			to += end - i;
		}
		memcpy(out + to, remedy, strlen(remedy));
		to += strlen(remedy);
		i = end;
	}
	free(in);
	out[to] = '\0';
	*out_len = to;
	return out;
fail:
	free(in);
	free(out);
	return NULL;
}
