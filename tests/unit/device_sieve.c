/* What of a report is news: repeats, replays, and conditions that are only told again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/sieve.h"

struct fixture {
	struct yj_ram *ram;
	struct yj_reports reports;
	struct yj_sifted sifted;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->ram = yj_ram_new();
	*state = f;
	return f->ram ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	yj_ram_free(f->ram);
	free(f);
	return 0;
}

static struct yj_report *fresh(struct fixture *f)
{
	f->reports.n = 0;
	struct yj_report *r = yj_report_add(&f->reports);
	yj_report_name(r, "d1", SIZE_MAX);
	r->base = YJ_BASE_TELEMETRY;
	return r;
}

static const char *sift(struct fixture *f, bool retained, int64_t t)
{
	struct yj_memory memory = yj_ram_memory(f->ram);
	assert_int_equal(yj_sieve(&memory, "d1", &f->reports.v[0], retained, t, &f->sifted), 0);
	return yj_sifted_name(&f->sifted);
}

static const char *press(struct fixture *f, const char *key, int64_t window_ms, int64_t t)
{
	struct yj_sign *s = yj_report_press(fresh(f), key);
	s->repeat = window_ms ? YJ_REPEAT_WINDOW : YJ_REPEAT_NONE;
	s->window_ms = window_ms;
	return sift(f, false, t);
}

static const char *state(struct fixture *f, enum yj_kind kind, bool on, bool retained)
{
	yj_report_state(fresh(f), kind, "x", on);
	return sift(f, retained, 1);
}

static const char *dedup(
    struct fixture *f, enum yj_repeat repeat, const char *value, bool pressed, int64_t t)
{
	struct yj_report *r = fresh(f);
	yj_report_dedup(r, repeat, "id", value, SIZE_MAX);
	if (pressed)
		yj_report_press(r, "1");
	return sift(f, false, t);
}

static const char *counter(struct fixture *f, enum yj_sign_type type, const char *value, int64_t t)
{
	struct yj_report *r = fresh(f);
	yj_report_dedup(r, YJ_REPEAT_NONE, "event_cnt", value, SIZE_MAX);
	struct yj_sign *s =
	    type == YJ_SIGN_PRESS ? yj_report_press(r, "S") : yj_report_sign(r, type);
	s->repeat = YJ_REPEAT_COUNTER;
	snprintf(s->field, sizeof s->field, "input:0");
	return sift(f, false, t);
}

static void test_window(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(press(f, "single", 2000, 1000), "call");
	assert_string_equal(press(f, "single", 2000, 2999), "ignore");
	assert_string_equal(press(f, "double", 2000, 2999), "call"); /* another key */
	/* from the press that counted, not from its repeat: a finger that does not rest is heard */
	assert_string_equal(press(f, "single", 2000, 3000), "call");
	assert_string_equal(press(f, "single", 2000, 2500), "call"); /* a clock that went back */
	assert_string_equal(press(f, "single", 0, 2501), "call");
}

static void test_counter(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "5", 1), "call");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "5", 1000000), "ignore");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "6", 1000001), "call");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "5", 1000002), "call"); /* came round */
	assert_string_equal(counter(f, YJ_SIGN_RESET, "0", 1000003), "telemetry");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "5", 1000004), "call"); /* after a boot */
}

static void test_unique_for_good(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "a", true, 1), "call");
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "b", true, 2), "call");
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "a", true, 90000000), "ignore");
	assert_true(f->sifted.repeated);
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "c", false, 90000001), "telemetry");
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "c", false, 90000002), "ignore");
	/* no dedup, no repeat */
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "", true, 90000003), "call");
	assert_string_equal(dedup(f, YJ_REPEAT_ID, "", true, 90000004), "call");
}

static const char *event(struct fixture *f, const char *field, const char *ts, int64_t t)
{
	struct yj_report *r = fresh(f);
	yj_report_dedup(r, YJ_REPEAT_NONE, "ts", ts, SIZE_MAX);
	struct yj_sign *sign = yj_report_press(r, "single");
	sign->repeat = YJ_REPEAT_ID;
	snprintf(sign->field, sizeof sign->field, "%s", field);
	return sift(f, false, t);
}

static void test_ids_of_signs(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(event(f, "input:1", "5.1", 1), "call");
	assert_string_equal(event(f, "input:2", "5.1", 2), "call"); /* another one, as late */
	assert_string_equal(event(f, "input:1", "5.2", 3), "call");
	assert_string_equal(event(f, "input:1", "5.1", 90000000), "ignore");
	assert_string_equal(event(f, "input:2", "5.1", 90000000), "ignore");
}

static void test_a_packet_by_two_names(void **s)
{
	struct fixture *f = *s;
	for (int i = 0; i < 2; i++) {
		struct yj_report *r = fresh(f);
		yj_report_dedup(r, YJ_REPEAT_PACKET, i ? "pid" : "packet", "29", SIZE_MAX);
		yj_report_press(r, "single");
		assert_string_equal(sift(f, false, 1000 + i), i ? "ignore" : "call");
	}
}

static void test_packets_of_several_listeners(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(dedup(f, YJ_REPEAT_PACKET, "31", true, 1000), "call");
	assert_string_equal(dedup(f, YJ_REPEAT_PACKET, "32", true, 1010), "call");
	assert_string_equal(dedup(f, YJ_REPEAT_PACKET, "31", true, 1020), "ignore"); /* late */
	assert_string_equal(dedup(f, YJ_REPEAT_PACKET, "31", true, 61000), "ignore");
	assert_string_equal(dedup(f, YJ_REPEAT_PACKET, "31", true, 61001), "call"); /* a new one */
	char longest[YJ_DEDUP_MAX + 1];
	memset(longest, 'x', YJ_DEDUP_MAX);
	longest[YJ_DEDUP_MAX] = '\0';
	for (char c = 'a'; c <= 'h'; c++) {
		longest[0] = c;
		assert_string_equal(dedup(f, YJ_REPEAT_PACKET, longest, true, 62000), "call");
		assert_string_equal(dedup(f, YJ_REPEAT_PACKET, longest, true, 62001), "ignore");
	}
}

static void test_a_condition_alarms_when_it_begins(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(state(f, YJ_KIND_SMOKE, false, false), "telemetry");
	assert_string_equal(state(f, YJ_KIND_SMOKE, true, false), "smoke");
	assert_string_equal(state(f, YJ_KIND_SMOKE, true, false), "telemetry");
	assert_string_equal(state(f, YJ_KIND_SMOKE, false, false), "telemetry");
	assert_string_equal(state(f, YJ_KIND_SMOKE, true, false), "smoke");
	/* its end was missed, and the broker has kept it */
	assert_string_equal(state(f, YJ_KIND_SMOKE, false, true), "telemetry");
	assert_string_equal(state(f, YJ_KIND_SMOKE, true, false), "smoke");
}

static void test_a_replay_never_alarms_and_hides_nothing(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(state(f, YJ_KIND_FALL, true, true), "ignore");
	assert_string_equal(state(f, YJ_KIND_FALL, true, false), "fall"); /* told live: it is so */
	struct yj_report *r = fresh(f);
	r->readings.battery_pct = 80;
	yj_report_press(r, "single");
	assert_string_equal(sift(f, true, 5), "ignore");
	assert_string_equal(press(f, "single", 2000, 6), "call");
}

/* A counter that a replay sets: the button was let go while nobody listened. */
static void test_a_reset_counts_in_a_replay(void **s)
{
	struct fixture *f = *s;
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "1", 1), "call");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "1", 2), "ignore");
	counter(f, YJ_SIGN_RESET, "0", 3);
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "1", 4), "call");
	struct yj_report *r = fresh(f);
	yj_report_dedup(r, YJ_REPEAT_NONE, "event_cnt", "0", 1);
	struct yj_sign *reset = yj_report_sign(r, YJ_SIGN_RESET);
	reset->repeat = YJ_REPEAT_COUNTER;
	snprintf(reset->field, sizeof reset->field, "input:0");
	assert_string_equal(sift(f, true, 5), "telemetry");
	assert_string_equal(counter(f, YJ_SIGN_PRESS, "1", 6), "call");
}

static void test_a_report_says_a_thing_once(void **s)
{
	struct fixture *f = *s;
	struct yj_report *r = fresh(f);
	yj_report_press(r, "sos")->emergency = true;
	yj_report_state(r, YJ_KIND_SOS, "sos_alarm", true);
	yj_report_state(r, YJ_KIND_GAS, "gas", true);
	yj_report_state(r, YJ_KIND_GAS, "carbon_monoxide", true);
	yj_report_press(r, "single");
	assert_string_equal(sift(f, false, 1), "call");
	assert_int_equal(f->sifted.n, 3);
	assert_int_equal(f->sifted.signs[0], 0);
	assert_int_equal(f->sifted.signs[1], 2);
	assert_int_equal(f->sifted.signs[2], 4);
	r = fresh(f); /* what was not told apart is remembered all the same */
	yj_report_state(r, YJ_KIND_SOS, "sos_alarm", true);
	yj_report_state(r, YJ_KIND_GAS, "carbon_monoxide", true);
	assert_string_equal(sift(f, false, 2), "telemetry");
	r = fresh(f); /* what is seen, and the alarm for it */
	yj_report_sign(r, YJ_SIGN_ALARM)->kind = YJ_KIND_FALL;
	yj_report_state(r, YJ_KIND_FALL, "detection_status", true);
	yj_report_sign(r, YJ_SIGN_ALARM)->kind = YJ_KIND_LEAK;
	assert_string_equal(sift(f, false, 3), "fall");
	assert_int_equal(f->sifted.n, 2);
}

static void test_a_change_is_a_sign_of_life(void **s)
{
	struct fixture *f = *s;
	static const struct {
		bool on, retained, changed;
	} steps[] = {{true, false, false}, {true, false, false}, {false, false, true},
	    {false, false, false}, {true, true, false}, {false, false, true}};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct yj_sign *sign = yj_report_sign(fresh(f), YJ_SIGN_CHANGE);
		sign->on = steps[i].on;
		snprintf(sign->field, sizeof sign->field, "contact");
		assert_string_equal(sift(f, steps[i].retained, (int64_t)i), "telemetry");
		assert_int_equal(f->sifted.changed, steps[i].changed);
	}
}

static void test_the_most_serious_fact(void **s)
{
	struct fixture *f = *s;
	struct yj_report *r = fresh(f);
	r->says = YJ_SAYS_ONLINE;
	assert_string_equal(sift(f, false, 1), "online");
	r->says = YJ_SAYS_OFFLINE;
	assert_string_equal(sift(f, false, 1), "offline");
	r->readings.battery_pct = YJ_BATTERY_LOW_PCT;
	assert_string_equal(sift(f, false, 1), "low_battery");
	yj_report_sign(r, YJ_SIGN_CANCEL);
	assert_string_equal(sift(f, false, 1), "cancel");
	r->readings.rr = 12;
	assert_string_equal(sift(f, false, 1), "vital");
	static const enum yj_kind kinds[] = {YJ_KIND_WANDER, YJ_KIND_BED_EXIT, YJ_KIND_LEAK,
	    YJ_KIND_GAS, YJ_KIND_SMOKE, YJ_KIND_FALL};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		yj_report_sign(r, YJ_SIGN_ALARM)->kind = kinds[i];
		assert_string_equal(sift(f, false, 1), yj_kind_name(kinds[i]));
	}
	yj_report_state(r, YJ_KIND_SOS, "sos", true);
	assert_string_equal(sift(f, false, 1), "call");
	assert_int_equal(f->sifted.n, 8);
	yj_report_error(r, YJ_REASON_JSON);
	assert_string_equal(sift(f, false, 1), "error");
	assert_int_equal(f->sifted.n, 0);
}

static void test_battery_low_by_flag_or_percent(void **s)
{
	struct fixture *f = *s;
	fresh(f)->readings.battery_low = 1;
	assert_string_equal(sift(f, false, 1), "low_battery");
	fresh(f)->readings.battery_pct = YJ_BATTERY_LOW_PCT + 0.5;
	assert_string_equal(sift(f, false, 1), "telemetry");
	yj_readings_battery(&fresh(f)->readings, 101);
	assert_string_equal(sift(f, false, 1), "telemetry");
	assert_true(f->reports.v[0].readings.battery_pct < 0);
}

/* A memory that cannot be read or written must stop everything, or an alarm would be lost. */
static int fails(void *ctx, const char *device, const char *field, char *value, int64_t *t)
{
	(void)ctx;
	(void)device;
	(void)field;
	(void)value;
	(void)t;
	return YJ_ERR_IO;
}

static void test_a_memory_that_fails(void **s)
{
	struct fixture *f = *s;
	struct yj_memory memory = {.get = fails};
	yj_report_state(fresh(f), YJ_KIND_FALL, "x", true);
	assert_int_equal(
	    yj_sieve(&memory, "d1", &f->reports.v[0], false, 1, &f->sifted), YJ_ERR_IO);
	yj_report_dedup(fresh(f), YJ_REPEAT_ID, "id", "1", 1);
	assert_int_equal(
	    yj_sieve(&memory, "d1", &f->reports.v[0], false, 1, &f->sifted), YJ_ERR_IO);
}

static void test_places_are_bounded(void **s)
{
	struct fixture *f = *s;
	struct yj_report *r = fresh(f);
	for (int i = 0; i < 2 * YJ_SIGNS_MAX; i++)
		yj_report_press(r, "a key of more than thirty-two bytes, which is cut");
	assert_int_equal(r->n_signs, YJ_SIGNS_MAX);
	assert_int_equal(strlen(r->signs[0].key), YJ_KEY_MAX);
	while (f->reports.n < YJ_REPORTS_MAX)
		assert_non_null(yj_report_add(&f->reports));
	assert_null(yj_report_add(&f->reports));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_window),
	    TEST(test_counter),
	    TEST(test_unique_for_good),
	    TEST(test_ids_of_signs),
	    TEST(test_a_packet_by_two_names),
	    TEST(test_packets_of_several_listeners),
	    TEST(test_a_condition_alarms_when_it_begins),
	    TEST(test_a_replay_never_alarms_and_hides_nothing),
	    TEST(test_a_reset_counts_in_a_replay),
	    TEST(test_a_report_says_a_thing_once),
	    TEST(test_a_change_is_a_sign_of_life),
	    TEST(test_the_most_serious_fact),
	    TEST(test_battery_low_by_flag_or_percent),
	    TEST(test_a_memory_that_fails),
	    TEST(test_places_are_bounded),
	};
	return cmocka_run_group_tests_name("device_sieve", tests, NULL, NULL);
}
