/* Text on its way to a terminal: UTF-8 whatever the locale says, control characters made visible,
 * Chinese characters two columns wide. Pure but for the FILE. */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Reads one code point from the terminated string s. Returns how many bytes it took (1 to 4, 0 at
 * the end); *cp is -1 for a byte that is not UTF-8. */
size_t yj_term_next(const char *s, int32_t *cp);

/* Columns that a code point takes on a terminal: 0, 1 or 2 (Unicode East Asian Width). */
int yj_term_columns(int32_t cp);

/* May the code point go to a terminal as it is? Not control characters (C0, DEL, C1), nor what
 * turns the direction of text or breaks lines. */
bool yj_term_plain(int32_t cp);

/* Writes s; what is not plain as \n, \t, \x1b, \u202e. keep_lines: line feeds stay as they are. */
void yj_term_put(FILE *out, const char *s, bool keep_lines);

/* Columns that yj_term_put(…, false) fills. */
size_t yj_term_width(const char *s);

/* JSON for programs, and yet safe to look at: one thing indented, a list with an element a line. */
void yj_json_put(FILE *out, const json_t *json);
/* The same for JSON text, as it is, without a line feed at the end. */
void yj_json_text_put(FILE *out, const char *json);

/* A list whose elements come one by one. */
struct yj_json_list {
	FILE *out;
	bool begun;
};
void yj_json_list_put(struct yj_json_list *list, const json_t *element);
void yj_json_list_end(struct yj_json_list *list);

#endif
