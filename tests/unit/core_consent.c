/* Who may call and when the terminal answers by itself: cases as docs/consents.md tells them, and
 * what holds in every case there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/consent.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* ── cases by hand ── */

/* "auto_answer=yes alert=no": said to everybody; "visit:person=yes", "visit:role=no": nearer. */
static struct yj_consents said(const char *text)
{
	struct yj_consents c = {0};
	char copy[256];
	(void)snprintf(copy, sizeof(copy), "%s", text);
	for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '='), *near = strchr(w, ':');
		enum yj_consent kind;
		enum yj_near n = YJ_NEAR_ALL;
		*value++ = '\0';
		if (near) {
			*near++ = '\0';
			n = strcmp(near, "person") == 0 ? YJ_NEAR_PERSON : YJ_NEAR_ROLE;
		}
		assert_int_equal(yj_consent_parse(w, &kind), 0);
		c.said[kind][n] = strcmp(value, "yes") == 0 ? YJ_SAID_YES : YJ_SAID_NO;
	}
	return c;
}

/* Letters: s serves, n night, r shared room, a its others agree, h help is open, c connects. */
static struct yj_consent_case stands(const char *letters)
{
	return (struct yj_consent_case){.serves = strchr(letters, 's'),
	    .night = strchr(letters, 'n'),
	    .shared = strchr(letters, 'r'),
	    .shared_agreed = strchr(letters, 'a'),
	    .help_open = strchr(letters, 'h'),
	    .auto_connect = strchr(letters, 'c')};
}

#define ON(kind) (1U << YJ_CONSENT_##kind)

static void test_cases(void **state)
{
	(void)state;
	static const struct {
		const char *said, *stands;
		enum yj_consent_why visit, auto_answer;
		unsigned rests_on;
	} cases[] = {
	    /* who may call */
	    {"", "", YJ_WHY_STRANGER, YJ_WHY_STRANGER, 0},
	    {"", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"visit=no", "s", YJ_WHY_REFUSED, YJ_WHY_REFUSED, 0},
	    {"visit=no auto_answer=yes", "s", YJ_WHY_REFUSED, YJ_WHY_REFUSED, 0},
	    {"visit=no visit:role=yes", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"visit=yes visit:role=yes visit:person=no", "s", YJ_WHY_REFUSED, YJ_WHY_REFUSED, 0},
	    {"visit:role=no visit:person=yes", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    /* a stranger is let in by name alone */
	    {"visit=yes visit:role=yes auto_answer=yes", "", YJ_WHY_STRANGER, YJ_WHY_STRANGER, 0},
	    {"visit=no visit:person=yes auto_answer=yes", "", YJ_WHY_NONE, YJ_WHY_NONE,
		ON(AUTO_ANSWER)},
	    /* by itself, by day, alone */
	    {"auto_answer=yes", "s", YJ_WHY_NONE, YJ_WHY_NONE, ON(AUTO_ANSWER)},
	    {"auto_answer=yes auto_answer:person=no", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"auto_answer=no auto_answer:role=yes", "s", YJ_WHY_NONE, YJ_WHY_NONE, ON(AUTO_ANSWER)},
	    {"visit=yes night=yes shared_room=yes", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    /* while a call for help is open */
	    {"alert=yes", "s", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"alert=yes", "sh", YJ_WHY_NONE, YJ_WHY_NONE, ON(ALERT)},
	    {"alert=yes alert:role=no", "sh", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"", "shc", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"auto_answer=no alert=no night=yes", "shc", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    /* by night */
	    {"auto_answer=yes", "sn", YJ_WHY_NONE, YJ_WHY_NIGHT, 0},
	    {"auto_answer=yes night=yes", "sn", YJ_WHY_NONE, YJ_WHY_NONE,
		ON(AUTO_ANSWER) | ON(NIGHT)},
	    {"auto_answer=yes night=yes night:person=no", "sn", YJ_WHY_NONE, YJ_WHY_NIGHT, 0},
	    {"night=yes", "sn", YJ_WHY_NONE, YJ_WHY_UNSAID, 0},
	    {"alert=yes", "snh", YJ_WHY_NONE, YJ_WHY_NIGHT, 0},
	    {"alert=yes", "snhc", YJ_WHY_NONE, YJ_WHY_NONE, ON(ALERT)},
	    {"auto_answer=yes", "snhc", YJ_WHY_NONE, YJ_WHY_NONE, ON(AUTO_ANSWER)},
	    {"auto_answer=yes", "snc", YJ_WHY_NONE, YJ_WHY_NIGHT, 0},
	    /* where others live too */
	    {"auto_answer=yes", "sra", YJ_WHY_NONE, YJ_WHY_SHARED, 0},
	    {"auto_answer=yes shared_room=yes", "sra", YJ_WHY_NONE, YJ_WHY_NONE,
		ON(AUTO_ANSWER) | ON(SHARED_ROOM)},
	    {"auto_answer=yes shared_room=yes", "sr", YJ_WHY_NONE, YJ_WHY_SHARED, 0},
	    {"alert=yes", "srhc", YJ_WHY_NONE, YJ_WHY_NONE, ON(ALERT)},
	    {"alert=yes", "srah", YJ_WHY_NONE, YJ_WHY_SHARED, 0},
	    {"auto_answer=yes shared_room=yes", "snra", YJ_WHY_NONE, YJ_WHY_NIGHT, 0},
	    {"auto_answer=yes night=yes", "snra", YJ_WHY_NONE, YJ_WHY_SHARED, 0},
	    {"auto_answer=yes night=yes shared_room=yes", "snra", YJ_WHY_NONE, YJ_WHY_NONE,
		ON(AUTO_ANSWER) | ON(NIGHT) | ON(SHARED_ROOM)},
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct yj_consents c = said(cases[i].said);
		struct yj_consent_case now = stands(cases[i].stands);
		struct yj_consent_verdict v = yj_consent_judge(&c, &now);
		if (v.visit != cases[i].visit || v.auto_answer != cases[i].auto_answer ||
		    v.rests_on != cases[i].rests_on)
			fail_msg("\"%s\" with \"%s\": visit %d, auto %d, on %x", cases[i].said,
			    cases[i].stands, (int)v.visit, (int)v.auto_answer, v.rests_on);
	}
}

/* ── every case ── */

#define ALL_SAID 243 /* 3 to the power of YJ_CONSENT_COUNT */
#define ALL_CASES 64

/* What is said of each kind as the digits of k, by one of the three. */
static struct yj_consents every_said(int k, enum yj_near near)
{
	struct yj_consents c = {0};
	for (int kind = 0; kind < YJ_CONSENT_COUNT; kind++, k /= 3)
		c.said[kind][near] = (enum yj_said)(k % 3);
	return c;
}

static struct yj_consent_case every_case(int k)
{
	return (struct yj_consent_case){.serves = k & 1,
	    .night = k & 2,
	    .shared = k & 4,
	    .shared_agreed = k & 8,
	    .help_open = k & 16,
	    .auto_connect = k & 32};
}

static bool by_itself(const struct yj_consents *c, const struct yj_consent_case *now)
{
	return yj_consent_judge(c, now).auto_answer == YJ_WHY_NONE;
}

typedef void each_fn(const struct yj_consents *c, const struct yj_consent_case *now);

static void for_each(each_fn *check)
{
	for (int near = 0; near < YJ_NEAR_COUNT; near++)
		for (int k = 0; k < ALL_SAID; k++)
			for (int s = 0; s < ALL_CASES; s++) {
				struct yj_consents c = every_said(k, (enum yj_near)near);
				struct yj_consent_case now = every_case(s);
				check(&c, &now);
			}
}

static bool yes(const struct yj_consents *c, enum yj_consent kind)
{
	return yj_consent_said(c, kind) == YJ_SAID_YES;
}

static void check_as_written(const struct yj_consents *c, const struct yj_consent_case *now)
{
	struct yj_consent_verdict v = yj_consent_judge(c, now);
	bool named = c->said[YJ_CONSENT_VISIT][YJ_NEAR_PERSON] == YJ_SAID_YES;
	bool may = (now->serves || named) && yj_consent_said(c, YJ_CONSENT_VISIT) != YJ_SAID_NO;
	bool agreed =
	    yes(c, YJ_CONSENT_AUTO_ANSWER) || (yes(c, YJ_CONSENT_ALERT) && now->help_open);
	bool urgent = now->help_open && now->auto_connect;
	bool place = (!now->night || yes(c, YJ_CONSENT_NIGHT)) &&
		     (!now->shared || (yes(c, YJ_CONSENT_SHARED_ROOM) && now->shared_agreed));
	assert_int_equal(v.visit == YJ_WHY_NONE, may);
	assert_int_equal(v.auto_answer == YJ_WHY_NONE, may && agreed && (urgent || place));
}

static void check_only_a_grant(const struct yj_consents *c, const struct yj_consent_case *now)
{
	struct yj_consent_verdict v = yj_consent_judge(c, now);
	if (v.auto_answer != YJ_WHY_NONE) {
		assert_int_equal(v.rests_on, 0);
		return;
	}
	assert_int_equal(v.visit, YJ_WHY_NONE);
	assert_true(v.rests_on & (ON(AUTO_ANSWER) | ON(ALERT)));
	assert_true(yj_consent_stands(c, v.rests_on));
	/* without any one of those it rests on, said or unsaid, it has to end and would not begin
	 * again on them */
	for (int kind = 0; kind < YJ_CONSENT_COUNT; kind++) {
		if (!(v.rests_on & (1U << (unsigned)kind)))
			continue;
		struct yj_consents less = *c;
		memset(less.said[kind], 0, sizeof(less.said[kind]));
		assert_false(yj_consent_stands(&less, v.rests_on));
		less.said[kind][YJ_NEAR_PERSON] = YJ_SAID_NO;
		assert_false(yj_consent_stands(&less, v.rests_on));
		assert_int_equal(yj_consent_judge(&less, now).rests_on & (1U << (unsigned)kind), 0);
	}
	struct yj_consents gone = *c;
	gone.said[YJ_CONSENT_VISIT][YJ_NEAR_PERSON] = YJ_SAID_NO;
	assert_false(yj_consent_stands(&gone, v.rests_on));
	assert_false(yj_consent_stands(&gone, 0));
}

/* Less said, or a worse hour or place, never makes it answer. */
static void check_monotonic(const struct yj_consents *c, const struct yj_consent_case *now)
{
	if (by_itself(c, now))
		return;
	for (int kind = 0; kind < YJ_CONSENT_COUNT; kind++) {
		struct yj_consents less = *c;
		less.said[kind][YJ_NEAR_PERSON] = YJ_SAID_NO;
		assert_false(by_itself(&less, now));
	}
	struct yj_consent_case worse = *now;
	worse.night = worse.shared = true;
	assert_false(by_itself(c, &worse));
	worse = *now;
	worse.help_open = worse.auto_connect = false;
	assert_false(by_itself(c, &worse));
	worse = *now;
	worse.serves = worse.shared_agreed = false;
	assert_false(by_itself(c, &worse));
}

static void test_as_written(void **state)
{
	(void)state;
	for_each(check_as_written);
}

static void test_nothing_but_a_grant_answers(void **state)
{
	(void)state;
	for_each(check_only_a_grant);
}

static void test_less_never_answers(void **state)
{
	(void)state;
	for_each(check_monotonic);
}

static void test_nearest_wins(void **state)
{
	(void)state;
	for (int k = 0; k < 27; k++) {
		enum yj_said person = (enum yj_said)(k % 3), role = (enum yj_said)(k / 3 % 3),
			     all = (enum yj_said)(k / 9);
		for (int kind = 0; kind < YJ_CONSENT_COUNT; kind++) {
			struct yj_consents c = {0};
			c.said[kind][YJ_NEAR_PERSON] = person;
			c.said[kind][YJ_NEAR_ROLE] = role;
			c.said[kind][YJ_NEAR_ALL] = all;
			assert_int_equal(yj_consent_said(&c, (enum yj_consent)kind), person ? person
										     : role ? role
											    : all);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_as_written),
	    cmocka_unit_test(test_nothing_but_a_grant_answers),
	    cmocka_unit_test(test_less_never_answers),
	    cmocka_unit_test(test_nearest_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
