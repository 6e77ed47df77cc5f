#include "lorawan_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void yj_lora_word(const struct yj_js *js, yj_js_at at, char word[YJ_LORA_WORD_MAX])
{
	size_t n = 0;
	word[0] = '\0';
	if (!at || at->type == YJ_JS_OBJECT || at->type == YJ_JS_ARRAY || at->type == YJ_JS_NULL)
		return;
	for (const char *p = js->text + at->from; p < js->text + at->to; p++) {
		if (!isalnum((unsigned char)*p))
			continue;
		if (n == YJ_LORA_WORD_MAX - 1) {
			n = 0;
			break;
		}
		word[n++] = (char)tolower((unsigned char)*p);
	}
	word[n] = '\0';
}

bool yj_lora_among(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static const char *const off_words[] = {"false", "off", "no", "normal", "none", "idle", "ok", "dry",
    "noleak", "noalarm", "nowater", "nosmoke", "nofire", "nogas", "nofall", "notleaking",
    "notdetected", "clear", "cleared", "inactive", "safe", "released", "release", "vacant", "close",
    "closed", "installed", "nopress", "notpressed", "unpressed", "good", "standby", "nomotion",
    NULL};
static const char *const on_words[] = {"true", "on", "yes", "alarm", "alarming", "alert", "leak",
    "leaking", "leaked", "wet", "water", "waterleak", "flood", "flooded", "flooding", "detected",
    "smoke", "smokedetected", "fire", "firealarm", "gas", "fall", "falling", "fallen",
    "falldetected", "trigger", "triggered", "active", "activated", "danger", "occupied", "open",
    "opened", "motion", "uninstalled", "removed", "low", "pressed", "inbed", "emergency", "sos",
    "leakdetected", "waterdetected", NULL};

bool yj_lora_is_no(const char *word)
{
	return yj_lora_among(off_words, word);
}

enum yj_lora_answer yj_lora_answer(const struct yj_js *js, yj_js_at at)
{
	char word[YJ_LORA_WORD_MAX];
	double number;
	if (yj_js_number(js, at, &number))
		return number > 0 ? YJ_LORA_YES : YJ_LORA_NO;
	yj_lora_word(js, at, word);
	return yj_lora_among(on_words, word)	? YJ_LORA_YES
	       : yj_lora_among(off_words, word) ? YJ_LORA_NO
						: YJ_LORA_NEITHER;
}

static const struct style {
	const char *word, *key;
} styles[] = {
    {"short", "single"},
    {"shortpress", "single"},
    {"single", "single"},
    {"singlepress", "single"},
    {"singleclick", "single"},
    {"click", "single"},
    {"press", "single"},
    {"pressed", "single"},
    {"buttonpressed", "single"},
    {"buttonpress", "single"},
    {"pushed", "single"},
    {"true", "single"},
    {"on", "single"},
    {"yes", "single"},
    {"long", "long"},
    {"longpress", "long"},
    {"hold", "long"},
    {"double", "double"},
    {"doublepress", "double"},
    {"doubleclick", "double"},
    {"triple", "triple"},
    {"triplepress", "triple"},
    {"tripleclick", "triple"},
    {"sos", "sos"},
    {"sospress", "sos"},
    {"sosbutton", "sos"},
    {"panic", "sos"},
    {"emergency", "sos"},
    {"help", "sos"},
};

const char *yj_lora_style(const char *word)
{
	for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
		if (strcmp(styles[i].word, word) == 0)
			return styles[i].key;
	return NULL;
}

const char *yj_lora_button(const char *name)
{
	if (strncmp(name, "button", 6) != 0 || !name[6])
		return NULL;
	for (const char *p = name + 6; *p; p++)
		if (*p < '0' || *p > '9' || p - name > 8)
			return NULL;
	return name + 6;
}

bool yj_lora_battery(const struct yj_js *js, yj_js_at at, double *out)
{
	char text[24], *end;
	if (yj_js_number(js, at, out))
		return true;
	if (!yj_js_copy(js, at, text, sizeof text) || !isdigit((unsigned char)text[0]))
		return false;
	*out = strtod(text, &end);
	return strcmp(end, "%") == 0 || strcmp(end, " %") == 0;
}

bool yj_lora_says_low(const struct yj_js *js, yj_js_at at)
{
	char word[YJ_LORA_WORD_MAX];
	if (!yj_js_is(at, YJ_JS_STRING))
		return false;
	yj_lora_word(js, at, word);
	return strstr(word, "low") != NULL;
}

int yj_lora_nth(const struct yj_js *js, yj_js_at at, const char *const *words)
{
	char word[YJ_LORA_WORD_MAX];
	double number;
	if (yj_js_number(js, at, &number))
		return number >= 0 && number < 256 ? (int)number : -1;
	yj_lora_word(js, at, word);
	for (int i = 0; words[i]; i++)
		if (word[0] && strcmp(words[i], word) == 0)
			return i;
	return -1;
}
