/* CSV export: round trips, in pages, nothing that a spreadsheet would run. */
#include "import_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

static void test_defused_cells(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS,
	    "id,name,region,phone,notes,address,lon\n"
	    "r5,=1+1,511781101201,+8613800000005,-x,'@y,-70.5\n"
	    "r6,''=z,511781101201,,'plain,\"@a,b\",\n",
	    2);
	has(YJ_DIR_RESIDENTS, "r5", "name", "=1+1");
	has(YJ_DIR_RESIDENTS, "r5", "address", "@y");
	has(YJ_DIR_RESIDENTS, "r6", "name", "'=z");
	has(YJ_DIR_RESIDENTS, "r6", "notes", "'plain");
	size_t len, len2;
	char *text = export(YJ_DIR_RESIDENTS, &len);
	assert_non_null(strstr(text, ",'=1+1,"));
	assert_non_null(strstr(text, ",\"'+8613800000005\","));
	assert_non_null(strstr(text, ",'-x\r\n"));
	assert_non_null(strstr(text, ",'@y,"));
	assert_non_null(strstr(text, ",'-70.5,"));
	assert_non_null(strstr(text, ",''=z,"));
	assert_non_null(strstr(text, "\"'@a,b\""));
	good_bytes(YJ_DIR_RESIDENTS, text, len, 5);
	char *again = export(YJ_DIR_RESIDENTS, &len2);
	assert_string_equal(again, text);
	has(YJ_DIR_RESIDENTS, "r5", "lon", "-70.5");
	has(YJ_DIR_RESIDENTS, "r6", "name", "'=z");
	free(text);
	free(again);
}

static void fill_everything(void)
{
	good(YJ_DIR_REGIONS, "code,name\n511781000000,万源市\n511781101201,示例村\n", 2);
	good(YJ_DIR_INSTITUTIONS,
	    "机构编号,机构名称,区划代码,备案状态,策略,地址,联系电话\ni1,养老院,511781101000,已备案,"
	    "night,"
	    "\"路1号,二楼\",0818-7654321\n",
	    1);
	good(YJ_DIR_RESIDENTS,
	    "id,name,region,phone,address,lat,lon,access,health,lives_alone,mountain,categories,"
	    "risk,status,"
	    "status_until,policy,birth_year,notes\n"
	    "r7,张三,511781101201,13800000007,3组,32.070001,108.1,钥匙,高血压,是,否,独居;失能,high,"
	    "away,"
	    "2026-12-01,night,1944,\"甲\n乙\"\n",
	    1);
	good(YJ_DIR_DEVICES,
	    "id,kind,resident,family,address,institution,region,place,heartbeat,serial,sim,sim_"
	    "expires,"
	    "installed_at,installed_by\n"
	    "d7,terminal,r7;r1,tuya,0x01,i1,511781101201,卧室,90s,00012,8986011,2027-01-01,"
	    "2026-03-01T08:00:00+08:00,李四\n",
	    1);
	good(YJ_DIR_CAREGIVERS,
	    "id,name,role,phone,email,region,institution,residents,on_site,channels,certificate,"
	    "certificate_expires\n"
	    "c7,李四,nurse,13800000008,a@example.org,511781,i1,r7;r2,no,mqtt;webhook:platform,A "
	    "1,2027/1/5\n",
	    1);
	good(YJ_DIR_BEDS,
	    "id,kind,institution,occupant,device,policy\nb7,institution,i1,r7,d7,default\n", 1);
}

static void test_round_trip(void **state)
{
	(void)state;
	fill_everything();
	for (unsigned k = 0; k < YJ_DIR_COUNT; k++) {
		enum yj_dir kind = (enum yj_dir)k;
		char *before = dump();
		size_t len, len2;
		char *text = export(kind, &len);
		assert_memory_equal(text, "\xef\xbb\xbf", 3);
		assert_null(strstr(text, "\n\r"));
		good_bytes(kind, text, len, (long)count(kind));
		assert_int_equal(commit.added, 0);
		char *again = export(kind, &len2);
		assert_int_equal(len, len2);
		assert_memory_equal(again, text, len);
		char *after = dump();
		assert_string_equal(after, before);
		free(text);
		free(again);
		free(before);
		free(after);
	}
	/* Codes stay text. */
	size_t len;
	char *text = export(YJ_DIR_REGIONS, &len);
	assert_non_null(strstr(text, "\r\n\"511781000000\",万源市\r\n"));
	free(text);
	text = export(YJ_DIR_DEVICES, &len);
	assert_non_null(strstr(text, "\"00012\""));
	free(text);
}

/* More than one page of an export, and what an empty database gives. */
static void test_export_by_pages(void **state)
{
	(void)state;
	char *csv = NULL, *text;
	size_t len;
	FILE *out = open_memstream(&csv, &len);
	fputs("code,name\n", out);
	for (int i = 0; i < 1000; i++)
		fprintf(out, "51178110%04d,村%d\n", i, i);
	fclose(out);
	good_bytes(YJ_DIR_REGIONS, csv, len, 1000);
	free(csv);
	text = export(YJ_DIR_REGIONS, &len);
	size_t lines = 0;
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 1001);
	free(text);
	text = export(YJ_DIR_BEDS, &len);
	assert_string_equal(
	    text, "\xef\xbb\xbfid,kind,institution,occupant,device,policy,return_within\r\n");
	free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_defused_cells),
	    TEST(test_round_trip),
	    TEST(test_export_by_pages),
	};
	return cmocka_run_group_tests_name("store_export", tests, NULL, NULL);
}
