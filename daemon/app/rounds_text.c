/* The words of rounds. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/utf8.h"
#include "rounds_inside.h"

/* Adds a name if it fits with some room to spare. */
static bool add_name(char names[YJ_ROUND_NAMES_MAX], bool en, const char *name)
{
	size_t at = strlen(names);
	const char *between = at == 0 ? "" : en ? ", " : "、";
	if (at + strlen(between) + strlen(name) >= YJ_ROUND_NAMES_MAX)
		return false;
	snprintf(names + at, YJ_ROUND_NAMES_MAX - at, "%s%s", between, name);
	return true;
}

void yj_round_words_add(struct yj_round_words_of *w, bool en, const char *name, int32_t over)
{
	char one[YJ_CALLED_MAX + 24];
	if (over > 0)
		w->overdue++;
	else
		w->due++;
	if (!name)
		return;
	if (over > 0)
		snprintf(one, sizeof one, en ? "%s (%d d)" : "%s（%d天）", name, (int)over);
	else
		snprintf(one, sizeof one, "%s", name);
	if (over > 0)
		w->named_overdue += add_name(w->overdue_names, en, one);
	else
		w->named_due += add_name(w->due_names, en, one);
}

/* "张三、李四等5人", "5人" */
static void names(char *buf, size_t cap, bool en, int all, int named, const char *list)
{
	if (named == 0)
		snprintf(buf, cap, en ? "%d" : "%d人", all);
	else if (named == all)
		snprintf(buf, cap, "%s", list);
	else
		snprintf(buf, cap, en ? "%s and %d more" : "%s，另有%d人", list, all - named);
}

static void when(int64_t utc_ms, bool en, char buf[32])
{
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	if (en)
		strftime(buf, 32, "%a %Y-%m-%d %H:%M", &tm);
	else
		snprintf(
		    buf, 32, "%d月%d日%02d:%02d", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min);
}

static void put(char *buf, size_t cap, enum yj_round_run_sort sort, bool en,
    const struct yj_round_extra *extra, int due, const char *due_list, int overdue,
    const char *overdue_list)
{
	char until[32] = "";
	const char *who = due ? due_list : overdue_list;
	if (extra)
		when(extra->until_utc_ms, en, until);
	switch (sort) {
	case YJ_RUN_DAILY:
		snprintf(buf, cap, "%s%s%s%s%s%s%s", en ? "[ROUNDS] " : "【巡访】",
		    due ? (en ? "To be visited today: " : "今天应巡访：") : "", due ? due_list : "",
		    due && overdue ? (en ? ". " : "；") : "",
		    overdue ? (en ? "Overdue: " : "已逾期：") : "", overdue ? overdue_list : "",
		    en ? "." : "。");
		return;
	case YJ_RUN_CHANGES:
		snprintf(buf, cap,
		    en ? "[ROUNDS] To be visited within 24 hours, for much has changed: %s."
		       : "【巡访】情况有重大变化，请在24小时内巡访：%s。",
		    who);
		return;
	case YJ_RUN_BEGUN:
		snprintf(buf, cap,
		    en ? "[ROUNDS] %s: to be visited until %s: %s."
		       : "【巡访】%s，请在%s前逐一巡访：%s。",
		    extra->reason, until, who);
		return;
	case YJ_RUN_ENDED:
		snprintf(buf, cap,
		    en ? "[ROUNDS] %s: not visited until %s: %s."
		       : "【巡访】%s，至%s仍未巡访：%s。",
		    extra->reason, until, who);
		return;
	}
}

void yj_round_words_end(const struct yj_round_words_of *w, enum yj_round_run_sort sort, bool en,
    const struct yj_round_extra *extra, char text[YJ_NOTICE_TEXT_MAX],
    char brief[YJ_NOTICE_BRIEF_MAX])
{
	char due[YJ_ROUND_NAMES_MAX + 40], overdue[YJ_ROUND_NAMES_MAX + 40];
	names(due, sizeof due, en, w->due, w->named_due, w->due_names);
	names(overdue, sizeof overdue, en, w->overdue, w->named_overdue, w->overdue_names);
	put(text, YJ_NOTICE_TEXT_MAX, sort, en, extra, w->due, due, w->overdue, overdue);
	names(due, sizeof due, en, w->due, 0, "");
	names(overdue, sizeof overdue, en, w->overdue, 0, "");
	put(brief, YJ_NOTICE_BRIEF_MAX, sort, en, extra, w->due, due, w->overdue, overdue);
	yj_utf8_end_whole(text);
	yj_utf8_end_whole(brief);
}
