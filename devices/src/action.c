#include <stdio.h>
#include <string.h>

#include "meaning.h"

#define AGAIN_MS 2000 /* the same key of one device: told in two ways, or by two subscriptions */

enum action { ACTION_PRESS, ACTION_END, ACTION_GESTURE, ACTION_HELP, ACTION_CANCEL };

/* Words by which an action is none of the keys that somebody pressed; whatever is not listed is, so
 * that no press is lost by a name that nobody foresaw. */
static const struct {
	const char *word;
	enum action action;
} words[] = {
    {"emergency", ACTION_HELP},
    {"sos", ACTION_HELP},
    {"panic", ACTION_HELP},
    {"help", ACTION_HELP},
    {"release", ACTION_END},
    {"released", ACTION_END},
    {"stop", ACTION_END},
    {"stopped", ACTION_END},
    /* things that are moved, and what runs by itself */
    {"vibration", ACTION_GESTURE},
    {"vibrate", ACTION_GESTURE},
    {"tilt", ACTION_GESTURE},
    {"drop", ACTION_GESTURE},
    {"fall", ACTION_GESTURE},
    {"shake", ACTION_GESTURE},
    {"slide", ACTION_GESTURE},
    {"throw", ACTION_GESTURE},
    {"wakeup", ACTION_GESTURE},
    {"flip90", ACTION_GESTURE},
    {"flip180", ACTION_GESTURE},
    {"side", ACTION_GESTURE},
    {"tap", ACTION_GESTURE},
    {"strike", ACTION_GESTURE},
    {"rotate", ACTION_GESTURE},
    {"rotation", ACTION_GESTURE},
    {"rotating", ACTION_GESTURE},
    {"motion", ACTION_GESTURE},
    {"movement", ACTION_GESTURE},
    {"moving", ACTION_GESTURE},
    {"occupied", ACTION_GESTURE},
    {"unoccupied", ACTION_GESTURE},
    {"enter", ACTION_GESTURE},
    {"leave", ACTION_GESTURE},
    {"lock", ACTION_GESTURE},
    {"unlock", ACTION_GESTURE},
    {"identify", ACTION_GESTURE},
    {"screen", ACTION_GESTURE},
    {"request", ACTION_GESTURE},
    {"arm", ACTION_GESTURE},
    {"armed", ACTION_GESTURE},
    {"delay", ACTION_GESTURE},
    {"invalid", ACTION_GESTURE},
    {"already", ACTION_GESTURE},
    {"ready", ACTION_GESTURE},
    {"knock", ACTION_GESTURE},
    {"inactivity", ACTION_GESTURE},
    {"orientation", ACTION_GESTURE},
    {"static", ACTION_GESTURE},
    {"locked", ACTION_GESTURE},
    {"finger", ACTION_GESTURE},
    {"password", ACTION_GESTURE},
    {"language", ACTION_GESTURE},
    {"operational", ACTION_GESTURE},
    {"closed", ACTION_GESTURE},
};

static enum action judge(struct yj_text action)
{
	struct yj_text word;
	enum action found = ACTION_PRESS;
	if (yj_text_is(action, "disarm"))
		return ACTION_CANCEL;
	/* alone it is the end of an alarm (HEIMAN HS1EB); "off_2" is a key */
	if (yj_text_is(action, "off"))
		return ACTION_END;
	for (size_t at = 0; yj_text_word(action, &at, &word);) {
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
			if (!yj_text_is(word, words[i].word))
				continue;
			if (words[i].action == ACTION_HELP)
				return ACTION_HELP;
			if (found == ACTION_PRESS)
				found = words[i].action;
		}
	}
	return found;
}

/* The button's name gives way where both are too long for a key. */
static void make_key(char key[YJ_KEY_MAX + 1], const char *button, struct yj_text action)
{
	char what[YJ_KEY_MAX + 1];
	yj_text_cut(action, what, sizeof what);
	size_t len = strlen(what), room = YJ_KEY_MAX - len;
	if (!button[0] || room < 2)
		snprintf(key, YJ_KEY_MAX + 1, "%s", what);
	else
		snprintf(key, YJ_KEY_MAX + 1, "%.*s:%s", (int)(room - 1), button, what);
}

static bool has_help(const char *name)
{
	struct yj_text word, text = {name, strlen(name)};
	for (size_t at = 0; yj_text_word(text, &at, &word);)
		if (yj_text_is(word, "sos") || yj_text_is(word, "emergency") ||
		    yj_text_is(word, "panic") || yj_text_is(word, "help"))
			return true;
	return false;
}

void yj_take_action(struct yj_report *r, const char *button, struct yj_text action)
{
	char key[YJ_KEY_MAX + 1];
	if (action.len == 0 || yj_text_is(action, "none") || yj_text_is(action, "null") ||
	    yj_text_is(action, "unknown") || yj_text_is(action, "unavailable"))
		return;
	enum action what = judge(action);
	switch (what) {
	case ACTION_PRESS:
	case ACTION_HELP:
		break;
	case ACTION_CANCEL:
		r->readings.life = true;
		yj_report_sign(r, YJ_SIGN_CANCEL);
		return;
	case ACTION_GESTURE:
		r->readings.life = true;
		if (r->base < YJ_BASE_TELEMETRY)
			r->base = YJ_BASE_TELEMETRY;
		return;
	case ACTION_END: /* it belongs to what was told before */
		if (r->base == YJ_BASE_HEARTBEAT)
			r->base = YJ_BASE_IGNORE;
		return;
	}
	make_key(key, button, action);
	struct yj_sign *s = yj_report_press(r, key);
	if (!s)
		return;
	s->emergency = what == ACTION_HELP || has_help(button);
	s->repeat = YJ_REPEAT_WINDOW;
	s->window_ms = AGAIN_MS;
}

void yj_take_pressed(struct yj_report *r, const char *button, bool pressed)
{
	const char *state = pressed ? "1" : "0";
	struct yj_sign *s = pressed ? yj_report_press(r, button) : yj_report_sign(r, YJ_SIGN_RESET);
	if (!s)
		return;
	s->repeat = YJ_REPEAT_COUNTER;
	snprintf(s->field, sizeof s->field, "%.*s", YJ_FIELD_MAX, button);
	yj_report_dedup(r, YJ_REPEAT_NONE, button, state, 1);
}
