#include "term.h"

#include <stdlib.h>
#include <string.h>

size_t yj_term_next(const char *s, int32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	if (!*p)
		return 0;
	if (*p < 0x80) {
		*cp = *p;
		return 1;
	}
	size_t len = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	int32_t c = *p & (0xff >> (len + 1));
	*cp = -1;
	if (*p < 0xc2 || *p > 0xf4)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) /* also ends at the terminator */
			return 1;
		c = c << 6 | (p[i] & 0x3f);
	}
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 1;
	*cp = c;
	return len;
}

struct range {
	int32_t first, last;
};

static bool within(const struct range *ranges, size_t n, int32_t cp)
{
	for (size_t i = 0; i < n && cp >= ranges[i].first; i++) {
		if (cp <= ranges[i].last)
			return true;
	}
	return false;
}

/* East_Asian_Width W and F (UAX #11), neighbours joined where what lies between is unassigned. */
static const struct range wide[] = {
    {0x1100, 0x115f},
    {0x231a, 0x231b},
    {0x2329, 0x232a},
    {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},
    {0x25fd, 0x25fe},
    {0x2614, 0x2615},
    {0x2648, 0x2653},
    {0x267f, 0x267f},
    {0x2693, 0x2693},
    {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},
    {0x26bd, 0x26be},
    {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},
    {0x26ea, 0x26ea},
    {0x26f2, 0x26f3},
    {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},
    {0x26fd, 0x26fd},
    {0x2705, 0x2705},
    {0x270a, 0x270b},
    {0x2728, 0x2728},
    {0x274c, 0x274c},
    {0x274e, 0x274e},
    {0x2753, 0x2755},
    {0x2757, 0x2757},
    {0x2795, 0x2797},
    {0x27b0, 0x27b0},
    {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},
    {0x2b50, 0x2b50},
    {0x2b55, 0x2b55},
    {0x2e80, 0x303e},
    {0x3041, 0x3247},
    {0x3250, 0x4dbf},
    {0x4e00, 0xa4c6},
    {0xa960, 0xa97c},
    {0xac00, 0xd7a3},
    {0xf900, 0xfaff},
    {0xfe10, 0xfe19},
    {0xfe30, 0xfe6b},
    {0xff01, 0xff60},
    {0xffe0, 0xffe6},
    {0x16fe0, 0x18d08},
    {0x1aff0, 0x1b2fb},
    {0x1f004, 0x1f004},
    {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a},
    {0x1f200, 0x1f320},
    {0x1f32d, 0x1f335},
    {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca},
    {0x1f3cf, 0x1f3d3},
    {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4},
    {0x1f3f8, 0x1f43e},
    {0x1f440, 0x1f440},
    {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d},
    {0x1f54b, 0x1f54e},
    {0x1f550, 0x1f567},
    {0x1f57a, 0x1f57a},
    {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4},
    {0x1f5fb, 0x1f64f},
    {0x1f680, 0x1f6c5},
    {0x1f6cc, 0x1f6cc},
    {0x1f6d0, 0x1f6d2},
    {0x1f6d5, 0x1f6df},
    {0x1f6eb, 0x1f6ec},
    {0x1f6f4, 0x1f6fc},
    {0x1f7e0, 0x1f7f0},
    {0x1f90c, 0x1f93a},
    {0x1f93c, 0x1f945},
    {0x1f947, 0x1faff},
    {0x20000, 0x3fffd},
};

/* Marks that stand over or under the character before them, and characters without a width. */
static const struct range zero[] = {
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x0610, 0x061a},
    {0x064b, 0x065f},
    {0x0900, 0x0902},
    {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},
    {0x200b, 0x200d},
    {0x2060, 0x2060},
    {0x20d0, 0x20f0},
    {0x302a, 0x302d},
    {0x3099, 0x309a},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0xe0100, 0xe01ef},
};

int yj_term_columns(int32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (within(zero, sizeof zero / sizeof zero[0], cp))
		return 0;
	return within(wide, sizeof wide / sizeof wide[0], cp) ? 2 : 1;
}

bool yj_term_plain(int32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return false;
	return cp != 0x61c && cp != 0x200e && cp != 0x200f && !(cp >= 0x2028 && cp <= 0x202e) &&
	       !(cp >= 0x2066 && cp <= 0x2069) && cp != 0xfeff;
}

/* What stands for something that is not plain; at most 10 bytes. */
static int escape(char buf[12], int32_t cp, unsigned char byte)
{
	if (cp < 0)
		return snprintf(buf, 12, "\\x%02x", byte);
	if (cp == '\n')
		return snprintf(buf, 12, "\\n");
	if (cp == '\r')
		return snprintf(buf, 12, "\\r");
	if (cp == '\t')
		return snprintf(buf, 12, "\\t");
	if (cp < 0x80)
		return snprintf(buf, 12, "\\x%02x", (unsigned)cp);
	return snprintf(buf, 12, "\\u%04x", (unsigned)cp);
}

void yj_term_put(FILE *out, const char *s, bool keep_lines)
{
	int32_t cp;
	size_t len;
	for (; (len = yj_term_next(s, &cp)); s += len) {
		if (yj_term_plain(cp) || (keep_lines && cp == '\n')) {
			fwrite(s, 1, len, out);
			continue;
		}
		char buf[12];
		escape(buf, cp, (unsigned char)*s);
		fputs(buf, out);
	}
}

size_t yj_term_width(const char *s)
{
	size_t width = 0, len;
	int32_t cp;
	for (; (len = yj_term_next(s, &cp)); s += len) {
		char buf[12];
		if (yj_term_plain(cp))
			width += (size_t)yj_term_columns(cp);
		else
			width += (size_t)escape(buf, cp, (unsigned char)*s);
	}
	return width;
}

/* In JSON text, what is not plain can only stand within a string (but for white space), where
 * \uXXXX means the same. */
void yj_json_text_put(FILE *out, const char *json)
{
	int32_t cp;
	size_t len;
	for (; (len = yj_term_next(json, &cp)); json += len) {
		if (cp >= 0 && cp < 0x7f)
			putc_unlocked(cp, out);
		else if (yj_term_plain(cp))
			fwrite(json, 1, len, out);
		else
			fprintf(out, "\\u%04x", cp < 0 ? 0xfffdU : (unsigned)cp);
	}
}

static void put_json(FILE *out, const json_t *json, size_t flags)
{
	char *text = json_dumps(json, JSON_ENCODE_ANY | flags);
	if (text)
		yj_json_text_put(out, text);
	free(text);
}

void yj_json_list_put(struct yj_json_list *list, const json_t *element)
{
	fputs(list->begun ? ",\n" : "[\n", list->out);
	list->begun = true;
	put_json(list->out, element, JSON_COMPACT);
}

void yj_json_list_end(struct yj_json_list *list)
{
	fputs(list->begun ? "\n]\n" : "[]\n", list->out);
}

void yj_json_put(FILE *out, const json_t *json)
{
	if (!json_is_array(json)) {
		put_json(out, json, JSON_INDENT(2));
		fputc('\n', out);
		return;
	}
	struct yj_json_list list = {.out = out};
	size_t i;
	const json_t *element;
	json_array_foreach(json, i, element) yj_json_list_put(&list, element);
	yj_json_list_end(&list);
}
