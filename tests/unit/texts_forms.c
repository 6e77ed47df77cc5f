/* The words in the forms of SMS, speech, letters and groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "texts.h"

static struct yj_text_page page(void)
{
	return (struct yj_text_page){
	    .state = YJ_PAGE_OPEN,
	    .kind = YJ_KIND_SOS,
	    .name = "王秀英",
	    .address = "石门村二组",
	    .others = "",
	    .place = "",
	    .status = "",
	    .status_until = "",
	    .by = "",
	    .said = "",
	    .village = "石门村",
	    .code = "12",
	    .minutes = 3,
	    .asks = true,
	};
}

static void reads(
    const char *language, enum yj_form form, const struct yj_text_page *p, const char *expected)
{
	char text[1024];
	yj_text_form(language, form, p, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_sms(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	reads("zh-CN", YJ_FORM_SMS, &p,
	    "王秀英求助，3分钟前，石门村二组。回复1我去2去不了3先打电话问(12)");
	reads("en", YJ_FORM_SMS, &p,
	    "王秀英: call for help, 3 min ago, 石门村二组. Reply 1 go 2 no 3 ring(12)");
	p.state = YJ_PAGE_REMIND;
	reads("zh-CN", YJ_FORM_SMS, &p,
	    "王秀英求助，3分钟前，您到了吗，石门村二组。到了回4，去不了回2(12)");
	p.state = YJ_PAGE_ANSWERED;
	p.by = "何晓东";
	reads("zh-CN", YJ_FORM_SMS, &p, "王秀英（求助）：何晓东正在赶去");
}

/* Whatever the directory holds: 70 units at most, and how to answer is always there. */
static void test_sms_fits(void **state)
{
	(void)state;
	static const char *const names[] = {"王", "王秀英", "阿卜杜拉·买买提艾力·吐尔逊江·库尔班",
	    "𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇", "Maximilian Konstantin von und zu Hohenlohe-Langenburg", ""};
	static const char *const places[] = {"", "石门村二组",
	    "四川省广安市华蓥市溪口镇石门村村民委员会二组老槐树旁第三户王家院子红砖房二楼左手边第一"
	    "间",
	    "𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇"};
	for (int kind = 0; kind < YJ_KIND_COUNT; kind++) {
		for (unsigned i = 0; i < 6 * 4 * 2 * 3 * 2 * 2; i++) {
			struct yj_text_page p = page();
			char text[1024];
			p.kind = (enum yj_kind)kind;
			p.name = names[i % 6];
			p.address = places[i / 6 % 4];
			p.drill = p.late = i / 24 % 2;
			p.state = (enum yj_page_state)(i / 48 % 3);
			p.minutes = i / 144 % 2 ? 5000 : 0;
			p.code = i / 288 ? "123456789" : "7";
			const char *language = i / 24 % 2 ? "en" : "zh-CN";
			yj_text_form(language, YJ_FORM_SMS, &p, text, sizeof text);
			if (yj_text_units(text) > 70)
				fail_msg("%zu units: %s", yj_text_units(text), text);
			assert_non_null(strstr(text, p.code));
			assert_non_null(strstr(text, "2"));
			if (i / 24 % 2 == 0)
				assert_non_null(strstr(text, yj_text_kind(language, p.kind)));
		}
	}
}

static void test_sms_keeps_the_end_of_an_address(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	char text[512];
	p.address =
	    "四川省广安市华蓥市溪口镇石门村村民委员会二组老槐树旁第三户进去左手边王家院子红砖房";
	yj_text_form("zh-CN", YJ_FORM_SMS, &p, text, sizeof text);
	assert_non_null(strstr(text, "王家院子红砖房。回复1"));
	assert_int_equal(yj_text_units(text), 70);
}

static void test_sms_link_where_it_fits(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	char text[512];
	p.address = "";
	p.url = "https://y.cn/a/AAAAAAAAAAAAAAAA";
	yj_text_form("zh-CN", YJ_FORM_SMS, &p, text, sizeof text);
	assert_non_null(strstr(text, p.url));
	p.url = "https://yijian.example.org/a/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	yj_text_form("zh-CN", YJ_FORM_SMS, &p, text, sizeof text);
	assert_null(strstr(text, "http"));
}

static void test_group(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.url = "https://y.cn/a/t";
	p.phone = "13900000000";
	p.said = "我摔了";
	reads("zh-CN", YJ_FORM_GROUP, &p, "石门村王老人有呼叫，请点开查看。https://y.cn/a/t");
	p.name = "欧阳修远";
	reads("zh-CN", YJ_FORM_GROUP, &p, "石门村欧阳老人有呼叫，请点开查看。https://y.cn/a/t");
	p.name = "Anna Maria Huber";
	reads("en", YJ_FORM_GROUP, &p, "石门村: Huber has called. https://y.cn/a/t");
	p.name = "福寿养老院";
	p.of_institution = true;
	p.village = "";
	p.url = NULL;
	reads("zh-CN", YJ_FORM_GROUP, &p, "一户有呼叫，请点开查看。");
	p.asks = false;
	p.state = YJ_PAGE_CLOSED;
	reads("zh-CN", YJ_FORM_GROUP, &p, "一户的呼叫已结束。");
}

static void test_letter_and_speech(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.phone = "13900000000";
	p.access = "钥匙在邻居家";
	p.url = "https://y.cn/a/t";
	reads("zh-CN", YJ_FORM_MAIL, &p,
	    "王秀英求助，石门村二组，3分钟前，您能去吗？\n\n电话：13900000000\n入户方式：钥匙在邻居"
	    "家\n"
	    "点此应答：https://y.cn/a/t\n");
	reads(
	    "zh-CN", YJ_FORM_SPEECH, &p, "这里是一键呼叫。王秀英求助，3分钟前。地址：石门村二组。");
	p.state = YJ_PAGE_REMIND;
	reads("zh-CN", YJ_FORM_SPEECH, &p,
	    "这里是一键呼叫。王秀英求助，3分钟前。地址：石门村二组。您到了吗？");
	p.state = YJ_PAGE_OPEN;
	char subject[128];
	yj_text_subject("zh-CN", &p, subject, sizeof subject);
	assert_string_equal(subject, "王秀英：求助");
}

static void test_fixed(void **state)
{
	(void)state;
	struct yj_text_page p = {.state = YJ_PAGE_NOTICE, .fixed = "这是一次测试"};
	reads("zh-CN", YJ_FORM_SPEECH, &p, "这是一次测试");
	reads("zh-CN", YJ_FORM_SMS, &p, "这是一次测试");
	p.url = "https://a.cn/a/AQFxkZ3b0yqKp1nUuZQe1m7xw";
	reads("zh-CN", YJ_FORM_MAIL, &p, "这是一次测试"); /* nothing is asked */
	p.asks = true;
	reads("zh-CN", YJ_FORM_FULL, &p, "这是一次测试");
	reads("zh-CN", YJ_FORM_SPEECH, &p, "这是一次测试");
	reads("zh-CN", YJ_FORM_SMS, &p, "这是一次测试 https://a.cn/a/AQFxkZ3b0yqKp1nUuZQe1m7xw");
	reads("zh-CN", YJ_FORM_GROUP, &p, "这是一次测试 https://a.cn/a/AQFxkZ3b0yqKp1nUuZQe1m7xw");
	reads("en", YJ_FORM_MAIL, &p,
	    "这是一次测试\n\nAnswer here: https://a.cn/a/AQFxkZ3b0yqKp1nUuZQe1m7xw");
}

static void test_fixed_link_where_it_fits(void **state)
{
	(void)state;
	struct yj_text_page p = {.state = YJ_PAGE_NOTICE,
	    .fixed = "这是一次测试，看看短信能不能到您手里，收到请回复好让我们放心",
	    .url = "https://a-long-name.example/a/AQFxkZ3b0yqKp1nUuZQe1m7xw",
	    .asks = true};
	reads("zh-CN", YJ_FORM_SMS, &p, p.fixed); /* a link that is cut off is none */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sms),
	    cmocka_unit_test(test_sms_fits),
	    cmocka_unit_test(test_sms_keeps_the_end_of_an_address),
	    cmocka_unit_test(test_sms_link_where_it_fits),
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_letter_and_speech),
	    cmocka_unit_test(test_fixed),
	    cmocka_unit_test(test_fixed_link_where_it_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
