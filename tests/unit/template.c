/* Templates: what is refused and where, and what each escape makes of odd values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notify/template.h"

static const struct yj_msg_inbox page = {
    .id = "gw-1-d1",
    .incident = "gw-1-77",
    .level = 2,
    .kind = YJ_KIND_SOS,
    .state = YJ_PAGE_OPEN,
    .resident = {.id = "r-1", .name = "王\"秀\\英", .address = "<3&4> 'x'", .phone = "139"},
    .text = "page text",
    .opened_at_ms = 1795460972123,
    .url = "https://h.example/a/tok?x=1&y=2",
};
static const struct yj_delivery delivery = {
    .attempt = 1,
    .id = "gw-1-d1",
    .caregiver = "c-1",
    .phone = "+8613900001111",
    .email = "a@b.example",
    .language = "zh-CN",
    .page = &page,
    .text = "一行\n二行\t\x01=+%",
    .subject = "主题",
    .code = "4711",
};

static void makes(const char *text, enum yj_escape escape, const char *want)
{
	struct yj_template *t = NULL;
	struct yj_template_mistake mistake = {0};
	if (yj_template_parse(text, escape, &t, &mistake) != 0)
		fail_msg("%s: %d:%d %s", text, mistake.line, mistake.column, mistake.text);
	char *made = yj_template_fill(t, &delivery);
	assert_string_equal(made, want);
	free(made);
	yj_template_free(t);
}

static void test_fills(void **state)
{
	(void)state;
	makes("", YJ_ESCAPE_PLAIN, "");
	makes("nothing", YJ_ESCAPE_PLAIN, "nothing");
	makes("{{id}}{{ code }}{{kind}}/{{state}}", YJ_ESCAPE_PLAIN, "gw-1-d14711sos/open");
	makes("{{incident}} {{level}} {{caregiver}} {{phone}} {{email}} {{language}}",
	    YJ_ESCAPE_PLAIN, "gw-1-77 2 c-1 +8613900001111 a@b.example zh-CN");
	makes("{{resident}} {{resident_phone}} {{subject}} {{url}}", YJ_ESCAPE_PLAIN,
	    "r-1 139 主题 https://h.example/a/tok?x=1&y=2");
	makes("{{opened_at}}|{{answer_by}}|{{access}}|{{health}}", YJ_ESCAPE_PLAIN,
	    "2026-11-23T19:09:32.123Z|||");
	makes("} }} { {a}", YJ_ESCAPE_PLAIN, "} }} { {a}");
	makes("line\n\n", YJ_ESCAPE_PLAIN, "line");
}

static void test_escapes(void **state)
{
	(void)state;
	makes("{{text}}", YJ_ESCAPE_PLAIN, "一行\n二行\t=+%");
	makes("{\"t\":\"{{text}}\",\"n\":\"{{name}}\",\"l\":{{level}}}", YJ_ESCAPE_JSON,
	    "{\"t\":\"一行\\u000a二行\\u0009\\u0001=+%\",\"n\":\"王\\\"秀\\\\英\",\"l\":2}");
	makes("a={{text}}&u={{url}}", YJ_ESCAPE_PERCENT,
	    "a=%E4%B8%80%E8%A1%8C%0A%E4%BA%8C%E8%A1%8C%09%01%3D%2B%25&u=https%3A%2F%2Fh.example%2F"
	    "a%2Ftok%3Fx%3D1%26y%3D2");
	makes("<a b=\"{{address}}\">{{text}}</a>", YJ_ESCAPE_XML,
	    "<a b=\"&lt;3&amp;4&gt; &#39;x&#39;\">一行\n二行\t=+%</a>");
	makes("{{text}}", YJ_ESCAPE_HEADER, "一行 二行  =+%");
}

static void test_types(void **state)
{
	(void)state;
	assert_int_equal(yj_escape_of("application/json"), YJ_ESCAPE_JSON);
	assert_int_equal(yj_escape_of("Application/JSON; charset=utf-8"), YJ_ESCAPE_JSON);
	assert_int_equal(yj_escape_of("application/cloudevents+json"), YJ_ESCAPE_JSON);
	assert_int_equal(yj_escape_of("application/x-www-form-urlencoded"), YJ_ESCAPE_PERCENT);
	assert_int_equal(yj_escape_of("text/xml"), YJ_ESCAPE_XML);
	assert_int_equal(yj_escape_of("application/soap+xml"), YJ_ESCAPE_XML);
	assert_int_equal(yj_escape_of("text/plain"), YJ_ESCAPE_PLAIN);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text;
		enum yj_escape escape;
		int line, column;
		const char *words;
	} cases[] = {
	    {"{{nmae}}", YJ_ESCAPE_PLAIN, 1, 1, "{{nmae}} is not known"},
	    {"一二\n三 {{Text}}", YJ_ESCAPE_PLAIN, 2, 3, "{{Text}} is not known"},
	    {"a {{text", YJ_ESCAPE_PLAIN, 1, 3, "without }}"},
	    {"a {{text}", YJ_ESCAPE_PLAIN, 1, 3, "without }}"},
	    {"a {{text\n}}", YJ_ESCAPE_PLAIN, 1, 3, "without }}"},
	    {"{{}}", YJ_ESCAPE_PLAIN, 1, 1, "{{}} is not known"},
	    {"{\n \"a\": {{text}}}", YJ_ESCAPE_JSON, 2, 7, "outside of quotes"},
	    {"{\n \"a\": \"\\\"\", \"b\": {{text}}}", YJ_ESCAPE_JSON, 2, 18, "outside of quotes"},
	    {"{\n \"a\": \"{{text}}\",\n}", YJ_ESCAPE_JSON, 3, 1, "is not JSON"},
	    {"{\"a\": \"{{text}}\"", YJ_ESCAPE_JSON, 1, 16, "is not JSON"},
	    {"{\"{{text}}\": 1, \"{{name}}\": {{level}}", YJ_ESCAPE_JSON, 1, 37, "is not JSON"},
	    {"", YJ_ESCAPE_JSON, 1, 1, "is not JSON"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yj_template *t = NULL;
		struct yj_template_mistake m = {0};
		int rc = yj_template_parse(cases[i].text, cases[i].escape, &t, &m);
		if (rc != YJ_ERR_INVAL || t || m.line != cases[i].line ||
		    m.column != cases[i].column || !strstr(m.text, cases[i].words))
			fail_msg("case %zu: %d, %d:%d %s", i, rc, m.line, m.column, m.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fills),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_mistakes),
	};
	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
