#include "proto/vital.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	double max;
} vitals[YJ_VITAL_COUNT] = {
    [YJ_VITAL_HR] = {"hr", 300}, [YJ_VITAL_RR] = {"rr", 100}, [YJ_VITAL_SPO2] = {"spo2", 100}};

const char *yj_vital_name(enum yj_vital vital)
{
	return vitals[vital].name;
}

/* A number of digits, with at most one decimal place. */
static int read_number(const char **s, const char *end, double *out)
{
	double v = 0;
	const char *p = *s;
	while (p < end && *p >= '0' && *p <= '9' && p - *s < 4)
		v = v * 10 + (*p++ - '0');
	if (p == *s)
		return YJ_ERR_INVAL;
	if (end - p >= 2 && p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
		v += (p[1] - '0') / 10.0;
		p += 2;
	}
	*s = p;
	*out = v;
	return 0;
}

static void trim(const char **s, const char **end)
{
	while (*s < *end && **s == ' ')
		(*s)++;
	while (*end > *s && (*end)[-1] == ' ')
		(*end)--;
}

int yj_vital_range_parse(enum yj_vital vital, const char *s, size_t len, struct yj_vital_range *out)
{
	const char *end = s + len;
	struct yj_vital_range r = {0, 0};
	trim(&s, &end);
	if (read_number(&s, end, &r.low) < 0 || s == end || *s++ != '-' ||
	    read_number(&s, end, &r.high) < 0 || s != end)
		return YJ_ERR_INVAL;
	if (r.low >= r.high || r.high > vitals[vital].max)
		return YJ_ERR_INVAL;
	*out = r;
	return 0;
}

/* "hr=45-120" */
static int read_part(const char *s, const char *end, struct yj_vital_range out[YJ_VITAL_COUNT])
{
	const char *equals = memchr(s, '=', (size_t)(end - s)), *name_end = equals;
	if (!equals)
		return YJ_ERR_INVAL;
	trim(&s, &name_end);
	for (int i = 0; i < YJ_VITAL_COUNT; i++) {
		size_t len = strlen(vitals[i].name);
		if ((size_t)(name_end - s) != len || memcmp(s, vitals[i].name, len) != 0)
			continue;
		if (out[i].high > 0)
			return YJ_ERR_INVAL;
		return yj_vital_range_parse(
		    (enum yj_vital)i, equals + 1, (size_t)(end - equals - 1), &out[i]);
	}
	return YJ_ERR_INVAL;
}

int yj_vital_ranges_parse(const char *s, size_t len, struct yj_vital_range out[YJ_VITAL_COUNT])
{
	struct yj_vital_range found[YJ_VITAL_COUNT] = {{0, 0}};
	const char *end = s + len;
	while (s < end) {
		const char *semicolon = memchr(s, ';', (size_t)(end - s));
		const char *part_end = semicolon ? semicolon : end, *part = s;
		s = semicolon ? semicolon + 1 : end;
		trim(&part, &part_end);
		if (part < part_end && read_part(part, part_end, found) < 0)
			return YJ_ERR_INVAL;
	}
	memcpy(out, found, sizeof found);
	return 0;
}
