/* One telephone line: a baresip and the call that it carries. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "voice_inside.h"
#include "voice_words.h"

#define HANG_UP_FOR_MS 5000
#define SPARE_MS 10000	  /* a sound must not end before the call, for its end is the call's */
#define PART_FOR_MS 12000 /* for the last words to be made */
#define TIMES_ASKED 3
#define TIMES_TOLD 2

int64_t yj_voice_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void yj_line_arm(struct yj_line *line, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(line->timer, &tv);
}

/* ---- what the caller hears ---- */

void yj_line_say_result(
    struct yj_line *line, enum yj_sent outcome, const char *ref, const char *words)
{
	if (line->call.due)
		yj_voice_say_result(line->voice, line->call.due, outcome, ref, words);
	line->call.due = NULL;
}

bool yj_line_offer(struct yj_line *line, enum yj_back_type type, char key, const char *words)
{
	struct yj_voice_back back = {
	    .type = type, .token = line->call.token, .call = line->call.n, .key = key};
	snprintf(back.ref, sizeof back.ref, "%s", line->call.id);
	snprintf(back.words, sizeof back.words, "%s", words);
	return yj_voice_offer(line->voice, &back);
}

/* The call is over, whoever ended it. */
void yj_line_set_free(struct yj_line *line)
{
	yj_line_say_result(line, YJ_SENT_RETRY, "", "the call ended");
	yj_speech_forget(line->voice->speech, line);
	evtimer_del(line->timer);
	line->phase = YJ_LINE_FREE;
	memset(&line->call, 0, sizeof line->call);
}

/* Nobody heard it although somebody, or something, picked up. */
void yj_line_say_unheard(struct yj_line *line, const char *words)
{
	const struct yj_voice_call *call = &line->call;
	if (line->phase == YJ_LINE_TALKING && !call->key && !call->key_told &&
	    !yj_line_offer(line, YJ_BACK_FAILED, '\0', words))
		return; /* the next channel begins without it, after its wait */
}

/* ---- what baresip hears ---- */

void yj_line_hang_up(struct yj_line *line)
{
	line->phase = YJ_LINE_HANGING_UP;
	yj_line_arm(line, HANG_UP_FOR_MS);
	if (yj_control_command(line->control, "hangup", "", "") < 0)
		yj_control_leave(line->control, "baresip cannot be told to hang up");
}

/* Ends a call that nobody has picked up. */
void yj_line_give_up(struct yj_line *line, const char *words)
{
	yj_line_say_result(line, YJ_SENT_RETRY, "", words);
	if (line->phase < YJ_LINE_DIALING)
		yj_line_set_free(line);
	else
		yj_line_hang_up(line);
}

/* A tag names the call, for an answer may come when the next one has begun. */
static int command(struct yj_line *line, const char *word, const char *params, char what)
{
	char tag[32];
	snprintf(tag, sizeof tag, "%c%" PRIu64, what, line->call.n);
	return yj_control_command(line->control, word, params, what ? tag : "");
}

/* Before a call this is what it begins with; within one it is heard at once, from its beginning. */
int yj_line_play(struct yj_line *line, const char *path, char what)
{
	char params[PATH_MAX + 16];
	snprintf(params, sizeof params, "aufile,%s", path);
	return command(line, "ausrc", params, what);
}

void yj_line_dial(struct yj_line *line)
{
	const char *template = line->voice->settings.dial, *at = strstr(template, "{phone}");
	char uri[512];
	snprintf(uri, sizeof uri, "%.*s%s%s", (int)(at - template), template, line->call.number,
	    at + strlen("{phone}"));
	line->phase = YJ_LINE_DIALING;
	yj_line_arm(line, line->voice->settings.ring_for_ms);
	if (command(line, "dial", uri, 'd') < 0)
		yj_line_give_up(line, "baresip takes no command");
}

/* ---- speech ---- */

static void on_prompt(void *ctx, const struct yj_clip *clip)
{
	struct yj_line *line = ctx;
	if (!clip->path) {
		yj_line_give_up(line, clip->words);
		return;
	}
	snprintf(line->call.source, sizeof line->call.source, "%s", clip->path);
	line->call.all_ms = clip->all_ms;
	line->phase = YJ_LINE_SETTING;
	if (yj_line_play(line, line->call.source, 's') < 0)
		yj_line_give_up(line, "baresip takes no command");
}

static void on_parting(void *ctx, const struct yj_clip *clip)
{
	struct yj_line *line = ctx;
	if (!clip->path || yj_line_play(line, clip->path, 'p') < 0) {
		yj_line_hang_up(line);
		return;
	}
	yj_line_arm(line, clip->all_ms + 500);
}

/* The last words, then the end. */
static void part(struct yj_line *line, const char *text)
{
	struct yj_clip_want want = {
	    .voice = strcmp(line->call.language, "en") == 0 ? "en" : line->voice->settings.voice,
	    .text = text,
	    .times = 1,
	    .total_ms = 60000,
	};
	line->phase = YJ_LINE_PARTING;
	yj_line_arm(line, PART_FOR_MS);
	yj_speech_forget(line->voice->speech, line);
	if (yj_speech_say(line->voice->speech, &want, on_parting, line) < 0)
		yj_line_hang_up(line);
}

/* ---- time ---- */

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_line *line = arg;
	(void)fd;
	(void)what;
	switch (line->phase) {
	case YJ_LINE_FREE:
	case YJ_LINE_PREPARING:
	case YJ_LINE_SETTING:
		return;
	case YJ_LINE_DIALING:
		yj_line_give_up(line, "the telephone network gave no sign");
		return;
	case YJ_LINE_RINGING:
		yj_line_give_up(line, "nobody picked up");
		return;
	case YJ_LINE_TALKING:
	case YJ_LINE_PARTING:
		yj_line_hang_up(line);
		return;
	case YJ_LINE_HANGING_UP:
		yj_control_leave(line->control, "baresip does not hang up");
		return;
	}
}

/* ---- from the channel ---- */

bool yj_line_is_free(const struct yj_line *line)
{
	return line->phase == YJ_LINE_FREE && yj_control_is_up(line->control);
}

int yj_line_call(struct yj_line *line, const struct yj_delivery *delivery, const char *number,
    struct yj_voice_result *due)
{
	const struct yj_voice_settings *settings = &line->voice->settings;
	struct yj_voice_call *call = &line->call;
	char text[YJ_VOICE_TEXT_MAX];
	yj_voice_prompt(delivery->language, delivery->text, delivery->asks, text, sizeof text);
	struct yj_clip_want want = {
	    .voice = strcmp(delivery->language, "en") == 0 ? "en" : settings->voice,
	    .text = text,
	    .times = delivery->asks ? TIMES_ASKED : TIMES_TOLD,
	    .total_ms = settings->ring_for_ms + settings->talk_for_ms + SPARE_MS,
	};
	int rc = yj_speech_say(line->voice->speech, &want, on_prompt, line);
	if (rc < 0)
		return rc;
	memset(call, 0, sizeof *call);
	call->due = due;
	call->token = delivery->token;
	call->n = ++line->voice->n_calls;
	call->asks = delivery->asks;
	snprintf(call->language, sizeof call->language, "%s", delivery->language);
	snprintf(call->number, sizeof call->number, "%s", number);
	snprintf(call->resident_phone, sizeof call->resident_phone, "%s",
	    delivery->page->resident.phone ? delivery->page->resident.phone : "");
	line->phase = YJ_LINE_PREPARING;
	return 0;
}

void yj_line_cancel(struct yj_line *line)
{
	struct yj_voice_call *call = &line->call;
	if (call->cancelled || call->key) /* whoever has just answered hears thanks, not this */
		return;
	call->cancelled = true;
	free(call->due);
	call->due = NULL;
	switch (line->phase) {
	case YJ_LINE_FREE:
	case YJ_LINE_PARTING:
	case YJ_LINE_HANGING_UP:
		return;
	case YJ_LINE_PREPARING:
	case YJ_LINE_SETTING:
		yj_line_set_free(line);
		return;
	case YJ_LINE_DIALING:
	case YJ_LINE_RINGING:
		yj_line_hang_up(line);
		return;
	case YJ_LINE_TALKING:
		part(line, yj_voice_not_needed(call->language));
		return;
	}
}

void yj_line_stored(struct yj_line *line)
{
	char text[YJ_VOICE_TEXT_MAX];
	if (line->phase != YJ_LINE_TALKING && line->phase != YJ_LINE_PARTING)
		return;
	yj_voice_thanks(
	    line->call.language, line->call.key, line->call.resident_phone, text, sizeof text);
	part(line, text);
}

struct yj_line *yj_line_new(
    struct yj_voice *voice, const struct yj_voice_settings *settings, const char *address)
{
	struct yj_line *line = calloc(1, sizeof *line);
	if (!line)
		return NULL;
	line->voice = voice;
	snprintf(line->address, sizeof line->address, "%s", address);
	struct yj_control_conf conf = {.address = address,
	    .answer_ms = settings->answer_ms,
	    .reconnect_ms = 1000,
	    .look_ms = settings->look_ms};
	line->timer = evtimer_new(voice->base, on_timer, line);
	line->control = yj_control_new(voice->base, &conf, &yj_line_hooks, line);
	if (!line->timer || !line->control) {
		yj_control_free(line->control);
		if (line->timer)
			event_free(line->timer);
		free(line);
		return NULL;
	}
	return line;
}

void yj_line_end(struct yj_line *line, const char *words)
{
	if (line->phase != YJ_LINE_FREE) {
		bool dialled = line->phase >= YJ_LINE_DIALING;
		yj_line_say_unheard(line, words);
		yj_line_say_result(line, YJ_SENT_RETRY, "", words);
		yj_line_set_free(line);
		if (dialled)
			yj_control_last(line->control, "hangup");
	}
	yj_control_free(line->control);
	event_free(line->timer);
	free(line);
}
