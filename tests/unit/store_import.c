/* CSV import: what is accepted, what is refused and how it is named. */
#include "import_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

static void test_encodings_and_line_ends(void **state)
{
	(void)state;
	static const char *const files[] = {
	    "residents-zh-gb18030.csv", "residents-zh-bom-crlf.csv", "residents-zh-lf.csv"};
	char *first = NULL;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		size_t len;
		char *csv = fixture(files[i], &len);
		good_bytes(YJ_DIR_RESIDENTS, csv, len, 2);
		free(csv);
		has(YJ_DIR_RESIDENTS, "r-101", "name", "张三");
		has(YJ_DIR_RESIDENTS, "r-101", "address", "示例村3组,12号");
		has(YJ_DIR_RESIDENTS, "r-101", "lives_alone", "true");
		has(YJ_DIR_RESIDENTS, "r-101", "risk", "key");
		has(YJ_DIR_RESIDENTS, "r-101", "status_until", "2026-03-01");
		has(YJ_DIR_RESIDENTS, "r-102", "name", "欧阳𠮷");
		has(YJ_DIR_RESIDENTS, "r-102", "notes", "第一行\n第二行");
		size_t out_len;
		char *out = export(YJ_DIR_RESIDENTS, &out_len);
		if (first)
			assert_string_equal(out, first);
		else
			first = strdup(out);
		free(out);
		assert_int_equal(commit.added, i == 0 ? 2 : 0);
	}
	free(first);
	size_t len;
	char *csv = fixture("residents-utf16.csv", &len);
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, len, NULL), YJ_ERR_INVAL);
	listed(1, "", "UTF-16");
	free(csv);
	bad(YJ_DIR_RESIDENTS, "id,name,region\nr5,\xff\xff,511781101201\n", 2, "", "neither UTF-8");
	good(YJ_DIR_RESIDENTS, "\xef\xbb\xbf\"id\",\"name\",\"region\"\nr4,甲,511781101201\n", 1);
	bad(YJ_DIR_RESIDENTS, "PK\x03\x04zip", 1, "", "workbook");
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, "id\0x", 4, NULL), YJ_ERR_INVAL);
	listed(1, "", "zero byte");
	good(YJ_DIR_RESIDENTS, "id,name,region\rr5,甲,511781101201\rr6,乙,511781101201", 2);
}

static void test_chinese_words(void **state)
{
	(void)state;
	size_t len;
	char *csv = fixture("caregivers-zh.csv", &len);
	good_bytes(YJ_DIR_CAREGIVERS, csv, len, 4);
	free(csv);
	has(YJ_DIR_CAREGIVERS, "c-101", "role", "family");
	has(YJ_DIR_CAREGIVERS, "c-101", "residents", "r1;r2");
	has(YJ_DIR_CAREGIVERS, "c-101", "on_site", "false");
	has(YJ_DIR_CAREGIVERS, "c-101", "channels", "mqtt;sms");
	has(YJ_DIR_CAREGIVERS, "c-102", "on_site", "true");
	has(YJ_DIR_CAREGIVERS, "c-103", "on_site", "");
	has(YJ_DIR_CAREGIVERS, "c-103", "region", "511781101000");
	has(YJ_DIR_CAREGIVERS, "c-104", "role", "care_worker");
	sql("CREATE TABLE t (ok CHECK (ok)); INSERT INTO t SELECT group_concat(region_prefix || "
	    "listed, ' ') "
	    "= '1 5117811010 5117811010 5117810' FROM (SELECT * FROM caregivers ORDER BY id)");
}

static void test_spreadsheet_damage(void **state)
{
	(void)state;
	size_t len;
	char *csv = fixture("residents-damaged.csv", &len);
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, len, NULL), YJ_ERR_INVAL);
	free(csv);
	assert_int_equal(result.errors, 7);
	assert_int_equal(result.rows, 1);
	listed(2, "region", "format the column as text");
	listed(3, "phone", "format the column as text");
	listed(4, "status_until", "day number");
	listed(5, "region", "formatted the code as a number");
	listed(6, "notes", "spreadsheet formula");
	listed(7, "id", "format the column as text");
	listed(8, "phone", "too narrow");
	for (size_t i = 1; i < result.n_list; i++)
		assert_true(result.list[i - 1].line <= result.list[i].line);
	assert_int_equal(count(YJ_DIR_RESIDENTS), 3);
}

static void test_header(void **state)
{
	(void)state;
	bad(YJ_DIR_RESIDENTS, "id,name,region,鞋码\n", 1, "鞋码", "unknown column");
	bad(YJ_DIR_RESIDENTS, "id,name,region,身份证号\n", 1, "身份证号", "never stored");
	bad(YJ_DIR_RESIDENTS, "id,name\n", 1, "region", "missing (region or 区划代码)");
	bad(YJ_DIR_DEVICES, "id,kind\n", 1, "resident", "missing");
	bad(YJ_DIR_RESIDENTS, "id,name,region,姓名\n", 1, "姓名", "twice");
	bad(YJ_DIR_RESIDENTS, "", 1, "", "empty");
	bad(YJ_DIR_RESIDENTS, "\n \n,,\n", 1, "", "empty");
	bad(YJ_DIR_RESIDENTS, "id,name,region,\nr5,甲,511781101201,x\n", 2, "",
	    "column 4 has no name");
	good(YJ_DIR_RESIDENTS, "id,name,region,\nr5,甲,511781101201,\n", 1);
	good(YJ_DIR_RESIDENTS, "\n ID , Name ,区划代码\nr5,甲,511781101201\n", 1);
	const char *ignore[] = {"鞋码", "身份证号", "phone", NULL};
	struct yj_import_opts opts = {.ignore = ignore};
	const char *csv = "id,鞋码,name,region,身份证号,联系电话\nr5,43,甲,511781101201,"
			  "511781194403070017,none\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), &opts), 0);
	assert_int_equal(take_over(YJ_DIR_RESIDENTS), 0);
	has(YJ_DIR_RESIDENTS, "r5", "phone", "");
}

static void test_rows(void **state)
{
	(void)state;
#define H "id,name,region\n"
	bad(YJ_DIR_RESIDENTS, H "r5,甲\n", 2, "", "2 columns, but the header has 3");
	bad(YJ_DIR_RESIDENTS, H "r5,甲,511781101201,x\n", 2, "", "4 columns");
	bad(YJ_DIR_RESIDENTS, H "r5,甲,511781101201\nr6,,511781101201\n", 3, "name", "empty");
	bad(YJ_DIR_RESIDENTS, H ",甲,511781101201\n", 2, "id", "empty");
	bad(YJ_DIR_RESIDENTS, H "r5,甲,511781101201\nr6,乙,511781101201\nr5,丙,511781101201\n", 4,
	    "id", "r5 stands on line 2 already");
	bad(YJ_DIR_RESIDENTS, H "r5,\"甲\nr6,乙,511781101201\n", 2, "", "never closed");
	bad(YJ_DIR_RESIDENTS, H "r5,\"甲\"x,511781101201\n", 2, "", "closing quote");
	/* A cell of several lines moves the numbers of those below it. */
	bad(YJ_DIR_RESIDENTS,
	    "id,name,region,notes\nr5,甲,511781101201,\"a\nb\"\"c\"\nr6,,511781101201,\n", 4,
	    "name", "empty");
	/* Everything that is wrong comes out at once. */
	bad(YJ_DIR_DEVICES, "id,kind,resident\nd1,phone,r1\nd2,button,r9\nd1,bed,r1;r8\n", 2,
	    "kind", "must be one of");
	listed(3, "resident", "resident r9 does not exist");
	listed(4, "id", "d1 stands on line 2 already");
	good(YJ_DIR_RESIDENTS, H "\"r5\",\"a, \"\"b\"\"\",511781101201\n\n,,\n\r\n", 1);
	has(YJ_DIR_RESIDENTS, "r5", "name", "a, \"b\"");
	assert_int_equal(count(YJ_DIR_RESIDENTS), 4);
}

static void test_many_errors_are_counted(void **state)
{
	(void)state;
	char *csv = NULL;
	size_t len;
	FILE *out = open_memstream(&csv, &len);
	fputs("id,name,region\n", out);
	for (int i = 0; i < 250; i++)
		fprintf(out, "x%d,甲,1\n", i);
	fclose(out);
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, len, NULL), YJ_ERR_INVAL);
	assert_int_equal(result.errors, 250);
	assert_int_equal(result.n_list, YJ_IMPORT_ERRORS_MAX);
	assert_int_equal(result.list[0].line, 2);
	free(csv);
}

static void test_absent_keeps_and_empty_clears(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS, "id,name,region,phone,notes\nr1,张三,511781101201,13800000001,高\n",
	    1);
	good(YJ_DIR_RESIDENTS,
	    "id,name,region,phone\nr1,张三丰,511781101201,\nr4,赵六,511781101201,\n", 2);
	assert_int_equal(commit.added, 1);
	assert_int_equal(commit.replaced, 1);
	has(YJ_DIR_RESIDENTS, "r1", "name", "张三丰");
	has(YJ_DIR_RESIDENTS, "r1", "phone", "");
	has(YJ_DIR_RESIDENTS, "r1", "notes", "高");
	good(YJ_DIR_DEVICES,
	    "id,kind,resident,family,address\nd1,button,r1;r2,tuya,A1\nd2,bed,,,\n", 2);
	has(YJ_DIR_DEVICES, "d2", "family", "native");
	good(YJ_DIR_DEVICES, "id,kind,resident\nd1,terminal,r2;r3;r1\n", 1);
	has(YJ_DIR_DEVICES, "d1", "resident", "r2;r3;r1");
	has(YJ_DIR_DEVICES, "d1", "address", "A1");
	good(YJ_DIR_DEVICES, "id,kind,resident\nd1,terminal,\n", 1);
	has(YJ_DIR_DEVICES, "d1", "resident", "");
	good(YJ_DIR_CAREGIVERS, "id,name,role,residents,on_site\nc1,甲,family,r1,否\n", 1);
	good(YJ_DIR_CAREGIVERS, "id,name,role\nc1,甲,neighbor\n", 1);
	has(YJ_DIR_CAREGIVERS, "c1", "residents", "r1");
	has(YJ_DIR_CAREGIVERS, "c1", "on_site", "false");
}

static void test_references(void **state)
{
	(void)state;
	good(YJ_DIR_DEVICES, "id,kind,resident\nd1,button,r1\nd2,bed,\nd3,bed,\n", 3);
	good(YJ_DIR_CAREGIVERS, "id,name,role\nc1,甲,grid\n", 1);
	bad(YJ_DIR_CAREGIVERS, "id,name,role,residents\nc2,甲,grid,r1;r9\n", 2, "residents",
	    "r9 does not");
	bad(YJ_DIR_CAREGIVERS, "id,name,role,institution\nc2,甲,grid,i9\n", 2, "institution",
	    "i9 does not");
	bad(YJ_DIR_CAREGIVERS, "id,name,role,channels\nc2,甲,grid,webhook:x\n", 2, "channels",
	    "webhook x is not configured");
	bad(YJ_DIR_CAREGIVERS, "编号,姓名,角色\nd1,甲,grid\n", 2, "编号", "d1 is a device already");
	bad(YJ_DIR_DEVICES, "id,kind,resident\nc1,button,\n", 2, "id", "c1 is a caregiver already");
	bad(YJ_DIR_RESIDENTS, "id,name,region,policy\nr5,甲,511781101201,x\n", 2, "policy",
	    "policy x is not configured");
	bad(YJ_DIR_BEDS, "id,kind,occupant\nb1,home,r1\nb2,home,r2\nb3,home,r1\n", 4, "occupant",
	    "resident r1 is in bed b1 already, on line 2");
	bad(YJ_DIR_BEDS, "id,kind,device\nb1,home,d2\nb2,home,d2\n", 3, "device",
	    "device d2 is in bed b1 already, on line 2");
	good(YJ_DIR_BEDS, "id,kind,occupant,device\nb1,home,r1,d2\nb2,home,r2,d3\n", 2);
	bad(YJ_DIR_BEDS, "id,kind,occupant\nb3,home,r1\n", 2, "occupant",
	    "r1 is in bed b1 already");
	bad(YJ_DIR_BEDS, "id,kind,device\nb3,home,d2\n", 2, "device", "d2 is in bed b1 already");
	/* One file may swap two beds, which one by one would be refused. */
	good(YJ_DIR_BEDS, "id,kind,occupant\nb1,home,r2\nb2,home,r1\n", 2);
	has(YJ_DIR_BEDS, "b1", "occupant", "r2");
	has(YJ_DIR_BEDS, "b2", "occupant", "r1");
	has(YJ_DIR_BEDS, "b1", "device", "d2");
	/* The caller's names go before those stored. */
	struct yj_import_opts opts = {
	    .policies = json_pack("[s]", "day"), .webhooks = json_pack("[s]", "x")};
	const char *csv = "id,name,region,policy\nr5,甲,511781101201,night\n";
	assert_int_equal(stage_bytes(YJ_DIR_RESIDENTS, csv, strlen(csv), &opts), YJ_ERR_INVAL);
	csv = "id,name,role,channels\nc2,甲,grid,webhook:x\n";
	assert_int_equal(stage_bytes(YJ_DIR_CAREGIVERS, csv, strlen(csv), &opts), 0);
	/* … but must still be there when the file is taken over. */
	assert_int_equal(take_over(YJ_DIR_CAREGIVERS), YJ_ERR_CONFLICT);
	assert_non_null(strstr(why, "webhook x"));
	json_decref(opts.policies);
	json_decref(opts.webhooks);
}

static void test_identity_cards(void **state)
{
	(void)state;
	bad(YJ_DIR_RESIDENTS, "id,name,region\n511781194403070017,甲,511781101201\n", 2, "id",
	    "identity");
	bad(YJ_DIR_RESIDENTS, "id,name,region,phone\nr5,甲,511781101201,511781194403070017\n", 2,
	    "phone", "identity");
	bad(YJ_DIR_RESIDENTS, "id,name,region,notes\nr5,甲,511781101201,证件11010519491231002X号\n",
	    2, "notes", "identity");
	bad(YJ_DIR_DEVICES, "id,kind,resident,serial\nd5,bed,,11010519491231002X\n", 2, "serial",
	    "identity");
	for (size_t i = 0; i < result.n_list; i++)
		assert_null(strstr(result.list[i].text, "11010519491231002"));
	/* An ICCID is no identity-card number, nor is any 18-digit number. */
	good(YJ_DIR_DEVICES,
	    "id,kind,resident,serial,sim\nd5,bed,,123456789012345678,89860119440307001234\n", 1);
}

static void test_templates_can_be_imported(void **state)
{
	(void)state;
	for (unsigned k = 0; k < YJ_DIR_COUNT; k++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		assert_int_equal(yj_import_template((enum yj_dir)k, out), 0);
		fclose(out);
		assert_null(strstr(text, "name"));
		good_bytes((enum yj_dir)k, text, len, 1);
		free(text);
	}
	has(YJ_DIR_DEVICES, "d-0001", "resident", "r-0001");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_encodings_and_line_ends),
	    TEST(test_chinese_words),
	    TEST(test_spreadsheet_damage),
	    TEST(test_header),
	    TEST(test_rows),
	    TEST(test_many_errors_are_counted),
	    TEST(test_absent_keeps_and_empty_clears),
	    TEST(test_references),
	    TEST(test_identity_cards),
	    TEST(test_templates_can_be_imported),
	};
	return cmocka_run_group_tests_name("store_import", tests, NULL, NULL);
}
