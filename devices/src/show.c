#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topics.h"

enum turn { TURN_NONE, TURN_ON, TURN_OFF };

static enum turn turn(enum yj_home_state state, bool when_answered)
{
	switch (state) {
	case YJ_HOME_RECEIVED:
		return when_answered ? TURN_NONE : TURN_ON;
	case YJ_HOME_ANSWERED:
		return when_answered ? TURN_ON : TURN_NONE;
	case YJ_HOME_SEARCHING:
		return when_answered ? TURN_OFF : TURN_NONE;
	case YJ_HOME_ARRIVED:
		return TURN_NONE;
	case YJ_HOME_CLOSED:
		return TURN_OFF;
	}
	return TURN_NONE;
}

static int say(struct yj_wire *out, const char *text)
{
	int n = snprintf(out->payload, sizeof out->payload, "%s", text);
	out->len = (size_t)n;
	return 0;
}

/* Up to nine digits behind spaces, at *p, which goes behind them. */
static bool next_number(const char **p, unsigned *out)
{
	const char *digits = *p + strspn(*p, " ");
	size_t len = strspn(digits, "0123456789");
	if (len == 0 || len > 9)
		return false;
	*out = (unsigned)strtoul(digits, NULL, 10);
	*p = digits + len;
	return true;
}

static int rpc(const char *more, enum yj_home_state state, enum turn how, struct yj_wire *out)
{
	char method[24];
	unsigned id;
	int n;
	size_t len = strcspn(more, " ");
	const char *number = more + len;
	if (len >= sizeof method || !next_number(&number, &id) || *number != '\0')
		return YJ_ERR_NOTFOUND;
	memcpy(method, more, len);
	method[len] = '\0';
	bool mute = strcmp(method, "Smoke.Mute") == 0;
	if (mute) { /* somebody knows: it need not go on */
		if (state != YJ_HOME_ANSWERED && state != YJ_HOME_CLOSED)
			return YJ_ERR_NOTFOUND;
		n = snprintf(out->payload, sizeof out->payload,
		    "{\"id\":1,\"src\":\"yijian\",\"method\":\"Smoke.Mute\",\"params\":{\"id\":%u}"
		    "}",
		    id);
	} else if (strcmp(method, "Switch.Set") == 0 || strcmp(method, "Light.Set") == 0) {
		if (how == TURN_NONE)
			return YJ_ERR_NOTFOUND;
		n = snprintf(out->payload, sizeof out->payload,
		    "{\"id\":1,\"src\":\"yijian\",\"method\":\"%s\",\"params\":{\"id\":%u,\"on\":%"
		    "s}}",
		    method, id, how == TURN_ON ? "true" : "false");
	} else {
		return YJ_ERR_NOTFOUND;
	}
	out->len = (size_t)n;
	return 0;
}

static int code(const char *more, enum turn how, struct yj_wire *out)
{
	unsigned on = 0, off = 0;
	bool good = next_number(&more, &on);
	if (good && *more)
		good = next_number(&more, &off);
	unsigned value = how == TURN_ON ? on : off;
	if (!good || *more || how == TURN_NONE || value == 0)
		return YJ_ERR_NOTFOUND;
	int n = snprintf(out->payload, sizeof out->payload, "{\"value\":%u,\"repeat\":10}", value);
	out->len = (size_t)n;
	return 0;
}

static int put(const char *more, enum yj_home_state state, enum turn how, struct yj_wire *out)
{
	const char *last = strrchr(out->topic, '/');
	size_t len = strlen(out->topic), before;
	bool on = how == TURN_ON;
	if (!last)
		return YJ_ERR_NOTFOUND;
	if (strcmp(last, "/rpc") == 0)
		return rpc(more, state, how, out);
	if (yj_ends_with(out->topic, len, "/commands/MQTTto433", &before))
		return code(more, how, out);
	if (how == TURN_NONE)
		return YJ_ERR_NOTFOUND;
	if (yj_topic_behind(out->topic, "shellies/") && strcmp(last, "/command") == 0)
		return say(out, on ? "on" : "off");
	if (!yj_topic_behind(out->topic, "cmnd/") && !strstr(out->topic, "/cmnd/"))
		return YJ_ERR_NOTFOUND;
	if (yj_word_is(last, strlen(last), "/Buzzer"))
		return say(out, on ? "3" : "0");
	if (strncmp(last, "/POWER", strlen("/POWER")) == 0)
		return say(out, on ? "ON" : "OFF");
	return YJ_ERR_NOTFOUND;
}

int yj_show(const char *what, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	const char *behind = yj_topic_behind(what, "answered:");
	bool when_answered = behind != NULL;
	if (!behind)
		behind = yj_topic_behind(what, "received:");
	if (!behind)
		behind = what;
	size_t len = strcspn(behind, " ");
	if (len == 0 || len >= sizeof out->topic || memchr(behind, '+', len) ||
	    memchr(behind, '#', len))
		return YJ_ERR_NOTFOUND;
	memcpy(out->topic, behind, len);
	out->topic[len] = '\0';
	out->qos = 1;
	const char *more = behind + len + strspn(behind + len, " ");
	return put(more, down->state, turn(down->state, when_answered), out);
}
