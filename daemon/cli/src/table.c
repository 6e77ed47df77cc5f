#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "term.h"

#define COLUMNS_MAX 24
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* A zero byte would end the text that this becomes: it is shown as the other controls will be. */
static void put_string(FILE *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i])
			fputc(s[i], out);
		else
			fputs("\\x00", out);
	}
}

static void put_value(FILE *out, const json_t *value)
{
	const json_t *item;
	size_t i;
	switch (json_typeof(value)) {
	case JSON_STRING:
		put_string(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", out);
		break;
	case JSON_FALSE:
		fputs("no", out);
		break;
	case JSON_NULL:
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, item)
		{
			if (i)
				fputs(", ", out);
			put_value(out, item);
		}
		break;
	case JSON_OBJECT: {
		char *text = json_dumps(value, JSON_COMPACT);
		fputs(text ? text : "", out);
		free(text);
		break;
	}
	}
}

char *yj_value_text(const json_t *value)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	if (value)
		put_value(f, value);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static void put_spaces(FILE *out, size_t n)
{
	for (; n; n--)
		fputc(' ', out);
}

static void put_cell(FILE *out, const char *text, size_t width, bool right, bool last)
{
	size_t pad = width - yj_term_width(text);
	if (right)
		put_spaces(out, pad);
	yj_term_put(out, text, false);
	if (!last)
		put_spaces(out, (right ? 0 : pad) + 2);
}

static const char *title_of(const struct yj_column *c)
{
	return c->title ? c->title : c->key;
}

/* Width of a column; 0 if it is empty in all rows. */
static size_t column_width(const json_t *array, const struct yj_column *c)
{
	size_t width = 0, i;
	const json_t *row;
	json_array_foreach(array, i, row)
	{
		char *text = yj_value_text(json_object_get(row, c->key));
		size_t w = text ? yj_term_width(text) : 0;
		free(text);
		if (w > width)
			width = w;
	}
	size_t title = yj_term_width(title_of(c));
	return width && width < title ? title : width;
}

static void put_row(
    FILE *out, const json_t *row, const struct yj_column *columns, const size_t *widths, int n)
{
	char *texts[COLUMNS_MAX] = {NULL};
	int last = -1; /* nothing follows it, not even blanks */
	for (int c = 0; c < n; c++) {
		if (!widths[c])
			continue;
		texts[c] = row ? yj_value_text(json_object_get(row, columns[c].key))
			       : strdup(title_of(&columns[c]));
		if (texts[c] && *texts[c])
			last = c;
	}
	for (int c = 0; c <= last; c++) {
		if (widths[c])
			put_cell(
			    out, texts[c] ? texts[c] : "", widths[c], columns[c].right, c == last);
	}
	fputc('\n', out);
	for (int c = 0; c < n; c++)
		free(texts[c]);
}

void yj_table_put(
    FILE *out, const json_t *array, const struct yj_column *columns, const char *none, bool color)
{
	if (json_array_size(array) == 0) {
		if (none)
			fprintf(out, "%s\n", none);
		return;
	}
	size_t widths[COLUMNS_MAX];
	int n = 0;
	for (; n < COLUMNS_MAX && columns[n].key; n++)
		widths[n] = column_width(array, &columns[n]);
	if (color)
		fputs(BOLD, out);
	put_row(out, NULL, columns, widths, n);
	if (color)
		fputs(PLAIN, out);
	size_t i;
	const json_t *row;
	json_array_foreach(array, i, row) put_row(out, row, columns, widths, n);
}

/* Is it left to a table of its own? */
static bool is_nested(const json_t *value)
{
	return json_is_object(value) ||
	       (json_is_array(value) && json_is_object(json_array_get(value, 0)));
}

void yj_record_put(FILE *out, const json_t *object, bool color)
{
	size_t width = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		size_t w = yj_term_width(key);
		if (!is_nested(value) && w > width)
			width = w;
	}
	json_object_foreach((json_t *)object, key, value)
	{
		char *text = is_nested(value) ? NULL : yj_value_text(value);
		if (text && *text) {
			if (color)
				fputs(BOLD, out);
			put_cell(out, key, width, false, false);
			if (color)
				fputs(PLAIN, out);
			yj_term_put(out, text, false);
			fputc('\n', out);
		}
		free(text);
	}
}

void yj_part_put(
    FILE *out, const json_t *object, const char *key, const struct yj_column *columns, bool color)
{
	const json_t *part = json_object_get(object, key);
	if (json_array_size(part) == 0)
		return;
	fprintf(out, "\n%s:\n", key);
	yj_table_put(out, part, columns, NULL, color);
}
