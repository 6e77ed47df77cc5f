/* The JSON reader of families: what stands at which place of a string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

#define LONGEST 40

static struct yj_js js;

/* Reads "aaaXaaa" with `what` at one place; how long the string's content is, or the error. */
static int read_with(const char *what, size_t at, size_t len)
{
	char text[LONGEST + 16];
	size_t n = 0;
	text[n++] = '"';
	for (size_t i = 0; i < len; i++) {
		if (i == at) {
			memcpy(text + n, what, strlen(what));
			n += strlen(what);
		} else {
			text[n++] = 'a';
		}
	}
	text[n++] = '"';
	int rc = yj_js_read(&js, text, n);
	return rc < 0 ? rc : (int)(js.tokens[0].to - js.tokens[0].from);
}

static void test_every_place_of_a_string(void **state)
{
	static const struct {
		const char *what;
		int rc; /* or how many bytes longer than one */
		bool escaped;
	} all[] = {
	    {"\x1f", YJ_ERR_INVAL, false},
	    {"\n", YJ_ERR_INVAL, false},
	    {"\x01", YJ_ERR_INVAL, false},
	    {"\"", YJ_ERR_INVAL, false},
	    {"\\x", YJ_ERR_INVAL, false},
	    {"\\u12g4", YJ_ERR_INVAL, false},
	    {"\x80", YJ_ERR_BADMSG, false},
	    {"\xff", YJ_ERR_BADMSG, false},
	    {"\xc0\x80", YJ_ERR_BADMSG, false},
	    {"\xed\xa0\x80", YJ_ERR_BADMSG, false},
	    {" ", 0, false},
	    {"!", 0, false},
	    {"#", 0, false},
	    {"[", 0, false},
	    {"]", 0, false},
	    {"\x7f", 0, false},
	    {"\\\"", 1, true},
	    {"\\\\", 1, true},
	    {"\\u0041", 5, true},
	    {"\xc3\xa9", 1, false},
	    {"\xe5\xba\x8a", 2, false},
	    {"\xf0\x9f\x9b\x8f", 3, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		for (size_t len = 1; len <= LONGEST; len++)
			for (size_t at = 0; at < len; at++) {
				int got = read_with(all[i].what, at, len);
				if (strcmp(all[i].what, "\"") == 0 && len == 1)
					assert_int_equal(got, YJ_ERR_INVAL);
				else if (all[i].rc < 0)
					assert_int_equal(got, all[i].rc);
				else
					assert_int_equal(got, (int)len + all[i].rc);
				if (got >= 0)
					assert_int_equal(js.tokens[0].escaped, all[i].escaped);
			}
}

static void test_strings_that_do_not_end(void **state)
{
	char text[LONGEST + 1];
	(void)state;
	memset(text, 'a', sizeof text);
	text[0] = '"';
	for (size_t n = 1; n < sizeof text; n++)
		assert_int_equal(yj_js_read(&js, text, n), YJ_ERR_INVAL);
}

static void test_copies_fit_or_are_none(void **state)
{
	static const char *const texts[] = {
	    "\"abcdef\"", "\"ab\\u0063d\\\\f\"", "123456", "[]", "null"};
	static const char *const want[] = {"abcdef", "abcd\\f", "123456", NULL, NULL};
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(yj_js_read(&js, texts[i], strlen(texts[i])), 0);
		for (size_t cap = 1; cap <= 9; cap++) {
			char buf[16];
			memset(buf, 'x', sizeof buf);
			bool fits = want[i] && cap > strlen(want[i]);
			assert_int_equal(yj_js_copy(&js, js.tokens, buf, cap), fits);
			assert_string_equal(buf, fits ? want[i] : "");
			assert_int_equal(buf[cap], 'x');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_place_of_a_string),
	    cmocka_unit_test(test_strings_that_do_not_end),
	    cmocka_unit_test(test_copies_fit_or_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
