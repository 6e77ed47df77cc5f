#include "proto_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

json_t *vectors_load(const char *name)
{
	char path[512];
	(void)snprintf(path, sizeof(path), "%s/proto/golden/%s.jsonl", YJ_SOURCE_DIR, name);
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("cannot open %s", path);
	json_t *all = json_array();
	json_error_t err;
	json_t *line;
	while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &err)))
		assert_int_equal(json_array_append_new(all, line), 0);
	/* The end of the file is the only reason to stop. */
	if (json_error_code(&err) != json_error_premature_end_of_input || !feof(file))
		fail_msg("%s, vector %zu: %s", path, json_array_size(all) + 1, err.text);
	(void)fclose(file);
	assert_true(json_array_size(all) > 0);
	return all;
}

static unsigned char hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, c);
	assert_true(c != '\0' && at);
	return (unsigned char)(at - digits);
}

static void put_piece(FILE *out, const json_t *piece)
{
	if (json_is_string(piece)) {
		(void)fwrite(json_string_value(piece), 1, json_string_length(piece), out);
		return;
	}
	const char *hex = json_string_value(json_object_get(piece, "hex"));
	for (; hex && *hex; hex += 2)
		(void)fputc(hex_digit(hex[0]) << 4 | hex_digit(hex[1]), out);
	const char *repeat = json_string_value(json_object_get(piece, "repeat"));
	json_int_t times = json_integer_value(json_object_get(piece, "times"));
	assert_true(json_object_get(piece, "hex") || (repeat && times > 0));
	for (json_int_t i = 0; i < times; i++)
		(void)fputs(repeat, out);
}

char *vectors_bytes(const json_t *pieces, size_t *len)
{
	char *bytes = NULL;
	FILE *out = open_memstream(&bytes, len);
	assert_non_null(out);
	size_t i;
	json_t *piece;
	if (json_is_array(pieces)) {
		json_array_foreach(pieces, i, piece) put_piece(out, piece);
	} else {
		assert_true(json_is_string(pieces));
		put_piece(out, pieces);
	}
	assert_int_equal(fclose(out), 0);
	return bytes;
}

json_t *vectors_fields(const json_t *value)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)value);
	const char *key;
	json_t *field;
	json_object_foreach(copy, key, field)
	{
		if (!json_is_array(field))
			continue;
		size_t len;
		char *bytes = vectors_bytes(field, &len);
		(void)json_object_set_new(copy, key, json_stringn(bytes, len));
		free(bytes);
	}
	return copy;
}
