/* Rosters in the store: what is taken, who is expanded, and the wall clock's two odd days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "proto/time.h"
#include "store/directory.h"
#include "store/roster.h"

static char dir[] = "/tmp/yj-store-roster-XXXXXX";
static char path[128];
static struct yj_store *s;
static char why[YJ_WHY_MAX];

static int64_t utc(const char *text)
{
	int64_t ms;
	assert_int_equal(yj_rfc3339_parse(text, &ms), 0);
	return ms;
}

static void sql(const char *text)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	char *message = NULL;
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static void caregiver(const char *id, const char *role, const char *region)
{
	json_t *record =
	    json_pack("{s:s, s:s, s:s, s:s}", "id", id, "name", id, "role", role, "region", region);
	assert_int_equal(yj_store_begin(s), 0);
	if (yj_dir_put(s, YJ_DIR_CAREGIVERS, record, true, false, why))
		fail_msg("%s", why);
	assert_int_equal(yj_store_commit(s), 0);
	json_decref(record);
}

/* Single quotes stand for double ones. */
static int set_with(const char *text, bool check)
{
	char *copy = strdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	json_error_t error;
	json_t *json = json_loads(copy, 0, &error);
	if (!json)
		fail_msg("%s: %s", text, error.text);
	free(copy);
	assert_int_equal(yj_store_begin(s), 0);
	int rc = yj_rosters_set(s, json, check, 1000, "root", why);
	if (rc == 0)
		assert_int_equal(yj_store_commit(s), 0);
	else
		yj_store_rollback(s);
	json_decref(json);
	return rc;
}

static void set(const char *text)
{
	if (set_with(text, false))
		fail_msg("%s: %s", text, why);
}

static void bad(const char *text, const char *reason)
{
	assert_int_equal(set_with(text, false), YJ_ERR_INVAL);
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, why, reason);
}

static void zone(const char *name)
{
	assert_int_equal(yj_zone_use(name), 0);
}

/* Who is reached, joined by spaces, in the order of asking. */
static const char *who(const char *notify, const char *at)
{
	static char text[256];
	struct yj_whose w = {.region = "511781103201", .assigned = true};
	struct yj_target to;
	struct yj_names names = {0};
	assert_int_equal(yj_target_parse(notify, &to), 0);
	yj_duty_at(s, at ? utc(at) : YJ_DUTY_UNKNOWN);
	assert_int_equal(yj_people_expand(s, &w, &to, 1, &names), 0);
	text[0] = '\0';
	for (size_t i = 0; i < names.n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
		    names.v[i]);
	yj_names_done(&names);
	return text;
}

static int add_span(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	char a[YJ_RFC3339_LEN], b[YJ_RFC3339_LEN], *text = ctx;
	yj_rfc3339_format(from, a);
	yj_rfc3339_format(until, b);
	snprintf(text + strlen(text), 1000 - strlen(text), "%.5s-%.5s:%s ", a + 11, b + 11,
	    on->n ? on->v[0] : "nobody");
	return 0;
}

/* "22:00-00:30:a 00:30-06:00:nobody ", times in UTC. */
static const char *spans(const char *group, const char *from, const char *until)
{
	static char text[1000];
	text[0] = '\0';
	assert_int_equal(yj_roster_spans(s, group, utc(from), utc(until), add_span, text), 0);
	return text;
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	if (yj_store_open(path, "gw-1", &s, why) < 0)
		return -1;
	caregiver("a", "grid", "511781103201");
	caregiver("b", "grid", "511781103201");
	caregiver("c", "grid", "511781103");
	caregiver("d", "grid", "");
	caregiver("doc", "doctor", "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char command[200];
	yj_store_close(s);
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

static int clear(void **state)
{
	(void)state;
	sql("DELETE FROM rosters; DELETE FROM roster_people; DELETE FROM roster_gaps;");
	/* the handle does not know of that */
	assert_int_equal(yj_store_begin(s), 0);
	yj_store_rollback(s);
	why[0] = '\0';
	zone("Asia/Shanghai");
	return 0;
}

#define GROUP(rest) "[{'group': 'night', " rest "}]"
#define DAILY(from, until, person)                                                                 \
	"{'from': '" from "', 'until': '" until "', 'who': ['" person "']}"

static void test_refused(void **state)
{
	(void)state;
	bad("[]", "no group");
	bad("['night']", "a mapping");
	bad("[{'shifts': []}]", "group");
	bad(GROUP("'shift': []"), "shift: unknown key");
	bad("[{'group': 'a b', 'shifts': []}]", "group: ");
	bad(GROUP("'members': ['a']"), "shifts: a list");
	bad(GROUP("'shifts': [{'from': '8:00', 'until': '09:00', 'who': ['a']}]"), "from: a time");
	bad(GROUP("'shifts': [{'from': '24:00', 'until': '09:00', 'who': ['a']}]"), "from: a time");
	bad(GROUP("'shifts': [{'from': '08:60', 'until': '09:00', 'who': ['a']}]"), "from: a time");
	bad(GROUP("'shifts': [{'from': '08:00', 'until': '24:01', 'who': ['a']}]"),
	    "until: a time");
	bad(GROUP("'shifts': [{'from': '08:00', 'until': '09:00'}]"), "one of who and rotation");
	bad(GROUP("'shifts': [{'from': '08:00', 'until': '09:00', 'who': []}]"), "nobody is named");
	bad(GROUP("'shifts': [" DAILY("08:00", "09:00", "zoe") "]"), "there is no caregiver zoe");
	bad(GROUP("'shifts': [{'days': ['mun'], 'from': '08:00', 'until': '09:00', 'who': 'a'}]"),
	    "not \"mun\"");
	bad(GROUP("'shifts': [{'days': [], 'from': '08:00', 'until': '09:00', 'who': 'a'}]"),
	    "days");
	bad(GROUP("'members': ['b'], 'shifts': [" DAILY("08:00", "09:00", "a") "]"),
	    "a is on duty and no member");
	bad(GROUP("'shifts': [], 'overrides': [{'date': '2026-02-29', 'who': ['a']}]"), "a date");
	bad(GROUP("'shifts': [], 'overrides': [{'date': '2026-12-01'}]"), "people are expected");
	bad(GROUP("'shifts': [], 'overrides': [{'date': '2026-12-02', 'last': '2026-12-01',"
		  " 'who': []}]"),
	    "lies before date");
	bad(GROUP("'shifts': [], 'holidays': ['2026-12-01']"), "without holiday_shifts");
	bad(GROUP("'shifts': [{'from': '08:00', 'until': '09:00', 'rotation': {'every': '1x',"
		  " 'start': '2026-11-23', 'who': ['a']}}]"),
	    "every: days or weeks");
	bad(GROUP("'shifts': [{'from': '08:00', 'until': '09:00', 'rotation': {'every': '1w',"
		  " 'start': '2026-11-23', 'who': ['a', []]}}]"),
	    "turn 2 has nobody");
	bad("[{'group': 'x', 'shifts': []}, {'group': 'x', 'shifts': []}]", "x is there twice");
	/* the line, where there is one */
	bad(GROUP("'shifts': [{'#line': {'': 7, 'until': 9}, 'from': '08:00', 'until': '9',"
		  " 'who': 'a'}]"),
	    "line 9: until: a time");
	bad(GROUP("'#line': {'': 3}, 'shifts': 'no'"), "line 3: shifts: a list");
}

static void test_all_or_nothing(void **state)
{
	(void)state;
	bool exists;
	bad("[{'group': 'x', 'shifts': []}, {'group': 'y', 'shifts': 1}]", "shifts");
	assert_int_equal(yj_roster_exists(s, "x", &exists), 0);
	assert_false(exists);
	assert_int_equal(set_with("[{'group': 'x', 'shifts': []}]", true), 0);
	assert_int_equal(yj_roster_exists(s, "x", &exists), 0);
	assert_false(exists);
	set("[{'group': 'x', 'shifts': []}, {'group': 'y', 'shifts': []}]");
	assert_int_equal(yj_roster_exists(s, "y", &exists), 0);
	assert_true(exists);
}

static void test_duty(void **state)
{
	(void)state;
	assert_string_equal(who("grid", "2026-11-23T04:00:00Z"), "a b");
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "");
	/* in the zone of the municipality: 08:00 to 18:00 there is 00:00 to 10:00 UTC */
	set(GROUP(
	    "'shifts': [" DAILY("08:00", "18:00", "a") ", " DAILY("18:00", "20:00", "b") "]"));
	assert_string_equal(who("group:night", "2026-11-22T23:59:59Z"), "");
	assert_string_equal(who("group:night", "2026-11-23T00:00:00Z"), "a");
	assert_string_equal(who("group:night", "2026-11-23T09:59:59.999Z"), "a");
	assert_string_equal(who("group:night", "2026-11-23T10:00:00Z"), "b");
	/* of a role those on duty; if none are, the next longest prefix, which no roster binds */
	assert_string_equal(who("grid", "2026-11-23T04:00:00Z"), "a");
	assert_string_equal(who("grid", "2026-11-23T11:00:00Z"), "b");
	assert_string_equal(who("grid", "2026-11-23T12:00:00Z"), "c");
	assert_string_equal(who("caregiver:a", "2026-11-23T12:00:00Z"), "a");
	/* while the time is not known, everybody is on duty */
	assert_string_equal(who("grid", NULL), "a b");
	assert_string_equal(who("group:night", NULL), "a b");
}

static void test_fallen_through(void **state)
{
	(void)state;
	set(GROUP("'shifts': [{'from': '08:00', 'until': '09:00', 'who': ['a', 'b', 'c', 'd']}]"));
	assert_string_equal(who("grid", "2026-11-23T00:30:00Z"), "a b");
	assert_string_equal(who("grid", "2026-11-23T04:00:00Z"), "");
	/* whoever stands in two rosters is there while either has them */
	set("[{'group': 'two', 'shifts': [" DAILY("11:00", "13:00", "d") "]}]");
	assert_string_equal(who("grid", "2026-11-23T04:00:00Z"), "d");
}

static void test_only_shifts_bind(void **state)
{
	(void)state;
	set(GROUP("'members': ['a', 'b', 'doc'], 'shifts': [" DAILY(
	    "08:00", "09:00", "a") "],"
				   " 'overrides': [{'date': '2026-12-01', 'who': ['doc']}]"));
	assert_string_equal(who("doctor", "2026-11-23T04:00:00Z"), "doc");
	assert_string_equal(who("grid", "2026-11-23T04:00:00Z"), "b");
	assert_string_equal(who("group:night", "2026-12-01T00:30:00Z"), "doc");
	assert_string_equal(who("group:night", NULL), "a doc b");
}

static void test_forgotten(void **state)
{
	(void)state;
	set(GROUP("'shifts': [" DAILY("08:00", "18:00", "a") "]"));
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "a");
	set(GROUP("'shifts': [" DAILY("08:00", "18:00", "b") "]"));
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "b");
	/* a change that is undone was none */
	assert_int_equal(yj_store_begin(s), 0);
	assert_int_equal(yj_roster_remove(s, "night", why), 0);
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "");
	yj_store_rollback(s);
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "b");
	assert_int_equal(yj_store_begin(s), 0);
	assert_int_equal(yj_store_mark(s), 0);
	assert_int_equal(yj_roster_remove(s, "night", why), 0);
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "");
	yj_store_undo(s);
	assert_string_equal(who("group:night", "2026-11-23T04:00:00Z"), "b");
	assert_int_equal(yj_store_commit(s), 0);
	assert_int_equal(yj_roster_remove(s, "day", why), YJ_ERR_NOTFOUND);
}

static void test_held(void **state)
{
	(void)state;
	set(GROUP("'shifts': [" DAILY("08:00", "18:00", "a") "]"));
	assert_int_equal(yj_dir_remove(s, YJ_DIR_CAREGIVERS, "a", 1, why), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "stands in roster night"));
	sql("INSERT INTO policies VALUES ('h', '{\"notify\":[\"group:night\"]}');"
	    "INSERT INTO policy_names VALUES ('default', 'h');");
	assert_int_equal(yj_roster_remove(s, "night", why), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "named by policy default"));
	sql("DELETE FROM policy_names; DELETE FROM policies;");
}

static void test_damaged(void **state)
{
	(void)state;
	set(GROUP("'shifts': [" DAILY("08:00", "18:00", "a") "]"));
	sql("UPDATE rosters SET body = '{\"group\": \"night\", \"shi'");
	assert_int_equal(yj_store_begin(s), 0);
	yj_store_rollback(s);
	assert_string_equal(who("group:night", "2026-11-23T14:00:00Z"), "a");
	assert_string_equal(who("grid", "2026-11-23T14:00:00Z"), "a b");
}

/* Europe/Berlin goes from 02:00 to 03:00 on 28 March 2027 (01:00 UTC), and from 03:00 back to 02:00
 * on 25 October 2026 (01:00 UTC). America/New_York: 14 March 2027 (07:00 UTC), 1 November 2026
 * (06:00 UTC). */
static void test_spring(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	/* what begins at half past two, which there is not, begins at three */
	set(GROUP(
	    "'shifts': [" DAILY("00:00", "02:30", "a") ", " DAILY("02:30", "08:00", "b") "]"));
	assert_string_equal(spans("night", "2027-03-27T23:00:00Z", "2027-03-28T06:00:00Z"),
	    "23:00-01:00:a 01:00-06:00:b ");
	assert_string_equal(spans("night", "2027-03-26T23:00:00Z", "2027-03-27T07:00:00Z"),
	    "23:00-01:30:a 01:30-07:00:b ");
	/* a night is an hour shorter */
	set(GROUP("'shifts': [" DAILY("22:00", "06:00", "a") "]"));
	assert_string_equal(spans("night", "2027-03-27T20:00:00Z", "2027-03-28T05:00:00Z"),
	    "20:00-21:00:nobody 21:00-04:00:a 04:00-05:00:nobody ");
	/* a shift within the hour that there is not does not come; neither does a gap */
	set(GROUP("'shifts': [" DAILY("02:15", "02:45", "a") "]"));
	assert_string_equal(
	    spans("night", "2027-03-28T00:00:00Z", "2027-03-28T04:00:00Z"), "00:00-04:00:nobody ");
	set(GROUP("'shifts': [" DAILY("02:45", "02:15", "a") "]"));
	assert_string_equal(
	    spans("night", "2027-03-28T00:00:00Z", "2027-03-28T04:00:00Z"), "00:00-04:00:a ");
	zone("America/New_York");
	set(GROUP(
	    "'shifts': [" DAILY("00:00", "02:30", "a") ", " DAILY("02:30", "08:00", "b") "]"));
	assert_string_equal(spans("night", "2027-03-14T05:00:00Z", "2027-03-14T12:00:00Z"),
	    "05:00-07:00:a 07:00-12:00:b ");
}

static void test_autumn(void **state)
{
	(void)state;
	zone("Europe/Berlin");
	/* both times that the clock reads 02:15 to 02:45 */
	set(GROUP("'shifts': [" DAILY("02:15", "02:45", "a") "]"));
	assert_string_equal(spans("night", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"),
	    "00:00-00:15:nobody 00:15-00:45:a 00:45-01:15:nobody 01:15-01:45:a "
	    "01:45-02:00:nobody ");
	/* a night is an hour longer */
	set(GROUP("'shifts': [" DAILY("22:00", "06:00", "a") "]"));
	assert_string_equal(spans("night", "2026-10-24T19:00:00Z", "2026-10-25T06:00:00Z"),
	    "19:00-20:00:nobody 20:00-05:00:a 05:00-06:00:nobody ");
	zone("America/New_York");
	set(GROUP("'shifts': [" DAILY("01:15", "01:45", "a") "]"));
	assert_string_equal(spans("night", "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"),
	    "05:00-05:15:nobody 05:15-05:45:a 05:45-06:15:nobody 06:15-06:45:a "
	    "06:45-07:00:nobody ");
	/* half an hour, at two */
	zone("Australia/Lord_Howe");
	set(GROUP("'shifts': [" DAILY("01:40", "01:50", "a") "]"));
	assert_string_equal(spans("night", "2026-04-04T14:30:00Z", "2026-04-04T15:30:00Z"),
	    "14:30-14:40:nobody 14:40-14:50:a 14:50-15:10:nobody 15:10-15:20:a "
	    "15:20-15:30:nobody ");
}

/* Whatever the spans say, each minute of a year says too. */
static int check_span(void *ctx, int64_t from, int64_t until, const struct yj_names *on)
{
	int64_t *reached = ctx;
	assert_int_equal(from, *reached);
	*reached = until;
	for (int64_t t = from; t < until; t += 60000 * 7) {
		struct yj_whose w = {.region = ""};
		struct yj_target to = {.type = YJ_TARGET_GROUP, .name = "night"};
		struct yj_names names = {0};
		yj_duty_at(s, t);
		assert_int_equal(yj_people_expand(s, &w, &to, 1, &names), 0);
		if (names.n != on->n || (on->n && strcmp(names.v[0], on->v[0]) != 0))
			fail_msg("%lld", (long long)t);
		yj_names_done(&names);
	}
	return 0;
}

static void test_year(void **state)
{
	(void)state;
	static const char *const zones[] = {
	    "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"};
	for (size_t i = 0; i < 4; i++) {
		zone(zones[i]);
		set(GROUP("'shifts': [{'days': 'sat-sun', 'from': '01:20', 'until': '02:50', "
			  "'who': 'a'}, {'days': ['sat', 'mon-wed'], 'from': '22:00', 'until': "
			  "'02:10', 'rotation': {'every': '3d', 'start': '2026-11-23', 'who': "
			  "['b', 'c']}}]"));
		int64_t reached = utc("2026-10-01T00:00:00Z"), end = utc("2027-05-01T00:00:00Z");
		int64_t from = reached;
		assert_int_equal(yj_roster_spans(s, "night", from, end, check_span, &reached), 0);
		assert_int_equal(reached, end);
	}
}

static void test_gaps(void **state)
{
	(void)state;
	struct yj_gap gaps[3];
	size_t n;
	bool told;
	set(GROUP(
	    "'shifts': [" DAILY("18:00", "08:00", "a") ", {'days': 'mon-thu', 'from': '08:00',"
						       " 'until': '18:00', 'who': 'b'}]"));
	int64_t from = utc("2026-11-23T00:00:00Z");
	assert_int_equal(yj_roster_gaps(s, "night", from, from + 21LL * 86400000, gaps, 3, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(gaps[0].from_utc_ms, utc("2026-11-27T00:00:00Z"));
	assert_int_equal(gaps[0].until_utc_ms, utc("2026-11-27T10:00:00Z"));
	assert_int_equal(gaps[2].from_utc_ms, utc("2026-11-29T00:00:00Z"));
	assert_int_equal(yj_roster_gaps(s, "none", from, from + 1, gaps, 3, &n), YJ_ERR_NOTFOUND);

	assert_int_equal(yj_roster_gap_note(s, "night", &gaps[0], from, &told), 0);
	assert_false(told);
	/* the same gap while it runs, and seen further ahead */
	struct yj_gap later = {gaps[0].from_utc_ms + 3600000, gaps[0].until_utc_ms + 3600000};
	assert_int_equal(yj_roster_gap_note(s, "night", &later, from, &told), 0);
	assert_true(told);
	assert_int_equal(yj_roster_gap_note(s, "night", &gaps[1], from, &told), 0);
	assert_false(told);
	/* one that was filled and comes again is news again */
	assert_int_equal(yj_roster_gap_forget(s, "night", &gaps[1], 1), 0);
	assert_int_equal(yj_roster_gap_note(s, "night", &gaps[1], from, &told), 0);
	assert_true(told);
	assert_int_equal(yj_roster_gap_note(s, "night", &gaps[0], from, &told), 0);
	assert_false(told);
}

static void test_uncovered(void **state)
{
	(void)state;
	struct yj_whose w = {.region = "511781103201"};
	struct yj_target to[2] = {{.type = YJ_TARGET_GROUP, .name = "night"},
	    {.type = YJ_TARGET_CAREGIVER, .name = "nobody"}};
	int64_t at, from = utc("2026-11-23T00:00:00Z"), until = from + 7LL * 86400000;
	set(GROUP(
	    "'shifts': [{'days': 'mon-fri', 'from': '00:00', 'until': '24:00', 'who': 'a'}]"));
	yj_duty_at(s, 1234);
	assert_int_equal(yj_duty_uncovered(s, &w, to, 2, from, until, &at), 0);
	assert_int_equal(at, utc("2026-11-27T16:00:00Z"));
	to[1] = (struct yj_target){.type = YJ_TARGET_ROLE, .role = YJ_ROLE_DOCTOR};
	assert_int_equal(yj_duty_uncovered(s, &w, to, 2, from, until, &at), 0);
	assert_true(at == INT64_MAX);
	assert_int_equal(yj_duty_next(s, "a", utc("2026-11-28T04:00:00Z"), &at), 0);
	assert_int_equal(at, utc("2026-11-29T16:00:00Z"));
	assert_int_equal(yj_duty_next(s, "b", from, &at), 0);
	assert_int_equal(at, from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_refused, clear),
	    cmocka_unit_test_setup(test_all_or_nothing, clear),
	    cmocka_unit_test_setup(test_duty, clear),
	    cmocka_unit_test_setup(test_fallen_through, clear),
	    cmocka_unit_test_setup(test_only_shifts_bind, clear),
	    cmocka_unit_test_setup(test_forgotten, clear),
	    cmocka_unit_test_setup(test_held, clear),
	    cmocka_unit_test_setup(test_damaged, clear),
	    cmocka_unit_test_setup(test_spring, clear),
	    cmocka_unit_test_setup(test_autumn, clear),
	    cmocka_unit_test_setup(test_year, clear),
	    cmocka_unit_test_setup(test_gaps, clear),
	    cmocka_unit_test_setup(test_uncovered, clear),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
