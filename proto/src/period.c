#include "proto/period.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *word;
	struct yj_period period;
} words[] = {{"daily", {1, 0}}, {"weekly", {7, 0}}, {"monthly", {0, 1}}, {"quarterly", {0, 3}},
    {"每天", {1, 0}}, {"每日", {1, 0}}, {"每周", {7, 0}}, {"每月", {0, 1}}, {"每季度", {0, 3}},
    {"每季", {0, 3}}};

static const struct {
	const char *unit;
	int days, months;
} units[] = {{"d", 1, 0}, {"w", 7, 0}, {"mo", 0, 1}, {"天", 1, 0}, {"日", 1, 0}, {"周", 7, 0},
    {"个月", 0, 1}, {"月", 0, 1}};

static bool is(const char *word, const char *s, size_t len)
{
	return strlen(word) == len && strncasecmp(word, s, len) == 0;
}

int yj_period_parse(const char *s, size_t len, struct yj_period *out)
{
	for (size_t i = 0; i < N(words); i++) {
		if (is(words[i].word, s, len)) {
			*out = words[i].period;
			return 0;
		}
	}
	int n = 0;
	size_t digits = 0;
	while (digits < len && digits < 4 && s[digits] >= '0' && s[digits] <= '9')
		n = n * 10 + (s[digits++] - '0');
	if (digits == 0 || n == 0)
		return YJ_ERR_INVAL;
	for (size_t i = 0; i < N(units); i++) {
		if (!is(units[i].unit, s + digits, len - digits))
			continue;
		const struct yj_period p = {n * units[i].days, n * units[i].months};
		if (p.days > YJ_PERIOD_DAYS_MAX || p.months > YJ_PERIOD_MONTHS_MAX)
			return YJ_ERR_INVAL;
		*out = p;
		return 0;
	}
	return YJ_ERR_INVAL;
}

const char *yj_period_text(const struct yj_period *p, char buf[YJ_PERIOD_LEN])
{
	snprintf(buf, YJ_PERIOD_LEN, "%d%s", (p->months ? p->months : p->days) % 10000,
	    p->months ? "mo" : "d");
	return buf;
}
