/* The words of a page in the form that a channel wants: an SMS, speech, a letter, a group's post.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"
#include "texts.h"

#define SMS_UNITS 70 /* UCS-2 units of one SMS: 3GPP TS 23.040, 140 octets */

static bool english(const char *language)
{
	return strcmp(language, "en") == 0;
}

/* The bytes of the character at s, and how many UCS-2 units it takes. */
static size_t character(const char *s, size_t *units)
{
	unsigned char lead = (unsigned char)s[0];
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	*units = n == 4 ? 2 : 1;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return i;
	return n;
}

size_t yj_text_units(const char *s)
{
	size_t n = 0, units;
	while (*s) {
		s += character(s, &units);
		n += units;
	}
	return n;
}

/* Cuts s to at most max units, at a character's end. */
static void cut(char *s, size_t max)
{
	size_t at = 0, n = 0, units;
	while (s[at]) {
		size_t bytes = character(s + at, &units);
		if (n + units > max)
			break;
		n += units;
		at += bytes;
	}
	s[at] = '\0';
}

/* The last characters of s that take at most max units: of an address the end is what matters. */
static const char *tail(const char *s, size_t max)
{
	size_t units;
	while (yj_text_units(s) > max)
		s += character(s, &units);
	return s;
}

static void ago(bool en, int minutes, char *buf, size_t cap)
{
	if (minutes <= 0)
		snprintf(buf, cap, "%s", en ? "just now" : "刚刚");
	else if (minutes < 120)
		snprintf(buf, cap, en ? "%d min ago" : "%d分钟前", minutes);
	else
		snprintf(buf, cap, en ? "%d h ago" : "%d小时前", minutes / 60);
}

static void answer_words(bool en, const struct yj_text_page *p, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (!p->asks)
		return;
	if (p->state == YJ_PAGE_REMIND)
		snprintf(buf, cap, en ? ". Reply 4 here 2 cannot (%s)" : "。到了回4，去不了回2(%s)",
		    p->code);
	else
		snprintf(buf, cap,
		    en ? ". Reply 1 go 2 no 3 ring(%s)" : "。回复1我去2去不了3先打电话问(%s)",
		    p->code);
}

static void mark(bool en, const struct yj_text_page *p, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s%s%s",
	    !p->drill ? ""
	    : en      ? "[DRILL]"
		      : "【演练】",
	    !p->late ? ""
	    : en     ? "[LATE]"
		     : "【迟到】",
	    !p->info ? ""
	    : en     ? "[INFO]"
		     : "【告知】");
}

/* How much is left of one SMS after what is in buf and what must follow. */
static size_t room(const char *buf, const char *must)
{
	size_t taken = yj_text_units(buf) + yj_text_units(must);
	return taken < SMS_UNITS ? SMS_UNITS - taken : 0;
}

static void join(char *buf, size_t cap, const char *before, const char *text)
{
	size_t n = strlen(buf);
	if (text[0] && n < cap)
		snprintf(buf + n, cap - n, "%s%s", before, text);
}

/* How to answer is always there; then who, what, when and where, as far as there is room. */
static void sms(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	char how[96], when[32], name[YJ_CALLED_MAX + 1], what[96];
	const char *comma = en ? ", " : "，";
	answer_words(en, p, how, sizeof how);
	snprintf(what, sizeof what, "%s%s%s", p->state == YJ_PAGE_JOINED && !en ? "再次" : "",
	    yj_text_kind(language, p->kind), p->state == YJ_PAGE_JOINED && en ? " again" : "");
	cut(what, 16);
	mark(en, p, buf, cap);
	snprintf(name, sizeof name, "%s", p->name[0] ? p->name : p->place);
	size_t for_name = room(buf, how), of_what = yj_text_units(what) + (en ? 2 : 0);
	cut(name, for_name > of_what + 4 ? for_name - of_what : 4);
	cut(name, en ? 20 : 12);
	join(buf, cap, "", name);
	join(buf, cap, en && name[0] ? ": " : "", what);
	ago(en, p->minutes, when, sizeof when);
	if (room(buf, how) >= yj_text_units(when) + yj_text_units(comma))
		join(buf, cap, comma, when);
	if (p->state == YJ_PAGE_REMIND && room(buf, how) >= 10)
		join(buf, cap, en ? ". " : "，", en ? "Arrived?" : "您到了吗");
	size_t left = room(buf, how);
	if (left > 4)
		join(buf, cap, comma,
		    tail(p->address[0] ? p->address : p->place, left - yj_text_units(comma)));
	join(buf, cap, "", how);
	cut(buf, SMS_UNITS); /* whatever the directory holds */
	if (p->url && p->asks && room(buf, p->url) > 0)
		join(buf, cap, " ", p->url);
}

static void speech(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	char when[32], marks[48];
	mark(en, p, marks, sizeof marks);
	ago(en, p->minutes, when, sizeof when);
	snprintf(buf, cap,
	    en ? "This is the alarm service.%s %s%s: %s, %s. Address: %s.%s"
	       : "这里是一键呼叫。%s%s%s%s，%s。地址：%s。%s",
	    marks, p->name[0] ? p->name : p->place,
	    p->state != YJ_PAGE_JOINED ? ""
	    : en		       ? " called again"
				       : "再次呼叫，",
	    yj_text_kind(language, p->kind), when, p->address[0] ? p->address : p->place,
	    p->state != YJ_PAGE_REMIND ? ""
	    : en		       ? " Have you arrived?"
				       : "您到了吗？");
}

static void line(char *buf, size_t cap, const char *label, const char *value)
{
	size_t n = strlen(buf);
	if (value && value[0] && n < cap)
		snprintf(buf + n, cap - n, "%s%s\n", label, value);
}

static void letter(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	yj_text_page(language, p, buf, cap);
	size_t n = strlen(buf);
	if (n + 2 < cap)
		memcpy(buf + n, "\n\n", 3);
	line(buf, cap, en ? "Telephone: " : "电话：", p->phone);
	line(buf, cap, en ? "Getting in: " : "入户方式：", p->access);
	line(buf, cap, en ? "Health: " : "健康情况：", p->health);
	if (p->asks)
		line(buf, cap, en ? "Answer here: " : "点此应答：", p->url);
}

void yj_text_surname(const char *name, char *buf, size_t cap)
{
	static const char *const compound[] = {"欧阳", "司马", "上官", "诸葛", "夏侯", "东方",
	    "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "司徒", "端木", "司空", "鲜于",
	    "闾丘", "轩辕", "南宫", "独孤", "第五", "百里", "呼延", "赫连", "钟离", "澹台", "公冶",
	    "宗政", "濮阳", "淳于", "单于", "太叔", "申屠"};
	size_t units;
	for (size_t i = 0; i < sizeof compound / sizeof compound[0]; i++)
		if (strncmp(name, compound[i], strlen(compound[i])) == 0 &&
		    name[strlen(compound[i])]) {
			snprintf(buf, cap, "%s", compound[i]);
			return;
		}
	if ((unsigned char)name[0] >= 0xe0) {
		snprintf(buf, cap, "%.*s", (int)character(name, &units), name);
		return;
	}
	const char *last = strrchr(name, ' ');
	snprintf(buf, cap, "%s", last ? last + 1 : name);
}

/* A group is told no more than whom to look for where; all else stands behind the link. */
static void group(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	char called[YJ_CALLED_MAX + 1] = "";
	if (p->name[0] && !p->of_institution)
		yj_text_surname(p->name, called, sizeof called);
	const char *what = en ? "has called. " : "有呼叫，请点开查看。";
	if (!p->asks)
		what = p->state == YJ_PAGE_CLOSED ? en ? "has been helped. " : "的呼叫已结束。"
		       : p->state == YJ_PAGE_ANSWERED ? en ? "is being helped. " : "已有人前往。"
		       : en			      ? "has news. "
						      : "有新消息。";
	if (en)
		snprintf(buf, cap, "%s%s%s%s %s", p->drill ? "[DRILL] " : "", p->village,
		    p->village[0] ? ": " : "", called[0] ? called : "somebody", what);
	else
		snprintf(buf, cap, "%s%s%s%s%s", p->drill ? "【演练】" : "", p->village, called,
		    called[0] ? "老人" : "一户", what);
	if (p->asks && p->url && p->url[0]) {
		size_t n = strlen(buf);
		snprintf(buf + n, cap - n, "%s", p->url);
	}
}

/* Words that are given, with the link where an answer is wanted and the channel shows no other. */
static void fixed(
    const char *language, enum yj_form form, const struct yj_text_page *p, char *buf, size_t cap)
{
	const char *url = p->asks && p->url ? p->url : "";
	snprintf(buf, cap, "%s", p->fixed);
	switch (form) {
	case YJ_FORM_FULL:
	case YJ_FORM_SPEECH:
		return;
	case YJ_FORM_SMS:
		cut(buf, SMS_UNITS);
		if (room(buf, url) > 0)
			join(buf, cap, " ", url);
		return;
	case YJ_FORM_MAIL:
		join(buf, cap, english(language) ? "\n\nAnswer here: " : "\n\n点此应答：", url);
		return;
	case YJ_FORM_GROUP:
		join(buf, cap, " ", url);
		return;
	}
}

void yj_text_form(
    const char *language, enum yj_form form, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool news = p->state > YJ_PAGE_REMIND;
	if (p->fixed) {
		fixed(language, form, p, buf, cap);
		return;
	}
	switch (form) {
	case YJ_FORM_FULL:
		yj_text_page(language, p, buf, cap);
		return;
	case YJ_FORM_SMS:
		if (!news) {
			sms(language, p, buf, cap);
		} else {
			yj_text_page(language, p, buf, cap);
			cut(buf, SMS_UNITS);
		}
		return;
	case YJ_FORM_SPEECH:
		if (!news)
			speech(language, p, buf, cap);
		else
			yj_text_page(language, p, buf, cap);
		return;
	case YJ_FORM_MAIL:
		letter(language, p, buf, cap);
		return;
	case YJ_FORM_GROUP:
		group(language, p, buf, cap);
		return;
	}
}

void yj_text_subject(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	if (p->fixed)
		snprintf(buf, cap, "%s", en ? "Message of the alarm service" : "一键联通通知");
	else
		snprintf(buf, cap, en ? "%s%s: %s" : "%s%s：%s",
		    !p->drill ? ""
		    : en      ? "[DRILL] "
			      : "【演练】",
		    p->name[0] ? p->name : p->place, yj_text_kind(language, p->kind));
}

void yj_text_trip(const char *language, enum yj_text_trip what, const char *name, const char *until,
    char *buf, size_t cap)
{
	bool en = english(language);
	char short_name[128];
	snprintf(short_name, sizeof short_name, "%.126s", name);
	yj_utf8_end_whole(short_name);
	cut(short_name, 36);
	switch (what) {
	case YJ_TRIP_AWAY:
		snprintf(buf, cap,
		    en ? "Noted: %s is away until %s. Text \"back\" on return."
		       : "已登记：%s外出至%s，期间没有动静不会报警。回来请回复“回来了”",
		    short_name, until);
		break;
	case YJ_TRIP_BACK:
		snprintf(buf, cap, en ? "Noted: %s is back." : "已登记：%s已回家", short_name);
		break;
	case YJ_TRIP_HOW_LONG:
		snprintf(buf, cap,
		    en ? "How long is %s away? Text for example: away 3 days"
		       : "%s外出几天？请回复，例如：外出3天",
		    short_name);
		break;
	case YJ_TRIP_NO_DATE:
		snprintf(buf, cap, "%s",
		    en ? "That date cannot be noted. Text for example: away 3 days"
		       : "日期有误，未登记。请回复，例如：外出3天");
		break;
	case YJ_TRIP_WHICH:
		snprintf(buf, cap,
		    en ? "Who? %s. Add the name."
		       : "您联系多位老人（%s），请写明姓名，例如：张三外出3天",
		    short_name);
		break;
	case YJ_TRIP_NOBODY:
		snprintf(buf, cap, "%s",
		    en ? "Whose trip? Add the name: away NAME 3 days"
		       : "未找到老人，未登记。请写明姓名，例如：张三外出3天");
		break;
	case YJ_TRIP_DENIED:
		snprintf(buf, cap, "%s",
		    en ? "Please ask the family or the grid worker to say so."
		       : "请由家属或网格员登记外出，谢谢您");
		break;
	}
	cut(buf, SMS_UNITS);
}

void yj_text_answer(const char *language, const struct yj_text_answer *a, char *buf, size_t cap)
{
	bool en = english(language);
	long long code = (long long)a->code;
	if (a->choices == 1 && a->unknown)
		snprintf(buf, cap,
		    en ? "No call of yours has that number. Please reply 1 %lld, 2 %lld or 3 %lld"
		       : "编号有误，请回复：1 %lld我去，2 %lld去不了，3 %lld先打电话问",
		    code, code, code);
	else if (a->choices > 1 && !a->taken && !a->closed)
		snprintf(buf, cap,
		    en ? "%d calls are open. Add the number of yours, such as 1 %lld"
		       : "您有%d起求助待应答，请加编号回复，例如：1 %lld",
		    a->choices, code);
	else if (a->closed)
		snprintf(buf, cap, "%s",
		    en ? "This call has ended. Thank you." : "该求助已结束，谢谢您");
	else if (!a->understood)
		snprintf(buf, cap, "%s",
		    en ? "Noted, but no answer. Reply 1 go, 2 no, 3 ring first"
		       : "已转告，但未算应答。请回复1我去，2去不了，3先打电话问");
	else if (!a->taken)
		snprintf(buf, cap, "%s",
		    en ? "This could not be noted" : "未能记录您的应答，请打电话给值班室");
	else if (a->going && a->by[0])
		snprintf(buf, cap,
		    en ? "%s was first and is going. Thank you, too."
		       : "%s已先应答正在赶去，也谢谢您",
		    a->by);
	else if (a->going)
		snprintf(buf, cap, "%s",
		    en ? "Noted: you are going. Reply 4 when you are there."
		       : "已记录：您去。请尽快前往，到了请回复4");
	else if (a->remote)
		snprintf(buf, cap, "%s",
		    en ? "Noted: please ring first. Somebody near is being looked for."
		       : "已记录，请先打电话问，系统继续找附近的人");
	else if (a->declined)
		snprintf(buf, cap, "%s",
		    en ? "Noted. Others are being called." : "已记录，将联系其他人，谢谢您");
	else
		snprintf(buf, cap, "%s", en ? "Noted. Thank you." : "已记录，谢谢您");
	cut(buf, SMS_UNITS);
}
