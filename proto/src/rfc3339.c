/* UTC times and durations as text; calendar arithmetic by hand so that no locale, zone database or
 * width of time_t can interfere. */
#include "proto/time.h"

#include <stdbool.h>
#include <string.h>

#define DAY_MS 86400000LL
#define DAYS_400_YEARS 146097
#define DURATION_MAX_MS (3650 * DAY_MS)

/* Days from 1970-01-01 to the given day of the proleptic Gregorian calendar, years 0 to 9999.
 * Years are counted from March, so that the leap day is the last of its year. */
static int64_t days_from_date(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1;
	int month_from_march = (month + 9) % 12;
	int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	/* y is -1 for January and February of year 0: shift by 400 years to stay positive. */
	int64_t y400 = y + 400;
	int64_t days = 365 * y400 + y400 / 4 - y400 / 100 + y400 / 400 + day_of_year;
	return days - DAYS_400_YEARS - 719468;
}

/* The inverse, for days from 1970 on. */
static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t from_march_0 = days + 719468;
	int64_t era = from_march_0 / DAYS_400_YEARS;
	int rest = (int)(from_march_0 % DAYS_400_YEARS);
	int y = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	int day_of_year = rest - (365 * y + y / 4 - y / 100);
	int month_from_march = (5 * day_of_year + 2) / 153;
	*day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	*month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	*year = y + (int)(era * 400) + (*month <= 2 ? 1 : 0);
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

/* Writes value with exactly `width` digits. */
static char *put_digits(char *to, int value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		to[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + width;
}

char *yj_rfc3339_format(int64_t utc_ms, char buf[YJ_RFC3339_LEN])
{
	if (utc_ms < YJ_UTC_MIN_MS)
		utc_ms = YJ_UTC_MIN_MS;
	if (utc_ms > YJ_UTC_MAX_MS)
		utc_ms = YJ_UTC_MAX_MS;
	int year;
	int month;
	int day;
	date_from_days(utc_ms / DAY_MS, &year, &month, &day);
	int ms = (int)(utc_ms % DAY_MS);
	char *to = put_digits(buf, year, 4);
	*to++ = '-';
	to = put_digits(to, month, 2);
	*to++ = '-';
	to = put_digits(to, day, 2);
	*to++ = 'T';
	to = put_digits(to, ms / 3600000, 2);
	*to++ = ':';
	to = put_digits(to, ms / 60000 % 60, 2);
	*to++ = ':';
	to = put_digits(to, ms / 1000 % 60, 2);
	*to++ = '.';
	to = put_digits(to, ms % 1000, 3);
	*to++ = 'Z';
	*to = '\0';
	return buf;
}

/* Reads exactly `width` digits at *s into *value, from min to max, and moves *s on. */
static bool get_digits(const char **s, int width, int min, int max, int *value)
{
	int v = 0;
	for (int i = 0; i < width; i++) {
		char c = (*s)[i];
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (c - '0');
	}
	*s += width;
	*value = v;
	return v >= min && v <= max;
}

static bool get_byte(const char **s, const char *any_of)
{
	if (**s == '\0' || !strchr(any_of, **s))
		return false;
	(*s)++;
	return true;
}

/* ".123456": digits after the third are cut off. Absent is 0. */
static bool get_fraction(const char **s, int *ms)
{
	*ms = 0;
	if (!get_byte(s, "."))
		return true;
	int scale = 100;
	const char *first = *s;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*ms += (**s - '0') * scale;
		scale /= 10;
	}
	return *s != first;
}

/* "Z", "+08:00", "-03:30" */
static bool get_offset(const char **s, int *minutes)
{
	*minutes = 0;
	if (get_byte(s, "Zz"))
		return true;
	int sign = **s == '-' ? -1 : 1;
	int hour;
	int minute;
	if (!get_byte(s, "+-") || !get_digits(s, 2, 0, 23, &hour) || !get_byte(s, ":") ||
	    !get_digits(s, 2, 0, 59, &minute))
		return false;
	*minutes = sign * (hour * 60 + minute);
	return true;
}

/* A 61st second is good only at the end of a month in UTC (RFC 3339, section 5.7). There it is the
 * first second of the next month, as POSIX counts. */
static bool leap_second_fits(int64_t minute_start_ms)
{
	int64_t next_ms = minute_start_ms + 60000;
	if (next_ms < 0 || next_ms % DAY_MS != 0)
		return false;
	int year;
	int month;
	int day;
	date_from_days(next_ms / DAY_MS, &year, &month, &day);
	return day == 1;
}

int yj_rfc3339_parse(const char *s, int64_t *utc_ms)
{
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
	int ms;
	int offset;
	if (!get_digits(&s, 4, 0, 9999, &year) || !get_byte(&s, "-") ||
	    !get_digits(&s, 2, 1, 12, &month) || !get_byte(&s, "-") ||
	    !get_digits(&s, 2, 1, days_of_month(year, month), &day) || !get_byte(&s, "Tt ") ||
	    !get_digits(&s, 2, 0, 23, &hour) || !get_byte(&s, ":") ||
	    !get_digits(&s, 2, 0, 59, &minute) || !get_byte(&s, ":") ||
	    !get_digits(&s, 2, 0, 60, &second) || !get_fraction(&s, &ms) ||
	    !get_offset(&s, &offset) || *s != '\0')
		return YJ_ERR_INVAL;
	int64_t minutes = hour * 60 + minute - offset;
	int64_t minute_start_ms = days_from_date(year, month, day) * DAY_MS + minutes * 60000;
	if (second == 60 && !leap_second_fits(minute_start_ms))
		return YJ_ERR_INVAL;
	*utc_ms = minute_start_ms + second * 1000LL + ms;
	return 0;
}

int yj_duration_parse(const char *s, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", DAY_MS}};
	const char *first = s;
	int64_t n = 0;
	for (; *s >= '0' && *s <= '9'; s++) {
		n = n * 10 + (*s - '0');
		if (n > DURATION_MAX_MS)
			return YJ_ERR_INVAL;
	}
	if (s == first)
		return YJ_ERR_INVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(s, units[i].name) != 0)
			continue;
		if (n > DURATION_MAX_MS / units[i].ms)
			return YJ_ERR_INVAL;
		*ms = n * units[i].ms;
		return 0;
	}
	return YJ_ERR_INVAL;
}
