#include "outages_find.h"

#include <stdlib.h>
#include <string.h>

static const int digits_of[] = {6, 9, 12};
/* so many dark parts make one outage of the whole */
static const size_t several[] = {3, 2};

struct finding {
	const struct yj_outage_limits *limits;
	int (*each)(void *ctx, const struct yj_spot *v, size_t n, int digits);
	void *ctx;
};

int64_t yj_region_cut(int64_t region, int digits)
{
	int64_t unit = digits == 6 ? 1000000 : digits == 9 ? 1000 : 1;
	return region - region % unit;
}

static int compare(const void *a, const void *b)
{
	const struct yj_spot *x = a, *y = b;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	return strcmp(x->id, y->id);
}

static size_t gone_of(const struct yj_spot *v, size_t n)
{
	size_t gone = 0;
	for (size_t i = 0; i < n; i++)
		gone += v[i].gone;
	return gone;
}

static bool is_dark(const struct finding *f, const struct yj_spot *v, size_t n)
{
	size_t gone = gone_of(v, n);
	return gone >= (size_t)f->limits->least && gone * 100 >= n * (size_t)f->limits->share_pct;
}

/* The length of the first part of v: what agrees in the digits of that depth. */
static size_t part(const struct yj_spot *v, size_t n, size_t depth)
{
	size_t i = 1;
	while (i < n && yj_region_cut(v[i].region, digits_of[depth]) ==
			    yj_region_cut(v[0].region, digits_of[depth]))
		i++;
	return i;
}

/* Is it dark itself or somewhere within? */
static bool has_dark(const struct finding *f, const struct yj_spot *v, size_t n, size_t depth)
{
	if (is_dark(f, v, n))
		return true;
	for (size_t at = 0, len; depth < 2 && at < n; at += len) {
		len = part(v + at, n - at, depth + 1);
		if (has_dark(f, v + at, len, depth + 1))
			return true;
	}
	return false;
}

static void mark(struct yj_spot *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i].marked = v[i].gone;
}

static int find(const struct finding *f, struct yj_spot *v, size_t n, size_t depth)
{
	bool self = is_dark(f, v, n);
	size_t dark = 0, within = 0;
	int rc = 0;
	if (depth == 2) {
		if (!self)
			return 0;
		mark(v, n);
		return f->each(f->ctx, v, n, digits_of[depth]);
	}
	for (size_t at = 0, len; at < n; at += len) {
		len = part(v + at, n - at, depth + 1);
		if (has_dark(f, v + at, len, depth + 1)) {
			dark++;
			within += gone_of(v + at, len);
		}
	}
	bool scattered = gone_of(v, n) - within >= (size_t)f->limits->least;
	bool whole = dark >= several[depth] || (self && (dark == 0 || scattered));
	if (whole && self)
		mark(v, n);
	for (size_t at = 0, len; rc == 0 && at < n; at += len) {
		len = part(v + at, n - at, depth + 1);
		if (!has_dark(f, v + at, len, depth + 1))
			continue;
		if (whole)
			mark(v + at, len);
		else
			rc = find(f, v + at, len, depth + 1);
	}
	return rc == 0 && whole ? f->each(f->ctx, v, n, digits_of[depth]) : rc;
}

int yj_outages_find(struct yj_spot *v, size_t n, const struct yj_outage_limits *limits,
    int (*each)(void *ctx, const struct yj_spot *v, size_t n, int digits), void *ctx)
{
	const struct finding f = {limits, each, ctx};
	int rc = 0;
	if (n)
		qsort(v, n, sizeof *v, compare);
	for (size_t at = 0, len; rc == 0 && at < n; at += len) {
		len = part(v + at, n - at, 0);
		rc = find(&f, v + at, len, 0);
	}
	return rc;
}
