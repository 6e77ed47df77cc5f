/* Aligned tables and records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "table.h"

static const struct yj_column columns[] = {
    {"id", NULL, false},
    {"n", NULL, true},
    {"never", NULL, false},
    {"name", "full name", false},
    {"on", NULL, false},
    {0},
};

static void check_table(const char *json, const char *none, bool color, const char *expected)
{
	json_t *array = json_loads(json, 0, NULL);
	assert_non_null(array);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	yj_table_put(f, array, columns, none, color);
	fclose(f);
	assert_string_equal(out, expected);
	free(out);
	json_decref(array);
}

static void aligned(void **state)
{
	(void)state;
	check_table("[{\"id\":\"r1\",\"n\":7,\"name\":\"王秀英\",\"on\":true},"
		    "{\"id\":\"resident-2\",\"n\":1234,\"name\":\"Li\",\"on\":false}]",
	    NULL, false,
	    "id             n  full name  on\n"
	    "r1             7  王秀英     yes\n"
	    "resident-2  1234  Li         no\n");
}

static void empty_columns_are_left_out(void **state)
{
	(void)state;
	check_table(
	    "[{\"id\":\"a\",\"n\":null,\"name\":\"\",\"never\":[]}]", NULL, false, "id\na\n");
}

static void nothing(void **state)
{
	(void)state;
	check_table("[]", "none here", true, "none here\n");
	check_table("[]", NULL, false, "");
}

static void color_only_around_the_titles(void **state)
{
	(void)state;
	check_table("[{\"id\":\"a\"}]", NULL, true, "\033[1mid\n\033[0ma\n");
}

static void stored_controls_are_visible(void **state)
{
	(void)state;
	check_table("[{\"id\":\"a\\u001b[31m\",\"n\":1},{\"id\":\"b\",\"n\":2}]", NULL, false,
	    "id         n\n"
	    "a\\x1b[31m  1\n"
	    "b          2\n");
}

static void record(void **state)
{
	(void)state;
	json_t *object =
	    json_loads("{\"id\":\"r1\",\"name\":\"王\\n英\",\"none\":null,\"empty\":\"\","
		       "\"list\":[\"a\",\"b\"],\"rows\":[{\"x\":1}],\"yes\":true}",
		0, NULL);
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	yj_record_put(f, object, false);
	fclose(f);
	assert_string_equal(out, "id     r1\n"
				 "name   王\\n英\n"
				 "list   a, b\n"
				 "yes    yes\n");
	free(out);
	json_decref(object);
}

static void check_event(struct yj_log_row row, const char *expected)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	yj_event_line(f, &row, false);
	fclose(f);
	assert_string_equal(out, expected);
	free(out);
}

static void events_as_lines(void **state)
{
	(void)state;
	check_event(
	    (struct yj_log_row){.utc_ms = 1800000000123,
		.type = YJ_EV_INCIDENT_OPENED,
		.subject = "incident/gw-1-7",
		.data = "{\"incident\":\"gw-1-7\",\"resident\":\"r1\",\"kind\":\"sos\",\"level\":0,"
			"\"late\":true,\"drill\":false,\"people\":2}"},
	    "2027-01-15T08:00:00.123Z  incident.opened  incident/gw-1-7  sos resident=r1 level=0 "
	    "people=2 late\n");
	check_event(
	    (struct yj_log_row){
		.type = YJ_EV_DEVICE_ONLINE, .subject = "device/b1", .data = "{\"device\":\"b1\"}"},
	    "1970-01-01T00:00:00.000Z  device.online  device/b1  -\n");
	check_event(
	    (struct yj_log_row){.type = YJ_EV_GATEWAY_STARTED, .subject = "", .data = "no JSON"},
	    "1970-01-01T00:00:00.000Z  gateway.started  -  -\n");
	check_event((struct yj_log_row){.type = YJ_EV_CHECKIN,
			.subject = "device/b\033",
			.data = "{\"method\":\"x\\u001b]0;\"}"},
	    "1970-01-01T00:00:00.000Z  checkin  device/b\\x1b  method=x\\x1b]0;\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(aligned),
	    cmocka_unit_test(empty_columns_are_left_out),
	    cmocka_unit_test(nothing),
	    cmocka_unit_test(color_only_around_the_titles),
	    cmocka_unit_test(stored_controls_are_visible),
	    cmocka_unit_test(record),
	    cmocka_unit_test(events_as_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
