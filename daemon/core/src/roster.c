#include "core/roster.h"

#define CREW_WORDS (YJ_ROSTER_PEOPLE_MAX / 64)

bool yj_crew_has(const struct yj_crew *crew, size_t person)
{
	return crew->bits[person / 64] >> (person % 64) & 1;
}

void yj_crew_add(struct yj_crew *crew, size_t person)
{
	crew->bits[person / 64] |= UINT64_C(1) << (person % 64);
}

bool yj_crew_is_empty(const struct yj_crew *crew)
{
	uint64_t any = 0;
	for (size_t i = 0; i < CREW_WORDS; i++)
		any |= crew->bits[i];
	return any == 0;
}

void yj_crew_join(struct yj_crew *crew, const struct yj_crew *more)
{
	for (size_t i = 0; i < CREW_WORDS; i++)
		crew->bits[i] |= more->bits[i];
}

bool yj_crew_equal(const struct yj_crew *a, const struct yj_crew *b)
{
	uint64_t differ = 0;
	for (size_t i = 0; i < CREW_WORDS; i++)
		differ |= a->bits[i] ^ b->bits[i];
	return differ == 0;
}

/* Division and remainder that go down also below zero. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	return a - floor_div(a, b) * b;
}

unsigned yj_weekday(int32_t day)
{
	return (unsigned)floor_mod((int64_t)day + 3, 7);
}

/* Years are counted from March, so that the leap day is the last of one; an era has 400 years. */
int32_t yj_day_of(int year, unsigned month, unsigned mday)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = floor_div(y, 400), of_era = floor_mod(y, 400);
	int64_t of_year = (153 * ((int64_t)(month + 9) % 12) + 2) / 5 + (int64_t)mday - 1;
	return (
	    int32_t)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

void yj_day_date(int32_t day, int *year, unsigned *month, unsigned *mday)
{
	int64_t d = (int64_t)day + 719468;
	int64_t era = floor_div(d, 146097), of_era = floor_mod(d, 146097);
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;
	*mday = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

static bool is_holiday(const struct yj_roster *r, int32_t day)
{
	for (size_t i = 0; i < r->n_holidays; i++)
		if (r->holidays[i].first <= day && day <= r->holidays[i].last)
			return true;
	return false;
}

/* Does a span that began on the day before (yesterday) or begins on this one hold at the minute? */
static bool holds(int from, int until, bool yesterday, int minute)
{
	bool over = until <= from;
	if (yesterday)
		return over && minute < until;
	return minute >= from && (over || minute < until);
}

/* The next minute at which such a span begins or ends on this day; `end` if it does not. */
static int next_edge(int from, int until, bool yesterday, int minute, int end)
{
	bool over = until <= from;
	if (!yesterday && from > minute && from < end)
		end = from;
	if (yesterday == over && until > minute && until < end)
		end = until;
	return end;
}

static const struct yj_shift *shifts_of(const struct yj_roster *r, int32_t day, size_t *n)
{
	bool holiday = is_holiday(r, day);
	*n = holiday ? r->n_holiday_shifts : r->n_shifts;
	return holiday ? r->holiday_shifts : r->shifts;
}

static bool begins_on(const struct yj_shift *s, int32_t day)
{
	return s->days >> yj_weekday(day) & 1;
}

static size_t crew_of(const struct yj_shift *s, int32_t day)
{
	int64_t turn = floor_div((int64_t)day - s->start, s->every_days);
	return s->turn + (size_t)floor_mod(turn, (int64_t)s->n_turns);
}

/* Adds those whose shift, begun on `day`, holds at the minute. */
static void add_shifts(
    const struct yj_roster *r, int32_t day, bool yesterday, int minute, struct yj_crew *on)
{
	size_t n;
	const struct yj_shift *shifts = shifts_of(r, day, &n);
	for (size_t i = 0; i < n; i++) {
		const struct yj_shift *s = &shifts[i];
		if (begins_on(s, day) && holds(s->from, s->until, yesterday, minute))
			yj_crew_join(on, &r->crews[crew_of(s, day)]);
	}
}

static bool covers(const struct yj_override *o, int32_t day)
{
	return o->first <= day && day <= o->last;
}

struct yj_crew yj_roster_on(const struct yj_roster *r, struct yj_wall at)
{
	struct yj_crew on = {{0}};
	bool overridden = false;
	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct yj_override *o = &r->overrides[i];
		if ((covers(o, at.day) && holds(o->from, o->until, false, at.minute)) ||
		    (covers(o, at.day - 1) && holds(o->from, o->until, true, at.minute))) {
			overridden = true;
			yj_crew_join(&on, &r->crews[o->crew]);
		}
	}
	if (overridden)
		return on;
	add_shifts(r, at.day - 1, true, at.minute, &on);
	add_shifts(r, at.day, false, at.minute, &on);
	return on;
}

static int next_shift_edge(
    const struct yj_roster *r, int32_t day, bool yesterday, int minute, int end)
{
	size_t n;
	const struct yj_shift *shifts = shifts_of(r, day, &n);
	for (size_t i = 0; i < n; i++)
		if (begins_on(&shifts[i], day))
			end = next_edge(shifts[i].from, shifts[i].until, yesterday, minute, end);
	return end;
}

int yj_roster_steady(const struct yj_roster *r, struct yj_wall at)
{
	int end = YJ_DAY_MIN;
	for (size_t i = 0; i < r->n_overrides; i++) {
		const struct yj_override *o = &r->overrides[i];
		if (covers(o, at.day))
			end = next_edge(o->from, o->until, false, at.minute, end);
		if (covers(o, at.day - 1))
			end = next_edge(o->from, o->until, true, at.minute, end);
	}
	end = next_shift_edge(r, at.day - 1, true, at.minute, end);
	end = next_shift_edge(r, at.day, false, at.minute, end);
	return end - at.minute;
}
