/* The timeline's arithmetic. Pure: readings come in, times go out. */
#include "clock.h"

#include <stdio.h>
#include <string.h>

#include "proto/time.h"

#define SPAN_MAX_MS (1LL << 53) /* boot times; so that no sum below can overflow */
#define T_MAX_MS (1LL << 60)

static int64_t clamp(int64_t v, int64_t min, int64_t max)
{
	return v < min ? min : v > max ? max : v;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static struct yj_clock_reading reading_clamped(const struct yj_clock_reading *r)
{
	struct yj_clock_reading c = *r;
	c.boottime_ms = clamp(r->boottime_ms, 0, SPAN_MAX_MS);
	c.utc_ms = clamp(r->utc_ms, 0, YJ_UTC_MAX_MS);
	return c;
}

static struct yj_clock_row row_clamped(const struct yj_clock_row *r)
{
	struct yj_clock_row c = *r;
	c.boot_id[YJ_BOOT_ID_LEN - 1] = '\0';
	c.boottime_ms = clamp(r->boottime_ms, 0, SPAN_MAX_MS);
	c.t_ms = clamp(r->t_ms, YJ_CLOCK_T_FIRST_MS, T_MAX_MS);
	c.utc_ms = clamp(r->utc_ms, 0, YJ_UTC_MAX_MS);
	c.utc_known = r->utc_known && c.utc_ms > 0;
	return c;
}

/* T and its UTC go on together. */
static void go_on(struct yj_clock_row *row, int64_t ms)
{
	row->t_ms = clamp(row->t_ms + ms, 0, T_MAX_MS);
	if (row->utc_ms > 0)
		row->utc_ms = clamp(row->utc_ms + ms, 0, YJ_UTC_MAX_MS);
}

/* UTC is known: settles T. Returns by how much it jumped. */
static int64_t settle(struct yj_clock_row *row, int64_t utc_ms)
{
	int64_t jump = 0;
	if (!row->utc_known && row->utc_ms > 0)
		jump = larger(utc_ms - row->utc_ms, 0);
	row->t_ms = clamp(row->t_ms + jump, 0, T_MAX_MS);
	row->utc_ms = utc_ms;
	row->utc_known = true;
	return jump;
}

/* Over a reboot. The time since boot has passed for certain. The UTC difference is the whole truth,
 * unless UTC went backwards. */
static void reboot(struct yj_clock_row *row, const struct yj_clock_reading *r, bool utc_known)
{
	int64_t down = r->utc_ms - row->utc_ms;
	bool told = utc_known && row->utc_ms > 0 && down >= 0;
	go_on(row, told ? down : r->boottime_ms);
	row->utc_known = false; /* until it is settled */
}

/* What start and sample have in common, from c->row, which is of some earlier moment. */
static void step(struct yj_clock *c, const struct yj_clock_reading *reading, int64_t newest_utc_ms,
    struct yj_clock_now *now)
{
	const struct yj_clock_reading r = reading_clamped(reading);
	bool same_boot = strcmp(c->row.boot_id, r.boot_id) == 0;
	bool believed = same_boot && c->utc_known;
	int64_t floor_ms = believed ? c->build_utc_ms : larger(c->build_utc_ms, newest_utc_ms);
	bool known = r.utc_ms > 0 && r.utc_ms >= floor_ms;
	memset(now, 0, sizeof(*now));
	if (same_boot) {
		int64_t passed = larger(r.boottime_ms - c->row.boottime_ms, 0);
		int64_t off = r.utc_ms - c->raw_utc_ms - passed;
		go_on(&c->row, passed);
		if (c->has_raw && (off > YJ_CLOCK_STEP_MS || off < -YJ_CLOCK_STEP_MS))
			now->step_ms = off;
	} else {
		reboot(&c->row, &r, known);
	}
	if (known)
		now->jump_ms = settle(&c->row, r.utc_ms);
	now->save = !same_boot || now->step_ms != 0 || now->jump_ms != 0 || known != c->utc_known;
	snprintf(c->row.boot_id, sizeof(c->row.boot_id), "%s", r.boot_id);
	c->row.boottime_ms = r.boottime_ms;
	c->raw_utc_ms = r.utc_ms;
	c->has_raw = true;
	c->utc_known = known;
	now->t_ms = c->row.t_ms;
	now->utc_ms = c->row.utc_ms > 0 ? c->row.utc_ms : r.utc_ms;
	now->utc_known = known;
}

void yj_clock_start(struct yj_clock *clock, const struct yj_clock_row *row,
    const struct yj_clock_reading *reading, int64_t build_utc_ms, int64_t newest_utc_ms,
    struct yj_clock_now *now)
{
	memset(clock, 0, sizeof(*clock));
	clock->build_utc_ms = build_utc_ms;
	if (row) {
		clock->row = row_clamped(row);
		/* Whoever stored a settled row knew UTC in that boot, so a step while nobody
		 * looked shows too. */
		clock->has_raw = clock->row.utc_known;
		clock->raw_utc_ms = clock->row.utc_ms;
		clock->utc_known = clock->row.utc_known;
	} else {
		snprintf(clock->row.boot_id, sizeof(clock->row.boot_id), "%s", reading->boot_id);
		clock->row.boottime_ms = clamp(reading->boottime_ms, 0, SPAN_MAX_MS);
		clock->row.t_ms = YJ_CLOCK_T_FIRST_MS;
	}
	step(clock, reading, newest_utc_ms, now);
	now->save = true;
}

void yj_clock_sample(struct yj_clock *clock, const struct yj_clock_reading *reading,
    int64_t newest_utc_ms, struct yj_clock_now *now)
{
	step(clock, reading, newest_utc_ms, now);
}
