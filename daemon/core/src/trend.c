#include "core/trend.h"

#include <string.h>

#define PAIRS (YJ_TREND_DAYS * (YJ_TREND_DAYS - 1) / 2)
#define FALL_LEAST_PCT 2.0 /* a battery that tells whole percents may waver by one */

static void sort(double *v, size_t n)
{
	for (size_t gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < n; i++) {
			double x = v[i];
			size_t k = i;
			for (; k >= gap && v[k - gap] > x; k -= gap)
				v[k] = v[k - gap];
			v[k] = x;
		}
}

static double median(double *v, size_t n)
{
	sort(v, n);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double distance(double a)
{
	return a < 0 ? -a : a;
}

void yj_trend_line(const struct yj_daily *v, size_t n, struct yj_line *out)
{
	double slopes[PAIRS], rest[YJ_TREND_DAYS];
	size_t pairs = 0;
	memset(out, 0, sizeof *out);
	while (n > 0 && (n > YJ_TREND_DAYS || v[n - 1].day - v[0].day >= YJ_TREND_DAYS)) {
		v++;
		n--;
	}
	if (n < YJ_TREND_LEAST)
		return;
	int32_t end = v[n - 1].day;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			slopes[pairs++] = (v[k].value - v[i].value) / (v[k].day - v[i].day);
	out->per_day = median(slopes, pairs);
	for (size_t i = 0; i < n; i++)
		rest[i] = v[i].value + out->per_day * (end - v[i].day);
	out->at_end = median(rest, n);
	for (size_t i = 0; i < n; i++)
		rest[i] = distance(v[i].value + out->per_day * (end - v[i].day) - out->at_end);
	out->noise = median(rest, n);
	out->span = end - v[0].day;
	out->known = true;
}

/* Behind the last change of the battery: a day well over each of the three before it, so that one
 * day that is wrong is none. */
static size_t since_change(const struct yj_daily *v, size_t n)
{
	for (size_t i = n; i-- > 1;) {
		double most = v[i - 1].value;
		for (size_t k = 2; k <= 3 && k <= i; k++)
			if (v[i - k].value > most)
				most = v[i - k].value;
		if (v[i].value >= most + YJ_TREND_JUMP_PCT)
			return i;
	}
	return 0;
}

void yj_battery_trend(const struct yj_daily *v, size_t n, struct yj_battery_trend *out)
{
	struct yj_line line;
	size_t from = since_change(v, n);
	memset(out, 0, sizeof *out);
	yj_trend_line(v + from, n - from, &line);
	if (!line.known)
		return;
	out->known = true;
	out->per_day = line.per_day;
	double fall = -line.per_day * line.span;
	if (fall < FALL_LEAST_PCT || fall <= 3 * line.noise)
		return;
	double days = line.at_end > 0 ? line.at_end / -line.per_day : 0;
	if (days > YJ_TREND_AHEAD_DAYS)
		return;
	int32_t whole = (int32_t)days;
	out->falls = true;
	out->empty_day = v[n - 1].day + whole + (whole < days);
}
