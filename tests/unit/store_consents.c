/* Consents: in and out as files and records, what is refused, and how they are taken back. */
#include "import_rig.h"

#include <stdlib.h>
#include <string.h>

#include "store/consent.h"

#define HEAD "resident,kind,who,granted,by,guardian,at,until\n"
#define NOW "2026-11-24T10:00:00.000Z"
#define N(a) (sizeof(a) / sizeof((a)[0]))

static void people(void)
{
	good(YJ_DIR_CAREGIVERS,
	    "id,name,role,residents\nc1,女儿,family,r1\nc2,儿子,family,r1\ng1,网格,grid,\n", 3);
}

/* The rows that speak of a caregiver: "kind who yes" of each, sorted as they come. */
static char *of(const char *resident, const char *caregiver, enum yj_role role)
{
	static char text[1024];
	struct yj_consent_row rows[YJ_CONSENT_ROWS_MAX];
	size_t n, len = 0;
	assert_int_equal(yj_consents_of(reader, resident, caregiver, role, rows, &n), 0);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s %s", i ? ", " : "",
		    yj_consent_name(rows[i].kind), rows[i].who, rows[i].granted ? "yes" : "no");
	return text;
}

static void test_round_trip(void **state)
{
	(void)state;
	people();
	good(YJ_DIR_CONSENTS,
	    "老人编号,事项,对象,是否同意,决定人,监护人,同意日期,截止日期\n"
	    "r1,自动接听,家属,是,监护人,王建国,2026/3/1,2026-12-31\n"
	    "r1,探视,所有人,否,本人,,,\n"
	    "r1,探视,c1,yes,resident,,,\n"
	    "r2,求助时自动接听,,1,本人,,2026-03-01T08:00:00+08:00,\n",
	    4);
	assert_int_equal(commit.added, 4);
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "guardian", "王建国");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "by", "guardian");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "at", "2026-03-01");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "until", "2026-12-31");
	has(YJ_DIR_CONSENTS, "r1/visit/", "who", "");
	has(YJ_DIR_CONSENTS, "r1/visit/", "granted", "false");
	has(YJ_DIR_CONSENTS, "r2/alert/", "at", "2026-03-01T08:00:00+08:00");
	size_t len;
	char *out = export(YJ_DIR_CONSENTS, &len);
	static const char head[] = "\xef\xbb\xbfresident,kind,who,granted,by,guardian,at,until\r\n";
	assert_memory_equal(out, head, sizeof(head) - 1);
	good_bytes(YJ_DIR_CONSENTS, out, len, 4);
	assert_int_equal(commit.added, 0);
	char *again = export(YJ_DIR_CONSENTS, &len);
	assert_string_equal(again, out);
	free(again);
	free(out);
	/* by key: who may be left out, and what is absent stays */
	good(YJ_DIR_CONSENTS, "resident,kind,granted,by\nr1,visit,yes,resident\n", 1);
	assert_int_equal(commit.added, 0);
	has(YJ_DIR_CONSENTS, "r1/visit/", "granted", "true");
	good(YJ_DIR_CONSENTS, "resident,kind,who,granted,by\nr1,auto_answer,family,no,guardian\n",
	    1);
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "guardian", "王建国");
	assert_int_equal(count(YJ_DIR_CONSENTS), 4);
}

static void test_what_is_refused(void **state)
{
	(void)state;
	people();
	static const struct {
		const char *row, *column, *text;
	} rows[] = {
	    {",visit,,yes,resident,,,", "resident", "empty"},
	    {"r9,visit,,yes,resident,,,", "resident", "resident r9 does not exist"},
	    {"r1,,,yes,resident,,,", "kind", "empty"},
	    {"r1,camera,,yes,resident,,,", "kind", "must be one of: visit auto_answer"},
	    {"r1,visit,nobody,yes,resident,,,", "who", "caregiver nobody does not exist"},
	    {"r1,visit,13800000000,yes,resident,,,", "who", "phone number"},
	    {"r1,visit,c1;c2,yes,resident,,,", "who", "consists of"},
	    {"r1,visit,,,resident,,,", "granted", "empty"},
	    {"r1,visit,,maybe,resident,,,", "granted", "true/false"},
	    {"r1,visit,,yes,,,,", "by", "empty"},
	    {"r1,visit,,yes,neighbour,,,", "by", "must be one of: resident guardian"},
	    {"r1,visit,,yes,family,,,", "by", "family can refuse"},
	    {"r1,visit,,yes,clerk,,,", "by", "clerk can refuse"},
	    {"r1,visit,,yes,guardian,,,", "guardian", "must name the guardian"},
	    {"r1,visit,,no,guardian,,,", "guardian", "must name the guardian"},
	    {"r1,visit,,yes,guardian,11010519491231002X,,", "guardian", "identity-card"},
	    {"r1,visit,,yes,resident,,yesterday,", "at", "not a date"},
	    {"r1,visit,,yes,resident,,,2026-02-30", "until", "no such day"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char csv[512];
		(void)snprintf(
		    csv, sizeof(csv), HEAD "r2,night,,no,resident,,,\n%s\n", rows[i].row);
		bad(YJ_DIR_CONSENTS, csv, 3, rows[i].column, rows[i].text);
		assert_int_equal(count(YJ_DIR_CONSENTS), 0);
	}
	bad(YJ_DIR_CONSENTS, HEAD "r1,visit,,yes,resident,,,\nr1,探视,所有人,no,resident,,,\n", 3,
	    "resident", "r1/visit/ stands on line 2 already");
	bad(YJ_DIR_CONSENTS, "id,kind,granted,by\nr1,visit,yes,resident\n", 1, "id",
	    "unknown column; consents have: resident kind who");
	bad(YJ_DIR_CONSENTS, "resident,kind,by\nr1,visit,resident\n", 1, "granted", "missing");
	good(YJ_DIR_CONSENTS, HEAD "r1,visit,,no,family,,,\nr1,visit,grid,no,clerk,,,2001-01-01\n",
	    2);
}

static int put(const char *json)
{
	json_t *record = json_loads(json, 0, NULL);
	assert_int_equal(yj_store_begin(s), 0);
	int rc = yj_dir_put(s, YJ_DIR_CONSENTS, record, false, false, why);
	if (rc == 0)
		assert_int_equal(yj_store_commit(s), 0);
	else
		yj_store_rollback(s);
	json_decref(record);
	return rc;
}

static void test_records(void **state)
{
	(void)state;
	people();
	assert_int_equal(put("{\"resident\":\"r1\",\"kind\":\"visit\",\"granted\":\"yes\",\"by\":"
			     "\"resident\",\"who\":\"FAMILY\"}"),
	    0);
	has(YJ_DIR_CONSENTS, "r1/visit/family", "granted", "true");
	assert_int_equal(
	    put("{\"resident\":\"r1\",\"granted\":\"yes\",\"by\":\"resident\"}"), YJ_ERR_INVAL);
	assert_string_equal(why, "kind: is required");
	assert_int_equal(put("{\"resident\":\"r1\",\"kind\":\"visit\",\"granted\":\"yes\",\"by\":"
			     "\"guardian\"}"),
	    YJ_ERR_INVAL);
	assert_non_null(strstr(why, "guardian: must name"));
	/* what stands counts where it is not given: this one was said by the resident */
	assert_int_equal(
	    put("{\"resident\":\"r1\",\"kind\":\"visit\",\"who\":\"family\",\"by\":\"clerk\"}"),
	    YJ_ERR_INVAL);
	assert_non_null(strstr(why, "by: only the resident"));
	json_t *record =
	    json_loads("{\"resident\":\" r1 \",\"kind\":\"夜间\",\"who\":\"网格员\"}", 0, NULL);
	char key[YJ_DIR_KEY_MAX + 1];
	assert_string_equal(yj_dir_key(YJ_DIR_CONSENTS, record, key), "r1/night/grid");
	json_object_set_new(record, "kind", json_string("?"));
	assert_string_equal(yj_dir_key(YJ_DIR_CONSENTS, record, key), "");
	json_object_set_new(record, "id", json_string("x"));
	assert_string_equal(yj_dir_key(YJ_DIR_RESIDENTS, record, key), "x");
	json_decref(record);
}

static int withdraw(const char *resident, enum yj_consent kind, const char *who)
{
	int changed = -1;
	assert_int_equal(yj_store_begin(s), 0);
	int rc =
	    yj_consents_withdraw_rows(s, resident, kind, who, YJ_CONSENT_BY_FAMILY, NOW, &changed);
	assert_int_equal(yj_store_commit(s), 0);
	return rc < 0 ? rc : changed;
}

static void test_withdrawal(void **state)
{
	(void)state;
	people();
	good(YJ_DIR_CONSENTS,
	    HEAD "r1,auto_answer,,yes,guardian,王,2026-01-01,2026-12-31\n"
		 "r1,auto_answer,family,yes,resident,,,\n"
		 "r1,auto_answer,c1,yes,resident,,,\n"
		 "r1,auto_answer,g1,yes,resident,,,\n"
		 "r1,alert,c1,yes,resident,,,\n"
		 "r2,auto_answer,c1,yes,resident,,,\n",
	    6);
	assert_int_equal(withdraw("r9", YJ_CONSENT_VISIT, ""), YJ_ERR_NOTFOUND);
	assert_int_equal(withdraw("r1", YJ_CONSENT_VISIT, "c9"), YJ_ERR_NOTFOUND);
	/* one person: what others have stays */
	assert_int_equal(withdraw("r1", YJ_CONSENT_AUTO_ANSWER, "c2"), 1);
	has(YJ_DIR_CONSENTS, "r1/auto_answer/c2", "granted", "false");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/c2", "by", "family");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/c2", "at", NOW);
	assert_string_equal(of("r1", "c2", YJ_ROLE_FAMILY),
	    "auto_answer  yes, auto_answer c2 no, auto_answer family yes");
	/* a role, and those of it who are named */
	assert_int_equal(withdraw("r1", YJ_CONSENT_AUTO_ANSWER, "family"), 2);
	has(YJ_DIR_CONSENTS, "r1/auto_answer/family", "granted", "false");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/c1", "granted", "false");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/g1", "granted", "true");
	has(YJ_DIR_CONSENTS, "r1/alert/c1", "granted", "true");
	/* everybody, whoever is named; not of another resident, and once */
	assert_int_equal(withdraw("r1", YJ_CONSENT_AUTO_ANSWER, ""), 2);
	has(YJ_DIR_CONSENTS, "r1/auto_answer/g1", "granted", "false");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/", "granted", "false");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/", "guardian", "");
	has(YJ_DIR_CONSENTS, "r1/auto_answer/", "until", "");
	has(YJ_DIR_CONSENTS, "r2/auto_answer/c1", "granted", "true");
	assert_int_equal(withdraw("r1", YJ_CONSENT_AUTO_ANSWER, ""), 0);
	/* where nothing was ever said, no is said all the same; and an end of a no is none any more
	 */
	assert_int_equal(withdraw("r3", YJ_CONSENT_VISIT, ""), 1);
	has(YJ_DIR_CONSENTS, "r3/visit/", "granted", "false");
	good(YJ_DIR_CONSENTS, HEAD "r3,visit,grid,no,resident,,,2026-12-01\n", 1);
	assert_int_equal(withdraw("r3", YJ_CONSENT_VISIT, "grid"), 1);
	has(YJ_DIR_CONSENTS, "r3/visit/grid", "until", "");
}

static void test_who_goes_takes_theirs_along(void **state)
{
	(void)state;
	people();
	const char *csv = HEAD "r1,auto_answer,c1,yes,resident,,,\nr1,visit,family,no,resident,,,\n"
			       "r3,visit,c1,yes,resident,,,\nr3,night,,yes,resident,,,\n";
	good(YJ_DIR_CONSENTS, csv, 4);
	assert_int_equal(yj_dir_remove(s, YJ_DIR_CAREGIVERS, "c1", 1, why), 0);
	assert_int_equal(count(YJ_DIR_CONSENTS), 2);
	assert_int_equal(yj_dir_remove(s, YJ_DIR_RESIDENTS, "r3", 1, why), 0);
	assert_int_equal(count(YJ_DIR_CONSENTS), 1);
	/* what is exported then can be read back */
	size_t len;
	char *out = export(YJ_DIR_CONSENTS, &len);
	good_bytes(YJ_DIR_CONSENTS, out, len, 1);
	free(out);
	/* and whoever gets the same id has not been agreed to */
	people();
	assert_string_equal(of("r1", "c1", YJ_ROLE_FAMILY), "visit family no");
	good(YJ_DIR_RESIDENTS, RESIDENTS, 3);
	good(YJ_DIR_CONSENTS, csv, 4);
	assert_int_equal(commit.added, 3);
	assert_string_equal(of("r1", "c1", YJ_ROLE_FAMILY), "auto_answer c1 yes, visit family no");
}

/* "a role's word is a role": somebody who is called like one is not meant by it. */
static void test_called_like_a_role(void **state)
{
	(void)state;
	people();
	good(YJ_DIR_CAREGIVERS, "id,name,role\ndoctor,李,grid\n", 1);
	good(YJ_DIR_CONSENTS,
	    HEAD "r1,auto_answer,doctor,yes,resident,,,\nr1,visit,grid,no,resident,,,\n", 2);
	assert_string_equal(of("r1", "doctor", YJ_ROLE_GRID), "visit grid no");
	assert_string_equal(of("r1", "d9", YJ_ROLE_DOCTOR), "auto_answer doctor yes");
}

static void test_shared(void **state)
{
	(void)state;
	static const struct {
		const char *device, *bed;
		bool shared;
	} places[] = {
	    {"t1,terminal,r1,", "", false},
	    {"t1,terminal,r1;r2,", "", true},
	    {"t1,terminal,r1,i1", "", true},
	    {"t1,terminal,r1,", "b1,home,i1,r1,", false},
	    {"t1,terminal,r1,", "b1,institution,i1,r1,", true},
	    {"t1,terminal,r1,", "b1,hospital,,r1,", true},
	    {"t1,terminal,r1,", "b1,institution,i1,r2,", false},
	    {"t1,terminal,r1,", "b1,institution,i1,,t1", true},
	    {"t1,terminal,r1,", "b1,home,,,t1", false},
	};
	good(YJ_DIR_INSTITUTIONS, "id,name,region,filing\ni1,院,511781101201,filed\n", 1);
	for (size_t i = 0; i < N(places); i++) {
		char csv[256];
		bool shared;
		(void)snprintf(
		    csv, sizeof(csv), "id,kind,resident,institution\n%s\n", places[i].device);
		good(YJ_DIR_DEVICES, csv, 1);
		(void)snprintf(csv, sizeof(csv), "id,kind,institution,occupant,device\n%s\n",
		    places[i].bed[0] ? places[i].bed : "b1,home,,,");
		good(YJ_DIR_BEDS, csv, 1);
		assert_int_equal(yj_consents_shared(reader, "r1", "t1", &shared), 0);
		if (shared != places[i].shared)
			fail_msg("%s %s", places[i].device, places[i].bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_records, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_withdrawal, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_who_goes_takes_theirs_along, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_called_like_a_role, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
