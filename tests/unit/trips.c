/* Texts that say that a resident is away or back, and those that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "texts.h"
#include "trips.h"

static struct yj_trip trip;

static void away(const char *text, const char *who, int days, const char *date, int month, int day)
{
	if (!yj_trip_read(text, &trip))
		fail_msg("not read: %s", text);
	if (!trip.away || strcmp(trip.who, who) != 0 || trip.days != days ||
	    strcmp(trip.date, date) != 0 || trip.month != month || trip.day != day)
		fail_msg("%s: who \"%s\", %d days, date \"%s\", %d/%d", text, trip.who, trip.days,
		    trip.date, trip.month, trip.day);
}

static void back(const char *text, const char *who)
{
	if (!yj_trip_read(text, &trip) || trip.away || strcmp(trip.who, who) != 0)
		fail_msg("%s: who \"%s\"", text, trip.who);
}

static void test_away(void **state)
{
	(void)state;
	away("外出3天", "", 3, "", 0, 0);
	away("外出 ３ 天。", "", 3, "", 0, 0);
	away("外出三天", "", 3, "", 0, 0);
	away("外出了两天", "", 2, "", 0, 0);
	away("外出一周", "", 7, "", 0, 0);
	away("外出2个星期", "", 14, "", 0, 0);
	away("外出一个月", "", 30, "", 0, 0);
	away("王秀英外出3天", "王秀英", 3, "", 0, 0);
	away("外出 王秀英 3天", "王秀英", 3, "", 0, 0);
	away("外出 r1 3天", "r1", 3, "", 0, 0);
	away("外出到12月1日", "", 0, "", 12, 1);
	away("王秀英 外出 至 12月1号", "王秀英", 0, "", 12, 1);
	away("外出到2026年12月1日", "", 0, "2026-12-01", 0, 0);
	away("外出到2026-12-01", "", 0, "2026-12-01", 0, 0);
	away("外出", "", 0, "", 0, 0);
	away("away 3 days", "", 3, "", 0, 0);
	away("away r1 until 2026-12-01", "r1", 0, "2026-12-01", 0, 0);
}

static void test_back(void **state)
{
	(void)state;
	back("回来了", "");
	back("回来了！", "");
	back("王秀英回来了", "王秀英");
	back("王秀英 已回家", "王秀英");
	back("back", "");
}

/* Whoever is asked to go somewhere, and says that they are out, is not taken for this. */
static void test_others(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "1", "我去", "去不了",
	    "我在外出差，去不了，三天后回", "我外出了 去不了", "3天", "王秀英 3天",
	    "我 和 她 外出3天", "我马上 回来了 就去", "外出400天"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (yj_trip_read(texts[i], &trip) && (trip.days || trip.month || !trip.who[0]))
			fail_msg("%s", texts[i]);
}

/* Each answer is one SMS, whatever the name. */
static void test_answers(void **state)
{
	(void)state;
	char buf[512];
	static const char *const names[] = {"", "王秀英",
	    "买买提·阿不都热合曼·依布拉音、张三、李四、王五、赵六、钱七、孙八、周九、吴十、郑十一、"
	    "冯十二、陈十三、褚十四"};
	for (int en = 0; en < 2; en++)
		for (int what = YJ_TRIP_AWAY; what <= YJ_TRIP_DENIED; what++)
			for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
				yj_text_trip(en ? "en" : "zh-CN", (enum yj_text_trip)what, names[i],
				    "2026-12-01", buf, sizeof buf);
				assert_true(buf[0] && yj_text_units(buf) <= 70);
			}
	yj_text_trip("zh-CN", YJ_TRIP_AWAY, "王秀英", "2026-12-01", buf, sizeof buf);
	assert_non_null(strstr(buf, "王秀英外出至2026-12-01"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_away),
	    cmocka_unit_test(test_back),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
