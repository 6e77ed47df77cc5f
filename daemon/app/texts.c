#include "texts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/utf8.h"

static bool english(const char *language)
{
	return strcmp(language, "en") == 0;
}

const char *yj_text_received(const char *language, bool test, bool calling)
{
	if (test)
		return english(language) ? "Test received" : "测试成功";
	if (!calling)
		return english(language) ? "Received" : "已收到";
	return english(language) ? "Received. We are calling people." : "已收到，正在联系人";
}

const char *yj_text_kind(const char *language, enum yj_kind kind)
{
	static const char *const zh[] = {"求助", "服务请求", "联系家人", "跌倒", "烟雾报警",
	    "燃气报警", "漏水", "离床未归", "长时间无活动", "体征异常", "走失",
	    "设备发来无法识别的呼叫", "未登记设备的呼叫", "探视无应答", "多户设备同时离线"};
	static const char *const en[] = {"call for help", "service request", "call to the family",
	    "fall", "smoke alarm", "gas alarm", "water leak", "out of bed", "no sign of life",
	    "vital signs", "wandering", "unreadable call", "call of an unregistered device",
	    "visit not answered", "devices of many homes offline together"};
	_Static_assert(sizeof zh / sizeof zh[0] == YJ_KIND_COUNT, "a text per kind");
	_Static_assert(sizeof en / sizeof en[0] == YJ_KIND_COUNT, "a text per kind");
	return english(language) ? en[kind] : zh[kind];
}

const char *yj_text_poisoned(const char *language)
{
	return english(language) ? "An incident could not be handled and was set aside. Please "
				   "look at it at once."
				 : "有一起求助事件系统无法处理，已单独搁置，请立即人工查看";
}

const char *yj_text_verify(const char *language)
{
	return english(language) ? "Test of this channel, nobody needs help. Please confirm, or "
				   "reply 1."
				 : "通道测试，没有人求助。收到请按“确认”；短信或电话请回复1。";
}

void yj_text_peer(
    const char *language, const char *gateway, int minutes, bool silent, char *buf, size_t cap)
{
	bool en = english(language);
	if (silent)
		snprintf(buf, cap,
		    en ? "Gateway %s has been silent for %d minutes. Please look after it."
		       : "网关%s已%d分钟没有消息，请立即检查",
		    gateway, minutes);
	else
		snprintf(buf, cap, en ? "Gateway %s is heard again." : "网关%s已恢复", gateway);
}

void yj_text_silence(const char *language, int64_t since_utc_ms, int64_t minutes, bool offline,
    char *buf, size_t cap)
{
	bool en = english(language), hours = minutes >= 120;
	char since[48] = "";
	struct tm tm = {0};
	time_t t = (time_t)(since_utc_ms / 1000);
	if (since_utc_ms != INT64_MAX && localtime_r(&t, &tm))
		strftime(
		    since, sizeof since, en ? " since %Y-%m-%d %H:%M" : "自%m月%d日%H:%M起", &tm);
	snprintf(buf, cap, en ? "No sign of life%s for %lld %s%s" : "%s已%lld%s没有动静%s", since,
	    (long long)(hours ? minutes / 60 : minutes),
	    hours ? en ? "h" : "小时"
	    : en  ? "min"
		  : "分钟",
	    !offline ? ""
	    : en     ? "; the devices are offline"
		     : "，家中设备离线");
}

void yj_text_heard(const char *language, const char *name, char *buf, size_t cap)
{
	snprintf(buf, cap,
	    english(language) ? "%s: a sign of life has come. Please make sure and close the call."
			      : "%s家中又有动静了，请核实后结束求助",
	    name);
	yj_utf8_end_whole(buf);
}

void yj_text_home(const char *language, enum yj_home_state state, const char *by, bool remote,
    char *buf, size_t cap)
{
	bool en = english(language);
	const char *who = by[0] ? by : en ? "Somebody" : "有人";
	switch (state) {
	case YJ_HOME_RECEIVED:
		snprintf(buf, cap, "%s", yj_text_received(language, false, true));
		break;
	case YJ_HOME_ANSWERED:
		if (remote)
			snprintf(buf, cap,
			    en ? "%s knows and is looking for somebody near you"
			       : "%s知道了，正在找附近的人",
			    who);
		else
			snprintf(buf, cap, en ? "%s is on the way" : "%s正在赶来", who);
		break;
	case YJ_HOME_SEARCHING:
		snprintf(buf, cap, "%s", en ? "Calling somebody else" : "正在联系其他人");
		break;
	case YJ_HOME_ARRIVED:
		snprintf(buf, cap, en ? "%s has arrived" : "%s已经到了", who);
		break;
	case YJ_HOME_CLOSED:
		snprintf(buf, cap, "%s", en ? "This call has ended" : "这次呼叫已结束");
		break;
	}
}

static void append(char *buf, size_t cap, const char *before, const char *text, const char *after)
{
	size_t n = strlen(buf);
	if (text[0] && n < cap)
		snprintf(buf + n, cap - n, "%s%s%s", before, text, after);
}

static const char *status_word(bool en, const char *status)
{
	static const char *const words[][2] = {
	    {"away", "外出"}, {"moved", "迁出"}, {"deceased", "去世"}};
	for (size_t i = 0; !en && i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i][0], status) == 0)
			return words[i][1];
	return status;
}

static void say_status(bool en, const struct yj_text_page *p, char *buf, size_t cap)
{
	if (!p->status[0])
		return;
	append(buf, cap, en ? " (" : "（状态：", status_word(en, p->status), "");
	append(buf, cap, en ? " until " : "，至", p->status_until, "");
	append(buf, cap, "", en ? ")" : "）", "");
}

static void say_open(bool en, const struct yj_text_page *p, const char *kind, char *buf, size_t cap)
{
	const char *comma = en ? ", " : "，";
	char ago[32];
	if (p->minutes > 0)
		snprintf(ago, sizeof ago, en ? "%d min ago" : "%d分钟前", p->minutes);
	else
		snprintf(ago, sizeof ago, "%s", en ? "just now" : "刚刚");
	snprintf(buf, cap, "%s%s%s%s",
	    !p->drill ? ""
	    : en      ? "[DRILL] "
		      : "【演练】",
	    !p->late ? ""
	    : en     ? "[LATE] "
		     : "【迟到】",
	    !p->info ? ""
	    : en     ? "[INFO] "
		     : "【告知】",
	    p->name[0] ? p->name : p->place);
	append(buf, cap, en ? ", " : "、", p->others, "");
	append(buf, cap, en && buf[0] ? ": " : "", kind, "");
	append(buf, cap, comma, p->address, "");
	append(buf, cap, comma, p->name[0] ? p->place : "", "");
	append(buf, cap, comma, ago, en ? "." : "");
	if (!p->info)
		append(buf, cap, en ? " " : "，", en ? "Can you go?" : "您能去吗？", "");
}

void yj_text_page(const char *language, const struct yj_text_page *p, char *buf, size_t cap)
{
	bool en = english(language);
	const char *kind = yj_text_kind(language, p->kind);
	const char *name = p->name[0] ? p->name : p->place;
	char all[2048]; /* a page names everybody who may have called */
	snprintf(all, sizeof all, "%s", name);
	append(all, sizeof all, en ? ", " : "、", p->others, "");
	yj_utf8_end_whole(all);
	const char *by = p->by[0] ? p->by : en ? "somebody" : "有人";
	switch (p->state) {
	case YJ_PAGE_OPEN:
		say_open(en, p, kind, buf, cap);
		append(buf, cap, en ? " \"" : " “", p->said, en ? "\"" : "”");
		say_status(en, p, buf, cap);
		break;
	case YJ_PAGE_JOINED:
		snprintf(buf, cap, en ? "%s: called again (%s), %s" : "%s再次呼叫（%s），%s", all,
		    kind, p->address);
		break;
	case YJ_PAGE_REMIND:
		snprintf(buf, cap, en ? "%s (%s): have you arrived? %s" : "%s（%s）：您到了吗？%s",
		    all, kind, p->address);
		break;
	case YJ_PAGE_CONTACTED:
		snprintf(buf, cap,
		    en ? "%s (%s): %s knows and is looking for somebody near"
		       : "%s（%s）：%s已知晓，正在找附近的人",
		    name, kind, by);
		break;
	case YJ_PAGE_ANSWERED:
		snprintf(
		    buf, cap, en ? "%s (%s): %s is going" : "%s（%s）：%s正在赶去", name, kind, by);
		break;
	case YJ_PAGE_ARRIVED:
		snprintf(buf, cap, en ? "%s (%s): %s has arrived" : "%s（%s）：%s已到场", name,
		    kind, by);
		break;
	case YJ_PAGE_WITHDRAWN:
		snprintf(buf, cap,
		    en ? "%s (%s): taken back by the resident, please confirm"
		       : "%s（%s）：老人已撤回，请核实",
		    name, kind);
		break;
	case YJ_PAGE_NOTICE: /* has words of its own */
		snprintf(buf, cap, "%s", p->said);
		break;
	case YJ_PAGE_CLOSED:
		snprintf(buf, cap, en ? "%s (%s): closed" : "%s（%s）：已结束", name, kind);
		break;
	}
	yj_utf8_end_whole(buf);
}
