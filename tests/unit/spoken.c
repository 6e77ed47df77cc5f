/* What people mean who answer with a key or a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "spoken.h"

static void means(const char *text, enum yj_spoken expected, int64_t code)
{
	int64_t got = -2;
	enum yj_spoken spoken = yj_spoken_read(text, &got);
	if (spoken != expected || got != code)
		fail_msg("%s: %d, code %lld", text, (int)spoken, (long long)got);
}

static void test_keys(void **state)
{
	(void)state;
	means("1", YJ_SPOKEN_GOING, -1);
	means(" 2\r\n", YJ_SPOKEN_CANNOT, -1);
	means("３。", YJ_SPOKEN_REMOTE, -1);
	means("4", YJ_SPOKEN_ARRIVED, -1);
	means("1 12", YJ_SPOKEN_GOING, 12);
	means("１，１２", YJ_SPOKEN_GOING, 12);
	means("1#12", YJ_SPOKEN_GOING, 12);
	means("1(12)", YJ_SPOKEN_GOING, 12);
	means("2 编号 7", YJ_SPOKEN_CANNOT, 7);
	means("1 2", YJ_SPOKEN_GOING, 2);
	means("1 1", YJ_SPOKEN_GOING, 1);
}

static void test_words(void **state)
{
	(void)state;
	means("我去", YJ_SPOKEN_GOING, -1);
	means("我去！", YJ_SPOKEN_GOING, -1);
	means("1我去", YJ_SPOKEN_GOING, -1);
	means("1 我去 12", YJ_SPOKEN_GOING, 12);
	means("我去，十分钟到", YJ_SPOKEN_GOING, -1);
	means("去不了", YJ_SPOKEN_CANNOT, -1);
	means("我去不了", YJ_SPOKEN_CANNOT, -1);
	means("不去", YJ_SPOKEN_CANNOT, -1);
	means("不在附近，先打电话问", YJ_SPOKEN_REMOTE, -1);
	means("到了", YJ_SPOKEN_ARRIVED, -1);
	means("需要支援", YJ_SPOKEN_HELP, -1);
	means("Going", YJ_SPOKEN_GOING, -1);
	means("NO", YJ_SPOKEN_CANNOT, -1);
}

/* Nobody is counted on by guess. */
static void test_unclear(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "5", "12", "13912345678", "100", "您的验证码是1234",
	    "退订回T", "1我去不了", "我去，不，去不了", "她去", "1 12 13", "2 我去", "你去吗", "。",
	    "0", "1234567890123456789012"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		means(texts[i], YJ_SPOKEN_OTHER, -1);
}

static void test_long(void **state)
{
	(void)state;
	char text[4096];
	memset(text, '1', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	means(text, YJ_SPOKEN_OTHER, -1);
	for (size_t i = 1; i < sizeof text - 1; i++)
		text[i] = ' ';
	means(text, YJ_SPOKEN_GOING, -1);
}

static void number_is(const char *text, const char *digits)
{
	char buf[16];
	assert_int_equal(yj_spoken_number(text, buf), strlen(digits));
	assert_string_equal(buf, digits);
}

static void test_numbers(void **state)
{
	(void)state;
	number_is("13912345678", "3912345678");
	number_is("+86 139-1234-5678", "3912345678");
	number_is("008613912345678", "3912345678");
	number_is("8613912345678", "3912345678");
	number_is("0826-5551234", "8265551234");
	number_is("10086", "10086");
	number_is("", "");
	number_is("某某公司", "");
	number_is("0000000000000000000000000000000000000000000000000000000000000000000000", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_unclear),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
