/* The gateway's timeline: told histories, and random ones against a world that knows the truth. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "proto/time.h"

#define BUILD 1790000000000LL /* 2026-09-21 */
#define UTC0 1795000000000LL  /* some time later */
#define S 1000LL
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

static struct yj_clock_reading at(const char *boot, int64_t boottime_ms, int64_t utc_ms)
{
	struct yj_clock_reading r = {.boottime_ms = boottime_ms, .utc_ms = utc_ms};
	snprintf(r.boot_id, sizeof(r.boot_id), "%s", boot);
	return r;
}

static struct yj_clock_now sample(struct yj_clock *c, const char *boot, int64_t up, int64_t utc)
{
	struct yj_clock_now now;
	struct yj_clock_reading r = at(boot, up, utc);
	yj_clock_sample(c, &r, 0, &now);
	return now;
}

/* A process that begins with what the other has stored. */
static struct yj_clock_now restart(struct yj_clock *c, const char *boot, int64_t up, int64_t utc)
{
	struct yj_clock_now now;
	struct yj_clock_reading r = at(boot, up, utc);
	struct yj_clock_row row = c->row;
	yj_clock_start(c, &row, &r, BUILD, 0, &now);
	assert_true(now.save);
	return now;
}

/* The very first start, an hour after boot. */
static struct yj_clock first(int64_t utc)
{
	struct yj_clock c;
	struct yj_clock_now now;
	struct yj_clock_reading r = at("a", H, utc);
	yj_clock_start(&c, NULL, &r, BUILD, 0, &now);
	assert_int_equal(now.t_ms, YJ_CLOCK_T_FIRST_MS);
	assert_int_equal(now.utc_known, utc >= BUILD);
	assert_int_equal(now.utc_ms, utc);
	assert_true(now.save);
	return c;
}

#define T0 YJ_CLOCK_T_FIRST_MS

static void test_same_boot(void **state)
{
	(void)state;
	struct yj_clock c = first(UTC0);
	struct yj_clock_now now = sample(&c, "a", H + 5 * S, UTC0 + 5 * S);
	assert_int_equal(now.t_ms, T0 + 5 * S);
	assert_false(now.save);
	/* Down for a minute. */
	now = restart(&c, "a", H + 65 * S, UTC0 + 65 * S);
	assert_int_equal(now.t_ms, T0 + 65 * S);
	assert_int_equal(now.step_ms, 0);
	assert_int_equal(now.utc_ms, UTC0 + 65 * S);
}

static void test_step_is_told_and_changes_nothing(void **state)
{
	static const int64_t steps[] = {2001, -2001, 3600000, -3600000, 365 * D * 3, -10 * D};
	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct yj_clock c = first(UTC0);
		struct yj_clock_now now = sample(&c, "a", H + S, UTC0 + S + steps[i]);
		assert_int_equal(now.step_ms, steps[i]);
		assert_int_equal(now.t_ms, T0 + S);
		assert_int_equal(now.jump_ms, 0);
		assert_true(now.save);
		assert_true(now.utc_known);
		assert_int_equal(now.utc_ms, UTC0 + S + steps[i]);
		/* Told once. */
		now = sample(&c, "a", H + 2 * S, UTC0 + 2 * S + steps[i]);
		assert_int_equal(now.step_ms, 0);
		assert_int_equal(now.t_ms, T0 + 2 * S);
		/* One that happened while the process was down. */
		now = restart(&c, "a", H + 3 * S, UTC0 + 3 * S);
		assert_int_equal(now.step_ms, -steps[i]);
		assert_int_equal(now.t_ms, T0 + 3 * S);
	}
	struct yj_clock c = first(UTC0);
	assert_int_equal(sample(&c, "a", H + S, UTC0 + S + 2000).step_ms, 0);
	assert_int_equal(sample(&c, "a", H + 2 * S, UTC0 + 2 * S).step_ms, 0);
}

static void test_reboot_with_utc(void **state)
{
	(void)state;
	struct yj_clock c = first(UTC0);
	struct yj_clock_now now = restart(&c, "b", 20 * S, UTC0 + 3 * H);
	assert_int_equal(now.t_ms, T0 + 3 * H);
	assert_int_equal(now.step_ms, 0);
	/* Over this one UTC went back by a day: at least the time since boot has passed. */
	now = restart(&c, "c", 30 * S, UTC0 - 21 * H);
	assert_int_equal(now.t_ms, T0 + 3 * H + 30 * S);
	now = sample(&c, "c", 40 * S, UTC0 - 21 * H + 10 * S);
	assert_int_equal(now.t_ms, T0 + 3 * H + 40 * S);
	assert_int_equal(now.jump_ms, 0);
}

static void test_reboot_without_utc(void **state)
{
	(void)state;
	struct yj_clock c = first(UTC0);
	/* A board without a battery: 1970, three hours later. */
	struct yj_clock_now now = restart(&c, "b", 20 * S, 20 * S);
	assert_false(now.utc_known);
	assert_int_equal(now.t_ms, T0 + 20 * S);
	assert_int_equal(now.utc_ms, UTC0 + 20 * S); /* what it is at least */
	now = sample(&c, "b", 50 * S, 50 * S);
	assert_int_equal(now.t_ms, T0 + 50 * S);
	assert_false(now.save);
	/* A crash changes nothing about it. */
	now = restart(&c, "b", M, M);
	assert_int_equal(now.t_ms, T0 + M);
	/* The time server answers. */
	now = sample(&c, "b", 2 * M, UTC0 + 3 * H);
	assert_true(now.utc_known);
	assert_int_equal(now.jump_ms, 3 * H - 2 * M);
	assert_int_equal(now.t_ms, T0 + 3 * H);
	assert_true(now.save);
	now = sample(&c, "b", 3 * M, UTC0 + 3 * H + M);
	assert_int_equal(now.jump_ms, 0);
	assert_int_equal(now.t_ms, T0 + 3 * H + M);
	/* Two reboots in the dark, then known at once, or later. */
	struct yj_clock d = c;
	(void)restart(&c, "c", M, M);
	(void)restart(&c, "d", M, M);
	now = sample(&c, "d", 2 * M, UTC0 + 9 * H);
	assert_int_equal(now.t_ms, T0 + 9 * H);
	(void)restart(&d, "c", M, M);
	now = restart(&d, "d", M, UTC0 + 9 * H);
	assert_int_equal(now.t_ms, T0 + 9 * H);
}

static void test_utc_never_known(void **state)
{
	(void)state;
	struct yj_clock c = first(H);
	struct yj_clock_now now = restart(&c, "b", M, M);
	assert_int_equal(now.t_ms, T0 + M);
	assert_false(now.utc_known);
	assert_int_equal(now.utc_ms, M);
	/* Nothing is known of before: no jump. */
	now = sample(&c, "b", 2 * M, UTC0);
	assert_int_equal(now.jump_ms, 0);
	assert_int_equal(now.t_ms, T0 + 2 * M);
	assert_true(now.utc_known);
}

static void test_utc_lost_in_a_boot(void **state)
{
	(void)state;
	struct yj_clock c = first(UTC0);
	struct yj_clock_now now = sample(&c, "a", H + M, 5 * S);
	assert_false(now.utc_known);
	assert_int_equal(now.t_ms, T0 + M);
	assert_int_equal(now.utc_ms, UTC0 + M);
	assert_true(now.step_ms < 0);
	now = restart(&c, "a", H + 2 * M, 65 * S);
	assert_int_equal(now.utc_ms, UTC0 + 2 * M);
	/* It comes back a year ahead: a step, no jump. */
	now = sample(&c, "a", H + 3 * M, UTC0 + 365 * D);
	assert_true(now.utc_known);
	assert_int_equal(now.jump_ms, 0);
	assert_int_equal(now.t_ms, T0 + 3 * M);
}

static void test_what_is_believed(void **state)
{
	struct yj_clock c;
	struct yj_clock_now now;
	(void)state;
	static const struct {
		int64_t utc, newest;
		bool known;
	} cases[] = {{BUILD, 0, true}, {BUILD - 1, 0, false}, {0, 0, false}, {-5, 0, false},
	    {UTC0, UTC0, true}, {UTC0 - 1, UTC0, false}, {UTC0, UTC0 + 1, false}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yj_clock_reading r = at("a", H, cases[i].utc);
		yj_clock_start(&c, NULL, &r, BUILD, cases[i].newest, &now);
		assert_int_equal(now.utc_known, cases[i].known);
	}
	/* Ten years ahead by mistake, events were written, then corrected: believed, and the next
	 * start takes it from the events since. */
	struct yj_clock_reading r = at("a", H, UTC0 + 3650 * D);
	yj_clock_start(&c, NULL, &r, BUILD, 0, &now);
	r = at("a", H + S, UTC0);
	yj_clock_sample(&c, &r, UTC0 + 3650 * D, &now);
	assert_true(now.utc_known);
	struct yj_clock_row row = c.row;
	r = at("a", H + 2 * S, UTC0 + S);
	yj_clock_start(&c, &row, &r, BUILD, UTC0, &now);
	assert_true(now.utc_known);
	assert_int_equal(now.t_ms, T0 + 2 * S);
}

/* Neither crashes within a boot nor reboots in the dark postpone a deadline for good, though
 * nothing but what a start stores is ever stored. */
static void test_crash_loop(void **state)
{
	(void)state;
	struct yj_clock c = first(UTC0);
	int64_t up = H;
	struct yj_clock_now now = {0};
	struct yj_clock_row row = c.row;
	for (int i = 0; i < 60; i++) { /* dies before it stores anything */
		struct yj_clock_reading r = at("a", up + S, UTC0 + up + S - H);
		up += S;
		yj_clock_start(&c, &row, &r, BUILD, 0, &now);
	}
	assert_int_equal(now.t_ms, T0 + M);
	for (int i = 0; i < 60; i++) { /* each boot lasts half a minute */
		char boot[16];
		snprintf(boot, sizeof(boot), "b%d", i);
		now = restart(&c, boot, 30 * S, 30 * S);
	}
	assert_int_equal(now.t_ms, T0 + M + 30 * M);
}

static void test_damaged_rows(void **state)
{
	static const int64_t odd[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
	(void)state;
	for (int i = 0; i < 5 * 5 * 5 * 5 * 5; i++) {
		struct yj_clock c;
		struct yj_clock_now now;
		struct yj_clock_row row = {.boottime_ms = odd[i % 5],
		    .t_ms = odd[i / 5 % 5],
		    .utc_ms = odd[i / 25 % 5],
		    .utc_known = i % 2};
		struct yj_clock_reading r = at("a", odd[i / 125 % 5], odd[i / 625]);
		memset(row.boot_id, 'x', sizeof(row.boot_id)); /* no end */
		if (i % 3)
			strcpy(row.boot_id, "a");
		yj_clock_start(&c, &row, &r, BUILD, odd[i % 5], &now);
		assert_true(now.t_ms >= T0);
		assert_true(now.utc_ms >= 0 && now.utc_ms <= YJ_UTC_MAX_MS);
		int64_t t = now.t_ms;
		r = at("b", odd[i / 125 % 5], odd[i / 625]);
		yj_clock_sample(&c, &r, 0, &now);
		assert_true(now.t_ms >= t);
	}
}

/* ── Random histories ── */

static uint64_t rng;

static uint64_t rnd(void) /* xorshift64* */
{
	rng ^= rng >> 12;
	rng ^= rng << 25;
	rng ^= rng >> 27;
	return rng * 2685821657736338717ULL;
}

static int64_t some(int64_t max) /* 0 to max, all scales alike */
{
	int64_t scaled = max >> (rnd() % 24);
	return (int64_t)(rnd() % (uint64_t)(scaled + 1));
}

static int64_t somewhere(int64_t max) /* -max to max */
{
	return rnd() % 2 ? some(max) : -some(max);
}

struct world {
	int64_t true_ms; /* UTC as it really is */
	int64_t booted;	 /* when */
	int64_t off_ms;	 /* what the machine's UTC is off by */
	int boot;
	bool honest; /* UTC is right, or 1970 since boot */
	struct yj_clock clock;
	struct yj_clock_row stored;
	bool has_stored;
	int64_t newest;
	/* what is known to hold */
	bool has_base;
	int64_t base;	 /* true time less T, since UTC was first known */
	int64_t last_t;	 /* of this process */
	int64_t last_up; /* boot time of it */
};

static struct yj_clock_reading look(const struct world *w)
{
	char boot[16];
	snprintf(boot, sizeof(boot), "boot-%d", w->boot);
	return at(boot, w->true_ms - w->booted, w->true_ms + w->off_ms);
}

static void judge(struct world *w, const struct yj_clock_now *now)
{
	int64_t up = w->true_ms - w->booted;
	assert_true(now->t_ms >= w->last_t);
	/* Within a boot exactly by the boot time, but for one jump. */
	if (w->last_up >= 0)
		assert_int_equal(now->t_ms - now->jump_ms - w->last_t, up - w->last_up);
	assert_true(now->jump_ms >= 0);
	w->last_t = now->t_ms;
	w->last_up = up;
	if (now->utc_known)
		w->newest = now->utc_ms;
	if (!w->honest)
		return;
	assert_int_equal(now->utc_known, w->off_ms == 0);
	if (now->utc_known)
		assert_int_equal(now->utc_ms, w->true_ms);
	if (now->utc_known && !w->has_base) {
		w->has_base = true;
		w->base = w->true_ms - now->t_ms;
	}
	/* T is the truth when UTC is known, and never ahead of it. */
	if (now->utc_known)
		assert_int_equal(w->true_ms - now->t_ms, w->base);
	else if (w->has_base)
		assert_true(w->true_ms - now->t_ms >= w->base);
}

static void store(struct world *w)
{
	w->stored = w->clock.row;
	w->has_stored = true;
}

static void process_starts(struct world *w)
{
	struct yj_clock_now now;
	struct yj_clock_reading r = look(w);
	bool same_boot = w->has_stored && strcmp(r.boot_id, w->stored.boot_id) == 0;
	w->last_t = w->has_stored ? w->stored.t_ms : 0;
	w->last_up = same_boot ? w->stored.boottime_ms : -1;
	if (!w->has_stored || w->stored.utc_ms == 0)
		w->has_base = false; /* what the last process learned died with it */
	yj_clock_start(&w->clock, w->has_stored ? &w->stored : NULL, &r, BUILD, w->newest, &now);
	judge(w, &now);
	if (rnd() % 8) /* or it dies before */
		store(w);
}

static void reboots(struct world *w)
{
	w->booted = w->true_ms + some(30 * D);
	w->true_ms = w->booted + some(M);
	w->boot++;
	if (rnd() % 2)
		w->off_ms = w->honest || rnd() % 2 ? -w->booted : w->off_ms + somewhere(D);
	else if (w->honest)
		w->off_ms = 0;
	process_starts(w);
}

static void happens(struct world *w)
{
	struct yj_clock_now now;
	struct yj_clock_reading r;
	w->true_ms += some(2 * D);
	switch (rnd() % 8) {
	case 0:
		process_starts(w);
		return;
	case 1:
		reboots(w);
		return;
	case 2: /* the time server answers, or somebody sets the clock */
		if (w->honest || rnd() % 2)
			w->off_ms = 0;
		else
			w->off_ms += somewhere(3650 * D);
		break;
	default:
		break;
	}
	r = look(w);
	yj_clock_sample(&w->clock, &r, w->newest, &now);
	judge(w, &now);
	if (now.save || rnd() % 4 == 0)
		store(w);
}

static void test_random_histories(void **state)
{
	const char *given = getenv("YJ_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	(void)state;
	print_message("YJ_SEED=%" PRIu64 "\n", seed);
	for (uint64_t i = 0; i < 4000; i++) {
		struct world w = {.true_ms = UTC0, .booted = UTC0 - H, .honest = i % 2};
		rng = (seed + i) * 0x9e3779b97f4a7c15ULL | 1;
		if (rnd() % 2)
			w.off_ms = -w.booted;
		process_starts(&w);
		for (int n = 0; n < 100; n++)
			happens(&w);
	}
}

/* ── The machine's clocks ── */

static void test_readings(void **state)
{
	struct yj_clock_reading a, b;
	(void)state;
	assert_int_equal(yj_clock_read(&a), YJ_OK);
	assert_int_equal(yj_clock_read(&b), YJ_OK);
	assert_int_equal(strlen(a.boot_id), 36);
	assert_string_equal(a.boot_id, b.boot_id);
	assert_true(a.boottime_ms > 0 && b.boottime_ms >= a.boottime_ms);
	int64_t off = a.utc_ms - (int64_t)time(NULL) * 1000;
	assert_true(off > -2000 && off < 2000);
	assert_true(yj_clock_build_utc_ms() > 1700000000000LL);
	assert_true(yj_clock_build_utc_ms() <= a.utc_ms);
}

static void test_clock_of_tests(void **state)
{
	char path[] = "/tmp/yj-clock-XXXXXX";
	struct yj_clock_reading r;
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "boot_id=b\nboottime_ms=5\nutc_ms=-7\n", 34), 34);
	assert_int_equal(setenv("YJ_TEST_CLOCK", path, 1), 0);
	int err = yj_clock_read(&r);
	assert_int_equal(err, YJ_OK);
#ifdef YJ_PLANT
	assert_string_equal(r.boot_id, "b");
	assert_int_equal(r.boottime_ms, 5);
	assert_int_equal(r.utc_ms, -7);
	/* Read anew each time; half a file is an error, not another time. */
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(yj_clock_read(&r), YJ_ERR_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(yj_clock_read(&r), YJ_ERR_IO);
#else
	/* Not in a program that people rely on. */
	assert_int_equal(strlen(r.boot_id), 36);
	assert_true(r.utc_ms > 0);
	assert_int_equal(unlink(path), 0);
#endif
	unsetenv("YJ_TEST_CLOCK");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_boot),
	    cmocka_unit_test(test_step_is_told_and_changes_nothing),
	    cmocka_unit_test(test_reboot_with_utc),
	    cmocka_unit_test(test_reboot_without_utc),
	    cmocka_unit_test(test_utc_never_known),
	    cmocka_unit_test(test_utc_lost_in_a_boot),
	    cmocka_unit_test(test_what_is_believed),
	    cmocka_unit_test(test_crash_loop),
	    cmocka_unit_test(test_damaged_rows),
	    cmocka_unit_test(test_random_histories),
	    cmocka_unit_test(test_readings),
	    cmocka_unit_test(test_clock_of_tests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
