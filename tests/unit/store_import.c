/* CSV import and export: what is accepted, what is refused and how it is named, all or nothing,
 * round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/import.h"

static char dir[] = "/tmp/yj-store-import-XXXXXX";
static char path[128], stage[128];
static struct yj_store *s, *reader;
static char why[YJ_WHY_MAX];
static struct yj_import_result result;
static struct {
	int calls, answer;
	long added, replaced;
} commit;

#define RESIDENTS                                                                                  \
	"id,name,region\nr1,张三,511781101201\nr2,李四,511781101201\nr3,王五,511781101202\n"

static void sql(const char *text)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	char *message = NULL;
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static int before_commit(void *ctx, long added, long replaced)
{
	(void)ctx;
	commit.calls++;
	commit.added = added;
	commit.replaced = replaced;
	return commit.answer;
}

static int stage_bytes(
    enum yj_dir kind, const void *csv, size_t len, const struct yj_import_opts *opts)
{
	yj_import_result_done(&result);
	return yj_import_stage(reader, kind, csv, len, opts, stage, &result);
}

static int take_over(enum yj_dir kind)
{
	memset(&commit, 0, sizeof commit);
	int rc = yj_import_switch(s, kind, stage, before_commit, NULL, why);
	assert_int_equal(access(stage, F_OK), -1);
	return rc;
}

static void show_errors(void)
{
	for (size_t i = 0; i < result.n_list; i++)
		print_message("line %ld, %s: %s\n", result.list[i].line, result.list[i].column,
		    result.list[i].text);
}

static void good_bytes(enum yj_dir kind, const void *csv, size_t len, long rows)
{
	int rc = stage_bytes(kind, csv, len, NULL);
	if (rc) {
		show_errors();
		fail_msg("not staged: %d", rc);
	}
	assert_int_equal(result.errors, 0);
	assert_int_equal(result.rows, rows);
	rc = take_over(kind);
	if (rc)
		fail_msg("not switched: %d %s", rc, why);
	assert_int_equal(commit.calls, 1);
	assert_int_equal(commit.added + commit.replaced, rows);
}

static void good(enum yj_dir kind, const char *csv, long rows)
{
	good_bytes(kind, csv, strlen(csv), rows);
}

/* An error on that line, about that column, that says so. */
static void listed(long line, const char *column, const char *text)
{
	for (size_t i = 0; i < result.n_list; i++)
		if (result.list[i].line == line && strcmp(result.list[i].column, column) == 0 &&
		    strstr(result.list[i].text, text))
			return;
	show_errors();
	fail_msg("no error on line %ld, column \"%s\": \"%s\"", line, column, text);
}

static void bad(enum yj_dir kind, const char *csv, long line, const char *column, const char *text)
{
	assert_int_equal(stage_bytes(kind, csv, strlen(csv), NULL), YJ_ERR_INVAL);
	assert_int_equal(access(stage, F_OK), -1);
	assert_true(result.errors >= 1);
	listed(line, column, text);
}

static void has(enum yj_dir kind, const char *id, const char *column, const char *text)
{
	json_t *record = NULL;
	assert_int_equal(yj_dir_get(s, kind, id, &record), 0);
	const char *got = json_string_value(json_object_get(record, column));
	if (!got || strcmp(got, text) != 0)
		fail_msg("%s %s is \"%s\", not \"%s\"", id, column, got ? got : "(none)", text);
	json_decref(record);
}

static size_t count(enum yj_dir kind)
{
	json_t *list = NULL;
	assert_int_equal(yj_dir_list(s, kind, &list), 0);
	size_t n = json_array_size(list);
	json_decref(list);
	return n;
}

static char *export(enum yj_dir kind, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	assert_non_null(out);
	assert_int_equal(yj_export(reader, kind, out), 0);
	fclose(out);
	return text;
}

static char *fixture(const char *name, size_t *len)
{
	char file[256];
	snprintf(file, sizeof file, "%s/tests/fixtures/csv/%s", YJ_SOURCE_DIR, name);
	FILE *in = fopen(file, "rb");
	if (!in)
		fail_msg("%s", file);
	char *bytes = malloc(65536);
	assert_non_null(bytes);
	*len = fread(bytes, 1, 65535, in);
	bytes[*len] = '\0';
	fclose(in);
	return bytes;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	snprintf(stage, sizeof stage, "%s/stage.db", dir);
	assert_int_equal(yj_store_open(path, "gw-1", &s, why), 0);
	assert_int_equal(yj_store_open_readonly(path, &reader, why), 0);
	sql("INSERT INTO policies VALUES ('h', '{}');"
	    "INSERT INTO policy_names VALUES ('default', 'h'), ('night', 'h');"
	    "INSERT INTO meta VALUES ('webhooks', '[\"platform\"]')");
	good(YJ_DIR_RESIDENTS, RESIDENTS, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	yj_import_result_done(&result);
	yj_store_close(reader);
	yj_store_close(s);
	char command[192];
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

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

/* Bytes of all directory tables. */
static char *dump(void)
{
	static const char *const tables[] = {"regions", "institutions", "residents", "caregivers",
	    "caregiver_residents", "devices", "device_residents", "beds"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		char query[64];
		snprintf(query, sizeof query, "SELECT * FROM %s", tables[i]);
		sqlite3_stmt *stmt;
		assert_int_equal(sqlite3_prepare_v2(db, query, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(stmt); c++) {
				const unsigned char *t = sqlite3_column_text(stmt, c);
				fprintf(out, "%d%s|", sqlite3_column_type(stmt, c),
				    t ? (const char *)t : "");
			}
			putc('\n', out);
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	fclose(out);
	return text;
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
	    TEST(test_defused_cells),
	    TEST(test_round_trip),
	    TEST(test_export_by_pages),
	    TEST(test_all_or_nothing),
	    TEST(test_switch_checks_again),
	    TEST(test_switch_after_an_unrelated_change),
	    TEST(test_tombstones_are_revived),
	    TEST(test_templates_can_be_imported),
	};
	return cmocka_run_group_tests_name("store_import", tests, NULL, NULL);
}
