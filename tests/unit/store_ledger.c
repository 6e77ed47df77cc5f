/* The ledger in the store: corrections, what was seen last in each way, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/ledger.h"

static char dir[] = "/tmp/yj-store-ledger-XXXXXX";
static char path[128];
static struct yj_store *s;

static int open_store(void **state)
{
	char why[YJ_WHY_MAX];
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	return yj_store_open(path, "gw-1", &s, why);
}

static int close_store(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	(void)state;
	yj_store_close(s);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		char file[160];
		snprintf(file, sizeof file, "%s%s", path, ends[i]);
		unlink(file);
	}
	return rmdir(dir);
}

static int64_t put(const char *resident, enum yj_visit_result result, unsigned counts,
    const char *source, int64_t utc_ms)
{
	const struct yj_seen_in in = {.resident = resident,
	    .caregiver = "c1",
	    .method = YJ_METHOD_VIDEO,
	    .result = result,
	    .counts = counts,
	    .source = source,
	    .note = "",
	    .utc_ms = utc_ms};
	int64_t n = 0;
	assert_int_equal(yj_ledger_put(s, &in, "511781103201", utc_ms, "", &n), 0);
	return n;
}

static int64_t last(const char *resident, enum yj_seen_as as)
{
	int64_t v[YJ_AS_COUNT];
	assert_int_equal(yj_ledger_last(s, resident, v), 0);
	return v[as];
}

#define VISIT (1U << YJ_AS_VISIT)
#define ON_SITE (1U << YJ_AS_ON_SITE)

static void test_last(void **state)
{
	(void)state;
	assert_true(last("a", YJ_AS_VISIT) == INT64_MIN);
	put("a", YJ_FOUND_WELL, VISIT | ON_SITE, "", 1000);
	assert_int_equal(last("a", YJ_AS_VISIT), 1000);
	assert_int_equal(last("a", YJ_AS_ON_SITE), 1000);
	assert_true(last("a", YJ_AS_CHECKIN) == INT64_MIN);
	/* nobody was seen */
	put("a", YJ_FOUND_NOT_HOME, VISIT, "", 2000);
	put("a", YJ_FOUND_REFUSED, VISIT, "", 3000);
	assert_int_equal(last("a", YJ_AS_VISIT), 1000);
	/* in hospital they are seen to be; what is entered late does not go back */
	put("a", YJ_FOUND_HOSPITAL, VISIT, "", 4000);
	put("a", YJ_FOUND_NEEDS, VISIT, "", 500);
	assert_int_equal(last("a", YJ_AS_VISIT), 4000);
	assert_true(last("b", YJ_AS_VISIT) == INT64_MIN);
}

static void test_correction(void **state)
{
	(void)state;
	int64_t first = put("c", YJ_FOUND_WELL, VISIT, "visit/gw-1-v1", 1000);
	int64_t second = put("c", YJ_FOUND_UNSAID, VISIT, "visit/gw-1-v2", 2000);
	assert_int_equal(last("c", YJ_AS_VISIT), 2000);
	/* the same visit, of which more is known now */
	assert_int_equal(put("c", YJ_FOUND_NOT_HOME, VISIT, "visit/gw-1-v2", 2000), second);
	assert_int_equal(last("c", YJ_AS_VISIT), 1000);
	assert_int_equal(put("c", YJ_FOUND_WELL, VISIT, "visit/gw-1-v2", 2000), second);
	assert_int_equal(last("c", YJ_AS_VISIT), 2000);
	/* one message about two people is an entry of each */
	assert_int_not_equal(put("d", YJ_FOUND_WELL, VISIT, "visit/gw-1-v1", 1000), first);
	assert_int_equal(put("c", YJ_FOUND_REFUSED, VISIT, "visit/gw-1-v1", 1000), first);
	assert_int_equal(last("d", YJ_AS_VISIT), 1000);
}

static void test_taking_back(void **state)
{
	(void)state;
	char resident[YJ_NAME_MAX + 1] = "";
	put("e", YJ_FOUND_WELL, VISIT, "", 1000);
	int64_t wrong = put("e", YJ_FOUND_WELL, VISIT, "", 5000);
	assert_int_equal(yj_ledger_remove(s, wrong, resident), 0);
	assert_string_equal(resident, "e");
	assert_int_equal(last("e", YJ_AS_VISIT), 1000);
	assert_int_equal(yj_ledger_remove(s, wrong, resident), YJ_ERR_NOTFOUND);
	int64_t own = put("e", YJ_FOUND_WELL, VISIT, "visit/gw-1-v9", 1000);
	assert_int_equal(yj_ledger_remove(s, own, resident), YJ_ERR_DENIED);
}

/* More than one piece, in the order of time; the newest are those that a limit leaves. */
static void test_list(void **state)
{
	(void)state;
	json_t *list;
	assert_int_equal(yj_store_begin(s), 0);
	for (int i = 0; i < 2500; i++)
		put("f", YJ_FOUND_WELL, VISIT, "", 10000 + (i * 7) % 2500 * 10);
	assert_int_equal(yj_store_commit(s), 0);
	struct yj_ledger_filter f = {
	    .from_utc_ms = 10000, .until_utc_ms = INT64_MAX, .region = "5117", .resident = "f"};
	assert_int_equal(yj_read_ledger(s, &f, &list), 0);
	assert_int_equal(json_array_size(list), 2500);
	for (size_t i = 1; i < json_array_size(list); i++) {
		const char *a =
		    json_string_value(json_object_get(json_array_get(list, i - 1), "at"));
		const char *b = json_string_value(json_object_get(json_array_get(list, i), "at"));
		assert_true(strcmp(a, b) < 0);
	}
	json_decref(list);
	f.limit = 1700;
	assert_int_equal(yj_read_ledger(s, &f, &list), 0);
	assert_int_equal(json_array_size(list), 1700);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1699), "at")),
	    "1970-01-01T00:00:34.990Z");
	json_decref(list);
	f.until_utc_ms = 10010;
	assert_int_equal(yj_read_ledger(s, &f, &list), 0);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	f.region = "52";
	assert_int_equal(yj_read_ledger(s, &f, &list), 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_last),
	    cmocka_unit_test(test_correction),
	    cmocka_unit_test(test_taking_back),
	    cmocka_unit_test(test_list),
	};
	return cmocka_run_group_tests(tests, open_store, close_store);
}
