/* Aligned tables and records for people, made from the JSON that programs get. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct yj_column {
	const char *key;   /* member of each object; NULL ends a list */
	const char *title; /* NULL: the key */
	bool right;	   /* numbers stand at the right */
};

/* Prints an array of objects, a line each under a line of titles; columns that are empty in all of
 * them are left out. Nothing but `none` (if not NULL) for an empty array. color: titles stand out.
 */
void yj_table_put(
    FILE *out, const json_t *array, const struct yj_column *columns, const char *none, bool color);

/* Prints one object, a line per member that is a plain value and not empty, in the object's order.
 */
void yj_record_put(FILE *out, const json_t *object, bool color);

/* A list within a record, as a table of its own under its key; nothing if it is empty. */
void yj_part_put(
    FILE *out, const json_t *object, const char *key, const struct yj_column *columns, bool color);

/* A value as people read it: "" for null, yes and no, arrays joined by commas. malloc'd, NULL
 * without memory. */
char *yj_value_text(const json_t *value);

#endif
