/* What baresip says about the call of a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "voice_inside.h"
#include "voice_words.h"

#define THINK_FOR_MS 15000 /* after the words, for a key */

/* The words begin: the call lasts until they are over, and not for ever. */
static void await_key(struct yj_line *line)
{
	const struct yj_voice_call *call = &line->call;
	int64_t left = call->picked_up_ms + line->voice->settings.talk_for_ms - yj_voice_now_ms();
	int64_t words = call->all_ms + (call->asks ? THINK_FOR_MS : 1000);
	yj_line_arm(line, left < 0 ? 0 : left < words ? left : words);
}

static void picked_up(struct yj_line *line)
{
	if (line->phase != YJ_LINE_DIALING && line->phase != YJ_LINE_RINGING)
		return;
	line->phase = YJ_LINE_TALKING;
	line->call.picked_up_ms = yj_voice_now_ms();
	yj_line_say_result(line, YJ_SENT_OK, line->call.id, "picked up");
	await_key(line);
	if (line->call.early && yj_line_play(line, line->call.source, 'p') < 0)
		yj_line_hang_up(line);
}

static void key_pressed(struct yj_line *line, char key)
{
	struct yj_voice_call *call = &line->call;
	bool talks = line->phase == YJ_LINE_TALKING;
	if ((!talks && line->phase != YJ_LINE_PARTING) || call->key)
		return;
	if (!call->key_told)
		call->key_told = yj_line_offer(line, YJ_BACK_RECEIPT, '\0', "a key was pressed");
	if (talks && (key == '9' || key == '*')) {
		if (yj_line_play(line, call->source, 'p') < 0)
			yj_line_hang_up(line);
		else
			await_key(line);
	}
	/* without room it is not taken, and whoever hears no thanks presses again */
	if (key >= '1' && key <= '3' && call->asks && yj_line_offer(line, YJ_BACK_TEXT, key, "key"))
		call->key = key;
}

static bool number_is_wrong(const char *reason)
{
	static const char *const status[] = {"404", "410", "484", "604"};
	for (size_t i = 0; i < sizeof status / sizeof status[0]; i++)
		if (strncmp(reason, status[i], 3) == 0)
			return true;
	return false;
}

static void closed(struct yj_line *line, const char *reason)
{
	char words[96];
	yj_voice_reason(reason, words, sizeof words);
	if (line->phase == YJ_LINE_DIALING || line->phase == YJ_LINE_RINGING)
		yj_line_say_result(
		    line, number_is_wrong(reason) ? YJ_SENT_FINAL : YJ_SENT_RETRY, "", words);
	if (yj_voice_now_ms() < line->call.picked_up_ms + YJ_VOICE_HEARD_MS)
		yj_line_say_unheard(line, "hung up at once");
	yj_line_set_free(line);
}

/* Is the event about our call? Its id is told by the first event that has one. */
static bool is_ours(struct yj_line *line, const struct yj_control_event *event)
{
	struct yj_voice_call *call = &line->call;
	if (line->phase < YJ_LINE_DIALING || strcmp(event->direction, "outgoing") != 0 ||
	    event->call[0] == '\0')
		return false;
	if (call->id[0] == '\0')
		snprintf(call->id, sizeof call->id, "%s", event->call);
	return strncmp(call->id, event->call, sizeof call->id - 1) == 0;
}

static void on_event(void *ctx, const struct yj_control_event *event)
{
	struct yj_line *line = ctx;
	const char *type = event->type;
	if (strcmp(type, "CALL_INCOMING") == 0 && line->phase < YJ_LINE_DIALING &&
	    yj_control_command(line->control, "hangup", "", "") < 0)
		yj_control_leave(line->control, "baresip cannot be told to hang up");
	if (!is_ours(line, event))
		return;
	if (strcmp(type, "CALL_PROGRESS") == 0)
		line->call.early = true;
	if ((strcmp(type, "CALL_RINGING") == 0 || strcmp(type, "CALL_PROGRESS") == 0) &&
	    line->phase == YJ_LINE_DIALING)
		line->phase = YJ_LINE_RINGING;
	else if (strcmp(type, "CALL_ESTABLISHED") == 0)
		picked_up(line);
	else if (strcmp(type, "CALL_DTMF_START") == 0)
		key_pressed(line, event->param[0]);
	else if (strcmp(type, "CALL_CLOSED") == 0)
		closed(line, event->param);
}

static void on_answer(void *ctx, const char *tag, bool ok, const char *data)
{
	struct yj_line *line = ctx;
	char words[96];
	if (strtoull(tag + 1, NULL, 10) != line->call.n)
		return;
	if (tag[0] == 's' && line->phase == YJ_LINE_SETTING) {
		if (ok && !strstr(data, "no such"))
			yj_line_dial(line);
		else
			yj_line_give_up(
			    line, "baresip cannot play files: its module aufile is missing");
	} else if (tag[0] == 'd' && line->phase == YJ_LINE_DIALING) {
		line->call.dialled = true;
		if (!ok) {
			yj_voice_reason(data, words, sizeof words);
			yj_line_say_result(line, YJ_SENT_RETRY, "", words);
			yj_line_set_free(line);
		}
	}
}

/* Events can be missed by nobody but us; this finds what went wrong all the same. */
static void on_calls(void *ctx, int n)
{
	struct yj_line *line = ctx;
	bool has_call =
	    line->phase > YJ_LINE_DIALING || (line->phase == YJ_LINE_DIALING && line->call.dialled);
	if (n == 0 && has_call)
		closed(line, "the call has gone");
	else if (n > 0 && line->phase < YJ_LINE_DIALING &&
		 yj_control_command(line->control, "hangup", "", "") < 0)
		yj_control_leave(line->control, "baresip cannot be told to hang up");
}

static void on_up(void *ctx)
{
	struct yj_line *line = ctx;
	line->down = false;
}

static void on_down(void *ctx, const char *words)
{
	struct yj_line *line = ctx;
	line->down = true;
	snprintf(line->down_words, sizeof line->down_words, "%s", words);
	if (line->phase == YJ_LINE_FREE)
		return;
	yj_line_say_unheard(line, words);
	yj_line_say_result(line, YJ_SENT_RETRY, "", words);
	yj_line_set_free(line);
}

const struct yj_control_hooks yj_line_hooks = {
    .up = on_up, .down = on_down, .event = on_event, .answer = on_answer, .calls = on_calls};
