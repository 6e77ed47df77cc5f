/* What caregivers read: whatever is not known leaves no gap, and no stray comma. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
	};
}

static void reads(const char *language, const struct yj_text_page *p, const char *expected)
{
	char text[512];
	yj_text_page(language, p, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_plain(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	reads("zh-CN", &p, "王秀英求助，石门村二组，刚刚，您能去吗？");
	reads("en", &p, "王秀英: call for help, 石门村二组, just now. Can you go?");
	p.minutes = 3;
	reads("zh-CN", &p, "王秀英求助，石门村二组，3分钟前，您能去吗？");
	reads("en", &p, "王秀英: call for help, 石门村二组, 3 min ago. Can you go?");
}

static void test_everything(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.others = "李大爷";
	p.place = "堂屋";
	p.status = "away";
	p.status_until = "2026-12-01";
	p.said = "摔倒了";
	p.drill = p.late = p.info = true;
	reads("zh-CN", &p,
	    "【演练】【迟到】【告知】王秀英、李大爷求助，石门村二组，堂屋，刚刚 "
	    "“摔倒了”（状态：外出，至2026-12-01）");
	reads("en", &p,
	    "[DRILL] [LATE] [INFO] 王秀英, 李大爷: call for help, 石门村二组, 堂屋, just now. "
	    "\"摔倒了\" (away until 2026-12-01)");
}

static void test_status(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.status = "moved";
	reads("zh-CN", &p, "王秀英求助，石门村二组，刚刚，您能去吗？（状态：迁出）");
	p.status = "deceased";
	reads("zh-CN", &p, "王秀英求助，石门村二组，刚刚，您能去吗？（状态：去世）");
	p.status = "";
	p.status_until = "2026-12-01";
	reads("zh-CN", &p, "王秀英求助，石门村二组，刚刚，您能去吗？");
}

static void test_little(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.address = "";
	reads("zh-CN", &p, "王秀英求助，刚刚，您能去吗？");
	p.name = "";
	p.place = "桥头";
	reads("zh-CN", &p, "桥头求助，刚刚，您能去吗？");
	reads("en", &p, "桥头: call for help, just now. Can you go?");
	p.place = "";
	reads("en", &p, "call for help, just now. Can you go?");
}

static void test_all_are_named(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.others = "李大爷、赵奶奶";
	p.state = YJ_PAGE_JOINED;
	reads("zh-CN", &p, "王秀英、李大爷、赵奶奶再次呼叫（求助），石门村二组");
	p.state = YJ_PAGE_REMIND;
	reads("en", &p, "王秀英, 李大爷、赵奶奶 (call for help): have you arrived? 石门村二组");
	p.state = YJ_PAGE_ARRIVED;
	p.by = "何晓东";
	reads("zh-CN", &p, "王秀英（求助）：何晓东已到场");
}

static void test_too_small(void **state)
{
	(void)state;
	struct yj_text_page p = page();
	p.said = "摔倒了";
	char text[16], whole[512];
	yj_text_page("zh-CN", &p, whole, sizeof whole);
	yj_text_page("zh-CN", &p, text, sizeof text);
	assert_int_equal(strlen(text), sizeof text - 1);
	assert_memory_equal(text, whole, sizeof text - 1);
	for (size_t cap = 1; cap <= strlen(whole) + 1; cap++) {
		char *exact = test_malloc(cap); /* so that a byte too many is noticed */
		yj_text_page("zh-CN", &p, exact, cap);
		size_t len = strlen(exact);
		assert_true(len + 3 >= cap); /* no more is cut off than one character */
		assert_memory_equal(exact, whole, len);
		assert_false(((unsigned char)whole[len] & 0xc0) == 0x80);
		test_free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_little),
	    cmocka_unit_test(test_all_are_named),
	    cmocka_unit_test(test_too_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
