/* The directory: columns and rules, put, remove, beds, names that are used. */
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

#include "store/directory.h"

static char dir[] = "/tmp/yj-store-directory-XXXXXX";
static char path[128];
static struct yj_store *s;
static char why[YJ_WHY_MAX];

/* What the directory's own interface does not write: policies, incidents, status. */
static void sql(const char *text)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	char *message = NULL;
	if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static int put(enum yj_dir kind, const char *json)
{
	json_error_t error;
	json_t *record = json_loads(json, 0, &error);
	if (!record)
		fail_msg("%s: %s", json, error.text);
	why[0] = '\0';
	assert_int_equal(yj_store_begin(s), 0);
	int rc = yj_dir_put(s, kind, record, false, false, why);
	if (rc == 0)
		assert_int_equal(yj_store_commit(s), 0);
	else
		yj_store_rollback(s);
	json_decref(record);
	return rc;
}

static void good(enum yj_dir kind, const char *json)
{
	int rc = put(kind, json);
	if (rc)
		fail_msg("%s: %s (%d)", json, why, rc);
}

static void bad(enum yj_dir kind, const char *json, const char *reason)
{
	assert_int_equal(put(kind, json), YJ_ERR_INVAL);
	if (!strstr(why, reason))
		fail_msg("%s: \"%s\" does not say \"%s\"", json, why, reason);
}

static int remove_one(enum yj_dir kind, const char *id)
{
	why[0] = '\0';
	assert_int_equal(yj_store_begin(s), 0);
	int rc = yj_dir_remove(s, kind, id, 1000, why);
	assert_int_equal(yj_store_commit(s), 0);
	return rc;
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

static void gone(enum yj_dir kind, const char *id)
{
	json_t *record = NULL;
	assert_int_equal(yj_dir_get(s, kind, id, &record), YJ_ERR_NOTFOUND);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir + sizeof dir - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/yijian.db", dir);
	assert_int_equal(yj_store_open(path, "gw-1", &s, why), 0);
	sql("INSERT INTO policies VALUES ('h', "
	    "'{\"levels\":[{\"notify\":[\"caregiver:c-named\"]}]}');"
	    "INSERT INTO policy_names VALUES ('default', 'h'), ('night', 'h');"
	    "INSERT INTO meta VALUES ('webhooks', '[\"platform\"]')");
	good(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"name\":\"张三\",\"region\":\"511781101201\"}");
	good(YJ_DIR_RESIDENTS, "{\"id\":\"r2\",\"name\":\"李四\",\"region\":\"511781101201\"}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	yj_store_close(s);
	s = NULL;
	char command[192];
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

static void test_every_column_comes_back(void **state)
{
	(void)state;
	static const struct {
		enum yj_dir kind;
		const char *id, *given, *got;
	} records[] = {
	    {YJ_DIR_REGIONS, "511781000000", "{\"code\":\"511781000000\",\"name\":\"万源市\"}",
		NULL},
	    {YJ_DIR_INSTITUTIONS, "i1",
		"{\"id\":\"i1\",\"name\":\"养老院\",\"region\":\"511781101000\",\"filing\":"
		"\"filed\","
		"\"policy\":\"night\",\"address\":\"路 1 号\",\"phone\":\"0818-1234567\"}",
		NULL},
	    {YJ_DIR_RESIDENTS, "r3",
		"{\"id\":\"r3\",\"name\":\"王五\",\"region\":\"511781101201\",\"phone\":"
		"\"13800000003\",\"address\":\"3组\\n12号\",\"lat\":\"32.07\",\"lon\":\"108."
		"03125\","
		"\"access\":\"钥匙\",\"health\":\"高血压\",\"lives_alone\":\"true\",\"mountain\":"
		"\"false\",\"categories\":\"独居;空巢\",\"risk\":\"key\",\"status\":\"away\","
		"\"status_until\":\"2026-12-01\",\"policy\":\"default\",\"birth_year\":\"1944\","
		"\"notes\":\"=1+1\"}",
		NULL},
	    {YJ_DIR_CAREGIVERS, "c1",
		"{\"id\":\"c1\",\"name\":\"李医生\",\"role\":\"doctor\",\"phone\":\"+86 "
		"13800000004\","
		"\"email\":\"a@example.org\",\"region\":\"511781101\",\"institution\":\"i1\","
		"\"residents\":\"r2;r1\",\"on_site\":\"true\",\"channels\":\"mqtt;webhook:"
		"platform\","
		"\"certificate\":\"A1\",\"certificate_expires\":\"2027-01-31\"}",
		NULL},
	    {YJ_DIR_DEVICES, "d1",
		"{\"id\":\"d1\",\"kind\":\"terminal\",\"resident\":\"r2;r1\",\"family\":\"tuya\","
		"\"address\":\"AB:CD\",\"institution\":\"i1\",\"region\":\"511781101201\","
		"\"place\":"
		"\"卧室\",\"heartbeat\":\"90s\",\"serial\":\"00012\",\"sim\":"
		"\"89860000000000000001\","
		"\"sim_expires\":\"2028-02-29\",\"installed_at\":\"2026-03-01T08:00:00+08:00\","
		"\"installed_by\":\"赵六\"}",
		NULL},
	    {YJ_DIR_BEDS, "b1",
		"{\"id\":\"b1\",\"kind\":\"institution\",\"institution\":\"i1\",\"occupant\":"
		"\"r1\","
		"\"device\":\"d1\",\"policy\":\"night\"}",
		NULL},
	};
	for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
		good(records[i].kind, records[i].given);
		json_t *given = json_loads(records[i].given, 0, NULL), *got = NULL, *list = NULL;
		assert_int_equal(yj_dir_get(s, records[i].kind, records[i].id, &got), 0);
		const char *key;
		json_t *value;
		json_object_foreach(
		    given, key, value) if (!json_equal(value, json_object_get(got, key)))
		    fail_msg("%s: %s", records[i].id, key);
		assert_int_equal(yj_dir_list(s, records[i].kind, &list), 0);
		bool listed = false;
		size_t n;
		json_array_foreach(list, n, value) listed = listed || json_equal(value, got);
		assert_true(listed);
		json_decref(given);
		json_decref(got);
		json_decref(list);
	}
}

static void test_absent_keeps_and_empty_clears(void **state)
{
	(void)state;
	good(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c1\",\"name\":\"甲\",\"role\":\"grid\",\"phone\":\"13800000001\","
	    "\"region\":\"511781\",\"residents\":\"r1\",\"on_site\":\"no\"}");
	has(YJ_DIR_CAREGIVERS, "c1", "on_site", "false");
	good(YJ_DIR_CAREGIVERS, "{\"id\":\"c1\",\"name\":\"乙\"}");
	has(YJ_DIR_CAREGIVERS, "c1", "name", "乙");
	has(YJ_DIR_CAREGIVERS, "c1", "role", "grid");
	has(YJ_DIR_CAREGIVERS, "c1", "phone", "13800000001");
	has(YJ_DIR_CAREGIVERS, "c1", "residents", "r1");
	good(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c1\",\"phone\":\"\",\"residents\":null,\"on_site\":\"\"}");
	has(YJ_DIR_CAREGIVERS, "c1", "phone", "");
	has(YJ_DIR_CAREGIVERS, "c1", "residents", "");
	has(YJ_DIR_CAREGIVERS, "c1", "on_site", "");
	has(YJ_DIR_CAREGIVERS, "c1", "region", "511781");
	bad(YJ_DIR_CAREGIVERS, "{\"id\":\"c1\",\"name\":\"\"}", "name: must not be empty");
}

static void test_new_and_existing(void **state)
{
	(void)state;
	json_t *record =
	    json_loads("{\"id\":\"r1\",\"name\":\"甲\",\"region\":\"511781101201\"}", 0, NULL);
	assert_int_equal(yj_dir_put(s, YJ_DIR_RESIDENTS, record, true, false, why), YJ_ERR_EXISTS);
	json_object_set_new(record, "id", json_string("r9"));
	assert_int_equal(
	    yj_dir_put(s, YJ_DIR_RESIDENTS, record, false, true, why), YJ_ERR_NOTFOUND);
	gone(YJ_DIR_RESIDENTS, "r9");
	json_decref(record);
	bad(YJ_DIR_RESIDENTS, "{\"id\":\"r9\",\"name\":\"甲\"}", "region: is required");
	bad(YJ_DIR_RESIDENTS, "{\"name\":\"甲\"}", "id: is required");
	bad(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"shoe\":\"43\"}", "shoe: not a column");
	bad(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"birth_year\":1944}",
	    "birth_year: must be a string");
}

static void test_rules_of_values(void **state)
{
	(void)state;
	static const struct {
		const char *column, *value, *reason;
	} wrong[] = {
	    {"id", "r 1", "A-Z a-z 0-9"},
	    {"id", "13800000000", "phone number"},
	    {"id", "8613800000000", "phone number"},
	    {"id", "138-0000-0000", "phone number"},
	    {"id", "0817-5550000", "phone number"},
	    {"id", "r13800000000", "phone number"},
	    {"id", "tel-138_0000_0000", "phone number"},
	    {"id", "r-8613800000000", "phone number"},
	    {"id", "r-511781440307123", "identity-card"},
	    {"id", "511781194403071234", "identity-card"},
	    {"id", "51178119440307123X", "identity-card"},
	    {"id", "511781440307123", "identity-card"},
	    {"id", "a2345678901234567890123456789012345678901234567890123456789012345", "64"},
	    {"name", "张三 511781194403070017", "identity-card"},
	    {"notes", "证件 511781 19440307 0017", "identity-card"},
	    {"address", "11010119900307783x", "identity-card"},
	    {"access", "旧证511781440307123。", "identity-card"},
	    {"notes", "511781194403070017 13800000000", "identity-card"},
	    {"notes", "13800000000 511781194403070017", "identity-card"},
	    {"notes", "3-511781194403070017", "identity-card"},
	    {"notes", "511781.19440307.001-7", "identity-card"},
	    {"health", "５１１７８１１９４４０３０７００１７", "identity-card"},
	    {"address", "5117811944　0307 123Ｘ", "identity-card"},
	    {"notes", "99000019440307001X",
		"identity-card"}, /* no such province, but the check fits */
	    {"region", "5.11781E+11", "spreadsheet"},
	    {"region", "511781000000.00", "spreadsheet"},
	    {"region", "511781", "12 digits"},
	    {"region", "011781000000", "12 digits"},
	    {"phone", "1.38E+10", "spreadsheet"},
	    {"phone", "unknown", "not a phone number"},
	    {"phone", "13800000001/13800000002", "not a phone number"},
	    {"notes", "#REF!", "spreadsheet"},
	    {"notes", "######", "spreadsheet"},
	    {"lat", "91", "degrees"},
	    {"lat", "nan", "degrees"},
	    {"lon", "-180.1", "degrees"},
	    {"lives_alone", "maybe", "true/false"},
	    {"risk", "severe", "high key general"},
	    {"status", "asleep", "active away moved deceased"},
	    {"status_until", "2026-02-29", "no such day"},
	    {"status_until", "1/3/2026", "2026-03-01"},
	    {"status_until", "46082", "day number"},
	    {"birth_year", "44", "four digits"},
	    {"policy", "nowhere", "policy nowhere is not configured"},
	    {"name", "two\nlines", "one line"},
	    {"name", "bell\x07", "control"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		json_t *r = json_pack(
		    "{s:s, s:s, s:s}", "id", "r7", "name", "甲", "region", "511781101201");
		json_object_set_new(r, wrong[i].column, json_string(wrong[i].value));
		char *text = json_dumps(r, 0);
		bad(YJ_DIR_RESIDENTS, text, wrong[i].reason);
		assert_int_equal(strncmp(why, wrong[i].column, strlen(wrong[i].column)), 0);
		free(text);
		json_decref(r);
	}
	bad(YJ_DIR_DEVICES, "{\"id\":\"511781440307123\",\"kind\":\"button\"}", "identity-card");
	bad(YJ_DIR_DEVICES, "{\"id\":\"d7\",\"kind\":\"phone\"}", "button terminal bed sensor");
	bad(YJ_DIR_DEVICES, "{\"id\":\"d7\",\"kind\":\"button\",\"heartbeat\":\"300\"}", "unit");
	bad(YJ_DIR_CAREGIVERS, "{\"id\":\"c7\",\"name\":\"甲\",\"role\":\"chief\"}",
	    "family neighbor");
	bad(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c7\",\"name\":\"甲\",\"role\":\"grid\",\"channels\":\"mqtt;pigeon\"}",
	    "mqtt, sms");
	bad(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c7\",\"name\":\"甲\",\"role\":\"grid\",\"channels\":\"webhook:other\"}",
	    "webhook other is not configured");
	bad(YJ_DIR_INSTITUTIONS,
	    "{\"id\":\"i7\",\"name\":\"院\",\"region\":\"511781101000\",\"filing\":\"maybe\"}",
	    "filed unfiled rectifying closed");
}

/* What only has as many digits. */
static void test_numbers_that_are_no_persons(void **state)
{
	(void)state;
	static const char *const ids[] = {"r-10000000001", "20260311001", "0000000001", "r-0817",
	    "f47ac10b-58cc-4372-a567-13812345678d", "511781101201-0001", "1764000000000"};
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		char text[160];
		snprintf(text, sizeof text,
		    "{\"id\":\"%s\",\"name\":\"甲\",\"region\":\"511781101201\","
		    "\"notes\":\"卡号 89860012345678901234，编号 5117811944030700171\"}",
		    ids[i]);
		good(YJ_DIR_RESIDENTS, text);
	}
	/* An IMEI whose middle might be a day of birth. */
	good(YJ_DIR_DEVICES, "{\"id\":\"352099440307128\",\"kind\":\"button\","
			     "\"serial\":\"352099440307128\"}");
}

static void test_spellings_are_normalised(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS,
	    "{\"id\":\"r7\",\"name\":\" 甲　\",\"region\":\"511781101201\",\"lives_alone\":"
	    "\"是\",\"mountain\":\"0\",\"risk\":\"重点\",\"status\":\"外出\",\"status_until\":"
	    "\"2026/3/1\",\"categories\":\"独居、失能；独居\"}");
	has(YJ_DIR_RESIDENTS, "r7", "name", "甲");
	has(YJ_DIR_RESIDENTS, "r7", "lives_alone", "true");
	has(YJ_DIR_RESIDENTS, "r7", "mountain", "false");
	has(YJ_DIR_RESIDENTS, "r7", "risk", "key");
	has(YJ_DIR_RESIDENTS, "r7", "status", "away");
	has(YJ_DIR_RESIDENTS, "r7", "status_until", "2026-03-01");
	has(YJ_DIR_RESIDENTS, "r7", "categories", "独居;失能");
	good(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c7\",\"name\":\"甲\",\"role\":\"养老护理员\",\"on_site\":\"NO\"}");
	has(YJ_DIR_CAREGIVERS, "c7", "role", "care_worker");
	has(YJ_DIR_CAREGIVERS, "c7", "on_site", "false");
	good(YJ_DIR_DEVICES,
	    "{\"id\":\"860000000000000\",\"kind\":\"按钮\",\"heartbeat\":\"300s\"}");
	has(YJ_DIR_DEVICES, "860000000000000", "kind", "button");
	has(YJ_DIR_DEVICES, "860000000000000", "family", "native");
	has(YJ_DIR_DEVICES, "860000000000000", "heartbeat", "5m");
	good(YJ_DIR_INSTITUTIONS,
	    "{\"id\":\"i7\",\"name\":\"院\",\"region\":\"511781101000\",\"filing\":"
	    "\"整治中\"}");
	has(YJ_DIR_INSTITUTIONS, "i7", "filing", "rectifying");
}

static void test_texts_that_stay(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS,
	    "{\"id\":\"r7\",\"name\":\"甲\",\"region\":\"511781101201\",\"notes\":"
	    "\"a\\r\\nb\\rc\",\"lat\":\"32.070001\",\"lon\":\"-0.00001\",\"health\":"
	    "\"990000194403070011 1E5 #12\"}");
	has(YJ_DIR_RESIDENTS, "r7", "notes", "a\nb\nc");
	has(YJ_DIR_RESIDENTS, "r7", "lat", "32.070001");
	has(YJ_DIR_RESIDENTS, "r7", "lon", "-0.000010000000");
	has(YJ_DIR_RESIDENTS, "r7", "health", "990000194403070011 1E5 #12");
	/* What was read can be put again as it is. */
	json_t *record = NULL;
	assert_int_equal(yj_dir_get(s, YJ_DIR_RESIDENTS, "r7", &record), 0);
	assert_int_equal(yj_dir_put(s, YJ_DIR_RESIDENTS, record, false, true, why), 0);
	json_t *again = NULL;
	assert_int_equal(yj_dir_get(s, YJ_DIR_RESIDENTS, "r7", &again), 0);
	assert_true(json_equal(record, again));
	json_decref(record);
	json_decref(again);
}

static void test_references(void **state)
{
	(void)state;
	bad(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"button\",\"resident\":\"r1;r9\"}",
	    "resident: resident r9 does not exist");
	gone(YJ_DIR_DEVICES, "d1");
	bad(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"button\",\"institution\":\"i9\"}",
	    "institution i9 does not exist");
	bad(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c1\",\"name\":\"甲\",\"role\":\"grid\",\"residents\":\"r9\"}",
	    "resident r9 does not exist");
	bad(YJ_DIR_BEDS, "{\"id\":\"b1\",\"kind\":\"home\",\"occupant\":\"r9\"}",
	    "r9 does not exist");
	bad(YJ_DIR_BEDS, "{\"id\":\"b1\",\"kind\":\"home\",\"device\":\"d9\"}",
	    "d9 does not exist");
	bad(YJ_DIR_BEDS, "{\"id\":\"b1\",\"kind\":\"home\",\"occupant\":\"r1;r2\"}", "occupant");
	/* A region that is not in `regions` is allowed: r1 has one. */
	has(YJ_DIR_RESIDENTS, "r1", "region", "511781101201");
	/* What was removed does not count. */
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r2"), 0);
	bad(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"button\",\"resident\":\"r2\"}",
	    "r2 does not exist");
}

static void test_one_namespace(void **state)
{
	(void)state;
	good(YJ_DIR_DEVICES, "{\"id\":\"x1\",\"kind\":\"button\",\"resident\":\"r1\"}");
	bad(YJ_DIR_CAREGIVERS, "{\"id\":\"x1\",\"name\":\"甲\",\"role\":\"grid\"}",
	    "id: x1 is a device already");
	good(YJ_DIR_CAREGIVERS, "{\"id\":\"x2\",\"name\":\"甲\",\"role\":\"grid\"}");
	bad(YJ_DIR_DEVICES, "{\"id\":\"x2\",\"kind\":\"button\"}", "x2 is a caregiver already");
}

static void test_remove(void **state)
{
	(void)state;
	good(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"bed\",\"resident\":\"r1\"}");
	good(
	    YJ_DIR_BEDS, "{\"id\":\"b1\",\"kind\":\"home\",\"occupant\":\"r2\",\"device\":\"d1\"}");
	good(YJ_DIR_CAREGIVERS,
	    "{\"id\":\"c1\",\"name\":\"甲\",\"role\":\"family\",\"residents\":\"r1\"}");
	good(YJ_DIR_CAREGIVERS, "{\"id\":\"c-named\",\"name\":\"甲\",\"role\":\"grid\"}");
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r1"), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "bound to device d1"));
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r2"), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "bed b1"));
	assert_int_equal(remove_one(YJ_DIR_DEVICES, "d1"), YJ_ERR_DENIED);
	assert_int_equal(remove_one(YJ_DIR_BEDS, "b1"), YJ_ERR_DENIED);
	assert_int_equal(remove_one(YJ_DIR_CAREGIVERS, "c-named"), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "policy"));
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r9"), YJ_ERR_NOTFOUND);

	good(YJ_DIR_BEDS, "{\"id\":\"b1\",\"occupant\":\"\",\"device\":\"\"}");
	good(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"resident\":\"\"}");
	sql("INSERT INTO incidents (n, subject, kind, state, level, round, outstanding, flags, "
	    "policy, "
	    "resident, device, alerts, opened_utc_ms, opened_t) VALUES (1, 'r:r1', 0, 1, 0, 0, 0, "
	    "0, 'h', "
	    "'r1', 'd1', 1, 0, 0)");
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r1"), YJ_ERR_DENIED);
	assert_non_null(strstr(why, "open incident"));
	sql("UPDATE incidents SET state = 3");
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r1"), 0);
	gone(YJ_DIR_RESIDENTS, "r1");
	has(YJ_DIR_CAREGIVERS, "c1", "residents", "");
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r1"), YJ_ERR_NOTFOUND);
	assert_int_equal(remove_one(YJ_DIR_BEDS, "b1"), 0);
	assert_int_equal(remove_one(YJ_DIR_DEVICES, "d1"), 0);
	assert_int_equal(remove_one(YJ_DIR_CAREGIVERS, "c1"), 0);
	json_t *list = NULL;
	assert_int_equal(yj_dir_list(s, YJ_DIR_DEVICES, &list), 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void test_tombstone_revived_is_new(void **state)
{
	(void)state;
	good(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"notes\":\"old\",\"policy\":\"night\"}");
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r1"), 0);
	bad(YJ_DIR_RESIDENTS, "{\"id\":\"r1\",\"name\":\"甲\"}", "region: is required");
	json_t *r =
	    json_loads("{\"id\":\"r1\",\"name\":\"新\",\"region\":\"511781101202\"}", 0, NULL);
	assert_int_equal(yj_dir_put(s, YJ_DIR_RESIDENTS, r, true, false, why), 0);
	json_decref(r);
	has(YJ_DIR_RESIDENTS, "r1", "name", "新");
	has(YJ_DIR_RESIDENTS, "r1", "notes", "");
	has(YJ_DIR_RESIDENTS, "r1", "policy", "");
}

static void test_beds(void **state)
{
	(void)state;
	char from[YJ_NAME_MAX + 1] = "?";
	good(YJ_DIR_BEDS, "{\"id\":\"b1\",\"kind\":\"home\",\"occupant\":\"r1\"}");
	good(YJ_DIR_BEDS, "{\"id\":\"b2\",\"kind\":\"hospital\"}");
	bad(YJ_DIR_BEDS, "{\"id\":\"b2\",\"occupant\":\"r1\"}", "resident r1 is in bed b1 already");
	assert_int_equal(yj_dir_bed_move(s, "r1", "b2", from, why), 0);
	assert_string_equal(from, "b1");
	has(YJ_DIR_BEDS, "b1", "occupant", "");
	has(YJ_DIR_BEDS, "b2", "occupant", "r1");
	assert_int_equal(yj_dir_bed_move(s, "r2", "b2", from, why), YJ_ERR_EXISTS);
	assert_non_null(strstr(why, "r1"));
	assert_int_equal(yj_dir_bed_move(s, "r2", "b9", from, why), YJ_ERR_NOTFOUND);
	assert_int_equal(yj_dir_bed_move(s, "r9", "b1", from, why), YJ_ERR_NOTFOUND);
	assert_string_equal(from, "b1");
	has(YJ_DIR_BEDS, "b2", "occupant", "r1");
	assert_int_equal(yj_dir_bed_move(s, "r2", "b1", from, why), 0);
	assert_string_equal(from, "");
	assert_int_equal(yj_dir_bed_move(s, "r1", "", from, why), 0);
	assert_string_equal(from, "b2");
	has(YJ_DIR_BEDS, "b2", "occupant", "");
	good(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"bed\"}");
	good(YJ_DIR_BEDS, "{\"id\":\"b1\",\"device\":\"d1\"}");
	bad(YJ_DIR_BEDS, "{\"id\":\"b2\",\"device\":\"d1\"}", "device d1 is in bed b1 already");
}

static void test_device_status_and_revocation(void **state)
{
	(void)state;
	json_t *d = NULL;
	good(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"kind\":\"button\"}");
	assert_int_equal(yj_dir_get(s, YJ_DIR_DEVICES, "d1", &d), 0);
	assert_true(json_is_false(json_object_get(d, "revoked")));
	assert_null(json_object_get(d, "last_seen"));
	json_decref(d);
	assert_int_equal(yj_dir_revoke(s, "d1", true, 77), 0);
	assert_int_equal(yj_dir_revoke(s, "d9", true, 77), YJ_ERR_NOTFOUND);
	sql("INSERT INTO device_status (device, online, seen_utc_ms, battery_pct) VALUES ('d1', 1, "
	    "1000, 55)");
	assert_int_equal(yj_dir_get(s, YJ_DIR_DEVICES, "d1", &d), 0);
	assert_true(json_is_true(json_object_get(d, "revoked")));
	assert_true(json_is_true(json_object_get(d, "online")));
	assert_int_equal(json_integer_value(json_object_get(d, "battery")), 55);
	assert_string_equal(
	    json_string_value(json_object_get(d, "last_seen")), "1970-01-01T00:00:01.000Z");
	json_decref(d);
	/* An import or a set does not give the right to speak back. */
	good(YJ_DIR_DEVICES, "{\"id\":\"d1\",\"place\":\"厨房\"}");
	assert_int_equal(yj_dir_get(s, YJ_DIR_DEVICES, "d1", &d), 0);
	assert_true(json_is_true(json_object_get(d, "revoked")));
	json_decref(d);
	assert_int_equal(yj_dir_revoke(s, "d1", false, 78), 0);
	assert_int_equal(yj_dir_get(s, YJ_DIR_DEVICES, "d1", &d), 0);
	assert_true(json_is_false(json_object_get(d, "revoked")));
	json_decref(d);
}

static void test_names_used(void **state)
{
	(void)state;
	json_t *used = NULL;
	good(YJ_DIR_RESIDENTS, "{\"id\":\"r2\",\"policy\":\"night\"}");
	good(YJ_DIR_CAREGIVERS, "{\"id\":\"c1\",\"name\":\"甲\",\"role\":\"grid\",\"channels\":"
				"\"mqtt;webhook:platform\"}");
	assert_int_equal(yj_dir_names_used(s, &used), 0);
	json_t *expected = json_loads("{\"policies\":{\"night\":\"resident r2\"},"
				      "\"webhooks\":{\"platform\":\"caregiver c1\"}}",
	    0, NULL);
	assert_true(json_equal(used, expected));
	json_decref(used);
	json_decref(expected);
	assert_int_equal(remove_one(YJ_DIR_RESIDENTS, "r2"), 0);
	assert_int_equal(remove_one(YJ_DIR_CAREGIVERS, "c1"), 0);
	assert_int_equal(yj_dir_names_used(s, &used), 0);
	assert_int_equal(json_object_size(json_object_get(used, "policies")), 0);
	assert_int_equal(json_object_size(json_object_get(used, "webhooks")), 0);
	json_decref(used);
}

static void test_region_prefix(void **state)
{
	(void)state;
	static const char *const codes[][2] = {{"511781000000", "511781"}, {"511781", "511781"},
	    {"511781101000", "511781101"}, {"511781101201", "511781101201"},
	    {"511700000000", "5117"}, {"510000000000", "51"}, {"511781000", "511781"},
	    {"511781000001", "511781000001"}, {"51", "51"}, {"511781101010", "511781101010"}};
	char prefix[13];
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		assert_int_equal(yj_region_prefix(codes[i][0], prefix), 0);
		assert_string_equal(prefix, codes[i][1]);
	}
	static const char *const wrong[] = {
	    "", "5", "5117810", "51178110120a", "000000000000", "5117811012012", "051781"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(yj_region_prefix(wrong[i], prefix), YJ_ERR_INVAL);
}

static void test_kinds(void **state)
{
	(void)state;
	enum yj_dir kind = YJ_DIR_COUNT;
	for (unsigned k = 0; k < YJ_DIR_COUNT; k++) {
		assert_int_equal(yj_dir_parse(yj_dir_name((enum yj_dir)k), &kind), 0);
		assert_int_equal(kind, k);
	}
	assert_int_equal(yj_dir_parse("bed", &kind), 0);
	assert_int_equal(kind, YJ_DIR_BEDS);
	assert_int_equal(yj_dir_parse("beds ", &kind), YJ_ERR_NOTFOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_every_column_comes_back),
	    TEST(test_absent_keeps_and_empty_clears),
	    TEST(test_new_and_existing),
	    TEST(test_rules_of_values),
	    TEST(test_numbers_that_are_no_persons),
	    TEST(test_spellings_are_normalised),
	    TEST(test_texts_that_stay),
	    TEST(test_references),
	    TEST(test_one_namespace),
	    TEST(test_remove),
	    TEST(test_tombstone_revived_is_new),
	    TEST(test_beds),
	    TEST(test_device_status_and_revocation),
	    TEST(test_names_used),
	    TEST(test_region_prefix),
	    TEST(test_kinds),
	};
	return cmocka_run_group_tests_name("store_directory", tests, NULL, NULL);
}
