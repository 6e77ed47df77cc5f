/* Mappings: what is refused, with its line; pointers, topics, conditions, repeats, unpacking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_mapping.h"
#include "devices/sieve.h"

#define BASE "name: x\ntopic: t/{device}/up\ndevice: \"{device}\"\n"

static struct yj_decoder *decoder;
static struct yj_reports reports;

static struct yj_mapping *good(const char *text)
{
	struct yj_yaml y;
	struct yj_mapping *m = NULL;
	int rc = yj_mapping_parse(&y, "m.yaml", text, strlen(text), &m);
	if (rc < 0) {
		char *errors = yj_yaml_errors(&y);
		fail_msg("%s", errors);
	}
	yj_yaml_done(&y);
	return m;
}

/* Exactly one complaint, on this line, with these words. */
static void bad(const char *text, int line, const char *words)
{
	struct yj_yaml y;
	struct yj_mapping *m = NULL;
	char at[32];
	assert_int_equal(yj_mapping_parse(&y, "m.yaml", text, strlen(text), &m), YJ_ERR_INVAL);
	assert_null(m);
	char *errors = yj_yaml_errors(&y);
	snprintf(at, sizeof at, "m.yaml:%d: ", line);
	if (strncmp(errors, at, strlen(at)) != 0 || !strstr(errors, words) ||
	    strchr(errors, '\n') || !strstr(errors, "expected"))
		fail_msg("expected %s%s, got %s", at, words, errors);
	free(errors);
	yj_yaml_done(&y);
}

static const struct yj_report *read_one(
    const struct yj_mapping *m, const char *topic, const char *payload)
{
	size_t next = 0;
	(void)yj_family_read(&m->family, decoder, topic, payload, strlen(payload), &next, &reports);
	return reports.n ? &reports.v[0] : NULL;
}

static void test_refused(void **state)
{
	(void)state;
	bad("name: x\n", 1, "\"device\" is not set");
	bad("name: X\ndevice: /a\n", 1, "name is not usable");
	bad("name: generic\ndevice: /a\n", 1, "name is not usable");
	bad("name: native\ndevice: /a\n", 1, "name is not usable");
	bad("name: zigbee2mqtt\ndevice: /a\n", 1, "name is not usable");
	bad("name: aaaaaaaaaabbbbbbbbbbccccccccccddd\ndevice: /a\n", 1, "name is not usable");
	bad("name: x\ndevice: \"{device}\"\n", 2, "a name in braces");
	bad("name: x\ndevice: \"a{b\"\n", 2, "a closing brace");
	bad("name: x\ndevice: [/a, /b, /c, /d, /e]\n", 2, "device has 5 entries");
	bad(BASE "colour: red\n", 4, "unknown key");
	bad("name: x\ndevice: /a\ntopic: yj/v1/#\n", 3, "not under yj/");
	bad("name: x\ndevice: /a\ntopic: a/#/b\n", 3, "# at the end only");
	bad("name: x\ndevice: /a\ntopic: a/b+\n", 3, "as a whole level");
	bad("name: x\ndevice: /a\ntopic: a/x{d}\n", 3, "as a whole level");
	bad("name: x\ndevice: /a\ntopic: \"a/{d#}/b\"\n", 3, "# at the end only");
	bad("name: x\ndevice: /a\ntopic: a/{b-c}\n", 3, "letters, digits");
	bad("name: x\ndevice: /a\ntopic: $SYS/#\n", 3, "a topic of at most");
	bad(BASE "payload: xml\n", 4, "payload is not known");
	bad(BASE "time: soon\n", 4, "a JSON pointer");
	bad(BASE "time: {at: /a~2}\n", 4, "a JSON pointer");
	bad(BASE "each: \"{device}\"\n", 4, "each is no JSON pointer");
	bad(BASE "unpack: [{at: /a, as: gzip}]\n", 4, "unpack.as is not known");
	bad(BASE "unpack: [{at: /a, as: hex, of: all}]\n", 4, "unpack.of is not one of ours");
	bad(BASE "otherwise: call\n", 4, "otherwise is not one of ours");
	bad(BASE "heartbeat: 5\n", 4, "a duration with a unit");
	bad(BASE "readings: {battery: {at: /b, factor: half}}\n", 4, "factor is no number");
	bad(BASE "dedup: {as: id}\n", 4, "dedup has no `by`");
	bad(BASE "dedup: {by: /a, within: 5s}\n", 4, "as: window only");
	bad(BASE "dedup: {by: body, as: counter}\n", 4, "body is of no use");
	bad(BASE "rules:\n  - {at: /a}\n", 5, "\"kind\" is not set");
	bad(BASE "rules:\n  - {kind: sos}\n", 5, "kind is not one of ours");
	bad(BASE "rules:\n  - {kind: unreadable}\n", 5, "kind is not one of ours");
	bad(BASE "rules:\n  - {kind: call, is: 1}\n", 5, "has no `at`");
	bad(BASE "rules:\n  - {kind: call, at: /a, is: []}\n", 5, "is has 0 entries");
	bad(BASE "rules:\n  - {kind: call, at: /a, exists: false, is: 1}\n", 5, "one of both");
	bad(BASE "rules:\n  - {kind: call, at: /a, over: high}\n", 5, "over is no number");
	bad(BASE "rules:\n  - {kind: call, at: /a, bits: 0}\n", 5, "bits is out of range");
	bad(BASE "rules:\n  - {kind: cancel, at: /a, state: true}\n", 5, "state is of no use");
	bad(BASE "rules:\n  - {kind: fall, at: /a, changes: true}\n", 5, "changes is of no use");
	bad(BASE "rules:\n  - {kind: fall, state: true}\n", 5, "there is no `at`");
	bad(BASE "rules:\n  - {kind: fall, at: /a, button: sos}\n", 5, "of a press");
	bad(BASE "rules:\n  - {kind: call, at: /a, button: help}\n", 5, "button is not one");
	bad(BASE "rules:\n  - {kind: fall, at: /a, field: f}\n", 5, "field is of no use");
	bad(BASE "rules: &r\n  - {kind: gas, at: /a, is: 1, state: true}\n"
		 "  - {kind: gas, at: /a, is: 2, state: true}\n",
	    4, "a `field` of its own");
	bad(BASE "feedback: {topic: yj/v1/x, closed: a}\n", 4, "feedback.topic is no topic");
	bad(BASE "feedback: {closed: a}\n", 4, "\"topic\" is not set");
	bad("name: [x]\ndevice: /a\n", 1, "name is a list");
	bad("- a\n", 1, "the mapping is a list");
}

static void test_pointers(void **state)
{
	(void)state;
	/* RFC 6901, section 5 */
	static const char doc[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
				  "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
	static const char *const all[][2] = {{"/foo/0", "bar"}, {"/foo/1", "baz"}, {"/", "0"},
	    {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"}, {"/g|h", "4"}, {"/i\\\\\\\\j", "5"},
	    {"/k\\\"l", "6"}, {"/ ", "7"}, {"/m~0n", "8"}, {"#/foo/1", "baz"}, {"/foo/2", ""},
	    {"/foo/01", ""}, {"/foo/-", ""}, {"/foo", ""}, {"/foo/0/x", ""}, {"/nothing", ""},
	    {"#", ""}, {"/a/b", ""}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char text[256], pointer[64];
		snprintf(pointer, sizeof pointer, "%s", all[i][0]);
		if (strcmp(pointer, "/i\\\\\\\\j") == 0)
			snprintf(pointer, sizeof pointer, "/i\\\\j");
		snprintf(text, sizeof text, "name: x\ntopic: t\ndevice: \"%s\"\n", pointer);
		struct yj_mapping *m = good(text);
		const struct yj_report *r = read_one(m, "t", doc);
		assert_non_null(r);
		if (strcmp(r->address, all[i][1]) != 0)
			fail_msg("%s: \"%s\"", pointer, r->address);
		assert_int_equal(r->base, all[i][1][0] ? YJ_BASE_HEARTBEAT : YJ_BASE_ERROR);
		yj_mapping_free(m);
	}
}

static void add_filter(void *ctx, const char *filter)
{
	strcat(ctx, filter);
	strcat(ctx, " ");
}

static void test_topics(void **state)
{
	(void)state;
	char filters[256] = "";
	struct yj_mapping *m =
	    good("name: x\ntopic: [\"a/{site}/{dev}\", \"b/+/{dev#}\", \"c/#\"]\n"
		 "device: [\"{site}.{dev}\", \"{dev}\", /id]\n");
	yj_family_filters(&m->family, NULL, add_filter, filters);
	assert_string_equal(filters, "a/+/+ b/+/# c/# ");
	static const char *const all[][2] = {{"a/1/2", "1.2"}, {"a/1/2/3", NULL}, {"a/1", NULL},
	    {"b/x/y/z", "y/z"}, {"b/x", NULL}, {"c/d", "i"}, {"c", NULL}, {"d", NULL},
	    {"a//2", "2"}, {"A/1/2", NULL}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		const struct yj_report *r = read_one(m, all[i][0], "{\"id\":\"i\"}");
		assert_int_equal(yj_family_owns(&m->family, all[i][0]), all[i][1] != NULL);
		assert_int_equal(r != NULL, all[i][1] != NULL);
		if (r)
			assert_string_equal(r->address, all[i][1]);
	}
	yj_mapping_free(m);
}

static void test_whose_topic_it_is(void **state)
{
	(void)state;
	struct yj_mapping *m[] = {good("name: any\ntopic: \"+/up\"\ndevice: /a\n"),
	    good("name: mine\ntopic: zigbee2mqtt/mine\ndevice: /a\n")};
	yj_families_use(m, 2);
	assert_ptr_equal(yj_family_of_topic("zigbee2mqtt/mine"), &m[1]->family);
	assert_string_equal(yj_family_of_topic("zigbee2mqtt/up")->name, "zigbee2mqtt");
	assert_ptr_equal(yj_family_of_topic("other/up"), &m[0]->family);
	assert_string_equal(yj_family_of_topic("yj/up")->name, "native");
	assert_ptr_equal(yj_family_find("mine"), &m[1]->family);
	assert_null(yj_family_builtin("mine"));
	yj_families_use(NULL, 0);
	assert_null(yj_family_find("mine"));
	assert_null(yj_family_of_topic("other/up"));
	yj_mapping_free(m[0]);
	yj_mapping_free(m[1]);
}

/* Does a rule with this condition hold for this value? */
static bool holds(const char *condition, const char *value)
{
	char text[256], payload[128];
	snprintf(text, sizeof text, BASE "rules:\n  - {kind: fall, at: /v, %s}\n", condition);
	snprintf(payload, sizeof payload, *value ? "{\"v\":%s}" : "{}", value);
	struct yj_mapping *m = good(text);
	const struct yj_report *r = read_one(m, "t/a/up", payload);
	bool yes = r->n_signs == 1;
	yj_mapping_free(m);
	return yes;
}

static void test_conditions(void **state)
{
	(void)state;
	static const struct {
		const char *condition, *yes[6], *no[8];
	} all[] = {
	    {"is: 1", {"1", "1.0", "\"1\"", "1e0"}, {"2", "true", "\"one\"", "null", "", "[1]"}},
	    {"is: \"01\"", {"\"01\""}, {"1", "\"1\"", ""}},
	    {"is: true", {"true", "\"TRUE\"", "1", "\"on\""}, {"false", "\"FALSE\"", "0", ""}},
	    {"is: false", {"false", "\"FALSE\"", "0"}, {"true", "", "null", "\"no way\""}},
	    {"is: [a, 3]", {"\"a\"", "3", "\"\\u0061\""}, {"\"A\"", "\"3a\"", "4", "{}"}},
	    {"is: \"true\"", {"\"true\"", "true"}, {"1", "\"TRUE\""}},
	    {"not: 0", {"1", "\"x\"", "false"}, {"0", "\"0\"", "", "null"}},
	    {"not: [0, off]", {"1", "\"on\""}, {"0", "\"off\""}},
	    {"over: 60", {"60.1", "\"61\""}, {"60", "\"hot\"", "", "true", "\"\""}},
	    {"under: 10", {"9.9", "-5"}, {"10", "11", ""}},
	    {"over: 1, under: 3", {"2"}, {"1", "3"}},
	    {"bits: 6", {"2", "4", "255", "\"2\""}, {"1", "0", "-2", "\"x\"", ""}},
	    {"exists: false", {"", "null"}, {"0", "\"\"", "false"}},
	    {"exists: true", {"0", "\"\"", "false", "{}"}, {"", "null"}},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		for (size_t k = 0; k < 6 && all[i].yes[k]; k++)
			if (!holds(all[i].condition, all[i].yes[k]))
				fail_msg("%s not for %s", all[i].condition, all[i].yes[k]);
		for (size_t k = 0; k < 8 && all[i].no[k]; k++)
			if (holds(all[i].condition, all[i].no[k]))
				fail_msg("%s for %s", all[i].condition, all[i].no[k]);
	}
}

static int64_t time_in(const char *as, const char *value)
{
	char text[128], payload[128];
	snprintf(text, sizeof text, BASE "time: {at: /t%s%s}\n", *as ? ", as: " : "", as);
	snprintf(payload, sizeof payload, "{\"t\":%s}", value);
	struct yj_mapping *m = good(text);
	int64_t t = read_one(m, "t/a/up", payload)->ts_ms;
	yj_mapping_free(m);
	return t;
}

static void test_times(void **state)
{
	(void)state;
	const int64_t t = 1606982320000;
	assert_int_equal(time_in("", "1606982320"), t);
	assert_int_equal(time_in("", "1606982320000"), t);
	assert_int_equal(time_in("", "\"1606982320\""), t);
	assert_int_equal(time_in("", "\"2020-12-03T15:58:40+08:00\""), t);
	assert_int_equal(time_in("", "\"20201203T075840Z\""), t);
	assert_int_equal(time_in("s", "1606982320.5"), t + 500);
	assert_int_equal(time_in("ms", "1606982320000"), t);
	assert_int_equal(time_in("ms", "1606982"), 1606982);
	assert_int_equal(time_in("iso", "\"2020-12-03T07:58:40Z\""), t);
	static const char *const none[] = {"0", "-5", "\"\"", "null", "\"yesterday\"", "1e300",
	    "\"2020-12-03 15:58:40\"", "\"20201303T075840Z\"", "{}"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(time_in("", none[i]), INT64_MAX);
	assert_int_equal(time_in("ms", "\"2020-12-03T07:58:40Z\""), INT64_MAX);
	assert_int_equal(time_in("iso", "1606982320"), INT64_MAX);
}

static const char *fact(const struct yj_mapping *m, struct yj_ram *ram, int64_t t,
    const char *payload, struct yj_sifted *out)
{
	struct yj_memory memory = yj_ram_memory(ram);
	const struct yj_report *r = read_one(m, "t/a/up", payload);
	assert_non_null(r);
	assert_int_equal(yj_sieve(&memory, r->address, r, false, t, out), 0);
	return yj_sifted_name(out);
}

static void test_repeats(void **state)
{
	(void)state;
	struct yj_sifted s;
	static const struct {
		const char *dedup, *first, *again, *other;
		int64_t after;
	} all[] = {
	    {"/id", "{\"id\":1}", "{\"id\":1}", "{\"id\":2}", 999999999},
	    {"[/id, /n]", "{\"id\":1,\"n\":23}", "{\"id\":1,\"n\":23}", "{\"id\":12,\"n\":3}", 9},
	    {"{by: /id, as: packet}", "{\"id\":1}", "{\"id\":1}", "{\"id\":2}", 60000},
	    {"{by: /id, as: counter}", "{\"id\":1}", "{\"id\":1}", "{\"id\":0}", 999999999},
	    {"{as: window, within: 3s}", "{\"a\":1}", "{\"b\":2}", NULL, 2999},
	    {"{by: [/id, body], as: id}", "{\"id\":1,\"a\":1}", "{\"id\":1,\"a\":1}",
		"{\"id\":1,\"a\":2}", 999999999},
	    {"{by: body, as: id}", "{\"a\":1}", "{\"a\":1}", "{\"a\":2}", 999999999},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char text[256];
		struct yj_ram *ram = yj_ram_new();
		snprintf(text, sizeof text,
		    BASE "dedup: %s\nrules:\n  - {kind: fall}\n  - {kind: call}\n", all[i].dedup);
		struct yj_mapping *m = good(text);
		assert_string_equal(fact(m, ram, 1000, all[i].first, &s), "call");
		assert_int_equal(s.n, 2); /* both of one message, though one key tells repeats */
		assert_string_equal(fact(m, ram, 1000 + all[i].after, all[i].again, &s), "ignore");
		if (all[i].other)
			assert_string_equal(
			    fact(m, ram, 2000 + all[i].after, all[i].other, &s), "call");
		yj_ram_free(ram);
		yj_mapping_free(m);
	}
}

static void test_changes(void **state)
{
	(void)state;
	struct yj_sifted s;
	struct yj_ram *ram = yj_ram_new();
	struct yj_mapping *m = good(BASE "rules:\n  - {kind: life, at: /litres, changes: true}\n"
					 "  - {kind: life, at: /flow, over: 0}\n");
	static const struct {
		const char *payload;
		bool changed, life;
	} all[] = {{"{\"litres\":12.5}", false, false}, {"{\"litres\":12.5}", false, false},
	    {"{\"litres\":12.6}", true, false}, {"{}", false, false},
	    {"{\"litres\":12.6}", false, false}, {"{\"litres\":0}", true, false},
	    {"{\"litres\":null}", false, false}, {"{\"flow\":0}", false, false},
	    {"{\"flow\":0.1}", false, true}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		assert_string_equal(fact(m, ram, (int64_t)i, all[i].payload, &s), "heartbeat");
		assert_int_equal(s.changed, all[i].changed);
		assert_int_equal(reports.v[0].readings.life, all[i].life);
	}
	yj_ram_free(ram);
	yj_mapping_free(m);
}

static void test_readings(void **state)
{
	(void)state;
	struct yj_mapping *m = good(BASE
	    "readings: {battery: {at: /v, factor: 50, plus: -100}, rssi: /r, hr: /hr, rr: /rr,\n"
	    "  spo2: /o, battery_low: /low, mains: {at: /power, is: ac}, in_bed: {at: /w, over: 5},"
	    " fw: /fw}\n");
	const struct yj_readings *r = &read_one(m, "t/a/up",
	    "{\"v\":\"3.5\",\"r\":-77,\"hr\":61.5,\"rr\":0,\"o\":101,\"low\":\"FALSE\","
	    "\"power\":\"dc\",\"w\":6,\"fw\":\"1.2\"}")
					   ->readings;
	assert_true(r->battery_pct > 74.9 && r->battery_pct < 75.1);
	assert_int_equal(r->rssi_dbm, -77);
	assert_true(r->hr > 61 && r->hr < 62 && r->rr < 0 && r->spo2_pct < 0);
	assert_int_equal(r->battery_low, 0);
	assert_int_equal(r->mains, 0);
	assert_int_equal(r->in_bed, 1);
	assert_true(r->life);
	assert_string_equal(r->fw, "1.2");
	r = &read_one(m, "t/a/up", "{\"v\":5,\"r\":99,\"low\":\"x\",\"fw\":[]}")->readings;
	assert_true(r->battery_pct < 0 && r->rssi_dbm == 0 && r->battery_low == -1);
	assert_true(r->mains == -1 && r->in_bed == -1 && !r->life && !r->fw[0]);
	yj_mapping_free(m);
}

static void test_payloads(void **state)
{
	(void)state;
	static const struct {
		const char *as, *payload, *at, *is;
		bool readable;
	} all[] = {
	    {"text", "ON", "#", "ON", true},
	    {"text", "say \"hi\"\n", "#", "say", true},
	    {"text", "\xff", "#", "x", false},
	    {"bytes", "A\xff", "/1", "255", true},
	    {"hex", "0xFE01", "/0", "254", true},
	    {"hex", "fe01\n", "/1", "1", true},
	    {"hex", "fe0", "/0", "254", false},
	    {"hex", "zz", "/0", "0", false},
	    {"base64", "/+8=", "/1", "239", true},
	    {"base64", "_-8", "/0", "255", true},
	    {"base64", "A", "/0", "0", false},
	    {"base64", "AA=A", "/0", "0", false},
	    {"base64-json", "eyJhIjo1fQ==", "/a", "5", true},
	    {"base64-json", "eyJhIjo1", "/a", "5", false},
	    {"hex-text", "4f4e", "#", "ON", true},
	    {"hex-json", "31", "#", "1", true},
	    {"json", "", "#", "1", false},
	    {"json", "1 2", "#", "1", false},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		char text[256];
		snprintf(text, sizeof text,
		    BASE "payload: %s\nrules:\n  - {kind: call, at: \"%s\", is: %s}\n", all[i].as,
		    all[i].at, all[i].is);
		struct yj_mapping *m = good(text);
		const struct yj_report *r = read_one(m, "t/a/up", all[i].payload);
		assert_int_equal(r->base == YJ_BASE_ERROR, !all[i].readable);
		assert_string_equal(r->address, "a");
		if (all[i].readable && i != 1)
			assert_int_equal(r->n_signs, 1);
		yj_mapping_free(m);
	}
}

/* What is packed cannot put members into what is around it, and what is too much is refused. */
static void test_unpacking_stays_inside(void **state)
{
	(void)state;
	struct yj_mapping *m = good("name: x\ntopic: t\ndevice: /id\nunpack: [{at: /p, as: json}]\n"
				    "rules:\n  - {kind: call, at: /p/sos, is: 1}\n");
	const struct yj_report *r = read_one(m, "t", "{\"p\":\"{\\\"sos\\\":1}\",\"id\":\"a\"}");
	assert_true(r->n_signs == 1 && strcmp(r->address, "a") == 0);
	r = read_one(m, "t", "{\"p\":\"1,\\\"id\\\":\\\"b\\\"\",\"id\":\"a\"}");
	assert_int_equal(r->base, YJ_BASE_ERROR);
	assert_string_equal(r->address, "");
	r = read_one(m, "t", "{\"p\":{\"sos\":1},\"id\":\"a\"}"); /* no string: it stays */
	assert_int_equal(r->n_signs, 1);
	char *big = malloc(70000);
	memset(big, ' ', 70000);
	big[69999] = '\0';
	assert_int_equal(read_one(m, "t", big)->why, YJ_REASON_SIZE);
	free(big);
	yj_mapping_free(m);
}

static void test_told(void **state)
{
	(void)state;
	struct yj_mapping *m = good(BASE
	    "feedback: {topic: \"t/{device}/down\", qos: 0, received: '{\"s\":\"{{state}}\"}',\n"
	    "  closed: \"{{device}} {{incident}}\", arrived: \"{{nothing}}\"}\n");
	struct yj_to to = {.address = "a", .route = "", .feedback = ""};
	struct yj_msg_down_call down = {.incident = "gw-1-7", .state = YJ_HOME_RECEIVED};
	struct yj_wire wire = {.len = 0};
	assert_int_equal(yj_family_tell(&m->family, &to, &down, &wire), 0);
	assert_string_equal(wire.topic, "t/a/down");
	assert_string_equal(wire.payload, "{\"s\":\"received\"}");
	assert_int_equal(wire.qos, 0);
	down.state = YJ_HOME_CLOSED;
	assert_int_equal(yj_family_tell(&m->family, &to, &down, &wire), 0);
	assert_string_equal(wire.payload, "a gw-1-7");
	down.state = YJ_HOME_ARRIVED;
	assert_int_equal(yj_family_tell(&m->family, &to, &down, &wire), YJ_ERR_NOTFOUND);
	down.state = YJ_HOME_ANSWERED;
	assert_int_equal(yj_family_tell(&m->family, &to, &down, &wire), YJ_ERR_NOTFOUND);
	to.address = "#";
	down.state = YJ_HOME_RECEIVED;
	assert_int_equal(yj_family_tell(&m->family, &to, &down, &wire), YJ_ERR_NOTFOUND);
	yj_mapping_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_pointers),
	    cmocka_unit_test(test_topics),
	    cmocka_unit_test(test_whose_topic_it_is),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_repeats),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_readings),
	    cmocka_unit_test(test_payloads),
	    cmocka_unit_test(test_unpacking_stays_inside),
	    cmocka_unit_test(test_told),
	};
	decoder = yj_decoder_new();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	yj_decoder_free(decoder);
	return failed;
}
