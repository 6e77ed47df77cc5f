/* What can be seen from a text alone: identity-card numbers, ids that give a person away, what
 * spreadsheets do to codes, dates. */
#include "dir.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/time.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static int number(const char *s, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

static bool date_ok(int year, int month, int day)
{
	static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month != 2 || day < 29 || leap;
}

/* First two digits of GB/T 2260: the provinces. */
static bool province_ok(const char *s)
{
	static const char known[] =
	    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 "
	    "51 52 53 54 61 62 63 64 65 71 81 82 83 ";
	char key[4] = {s[0], s[1], ' ', 0};
	return strstr(known, key) != NULL;
}

/* GB 11643: 6 digits of region, date of birth, 3 digits of sequence, check character (ISO 7064
 * MOD 11-2). A number whose check character was mistyped is as personal as the right one, so
 * either the check or the province must hold beside the date. */
static bool idcard_18(const char *s)
{
	static const int weight[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int year = number(s + 6, 4);
	if (year < 1850 || year > 2099 || !date_ok(year, number(s + 10, 2), number(s + 12, 2)))
		return false;
	int sum = 0;
	for (int i = 0; i < 17; i++)
		sum += weight[i] * (s[i] - '0');
	return toupper((unsigned char)s[17]) == "10X98765432"[sum % 11] || province_ok(s);
}

static bool idcard_15(const char *s)
{
	return province_ok(s) &&
	       date_ok(1900 + number(s + 6, 2), number(s + 8, 2), number(s + 10, 2));
}

/* The sign at s as a number may be written: a digit, 'X', '-' for what may separate its parts, or
 * 0 for anything else; wide ones count as the plain ones. Returns its bytes. */
static size_t sign_at(const char *s, size_t len, char *c)
{
	static const char *const separators[] = {
	    " ", "-", ".", "_", "\xc2\xa0", "\xe3\x80\x80", "\xef\xbc\x8d"};
	const unsigned char *u = (const unsigned char *)s;
	*c = 0;
	if (digit(s[0])) {
		*c = s[0];
		return 1;
	}
	if ((s[0] | 32) == 'x') {
		*c = 'X';
		return 1;
	}
	if (len >= 3 && u[0] == 0xef && u[1] == 0xbc && u[2] >= 0x90 && u[2] <= 0x99) {
		*c = (char)('0' + (u[2] - 0x90));
		return 3;
	}
	if (len >= 3 && (memcmp(s, "\xef\xbc\xb8", 3) == 0 || memcmp(s, "\xef\xbd\x98", 3) == 0)) {
		*c = 'X';
		return 3;
	}
	for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++) {
		size_t n = strlen(separators[i]);
		if (len >= n && memcmp(s, separators[i], n) == 0) {
			*c = '-';
			return n;
		}
	}
	return 1;
}

/* The check digit of an IMEI (and of much else; ISO/IEC 7812-1, annex B). */
static bool luhn_ok(const char *s, size_t len)
{
	int sum = 0;
	for (size_t i = 0; i < len; i++) {
		int v = s[i] - '0';
		if ((len - i) % 2 == 0)
			v = v > 4 ? 2 * v - 9 : 2 * v;
		sum += v;
	}
	return sum % 10 == 0;
}

/* Does an identity-card number begin at this digit, before which there is none? It may be written
 * in parts, and other numbers may follow. */
static bool idcard_at(const char *s, size_t len, bool imei)
{
	char run[18];
	size_t n = 0;
	bool parts = false;
	for (size_t i = 0; i <= len;) {
		char c = 0, next = 0;
		size_t bytes = i < len ? sign_at(s + i, len - i, &c) : 1;
		if (digit(c)) {
			if (n == sizeof run)
				return false;
			run[n++] = c;
			i += bytes;
			continue;
		}
		if (n == 17 && c == 'X')
			run[n++] = c;
		if (n == 18 && idcard_18(run))
			return true;
		if (n == 15 && !parts && idcard_15(run) && !(imei && luhn_ok(run, n)))
			return true;
		if (c != '-' || i + bytes >= len)
			return false;
		sign_at(s + i + bytes, len - i - bytes, &next);
		if (!digit(next) && next != 'X')
			return false;
		parts = true;
		i += bytes;
	}
	return false;
}

bool yj_text_has_idcard(enum yj_dir kind, const char *s, size_t len)
{
	bool within = false; /* a number */
	for (size_t i = 0; i < len;) {
		char c;
		size_t bytes = sign_at(s + i, len - i, &c);
		if (digit(c) && !within && idcard_at(s + i, len - i, kind == YJ_DIR_DEVICES))
			return true;
		within = digit(c);
		i += bytes;
	}
	return false;
}

/* The numbering plan of China: a mobile number, also with 86. A bare number is one by its form
 * alone, and may be one with an area code. */
static bool phone(const char *d, size_t n, bool bare)
{
	if (n == 13 && memcmp(d, "86", 2) == 0) {
		d += 2;
		n -= 2;
	}
	if (n == 11 && d[0] == '1')
		return bare || d[1] >= '3';
	if (!bare || n < 11 || d[0] != '0')
		return false;
	return (n == 11 && (d[1] == '1' || d[1] == '2')) || ((n == 11 || n == 12) && d[1] >= '3');
}

/* Letters before it and - or _ within do not make a telephone number an id. */
static bool phone_id(const char *s, size_t len)
{
	char d[16];
	size_t i = 0, n = 0;
	while (i < len && isalpha((unsigned char)s[i]))
		i++;
	bool bare = i == 0;
	for (; i < len; i++) {
		if (digit(s[i]) && n < sizeof d)
			d[n++] = s[i];
		else if (digit(s[i]) || (s[i] != '-' && s[i] != '_'))
			return false;
	}
	return phone(d, n, bare);
}

const char *yj_id_wrong(enum yj_dir kind, const char *s, size_t len)
{
	if (len == 0 || len > YJ_NAME_MAX)
		return "an id has 1 to 64 characters";
	size_t digits = 0;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '_' && s[i] != '-')
			return "an id consists of A-Z a-z 0-9 _ - only";
		digits += digit(s[i]);
	}
	bool all = digits == len;
	if (len == 18 && (all || (digits == 17 && (s[17] | 32) == 'x')))
		return "looks like an identity-card number, which is never stored: use another id";
	if (yj_text_has_idcard(kind, s, len))
		return "contains an identity-card number, which is never stored: use another id";
	/* A device may be called by its IMEI, which has 15 digits too. */
	if (len == 15 && all && kind != YJ_DIR_DEVICES)
		return "looks like an identity-card number, which is never stored: use another id";
	if (phone_id(s, len))
		return "looks like a phone number: use another id";
	return NULL;
}

static bool scientific(const char *s, size_t len)
{
	size_t i = 0;
	if (i < len && (s[i] == '-' || s[i] == '+'))
		i++;
	size_t start = i;
	while (i < len && digit(s[i]))
		i++;
	if (i == start)
		return false;
	bool point = i < len && s[i] == '.';
	if (point)
		for (i++; i < len && digit(s[i]); i++)
			;
	if (i >= len || (s[i] != 'E' && s[i] != 'e'))
		return false;
	i++;
	bool sign = i < len && (s[i] == '+' || s[i] == '-');
	i += sign;
	start = i;
	while (i < len && digit(s[i]))
		i++;
	/* "1E5" may be an id; spreadsheets always write the sign. */
	return i == len && i > start && (sign || point);
}

const char *yj_text_damaged(const char *s, size_t len)
{
	if (scientific(s, len))
		return "a spreadsheet turned it into a number and its digits are lost: format the "
		       "column "
		       "as text, enter the value again and save";
	if (len > 3 && s[0] == '#') {
		static const char errors[] =
		    "#N/A|#REF!|#VALUE!|#NAME?|#DIV/0!|#NULL!|#NUM!|#SPILL!";
		bool hashes = true;
		for (size_t i = 0; i < len; i++)
			hashes = hashes && s[i] == '#';
		if (hashes)
			return "the spreadsheet's column was too narrow: widen it and save again";
		if (yj_dir_among(errors, s, len))
			return "an error value of a spreadsheet formula: enter the value itself";
	}
	return NULL;
}

/* Reads digits, at least min and at most max of them. */
static bool take(const char **s, const char *end, int min, int max, int *v)
{
	int n = 0;
	*v = 0;
	while (*s < end && n < max && digit(**s)) {
		*v = *v * 10 + (**s - '0');
		(*s)++;
		n++;
	}
	return n >= min;
}

static bool skip(const char **s, const char *end, const char *one_of)
{
	while (*one_of) {
		size_t n = strcspn(one_of, "|");
		if ((size_t)(end - *s) >= n && memcmp(*s, one_of, n) == 0) {
			*s += n;
			return true;
		}
		one_of += n + (one_of[n] == '|');
	}
	return false;
}

int yj_date_normal(const char *s, size_t len, char out[64], const char **why)
{
	const char *p = s, *end = s + len;
	int year, month, day;
	int64_t ignored;
	if (len < 64) {
		char copy[64];
		memcpy(copy, s, len);
		copy[len] = 0;
		if (yj_rfc3339_parse(copy, &ignored) == 0) {
			memcpy(out, copy, len + 1);
			return 0;
		}
	}
	*why = "not a date: write it as 2026-03-01";
	bool plain = len == 5;
	for (size_t i = 0; i < len; i++)
		plain = plain && digit(s[i]);
	if (plain)
		*why =
		    "a spreadsheet turned the date into a day number: format the column as a date "
		    "or as text and save again";
	if (!take(&p, end, 4, 4, &year) || !skip(&p, end, "-|/|.|年") ||
	    !take(&p, end, 1, 2, &month) || !skip(&p, end, "-|/|.|月") ||
	    !take(&p, end, 1, 2, &day))
		return YJ_ERR_INVAL;
	skip(&p, end, "日");
	skip(&p, end, " 0:00:00| 00:00:00| 0:00| 00:00");
	if (p != end)
		return YJ_ERR_INVAL;
	*why = "there is no such day";
	if (year < 1900 || year > 2200 || !date_ok(year, month, day))
		return YJ_ERR_INVAL;
	snprintf(out, 64, "%04d-%02d-%02d", year, month, day);
	return 0;
}

int yj_region_prefix(const char *code, char prefix[13])
{
	size_t n = strlen(code);
	if ((n != 2 && n != 4 && n != 6 && n != 9 && n != 12) || code[0] == '0')
		return YJ_ERR_INVAL;
	for (size_t i = 0; i < n; i++)
		if (!digit(code[i]))
			return YJ_ERR_INVAL;
	static const size_t ends[] = {9, 6, 4, 2};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		if (n <= ends[i])
			continue;
		if (strspn(code + ends[i], "0") < n - ends[i])
			break;
		n = ends[i];
	}
	memmove(prefix, code, n);
	prefix[n] = 0;
	return 0;
}
