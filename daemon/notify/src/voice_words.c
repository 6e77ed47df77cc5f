#include "voice_words.h"

#include <stdio.h>
#include <string.h>

#include "proto/utf8.h"

static bool english(const char *language)
{
	return strcmp(language, "en") == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void yj_voice_prompt(const char *language, const char *text, bool asks, char *buf, size_t cap)
{
	bool en = english(language);
	const char *keys = en ? " Press 1 if you are going. Press 2 if you cannot. Press 3 if you "
				"are not near and will ring first. Press 9 to hear this again."
			      : "。我去，请按1。去不了，请按2。不在附近，先打电话问，请按3。"
				"再听一遍，请按9。";
	if (!asks)
		keys = en ? "." : "。";
	size_t len = strlen(keys);
	/* the keys must never be what is cut off */
	snprintf(buf, cap > len ? cap - len : cap, "%s", text);
	yj_utf8_end_whole(buf);
	size_t n = strlen(buf);
	snprintf(buf + n, cap - n, "%s", keys);
}

/* Digit by digit, with pauses. */
static void say_number(const char *phone, const char *comma, char *buf, size_t cap)
{
	size_t n = 0;
	buf[0] = '\0';
	for (const char *p = phone; *p != '\0' && n + 8 < cap; p++)
		if (is_digit(*p))
			n += (size_t)snprintf(buf + n, cap - n, "%c%s", *p, comma);
}

void yj_voice_thanks(const char *language, char key, const char *phone, char *buf, size_t cap)
{
	bool en = english(language);
	char number[256];
	say_number(phone, en ? ", " : "，", number, sizeof number);
	if (key == '1')
		snprintf(buf, cap, "%s",
		    en ? "Thank you, this is noted. Please go as soon as you can."
		       : "已记录，请尽快前往。");
	else if (key == '2')
		snprintf(buf, cap, "%s",
		    en ? "Noted. We are calling somebody else." : "好的，将联系其他人。");
	else if (number[0] == '\0')
		snprintf(buf, cap, "%s",
		    en ? "Noted. Please ring first. We go on calling people who are near."
		       : "已记录，请先打电话询问。我们继续联系附近的人。");
	else
		snprintf(buf, cap,
		    en ? "Noted. Please ring first. The number is %s once more, %s."
		       : "已记录，请先打电话，号码是%s再说一遍，%s。",
		    number, number);
}

const char *yj_voice_not_needed(const char *language)
{
	return english(language)
		   ? "Somebody is going already, or this call for help has ended. Thank you."
		   : "已有人前往，或者求助已经结束。谢谢您。";
}

bool yj_voice_number(const char *phone, char *buf, size_t cap)
{
	size_t n = 0, digits = 0;
	for (const char *p = phone; *p != '\0'; p++) {
		if (strchr(" -.()/", *p))
			continue;
		if (!is_digit(*p) && !(*p == '+' && n == 0))
			return false;
		if (n + 1 >= cap)
			return false;
		digits += is_digit(*p);
		buf[n++] = *p;
	}
	buf[n] = '\0';
	return digits >= 3;
}

void yj_voice_reason(const char *reason, char *buf, size_t cap)
{
	size_t n = 0;
	for (const char *p = reason; *p != '\0' && n + 1 < cap; p++) {
		/* a SIP status has three digits, a number more; an address has an @ */
		size_t digits = strspn(p, "0123456789");
		if (digits > 4 || *p == '@') {
			n = 0;
			break;
		}
		for (size_t i = 0; i < (digits ? digits : 1) && n + 1 < cap; i++)
			buf[n++] = p[i] >= ' ' && p[i] <= '~' ? p[i] : '?';
		if (digits)
			p += digits - 1;
	}
	buf[n] = '\0';
	if (n == 0)
		snprintf(buf, cap, "the call ended");
}
