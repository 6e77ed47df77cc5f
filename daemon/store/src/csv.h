/* CSV as spreadsheets write it (RFC 4180 and what they add to it). Private to the room. */
#ifndef STORE_CSV_H
#define STORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "proto/err.h"
#include "proto/limits.h"

#define YJ_CSV_CELLS_MAX 256

struct yj_csv_fault {
	long line;
	const char *text; /* static */
};

/* The bytes of a file as UTF-8 text without a byte order mark: UTF-8 as it is, else GB18030; a file
 * that is UTF-8 but for some lines is refused with the first of them.
 * *text is the caller's to free, has a terminator behind its *text_len bytes and holds no NUL.
 * 0; YJ_ERR_INVAL with *fault; YJ_ERR_NOMEM. */
int yj_csv_decode(const void *bytes, size_t len, char **text, size_t *text_len,
    struct yj_csv_fault *fault) YJ_MUST_CHECK;

struct yj_csv {
	char *at, *end;
	long line;     /* of the next character; the first is 1 */
	long row_line; /* where the newest row began */
	unsigned n;    /* its cells, terminated strings inside the text; at most YJ_CSV_CELLS_MAX */
	char *cells[YJ_CSV_CELLS_MAX];
};

/* text is changed while it is read and must stay until the end. */
void yj_csv_init(struct yj_csv *c, char *text, size_t len);

/* The next row that is not empty. 1: there is one; 0: end; YJ_ERR_INVAL with *fault: this row
 * cannot be read, the next call goes on behind it. A line ends with LF, CRLF or CR. */
int yj_csv_next(struct yj_csv *c, struct yj_csv_fault *fault) YJ_MUST_CHECK;

/* Are all cells empty, as in the lines that spreadsheets leave at the end? */
bool yj_csv_blank(const struct yj_csv *c);

/* Writes a cell, with quotes where they are needed or asked for (an empty one never has any),
 * and with ' before what a spreadsheet would take for a formula (= + - @ at the beginning). */
void yj_csv_put(FILE *out, const char *cell, bool quoted);

/* A cell without the ' that yj_csv_put gave it. */
const char *yj_csv_undefuse(const char *cell);

#endif
