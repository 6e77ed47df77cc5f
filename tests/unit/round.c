/* Rounds: periods of the calendar, due days, the climb, and which lists are whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/roster.h"
#include "core/round.h"
#include "proto/words.h"

#define DAY(y, m, d) yj_day_of(y, m, d)

static void test_periods(void **state)
{
	(void)state;
	static const struct {
		const char *text, *as;
	} good[] = {{"7d", "7d"}, {"1d", "1d"}, {"2w", "14d"}, {"1mo", "1mo"}, {"3MO", "3mo"},
	    {"daily", "1d"}, {"Weekly", "7d"}, {"monthly", "1mo"}, {"quarterly", "3mo"},
	    {"每天", "1d"}, {"每日", "1d"}, {"每周", "7d"}, {"每月", "1mo"}, {"每季度", "3mo"},
	    {"每季", "3mo"}, {"10天", "10d"}, {"2周", "14d"}, {"6个月", "6mo"}, {"2月", "2mo"},
	    {"366d", "366d"}, {"24mo", "24mo"}};
	static const char *const bad[] = {"", "d", "0d", "7", "7h", "367d", "25mo", "-1d", "1.5d",
	    "7 d", "1m", "yearly", "mo", "99999d", "每"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct yj_period p;
		char text[YJ_PERIOD_LEN];
		assert_int_equal(yj_period_parse(good[i].text, strlen(good[i].text), &p), 0);
		assert_string_equal(yj_period_text(&p, text), good[i].as);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct yj_period p;
		assert_int_equal(yj_period_parse(bad[i], strlen(bad[i]), &p), YJ_ERR_INVAL);
	}
}

static void test_day_after(void **state)
{
	(void)state;
	const struct yj_period week = {7, 0}, month = {0, 1}, quarter = {0, 3}, year = {0, 12};
	assert_int_equal(yj_round_day_after(DAY(2026, 12, 28), &week), DAY(2027, 1, 4));
	assert_int_equal(yj_round_day_after(DAY(2027, 1, 31), &month), DAY(2027, 2, 28));
	assert_int_equal(yj_round_day_after(DAY(2028, 1, 31), &month), DAY(2028, 2, 29));
	assert_int_equal(yj_round_day_after(DAY(2027, 2, 28), &month), DAY(2027, 3, 28));
	assert_int_equal(yj_round_day_after(DAY(2026, 12, 31), &month), DAY(2027, 1, 31));
	assert_int_equal(yj_round_day_after(DAY(2026, 11, 30), &quarter), DAY(2027, 2, 28));
	assert_int_equal(yj_round_day_after(DAY(2028, 2, 29), &year), DAY(2029, 2, 28));
	assert_int_equal(yj_round_day_after(DAY(2099, 11, 30), &quarter), DAY(2100, 2, 28));
}

static void test_due(void **state)
{
	(void)state;
	const struct yj_period week = {7, 0};
	struct yj_round_history h = {.last = YJ_NO_DAY, .known = 100, .begins = 100};
	assert_int_equal(yj_round_due(&h, &week), 107);
	h.last = 103;
	assert_int_equal(yj_round_due(&h, &week), 110);
	h.begins = 150; /* back, or on the list, since then */
	assert_int_equal(yj_round_due(&h, &week), 150);
	h.last = 150;
	assert_int_equal(yj_round_due(&h, &week), 157);
}

static void test_climb(void **state)
{
	(void)state;
	static const int32_t after[] = {1, 3, 3, 7};
	static const size_t reached[] = {0, 1, 1, 3, 3, 3, 3, 4, 4};
	for (int32_t days = 0; days < 9; days++)
		assert_int_equal(yj_round_climb(after, 4, days), reached[days]);
	assert_int_equal(yj_round_climb(after, 4, -5), 0);
	assert_int_equal(yj_round_climb(after, 0, 100), 0);
}

#define HIGH (1U << YJ_ROUND_HIGH)
#define KEY (1U << YJ_ROUND_KEY)
#define GENERAL (1U << YJ_ROUND_GENERAL)
#define MOUNTAIN (1U << YJ_ROUND_MOUNTAIN)
#define OTHER (1U << YJ_ROUND_OTHER)

static void picks(const struct yj_round_list *own, size_t n_own, unsigned classes,
    const char *region, const char *expected)
{
	struct yj_round_list lists[16];
	size_t picked[16], n = 0;
	char text[512] = "";
	for (size_t i = 0; i < n_own; i++)
		lists[n++] = own[i];
	for (size_t i = 0; i < YJ_ROUND_BUILT_IN; i++)
		lists[n++] = yj_round_built_in[i];
	size_t got = yj_round_pick(lists, n, classes, region, picked, 16);
	for (size_t i = 0; i < got; i++) {
		strcat(text, i ? " " : "");
		strcat(text, lists[picked[i]].id);
	}
	assert_string_equal(text, expected);
}

static void test_pick(void **state)
{
	(void)state;
	static const char here[] = "511781103201", there[] = "511922100200";
	picks(NULL, 0, HIGH, here, "default-high");
	picks(NULL, 0, KEY, here, "default-monthly");
	picks(NULL, 0, OTHER, here, "default-monthly");
	picks(NULL, 0, GENERAL, here, "default-quarterly");
	picks(NULL, 0, GENERAL | MOUNTAIN, here, "default-mountain-daily default-mountain-monthly");
	picks(NULL, 0, HIGH | MOUNTAIN, here,
	    "default-high default-mountain-daily default-mountain-monthly");
	const struct yj_round_list own[] = {
	    {.id = "a", .classes = HIGH, .region = "511781", .period = {2, 0}},
	    {.id = "b", .classes = MOUNTAIN, .region = "", .period = {2, 0}},
	};
	picks(own, 2, HIGH, here, "a");
	picks(own, 2, HIGH, there, "default-high");
	picks(own, 2, HIGH | MOUNTAIN, here, "a b");
	picks(own, 2, HIGH | MOUNTAIN, there, "b default-high");
	picks(own, 1, HIGH | MOUNTAIN, here, "a default-mountain-daily default-mountain-monthly");
	picks(own, 2, KEY, here, "default-monthly");
	const struct yj_round_list all[] = {
	    {.id = "c", .classes = YJ_ROUND_ALL, .region = "511781103", .period = {0, 1}}};
	picks(all, 1, HIGH | MOUNTAIN, here, "c");
	picks(all, 1, OTHER, here, "c");
	picks(all, 1, OTHER, there, "default-monthly");
}

/* What the issue asks for where nobody has said anything else. */
static void test_built_in(void **state)
{
	(void)state;
	static const char *const periods[] = {"7d", "1d", "1mo", "1mo", "3mo"};
	char text[YJ_PERIOD_LEN];
	for (size_t i = 0; i < YJ_ROUND_BUILT_IN; i++) {
		const struct yj_round_list *l = &yj_round_built_in[i];
		bool device = strcmp(l->id, "default-mountain-daily") == 0;
		bool person = strcmp(l->id, "default-mountain-monthly") == 0;
		assert_string_equal(yj_period_text(&l->period, text), periods[i]);
		assert_int_equal((l->counts >> YJ_AS_WELL) & 1, device);
		assert_int_equal(l->counts == 1U << YJ_AS_ON_SITE, person);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_periods),
	    cmocka_unit_test(test_day_after),
	    cmocka_unit_test(test_due),
	    cmocka_unit_test(test_climb),
	    cmocka_unit_test(test_pick),
	    cmocka_unit_test(test_built_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
