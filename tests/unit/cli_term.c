/* Text for terminals: widths, escapes, UTF-8 that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term.h"

static char *put(const char *s, bool keep_lines)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	yj_term_put(f, s, keep_lines);
	fclose(f);
	return out;
}

static void check_put(const char *in, const char *expected)
{
	char *out = put(in, false);
	assert_string_equal(out, expected);
	/* What is promised as its width is what it fills: plain ASCII then. */
	if (strspn(out, "\\ abcdefghijklmnopqrstuvwxyz0123456789") == strlen(out))
		assert_int_equal(yj_term_width(in), strlen(out));
	free(out);
}

static void escapes(void **state)
{
	(void)state;
	check_put("plain", "plain");
	check_put("王秀英", "王秀英");
	check_put("a\nb\tc\rd", "a\\nb\\tc\\rd");
	check_put("\033[2J", "\\x1b[2J");
	check_put("\x7f", "\\x7f");
	check_put("a\xc2\x9b"
		  "b",
	    "a\\u009bb"); /* CSI of C1 */
	check_put("a\xe2\x80\xae"
		  "b",
	    "a\\u202eb"); /* right to left from here */
	check_put("\xef\xbb\xbfx", "\\ufeffx");
	char *kept = put("one\ntwo\033", true);
	assert_string_equal(kept, "one\ntwo\\x1b");
	free(kept);
}

static void not_utf8(void **state)
{
	(void)state;
	check_put("a\xff"
		  "b",
	    "a\\xffb");
	check_put("\xc0\xaf", "\\xc0\\xaf");		       /* overlong */
	check_put("\xed\xa0\x80", "\\xed\\xa0\\x80");	       /* surrogate */
	check_put("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* over U+10FFFF */
	check_put("\xe7\x8e", "\\xe7\\x8e");		       /* cut off */
	check_put("\xe7z", "\\xe7z");
}

static void every_code_point_is_read_back(void **state)
{
	(void)state;
	for (int32_t cp = 1; cp <= 0x10ffff; cp++) {
		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		char s[5] = {0};
		if (cp < 0x80) {
			s[0] = (char)cp;
		} else if (cp < 0x800) {
			s[0] = (char)(0xc0 | cp >> 6);
			s[1] = (char)(0x80 | (cp & 0x3f));
		} else if (cp < 0x10000) {
			s[0] = (char)(0xe0 | cp >> 12);
			s[1] = (char)(0x80 | (cp >> 6 & 0x3f));
			s[2] = (char)(0x80 | (cp & 0x3f));
		} else {
			s[0] = (char)(0xf0 | cp >> 18);
			s[1] = (char)(0x80 | (cp >> 12 & 0x3f));
			s[2] = (char)(0x80 | (cp >> 6 & 0x3f));
			s[3] = (char)(0x80 | (cp & 0x3f));
		}
		int32_t back = 0;
		assert_int_equal(yj_term_next(s, &back), strlen(s));
		assert_int_equal(back, cp);
	}
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(yj_term_width(""), 0);
	assert_int_equal(yj_term_width("abc"), 3);
	assert_int_equal(yj_term_width("王秀英"), 6);
	assert_int_equal(yj_term_width("ａｂ，。"), 8); /* full width */
	assert_int_equal(yj_term_width("①é·"), 3);
	assert_int_equal(yj_term_width("e\xcc\x81"), 1);	/* with a combining accent */
	assert_int_equal(yj_term_width("\xf0\xa0\x80\x80"), 2); /* U+20000, a rare surname */
	assert_int_equal(yj_term_width("한국"), 4);
	assert_int_equal(yj_term_width("😀"), 2);
	assert_int_equal(yj_term_width("、"), 2);
	assert_int_equal(yj_term_width("\n"), 2);
}

static void json_is_safe_and_the_same(void **state)
{
	(void)state;
	json_t *value =
	    json_pack("{s:s, s:[i, b]}", "name", "王\x7f\xc2\x9b\xe2\x80\xae\033\"", "list", 1, 1);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	yj_json_put(f, value);
	fclose(f);
	assert_null(strchr(out, '\x7f'));
	assert_null(strchr(out, '\033'));
	assert_null(strstr(out, "\xc2\x9b"));
	assert_null(strstr(out, "\xe2\x80\xae"));
	assert_non_null(strstr(out, "王"));
	json_t *back = json_loads(out, 0, NULL);
	assert_true(json_equal(value, back));
	json_decref(value);
	json_decref(back);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes),
	    cmocka_unit_test(not_utf8),
	    cmocka_unit_test(every_code_point_is_read_back),
	    cmocka_unit_test(widths),
	    cmocka_unit_test(json_is_safe_and_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
