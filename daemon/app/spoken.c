#include "spoken.h"

#include <string.h>
#include <strings.h>

bool yj_spoken_plain(const char *text, char buf[YJ_SPOKEN_MAX])
{
	static const char *const separators[] = {"　", "，", "。", "、", "！", "：", "；", "（",
	    "）", "【", "】", "“", "”", "－", "＃", "#", ",", ".", "!", ":", ";", "(", ")", "-",
	    "/", "\"", "'", "\t", "\r", "\n", " ", "+", "*", "＊", "\xef\xbb\xbf"};
	size_t n = 0;
	while (*text) {
		const unsigned char *u = (const unsigned char *)text;
		size_t skip = 0;
		char c = *text;
		for (size_t i = 0; i < sizeof separators / sizeof separators[0] && !skip; i++)
			if (strncmp(text, separators[i], strlen(separators[i])) == 0)
				skip = strlen(separators[i]);
		if (skip) {
			c = ' ';
			text += skip;
		} else if (u[0] == 0xef && u[1] == 0xbc && u[2] >= 0x90 && u[2] <= 0x99) {
			c = (char)('0' + u[2] - 0x90);
			text += 3;
		} else {
			text++;
		}
		if (c == ' ' && (n == 0 || buf[n - 1] == ' '))
			continue;
		if (n + 1 >= YJ_SPOKEN_MAX)
			return false;
		buf[n++] = c;
	}
	while (n > 0 && buf[n - 1] == ' ')
		n--;
	buf[n] = '\0';
	return true;
}

struct word {
	const char *text;
	enum yj_spoken means;
};

/* The longest first among those that begin alike: 不去 is not 去. */
static const struct word words[] = {{"我去不了", YJ_SPOKEN_CANNOT}, {"去不了", YJ_SPOKEN_CANNOT},
    {"来不了", YJ_SPOKEN_CANNOT}, {"过不去", YJ_SPOKEN_CANNOT}, {"不能去", YJ_SPOKEN_CANNOT},
    {"没法去", YJ_SPOKEN_CANNOT}, {"不去", YJ_SPOKEN_CANNOT}, {"不在附近", YJ_SPOKEN_REMOTE},
    {"先打电话", YJ_SPOKEN_REMOTE}, {"我先打电话", YJ_SPOKEN_REMOTE}, {"我去", YJ_SPOKEN_GOING},
    {"马上去", YJ_SPOKEN_GOING}, {"马上到", YJ_SPOKEN_GOING}, {"就去", YJ_SPOKEN_GOING},
    {"我来", YJ_SPOKEN_GOING}, {"已到", YJ_SPOKEN_ARRIVED}, {"到了", YJ_SPOKEN_ARRIVED},
    {"需要支援", YJ_SPOKEN_HELP}, {"支援", YJ_SPOKEN_HELP}, {"going", YJ_SPOKEN_GOING},
    {"yes", YJ_SPOKEN_GOING}, {"cannot", YJ_SPOKEN_CANNOT}, {"can't", YJ_SPOKEN_CANNOT},
    {"no", YJ_SPOKEN_CANNOT}, {"arrived", YJ_SPOKEN_ARRIVED}, {"need help", YJ_SPOKEN_HELP}};

/* The word at the text's beginning; *len is its length. */
static enum yj_spoken first_word(const char *text, size_t *len)
{
	static const enum yj_spoken keys[] = {
	    YJ_SPOKEN_GOING, YJ_SPOKEN_CANNOT, YJ_SPOKEN_REMOTE, YJ_SPOKEN_ARRIVED};
	if (text[0] >= '1' && text[0] <= '4' && (text[1] < '0' || text[1] > '9')) {
		*len = 1;
		return keys[text[0] - '1'];
	}
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t n = strlen(words[i].text);
		if (strncasecmp(text, words[i].text, n) == 0) {
			*len = n;
			return words[i].means;
		}
	}
	*len = 0;
	return YJ_SPOKEN_OTHER;
}

/* Digits alone to the end, at most 18. */
static bool number(const char *text, int64_t *n)
{
	size_t digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 18 || text[digits])
		return false;
	int64_t v = 0;
	for (; *text; text++)
		v = v * 10 + (*text - '0');
	*n = v;
	return true;
}

enum yj_spoken yj_spoken_read(const char *text, int64_t *code)
{
	char buf[YJ_SPOKEN_MAX];
	size_t len;
	*code = -1;
	if (!yj_spoken_plain(text, buf))
		return YJ_SPOKEN_OTHER;
	enum yj_spoken means = first_word(buf, &len);
	if (means == YJ_SPOKEN_OTHER)
		return means;
	const char *rest = buf + len;
	/* 我去1 and 1我去 say the same twice; "1 2" may be a number */
	size_t again_len;
	enum yj_spoken again = first_word(rest + strspn(rest, " "), &again_len);
	bool digit = strchr("1234", rest[strspn(rest, " ")]) != NULL;
	if (again != YJ_SPOKEN_OTHER && !digit) {
		if (again != means)
			return YJ_SPOKEN_OTHER;
		rest += strspn(rest, " ") + again_len;
	}
	rest += strspn(rest, " ");
	if (strncmp(rest, "编号", strlen("编号")) == 0)
		rest += strlen("编号");
	rest += strspn(rest, " ");
	if (!*rest || number(rest, code))
		return means;
	/* a word and then a sentence: the word counts if the sentence holds none that differs */
	for (const char *at = rest; *at; at++) {
		enum yj_spoken other = first_word(at, &again_len);
		if (other != YJ_SPOKEN_OTHER && other != means && (*at < '0' || *at > '9'))
			return YJ_SPOKEN_OTHER;
	}
	return buf[0] >= '0' && buf[0] <= '9' && rest[0] >= '0' && rest[0] <= '9' ? YJ_SPOKEN_OTHER
										  : means;
}

size_t yj_spoken_number(const char *number_text, char buf[16])
{
	char digits[64];
	size_t n = 0;
	for (; *number_text && n < sizeof digits; number_text++)
		if (*number_text >= '0' && *number_text <= '9')
			digits[n++] = *number_text;
	size_t from = 0;
	while (from < n && digits[from] == '0')
		from++;
	if (n - from > 10)
		from = n - 10;
	memcpy(buf, digits + from, n - from);
	buf[n - from] = '\0';
	return n - from;
}
