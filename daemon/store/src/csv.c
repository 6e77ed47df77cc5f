#include "csv.h"

#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dir.h"

static const char bom_utf8[] = "\xef\xbb\xbf";

static long lines_until(const char *s, size_t n)
{
	long line = 1;
	for (size_t i = 0; i < n; i++)
		line += s[i] == '\n' || (s[i] == '\r' && s[i + 1] != '\n');
	return line;
}

static int from_gb18030(
    const char *in, size_t len, char **text, size_t *text_len, struct yj_csv_fault *fault)
{
	/* Two bytes become at most three. */
	size_t cap = len + len / 2 + 16, left = cap - 1;
	char *out = malloc(cap), *o = out, *i = (char *)in;
	if (!out)
		return YJ_ERR_NOMEM;
	iconv_t cd = iconv_open("UTF-8", "GB18030");
	if ((intptr_t)cd == -1) {
		free(out);
		fault->text =
		    "not UTF-8, and this machine cannot read GB18030: save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	size_t rc = iconv(cd, &i, &len, &o, &left);
	iconv_close(cd);
	*o = 0;
	if (rc == (size_t)-1 || yj_text_bad(out, (size_t)(o - out)) < (size_t)(o - out)) {
		free(out);
		fault->line = lines_until(in, (size_t)(i - in));
		fault->text = "the file is neither UTF-8 nor GB18030: save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	*text = out;
	*text_len = (size_t)(o - out);
	return 0;
}

/* Bytes of UTF-8 read as GB18030 are often text too, only another one. So a file with lines of both
 * is told from one of GB18030, whose lines hardly ever look like Chinese in UTF-8. Returns the
 * first line that is not UTF-8 of a file that is otherwise, or 0. */
static long stray_line(const char *in, size_t len)
{
	long line = 1, first = 0, strays = 0, good = 0;
	bool bom = len >= sizeof bom_utf8 - 1 && memcmp(in, bom_utf8, sizeof bom_utf8 - 1) == 0;
	for (size_t i = 0; i < len; line++) {
		const char *s = in + i, *nl = memchr(s, '\n', len - i);
		size_t n = nl ? (size_t)(nl - s) + 1 : len - i;
		i += n;
		if (yj_text_bad(s, n) < n) {
			first = strays++ ? first : line;
			continue;
		}
		int wide = 0; /* characters of three bytes */
		for (size_t k = 0; k < n; k++)
			wide += ((unsigned char)s[k] & 0xf0) == 0xe0;
		good += wide > 1;
	}
	return bom || (good && good * 10 >= strays) ? first : 0;
}

/* A short file of GB18030 may happen to be UTF-8: then it consists of characters of two bytes, by
 * which nobody here is called. A sign that stands alone (°, é) makes it UTF-8. */
static bool chance_utf8(const char *in, size_t len)
{
	size_t runs = 0;
	for (size_t i = 0; i < len;) {
		size_t n = 0;
		for (; i < len && (in[i] & 0x80); i++, n++)
			if ((unsigned char)in[i] >= 0xe0)
				return false;
		if (n == 2)
			return false;
		runs += n > 0;
		i += n == 0;
	}
	return runs > 0;
}

int yj_csv_decode(
    const void *bytes, size_t len, char **text, size_t *text_len, struct yj_csv_fault *fault)
{
	const char *in = bytes;
	fault->line = 1;
	if (len >= 4 && memcmp(in, "PK\x03\x04", 4) == 0) {
		fault->text = "this is a workbook, not CSV: save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	if (len >= 2 && (memcmp(in, "\xff\xfe", 2) == 0 || memcmp(in, "\xfe\xff", 2) == 0)) {
		fault->text = "the file is UTF-16: save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	const char *nul = len ? memchr(in, 0, len) : NULL;
	if (nul) {
		fault->line = lines_until(in, (size_t)(nul - in));
		fault->text = "a zero byte: this is no text file; save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	bool utf8 = yj_text_bad(in, len) == len;
	long stray = utf8 ? 0 : stray_line(in, len);
	if (stray) {
		fault->line = stray;
		fault->text = "this line is not UTF-8, but the file is: save it as \"CSV UTF-8\"";
		return YJ_ERR_INVAL;
	}
	int rc = YJ_ERR_INVAL;
	if (!utf8 || chance_utf8(in, len))
		rc = from_gb18030(in, len, text, text_len, fault);
	if (rc && (!utf8 || rc != YJ_ERR_INVAL))
		return rc;
	if (rc) { /* as it is */
		char *copy = malloc(len + 1);
		if (!copy)
			return YJ_ERR_NOMEM;
		if (len)
			memcpy(copy, in, len);
		copy[len] = 0;
		*text = copy;
		*text_len = len;
	}
	if (*text_len >= 3 && memcmp(*text, bom_utf8, 3) == 0) {
		*text_len -= 3;
		memmove(*text, *text + 3, *text_len + 1);
	}
	return 0;
}

void yj_csv_init(struct yj_csv *c, char *text, size_t len)
{
	c->at = text;
	c->end = text + len;
	c->line = 1;
	c->row_line = 1;
	c->n = 0;
}

/* Steps over one line end, if there is one. */
static bool line_end(struct yj_csv *c)
{
	if (c->at == c->end || (*c->at != '\n' && *c->at != '\r'))
		return false;
	c->at += c->at[0] == '\r' && c->at + 1 < c->end && c->at[1] == '\n' ? 2 : 1;
	c->line++;
	return true;
}

static int bad_row(struct yj_csv *c, struct yj_csv_fault *fault, const char *text)
{
	fault->line = c->row_line;
	fault->text = text;
	while (c->at < c->end && !line_end(c))
		c->at++;
	return YJ_ERR_INVAL;
}

/* The closing quote of a cell whose text begins at s, or NULL. */
static char *closing_quote(char *s, const char *end)
{
	const char *limit = end - s > YJ_CSV_ROW_MAX ? s + YJ_CSV_ROW_MAX : end;
	for (; s < limit; s++) {
		if (*s != '"')
			continue;
		if (s + 1 == end || s[1] != '"')
			return s;
		s++;
	}
	return NULL;
}

/* A cell between quotes; at stands behind the first. The text moves down over doubled quotes. */
static int quoted_cell(struct yj_csv *c, char **end, struct yj_csv_fault *fault)
{
	char *out = c->at, *close = closing_quote(c->at, c->end);
	if (!close)
		return bad_row(c, fault, "a quote (\") that is opened here is never closed");
	for (; c->at < close; c->at++) {
		if (*c->at == '"')
			c->at++;
		else if (*c->at == '\n' || (*c->at == '\r' && c->at[1] != '\n'))
			c->line++;
		*out++ = *c->at;
	}
	*end = out;
	c->at = close + 1;
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
	if (c->at < c->end && *c->at != ',' && *c->at != '\n' && *c->at != '\r')
		return bad_row(
		    c, fault, "text stands behind a closing quote (\"): double the quotes inside");
	return 0;
}

static int read_row(struct yj_csv *c, struct yj_csv_fault *fault)
{
	c->row_line = c->line;
	c->n = 0;
	for (;;) {
		if (c->n == YJ_CSV_CELLS_MAX)
			return bad_row(c, fault, "too many columns");
		char *end;
		if (c->at < c->end && *c->at == '"') {
			c->at++;
			c->cells[c->n++] = c->at;
			int rc = quoted_cell(c, &end, fault);
			if (rc)
				return rc;
		} else {
			c->cells[c->n++] = c->at;
			while (c->at < c->end && *c->at != ',' && *c->at != '\n' && *c->at != '\r')
				c->at++;
			end = c->at;
		}
		bool more = c->at < c->end && *c->at == ',';
		if (more)
			c->at++;
		else
			line_end(c);
		*end = 0; /* only now: it may stand on the delimiter */
		if (!more)
			return 1;
	}
}

int yj_csv_next(struct yj_csv *c, struct yj_csv_fault *fault)
{
	while (c->at < c->end) {
		int rc = read_row(c, fault);
		if (rc < 0 || !yj_csv_blank(c))
			return rc;
	}
	return 0;
}

bool yj_csv_blank(const struct yj_csv *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		const char *s = c->cells[i];
		size_t len = strlen(s);
		yj_text_trim(&s, &len);
		if (len)
			return false;
	}
	return true;
}

/* Does a formula's first character follow, perhaps behind apostrophes? Those count too, so that a
 * text that had one of its own comes back with it. */
static bool formula(const char *cell)
{
	cell += strspn(cell, "'");
	return *cell && strchr("=+-@", *cell);
}

void yj_csv_put(FILE *out, const char *cell, bool quoted)
{
	bool defuse = formula(cell);
	if (!(quoted && *cell) && !strpbrk(cell, ",\"\r\n")) {
		if (defuse)
			putc('\'', out);
		fputs(cell, out);
		return;
	}
	putc('"', out);
	if (defuse)
		putc('\'', out);
	for (; *cell; cell++) {
		if (*cell == '"')
			putc('"', out);
		putc(*cell, out);
	}
	putc('"', out);
}

const char *yj_csv_undefuse(const char *cell)
{
	return *cell == '\'' && formula(cell) ? cell + 1 : cell;
}
