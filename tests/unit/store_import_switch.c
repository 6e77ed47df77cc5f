/* The switch of a staged import: all or nothing, and what has changed since it was checked. */
#include "import_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

static void test_all_or_nothing(void **state)
{
	(void)state;
	char *before = dump();
	const char *csv = "id,name,region\nr1,改,511781101201\nr8,新,511781101201\nr9,坏,1\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), NULL), YJ_ERR_INVAL);
	char *after = dump();
	assert_string_equal(after, before);
	free(after);
	/* A refusal by the caller undoes everything. */
	csv = "id,name,region\nr1,改,511781101201\nr8,新,511781101201\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), NULL), 0);
	struct stat st;
	assert_int_equal(stat(stage, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	after = dump();
	assert_string_equal(after, before);
	free(after);
	memset(&commit, 0, sizeof commit);
	commit.answer = YJ_ERR_FULL;
	assert_int_equal(
	    yj_import_switch(s, YJ_DIR_RESIDENTS, stage, before_commit, NULL, why), YJ_ERR_FULL);
	assert_int_equal(commit.added, 1);
	after = dump();
	assert_string_equal(after, before);
	free(after);
	assert_int_equal(access(stage, F_OK), -1);
	/* No file, or one of another kind. */
	assert_int_equal(take_over(YJ_DIR_RESIDENTS), YJ_ERR_IO);
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), NULL), 0);
	assert_int_equal(take_over(YJ_DIR_BEDS), YJ_ERR_BADMSG);
	after = dump();
	assert_string_equal(after, before);
	free(after);
	free(before);
	/* And nothing of it stands in the way of the next. */
	good(YJ_DIR_RESIDENTS, csv, 2);
}

static int put(enum yj_dir kind, const char *json)
{
	json_t *record = json_loads(json, 0, NULL);
	int rc = yj_dir_put(s, kind, record, false, false, why);
	json_decref(record);
	return rc;
}

/* What changes between the check and the switch is seen again. */
static void test_switch_checks_again(void **state)
{
	(void)state;
	const char *csv = "id,kind,resident\nd1,button,r1\nd2,button,r2\n";
	assert_int_equal(stage_bytes(YJ_DIR_DEVICES, csv, strlen(csv), NULL), 0);
	assert_int_equal(yj_dir_remove(s, YJ_DIR_RESIDENTS, "r2", 1, why), 0);
	assert_int_equal(take_over(YJ_DIR_DEVICES), YJ_ERR_CONFLICT);
	assert_string_equal(why, "line 3, resident: resident r2 does not exist");
	assert_int_equal(count(YJ_DIR_DEVICES), 0);
	assert_int_equal(commit.calls, 0);

	csv = "id,kind,resident\nx1,button,r1\n";
	assert_int_equal(stage_bytes(YJ_DIR_DEVICES, csv, strlen(csv), NULL), 0);
	assert_int_equal(
	    put(YJ_DIR_CAREGIVERS, "{\"id\":\"x1\",\"name\":\"甲\",\"role\":\"grid\"}"), 0);
	assert_int_equal(take_over(YJ_DIR_DEVICES), YJ_ERR_CONFLICT);
	assert_non_null(strstr(why, "x1 is a caregiver already"));

	csv = "id,kind,occupant\nb1,home,r1\n";
	assert_int_equal(stage_bytes(YJ_DIR_BEDS, csv, strlen(csv), NULL), 0);
	assert_int_equal(
	    put(YJ_DIR_BEDS, "{\"id\":\"b2\",\"kind\":\"home\",\"occupant\":\"r1\"}"), 0);
	assert_int_equal(take_over(YJ_DIR_BEDS), YJ_ERR_CONFLICT);
	assert_non_null(strstr(why, "r1 is in bed b2 already"));

	csv = "id,name,region,policy\nr5,甲,511781101201,night\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), NULL), 0);
	sql("DELETE FROM policy_names WHERE name = 'night'");
	assert_int_equal(take_over(YJ_DIR_RESIDENTS), YJ_ERR_CONFLICT);
	assert_non_null(strstr(why, "policy night"));
	assert_int_equal(count(YJ_DIR_RESIDENTS), 2);
}

/* … but a change that does the import no harm does not stop it, and is not undone by it. */
static void test_switch_after_an_unrelated_change(void **state)
{
	(void)state;
	const char *csv =
	    "id,name,region,phone\nr1,张三,511781101201,13800000001\nr8,新,511781101201,\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), NULL), 0);
	assert_int_equal(put(YJ_DIR_RESIDENTS, "{\"id\":\"r8\",\"name\":\"早\",\"region\":"
					       "\"511781101202\",\"notes\":\"早\"}"),
	    0);
	assert_int_equal(put(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"name\":\"改\"}"), 0);
	assert_int_equal(take_over(YJ_DIR_RESIDENTS), 0);
	assert_int_equal(commit.added, 0);
	assert_int_equal(commit.replaced, 2);
	has(YJ_DIR_RESIDENTS, "r1", "name", "张三");
	has(YJ_DIR_RESIDENTS, "r1", "phone", "13800000001");
	has(YJ_DIR_RESIDENTS, "r8", "name", "新");
	has(YJ_DIR_RESIDENTS, "r8", "region", "511781101201");
	has(YJ_DIR_RESIDENTS, "r8", "notes", "早");
	csv = "id,kind,resident\nd1,button,r1;r2\n";
	assert_int_equal(stage_bytes(YJ_DIR_DEVICES, csv, strlen(csv), NULL), 0);
	assert_int_equal(
	    put(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"bed\",\"resident\":\"r3\"}"), 0);
	assert_int_equal(take_over(YJ_DIR_DEVICES), 0);
	has(YJ_DIR_DEVICES, "d1", "kind", "button");
	has(YJ_DIR_DEVICES, "d1", "resident", "r1;r2");
}

static void test_tombstones_are_revived(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS, "id,name,region,notes\nr1,张三,511781101201,旧\n", 1);
	assert_int_equal(yj_dir_remove(s, YJ_DIR_RESIDENTS, "r1", 1, why), 0);
	good(YJ_DIR_RESIDENTS, RESIDENTS, 3);
	assert_int_equal(commit.added, 1);
	assert_int_equal(commit.replaced, 2);
	has(YJ_DIR_RESIDENTS, "r1", "notes", "");
	/* Together with changes of others, and without a column that those keep. */
	good(YJ_DIR_DEVICES, "id,kind,resident,place\nd1,button,r1,甲\nd2,button,r2,乙\n", 2);
	assert_int_equal(yj_dir_remove(s, YJ_DIR_DEVICES, "d1", 1, why), 0);
	good(YJ_DIR_DEVICES, "id,kind,resident\nd1,button,r3\nd2,bed,r2\n", 2);
	assert_int_equal(commit.added, 1);
	has(YJ_DIR_DEVICES, "d1", "place", "");
	has(YJ_DIR_DEVICES, "d1", "resident", "r3");
	has(YJ_DIR_DEVICES, "d2", "place", "乙");
	has(YJ_DIR_DEVICES, "d2", "kind", "bed");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_or_nothing),
	    TEST(test_switch_checks_again),
	    TEST(test_switch_after_an_unrelated_change),
	    TEST(test_tombstones_are_revived),
	};
	return cmocka_run_group_tests_name("store_import_switch", tests, NULL, NULL);
}
