/* Policies: targets, plans and the canonical text by whose hash they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/policy.h"

static void fill_plan(struct yj_plan *plan, int64_t wait_ms)
{
	memset(plan, 0, sizeof(*plan));
	plan->n_levels = 2;
	for (size_t i = 0; i < 2; i++) {
		plan->levels[i].wait_ms = wait_ms;
		plan->levels[i].n = 2;
		plan->levels[i].to = calloc(2, sizeof(struct yj_target));
		assert_non_null(plan->levels[i].to);
		plan->levels[i].to[0].role = YJ_ROLE_GRID;
		assert_int_equal(yj_target_parse("caregiver:li-1", &plan->levels[i].to[1]), YJ_OK);
	}
	plan->repeat_every_ms = 300000;
	plan->verify_within_ms = 120000;
	plan->arrive_within_ms = 1800000;
	plan->arrive_max_ms = 5400000;
	plan->resolve_within_ms = 14400000;
	plan->stale_after_ms = 600000;
}

/* A policy with one kind of its own. */
static void fill(struct yj_policy *p, int64_t kind_wait_ms)
{
	memset(p, 0, sizeof(*p));
	strcpy(p->name, "default");
	fill_plan(&p->base, 60000);
	p->kinds[YJ_KIND_SERVICE] = calloc(1, sizeof(struct yj_plan));
	assert_non_null(p->kinds[YJ_KIND_SERVICE]);
	fill_plan(p->kinds[YJ_KIND_SERVICE], kind_wait_ms);
}

#define PLAN(wait)                                                                                 \
	"{\"arrive_max_ms\":5400000,\"arrive_within_ms\":1800000,\"inform\":[],\"levels\":["       \
	"{\"notify\":[\"grid\",\"caregiver:li-1\"],\"wait_ms\":" wait "},"                         \
	"{\"notify\":[\"grid\",\"caregiver:li-1\"],\"wait_ms\":" wait "}],"                        \
	"\"repeat_every_ms\":300000,\"resident_may_cancel\":false,"                                \
	"\"resolve_within_ms\":14400000,\"stale_after_ms\":600000,\"verify_within_ms\":120000}"
#define TEXT                                                                                       \
	"{\"base\":" PLAN("60000") ",\"kinds\":{\"service\":" PLAN(                                \
	    "9") "},"                                                                              \
		 "\"name\":\"default\",\"version\":1}"

static void test_targets(void **state)
{
	static const char *const good[] = {"family", "maintenance", "care_worker", "caregiver:a",
	    "group:A_b-1",
	    "caregiver:0123456789012345678901234567890123456789012345678901234567890123"};
	static const char *const bad[] = {"", "Family", "boss", "caregiver:", "caregiver:a b",
	    "group:", "caregiver", "role:family", " family", "group:中",
	    "caregiver:01234567890123456789012345678901234567890123456789012345678901234"};
	struct yj_target t;
	char buf[YJ_TARGET_LEN];
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(yj_target_parse(good[i], &t), YJ_OK);
		assert_string_equal(yj_target_format(&t, buf), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(yj_target_parse(bad[i], &t), YJ_ERR_INVAL);
	/* Untouched by the failures. */
	assert_string_equal(yj_target_format(&t, buf), good[5]);
}

static void test_canonical_text(void **state)
{
	struct yj_policy p, q = {0};
	(void)state;
	fill(&p, 9);
	char *text = yj_policy_canonical(&p);
	assert_non_null(text);
	/* Incidents refer to it by hash for ever: this text may not change. */
	assert_string_equal(text, TEXT);
	assert_int_equal(yj_policy_from_canonical(text, &q), YJ_OK);
	char *again = yj_policy_canonical(&q);
	assert_string_equal(again, text);
	assert_string_equal(q.name, "default");
	assert_int_equal(yj_policy_plan(&q, YJ_KIND_SERVICE)->levels[1].wait_ms, 9);
	assert_ptr_equal(yj_policy_plan(&q, YJ_KIND_SOS), &q.base);
	free(text);
	free(again);
	yj_policy_done(&p);
	yj_policy_done(&q);
	/* A kind that says what the base says is no difference. */
	fill(&p, 60000);
	text = yj_policy_canonical(&p);
	assert_non_null(strstr(text, "\"kinds\":{}"));
	free(text);
	yj_policy_done(&p);
}

static void test_hash(void **state)
{
	char hash[YJ_POLICY_HASH_LEN];
	(void)state;
	assert_int_equal(yj_policy_hash("abc", hash), YJ_OK); /* FIPS 180-4, first example */
	assert_string_equal(
	    hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void replaced(const char *from, const char *to, int want)
{
	char text[4096];
	struct yj_policy p = {0};
	const char *at = strstr(TEXT, from);
	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - TEXT), TEXT, to, at + strlen(from));
	int err = yj_policy_from_canonical(text, &p);
	if (err != want)
		fail_msg("%s for %s gives %s", to, from, yj_err_name(err));
	/* Filled, or untouched. */
	assert_int_equal(p.base.n_levels, want == YJ_OK ? 2 : 0);
	yj_policy_done(&p);
}

static void test_damaged_texts(void **state)
{
	struct yj_policy p = {0};
	(void)state;
	replaced("\"version\":1", "\"version\":1", YJ_OK);
	replaced("\"version\":1", "\"version\":2", YJ_ERR_NEWER);
	replaced("\"version\":1", "\"version\":0", YJ_ERR_BADMSG);
	replaced("\"version\":1", "\"version\":1,\"more\":1", YJ_ERR_BADMSG);
	replaced("\"name\":\"default\"", "\"name\":\"\"", YJ_ERR_BADMSG);
	replaced("\"name\":\"default\",", "", YJ_ERR_BADMSG);
	replaced("\"service\"", "\"serving\"", YJ_ERR_BADMSG);
	replaced("\"wait_ms\":60000", "\"wait_ms\":0", YJ_ERR_BADMSG);
	replaced("\"wait_ms\":60000", "\"wait_ms\":-1", YJ_ERR_BADMSG);
	replaced("\"wait_ms\":60000", "\"wait_ms\":1.5", YJ_ERR_BADMSG);
	replaced("\"wait_ms\":9", "\"wait_ms\":99999999999999", YJ_ERR_BADMSG);
	replaced("\"wait_ms\":9", "\"x\":9", YJ_ERR_BADMSG);
	replaced("\"grid\"", "\"boss\"", YJ_ERR_BADMSG);
	replaced("\"grid\"", "5", YJ_ERR_BADMSG);
	replaced("[\"grid\",\"caregiver:li-1\"]", "[]", YJ_ERR_BADMSG);
	replaced("[\"grid\",\"caregiver:li-1\"]", "{}", YJ_ERR_BADMSG);
	replaced("\"inform\":[]", "\"inform\":{}", YJ_ERR_BADMSG);
	replaced("300000", "999", YJ_ERR_BADMSG);
	replaced("5400000", "1799999", YJ_ERR_BADMSG);
	replaced("5400000", "1800000", YJ_OK);
	replaced("false", "0", YJ_ERR_BADMSG);
	replaced("false", "true", YJ_OK);
	replaced("\"stale_after_ms\":600000", "\"stale_after_ms\":-1", YJ_ERR_BADMSG);
	replaced("\"stale_after_ms\":600000", "\"stale_after_ms\":0", YJ_OK);
	assert_int_equal(yj_policy_from_canonical("", &p), YJ_ERR_BADMSG);
	assert_int_equal(yj_policy_from_canonical("[]", &p), YJ_ERR_BADMSG);
	assert_int_equal(yj_policy_from_canonical("{}", &p), YJ_ERR_BADMSG);
	for (size_t i = 0; i < strlen(TEXT); i++) { /* cut off anywhere */
		char text[4096];
		snprintf(text, sizeof(text), "%.*s", (int)i, TEXT);
		assert_int_equal(yj_policy_from_canonical(text, &p), YJ_ERR_BADMSG);
	}
}

static void test_plan_ranges(void **state)
{
	struct yj_plan plan, copy = {0};
	(void)state;
	fill_plan(&plan, 1);
	assert_null(yj_plan_check(&plan));
	assert_int_equal(yj_plan_copy(&plan, &copy), YJ_OK);
	assert_null(copy.inform);
	assert_ptr_not_equal(copy.levels[0].to, plan.levels[0].to);
	assert_string_equal(copy.levels[1].to[1].name, "li-1");
	copy.levels[1].wait_ms = YJ_PLAN_MAX_MS + 1;
	assert_string_equal(yj_plan_check(&copy), "wait");
	copy.levels[1].wait_ms = YJ_PLAN_MAX_MS;
	assert_null(yj_plan_check(&copy));
	copy.arrive_within_ms = copy.arrive_max_ms + 1;
	assert_string_equal(yj_plan_check(&copy), "arrive_within");
	copy.arrive_within_ms = copy.arrive_max_ms;
	copy.repeat_every_ms = 999;
	assert_string_equal(yj_plan_check(&copy), "repeat_every");
	yj_plan_done(&copy);
	assert_string_equal(yj_plan_check(&copy), "levels");
	yj_plan_done(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_canonical_text),
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_damaged_texts),
	    cmocka_unit_test(test_plan_ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
