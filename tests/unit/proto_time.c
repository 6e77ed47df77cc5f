/* RFC 3339 times and durations. The C library's calendar is the second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "proto/time.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS 86400000LL

static void test_format(void **state)
{
	(void)state;
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {1, "1970-01-01T00:00:00.001Z"},
	    {1795459772123, "2026-11-23T18:49:32.123Z"},
	    {951782400000, "2000-02-29T00:00:00.000Z"},
	    {4107542399999, "2100-02-28T23:59:59.999Z"},
	    {4107542400000, "2100-03-01T00:00:00.000Z"},
	    {YJ_UTC_MAX_MS, "9999-12-31T23:59:59.999Z"},
	    {YJ_UTC_MAX_MS + 1, "9999-12-31T23:59:59.999Z"},
	    {INT64_MAX, "9999-12-31T23:59:59.999Z"},
	    {-1, "1970-01-01T00:00:00.000Z"},
	    {INT64_MIN, "1970-01-01T00:00:00.000Z"},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char buf[YJ_RFC3339_LEN];
		assert_ptr_equal(yj_rfc3339_format(cases[i].ms, buf), buf);
		assert_string_equal(buf, cases[i].text);
	}
}

/* Every day from 1970 to 9999, at an odd time of day. */
static void test_every_day_agrees_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t day = 0; day * DAY_MS < YJ_UTC_MAX_MS; day++) {
		int64_t ms = day * DAY_MS + (day * 7919 * 1009) % DAY_MS;
		time_t seconds = (time_t)(ms / 1000);
		struct tm tm;
		assert_non_null(gmtime_r(&seconds, &tm));
		char want[64];
		size_t n = strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		(void)snprintf(want + n, sizeof(want) - n, ".%03dZ", (int)(ms % 1000));
		char got[YJ_RFC3339_LEN];
		int64_t back = -1;
		if (strcmp(yj_rfc3339_format(ms, got), want) != 0)
			fail_msg("%s, want %s", got, want);
		assert_int_equal(yj_rfc3339_parse(got, &back), 0);
		if (back != ms)
			fail_msg("%s reads as another time", got);
	}
}

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-11-23T18:49:32.123Z", 1795459772123},
	    {"2026-11-24T02:49:32.123+08:00", 1795459772123},
	    {"2026-11-23T15:19:32.123-03:30", 1795459772123},
	    {"2026-11-23t18:49:32.123z", 1795459772123},
	    {"2026-11-23 18:49:32.123Z", 1795459772123},
	    {"2026-11-23T18:49:32.1Z", 1795459772100},
	    {"2026-11-23T18:49:32.1239999999999999999Z", 1795459772123},
	    {"2026-11-23T18:49:32-00:00", 1795459772000},
	    {"1970-01-01T00:00:00.500+00:01", -59500},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"0000-01-01T00:00:00Z", -62167219200000},
	    {"0000-02-29T00:00:00Z", -62162121600000},
	    {"0001-01-01T00:00:00Z", -62135596800000},
	    {"9999-12-31T23:59:59.999Z", YJ_UTC_MAX_MS},
	    {"9999-12-31T23:59:59.999-23:59", YJ_UTC_MAX_MS + (23 * 60 + 59) * 60000},
	    {"2024-02-29T00:00:00Z", 1709164800000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"2017-01-01T07:59:60.25+08:00", 1483228800250},
	    {"1990-06-30T15:59:60-08:00", 646790400000},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int64_t ms = 42;
		if (yj_rfc3339_parse(cases[i].text, &ms) != 0)
			fail_msg("not read: %s", cases[i].text);
		if (ms != cases[i].ms)
			fail_msg("%s: %lld", cases[i].text, (long long)ms);
	}
}

static void test_parse_refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "Z",
	    "2026",
	    "2026-11-23",
	    "2026-11-23T18:49:32",
	    "2026-11-23T18:49Z",
	    "2026-11-23T18:49:32.Z",
	    "2026-11-23T18:49:32,5Z",
	    "2026-11-23T18:49:32 Z",
	    "2026-11-23T18:49:32Z ",
	    " 2026-11-23T18:49:32Z",
	    "2026-11-23T18:49:32ZZ",
	    "2026-11-23T18:49:32+8:00",
	    "2026-11-23T18:49:32+0800",
	    "2026-11-23T18:49:32+08",
	    "2026-11-23T18:49:32+24:00",
	    "2026-11-23T18:49:32+08:60",
	    "2026-11-23T18:49:32\xe2\x88\x92"
	    "08:00",
	    "2026-00-23T18:49:32Z",
	    "2026-13-23T18:49:32Z",
	    "2026-11-00T18:49:32Z",
	    "2026-11-31T18:49:32Z",
	    "2026-02-29T18:49:32Z",
	    "2100-02-29T18:49:32Z",
	    "2026-11-23T24:00:00Z",
	    "2026-11-23T18:60:32Z",
	    "2026-11-23T18:49:61Z",
	    "2026-11-23T18:49:60Z",
	    "2026-11-23T23:59:60Z",
	    "2016-12-31T23:59:60+08:00",
	    "1969-06-30T23:59:60Z",
	    "26-11-23T18:49:32Z",
	    "12026-11-23T18:49:32Z",
	    "-026-11-23T18:49:32Z",
	    "+026-11-23T18:49:32Z",
	    "2026/11/23T18:49:32Z",
	    "2026-11-23X18:49:32Z",
	    "2026-1-23T18:49:32Z",
	    "2026-11-23T 8:49:32Z",
	    "1795459772123",
	    "2026-W48-1T00:00:00Z",
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		int64_t ms = 42;
		if (yj_rfc3339_parse(bad[i], &ms) != YJ_ERR_INVAL)
			fail_msg("read: %s", bad[i]);
		assert_int_equal(ms, 42);
	}
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
	    {"500ms", 500},
	    {"60s", 60000},
	    {"5m", 300000},
	    {"24h", DAY_MS},
	    {"180d", 180 * DAY_MS},
	    {"0s", 0},
	    {"0ms", 0},
	    {"007m", 420000},
	    {"3650d", 3650 * DAY_MS},
	    {"87600h", 3650 * DAY_MS},
	    {"315360000000ms", 3650 * DAY_MS},
	};
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int64_t ms = 42;
		if (yj_duration_parse(cases[i].text, &ms) != 0)
			fail_msg("not read: %s", cases[i].text);
		assert_int_equal(ms, cases[i].ms);
	}
	static const char *const bad[] = {
	    "",
	    "s",
	    "60",
	    "60 s",
	    " 60s",
	    "60s ",
	    "-1s",
	    "+1s",
	    "1.5s",
	    "60S",
	    "60sec",
	    "1w",
	    "1y",
	    "1h30m",
	    "60ss",
	    "60mss",
	    "3651d",
	    "87601h",
	    "315360000001ms",
	    "5256001m",
	    "99999999999999999999999999999ms",
	    "9223372036854775807ms",
	    "0x10s",
	    "1e3s",
	    "\xe4\xba\x94m",
	};
	for (size_t i = 0; i < LENGTH(bad); i++) {
		int64_t ms = 42;
		if (yj_duration_parse(bad[i], &ms) != YJ_ERR_INVAL)
			fail_msg("read: %s", bad[i]);
		assert_int_equal(ms, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_every_day_agrees_with_the_c_library),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_refuses),
	    cmocka_unit_test(test_durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
