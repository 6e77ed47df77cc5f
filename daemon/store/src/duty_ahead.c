/* Who will be on duty: from change to change of the wall clock's reading. */
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "duty.h"

#define MINUTE_MS 60000
#define NEXT_MS (14LL * 86400000) /* as far as yj_duty_next looks */

/* Minutes of the wall clock since 1970, as it reads. */
static int64_t reading(int64_t minute)
{
	struct yj_wall w = yj_wall_of(minute * MINUTE_MS);
	return (int64_t)w.day * YJ_DAY_MIN + w.minute;
}

/* For how many real minutes nothing can change: as the wall clock has it, or until the wall clock
 * itself jumps. */
static int64_t steady(const struct yj_roster_doc *doc, int64_t minute)
{
	int64_t good = 0, first = reading(minute);
	int64_t n = yj_roster_steady(&doc->roster, yj_wall_of(minute * MINUTE_MS));
	if (reading(minute + n) == first + n)
		return n;
	while (n - good > 1) {
		int64_t middle = good + (n - good) / 2;
		if (reading(minute + middle) == first + middle)
			good = middle;
		else
			n = middle;
	}
	return n;
}

int64_t yj_duty_change(
    struct yj_store *s, const struct yj_roster_doc *doc, int64_t utc_ms, int64_t until_ms)
{
	int64_t minute = utc_ms / MINUTE_MS - (utc_ms % MINUTE_MS < 0), n = INT64_MAX;
	size_t n_docs;
	const struct yj_roster_doc *docs = yj_duty_docs(s, &n_docs);
	for (size_t i = 0; i < n_docs; i++) {
		if (doc && doc != &docs[i])
			continue;
		int64_t one = steady(&docs[i], minute);
		n = one < n ? one : n;
	}
	if (n == INT64_MAX)
		return until_ms;
	int64_t at = (minute + n) * MINUTE_MS;
	return at < until_ms ? at : until_ms;
}

int yj_roster_spans(struct yj_store *s, const char *name, int64_t from_utc_ms, int64_t until_utc_ms,
    int (*each)(void *ctx, int64_t from_utc_ms, int64_t until_utc_ms, const struct yj_names *on),
    void *ctx)
{
	int rc = yj_duty_ready(s);
	const struct yj_roster_doc *doc = rc == 0 ? yj_duty_doc(s, name) : NULL;
	if (!doc)
		return rc < 0 ? rc : YJ_ERR_NOTFOUND;
	int64_t from = from_utc_ms;
	while (rc == 0 && from < until_utc_ms) {
		struct yj_crew on = yj_roster_on(&doc->roster, yj_wall_of(from)), next = on;
		int64_t until = from;
		do {
			until = yj_duty_change(s, doc, until, until_utc_ms);
			next = yj_roster_on(&doc->roster, yj_wall_of(until));
		} while (until < until_utc_ms && yj_crew_equal(&on, &next));
		struct yj_names names = {0};
		rc = yj_duty_crew(doc, &on, &names);
		if (rc == 0)
			rc = each(ctx, from, until, &names);
		yj_names_done(&names);
		from = until;
	}
	return rc;
}

struct gaps {
	struct yj_gap *v;
	size_t n, cap;
};

static int note_gap(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	struct gaps *gaps = ctx;
	if (on->n == 0 && gaps->n < gaps->cap)
		gaps->v[gaps->n++] = (struct yj_gap){from, until};
	return 0;
}

int yj_roster_gaps(struct yj_store *s, const char *name, int64_t from_utc_ms, int64_t until_utc_ms,
    struct yj_gap *out, size_t cap, size_t *n)
{
	struct gaps gaps = {.v = out, .cap = cap};
	int rc = yj_roster_spans(s, name, from_utc_ms, until_utc_ms, note_gap, &gaps);
	*n = gaps.n;
	return rc;
}

/* ── of people ── */

int yj_duty_uncovered(struct yj_store *s, const struct yj_whose *whose, const struct yj_target *to,
    size_t n_to, int64_t from_utc_ms, int64_t until_utc_ms, int64_t *at_utc_ms)
{
	int64_t before = s->duty_utc_ms, found = INT64_MAX;
	int rc = yj_duty_ready(s);
	for (int64_t at = from_utc_ms; rc == 0 && at < until_utc_ms && found == INT64_MAX;) {
		struct yj_names names = {0};
		yj_duty_at(s, at);
		rc = yj_people_expand(s, whose, to, n_to, &names);
		if (rc == 0 && names.n == 0)
			found = at;
		yj_names_done(&names);
		at = yj_duty_change(s, NULL, at, until_utc_ms);
	}
	yj_duty_at(s, before);
	if (rc == 0)
		*at_utc_ms = found;
	return rc;
}

int yj_duty_next(struct yj_store *s, const char *caregiver, int64_t from_utc_ms, int64_t *at)
{
	int64_t before = s->duty_utc_ms, until = from_utc_ms + NEXT_MS;
	int rc = 0;
	*at = INT64_MAX;
	for (int64_t t = from_utc_ms; rc == 0 && t < until && *at == INT64_MAX;) {
		yj_duty_at(s, t);
		rc = yj_duty_ready(s);
		if (rc == 0 && !yj_duty_is_off(s, caregiver))
			*at = t;
		if (rc == 0)
			t = yj_duty_change(s, NULL, t, until);
	}
	yj_duty_at(s, before);
	return rc;
}
