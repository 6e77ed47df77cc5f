/* The channel: its lines, and what it owes the caller. */
#include "notify/voice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "voice_inside.h"
#include "voice_words.h"

#define OFFER_AGAIN_MS 3000

static const char *const default_control[] = {"127.0.0.1:4444"};

/* ---- what the caller hears ---- */

static void wake(struct yj_voice *v)
{
	event_active(v->later, EV_TIMEOUT, 0);
}

void yj_voice_say_result(struct yj_voice *v, struct yj_voice_result *due, enum yj_sent outcome,
    const char *ref, const char *words)
{
	due->result.outcome = outcome;
	due->result.retry_ms = outcome == YJ_SENT_RETRY ? v->settings.retry_ms : 0;
	snprintf(due->result.ref, sizeof due->result.ref, "%s", ref);
	snprintf(due->result.words, sizeof due->result.words, "%s", words);
	TAILQ_INSERT_TAIL(&v->results, due, link);
	wake(v);
}

bool yj_voice_offer(struct yj_voice *v, const struct yj_voice_back *back)
{
	if (v->n_backs == YJ_VOICE_BACKS_MAX)
		return false;
	v->backs[v->n_backs++] = *back;
	wake(v);
	return true;
}

static int offer_first(struct yj_voice *v)
{
	const struct yj_voice_back *back = &v->backs[0];
	char id[YJ_REF_MAX + 16], text[2] = {back->key, '\0'};
	snprintf(id, sizeof id, "%s.%s", back->ref, text);
	struct yj_back out = {
	    .type = back->type,
	    .channel = "voice",
	    .token = back->token,
	    .ref = back->ref,
	    .id = back->type == YJ_BACK_TEXT ? id : "",
	    .from = "",
	    .text = text,
	    .words = back->words,
	};
	return v->back(v->back_ctx, &out);
}

static void drop_first(struct yj_voice *v)
{
	struct yj_voice_back back = v->backs[0];
	memmove(v->backs, v->backs + 1, --v->n_backs * sizeof v->backs[0]);
	for (size_t i = 0; back.type == YJ_BACK_TEXT && i < v->n_lines; i++)
		if (v->lines[i]->call.n == back.call)
			yj_line_stored(v->lines[i]);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct yj_voice *v = arg;
	struct yj_voice_result *due;
	(void)fd;
	(void)what;
	while ((due = TAILQ_FIRST(&v->results)) != NULL) {
		TAILQ_REMOVE(&v->results, due, link);
		due->done(due->ctx, &due->result);
		free(due);
	}
	int64_t now = yj_voice_now_ms();
	while (v->n_backs > 0 && now >= v->offer_ms) {
		if (offer_first(v) < 0)
			v->offer_ms = now + OFFER_AGAIN_MS;
		else
			drop_first(v);
	}
	if (v->n_backs > 0) {
		int64_t ms = v->offer_ms - now;
		struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
		evtimer_add(v->later, &tv);
	}
}

/* ---- the channel ---- */

static bool voice_is_down(void *self)
{
	struct yj_voice *v = self;
	for (size_t i = 0; i < v->n_lines; i++)
		if (!v->lines[i]->down)
			return false;
	return true;
}

static int voice_attempts(void *self)
{
	return ((struct yj_voice *)self)->settings.attempts;
}

static int voice_send(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx)
{
	struct yj_voice *v = self;
	size_t at = 0; /* of a free line */
	char number[YJ_VOICE_NUMBER_MAX + 1];
	if (v->n_lines == 0 || !yj_voice_number(delivery->phone, number, sizeof number))
		return YJ_ERR_NOTFOUND;
	while (at < v->n_lines && !yj_line_is_free(v->lines[at]))
		at++;
	if (at == v->n_lines && !voice_is_down(v))
		return YJ_ERR_BUSY;
	struct yj_voice_result *due = calloc(1, sizeof *due);
	if (!due)
		return YJ_ERR_NOMEM;
	due->done = done;
	due->ctx = ctx;
	due->result.token = delivery->token;
	if (at == v->n_lines) {
		yj_voice_say_result(v, due, YJ_SENT_RETRY, "", v->lines[0]->down_words);
		return 0;
	}
	int rc = yj_line_call(v->lines[at], delivery, number, due);
	if (rc < 0)
		free(due);
	return rc;
}

static void voice_cancel(void *self, uint64_t token)
{
	struct yj_voice *v = self;
	struct yj_voice_result *due, *next;
	for (due = TAILQ_FIRST(&v->results); due; due = next) {
		next = TAILQ_NEXT(due, link);
		if (due->result.token == token) {
			TAILQ_REMOVE(&v->results, due, link);
			free(due);
		}
	}
	for (size_t i = 0; i < v->n_lines; i++)
		if (v->lines[i]->phase != YJ_LINE_FREE && v->lines[i]->call.token == token)
			yj_line_cancel(v->lines[i]);
}

const struct yj_channel *yj_voice_channel(struct yj_voice *v)
{
	return &v->channel;
}

/* ---- configuration ---- */

static const char *check_control(const struct yj_voice_conf *c)
{
	if (c->n_control > YJ_VOICE_LINES_MAX)
		return "control: too many addresses";
	for (size_t i = 0; i < c->n_control; i++) {
		if (!yj_control_address_valid(c->control[i]))
			return "control: expected IP:PORT";
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->control[i], c->control[k]) == 0)
				return "control: an address twice";
	}
	return NULL;
}

static bool printable(const char *text, const char *without)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr(without, *p))
			return false;
	return true;
}

const char *yj_voice_check(const struct yj_voice_conf *c)
{
	const char *why = check_control(c);
	const char *phone = c->dial ? strstr(c->dial, "{phone}") : NULL;
	if (why)
		return why;
	if (!phone || strstr(phone + 1, "{phone}") || strlen(c->dial) > 400 ||
	    !printable(c->dial, "\"\\<>,") ||
	    (strncmp(c->dial, "sip:", 4) != 0 && strncmp(c->dial, "sips:", 5) != 0))
		return "dial: expected an address such as sip:{phone}@pbx.example.org";
	/* it stands in a command after a comma */
	if (!c->folder || c->folder[0] != '/' || strlen(c->folder) > PATH_MAX / 2 ||
	    strpbrk(c->folder, " ,\t\r\n"))
		return "folder: expected an absolute path without spaces and commas";
	if (c->voice && (c->voice[0] == '\0' || c->voice[0] == '-' || strlen(c->voice) > 64 ||
			    !printable(c->voice, "\"\\;")))
		return "voice: expected a voice of espeak-ng such as cmn";
	return NULL;
}

static void settings_done(struct yj_voice_settings *s)
{
	free(s->dial);
	free(s->folder);
	free(s->speaker);
	free(s->voice);
	memset(s, 0, sizeof *s);
}

static int64_t or_else(int64_t value, int64_t otherwise)
{
	return value > 0 ? value : otherwise;
}

static int settings_init(struct yj_voice_settings *s, const struct yj_voice_conf *c)
{
	*s = (struct yj_voice_settings){
	    .dial = strdup(c->dial),
	    .folder = strdup(c->folder),
	    .speaker = strdup(c->speaker ? c->speaker : "espeak-ng"),
	    .voice = strdup(c->voice ? c->voice : "cmn"),
	    .ring_for_ms = or_else(c->ring_for_ms, 30000),
	    .talk_for_ms = or_else(c->talk_for_ms, 90000),
	    .retry_ms = or_else(c->retry_ms, 30000),
	    .answer_ms = or_else(c->answer_ms, 5000),
	    .look_ms = or_else(c->look_ms, 10000),
	    .attempts = c->attempts > 0 ? c->attempts : 2,
	};
	if (s->dial && s->folder && s->speaker && s->voice)
		return 0;
	settings_done(s);
	return YJ_ERR_NOMEM;
}

/* The line with this address; NULL: there is none. */
static struct yj_line *find_line(struct yj_line *const *lines, size_t n, const char *address)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(lines[i]->address, address) == 0)
			return lines[i];
	return NULL;
}

static void end_lines(struct yj_line *const *lines, size_t n, const char *words)
{
	for (size_t i = 0; i < n; i++)
		yj_line_end(lines[i], words);
}

/* Ends what is not among those that stay. */
static void end_others(struct yj_voice *v, struct yj_line *const *stay, size_t n)
{
	for (size_t i = 0; i < v->n_lines; i++) {
		bool stays = false;
		for (size_t k = 0; k < n; k++)
			stays = stays || stay[k] == v->lines[i];
		if (!stays)
			yj_line_end(v->lines[i], "the telephone line is no longer configured");
	}
}

/* The lines to be: those that stay, and new ones (all, if anew). On failure the new ones have been
 * ended. */
static int make_lines(struct yj_voice *v, const struct yj_voice_settings *s,
    const char *const *control, size_t n, bool anew, struct yj_line **lines)
{
	struct yj_line *made[YJ_VOICE_LINES_MAX];
	size_t n_made = 0;
	for (size_t i = 0; i < n; i++) {
		lines[i] = anew ? NULL : find_line(v->lines, v->n_lines, control[i]);
		if (lines[i])
			continue;
		lines[i] = yj_line_new(v, s, control[i]);
		if (!lines[i]) {
			end_lines(made, n_made, "");
			return YJ_ERR_NOMEM;
		}
		made[n_made++] = lines[i];
	}
	return 0;
}

int yj_voice_set(struct yj_voice *v, const struct yj_voice_conf *conf, const char **why)
{
	struct yj_voice_settings fresh;
	struct yj_line *lines[YJ_VOICE_LINES_MAX];
	if (!conf) {
		end_lines(v->lines, v->n_lines, "no telephone line is configured");
		v->n_lines = 0;
		return 0;
	}
	const char *const *control = conf->n_control ? conf->control : default_control;
	size_t n = conf->n_control ? conf->n_control : 1;
	const char *wrong = yj_voice_check(conf);
	if (wrong) {
		*why = wrong;
		return YJ_ERR_INVAL;
	}
	if (settings_init(&fresh, conf) < 0)
		return YJ_ERR_NOMEM;
	bool anew = !v->speech || strcmp(v->settings.folder, fresh.folder) != 0 ||
		    strcmp(v->settings.speaker, fresh.speaker) != 0 ||
		    v->settings.answer_ms != fresh.answer_ms ||
		    v->settings.look_ms != fresh.look_ms;
	struct yj_speech *speech =
	    anew ? yj_speech_new(v->base, fresh.folder, fresh.speaker) : v->speech;
	if (!speech || make_lines(v, &fresh, control, n, anew, lines) < 0) {
		if (anew)
			yj_speech_free(speech);
		settings_done(&fresh);
		return YJ_ERR_NOMEM;
	}
	/* nothing fails from here on */
	end_others(v, lines, n);
	for (size_t i = 0; i < n; i++)
		v->lines[i] = lines[i];
	v->n_lines = n;
	if (anew)
		yj_speech_free(v->speech);
	v->speech = speech;
	settings_done(&v->settings);
	v->settings = fresh;
	return 0;
}

struct yj_voice *yj_voice_new(struct event_base *base, yj_back_cb back, void *ctx)
{
	struct yj_voice *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->base = base;
	v->back = back;
	v->back_ctx = ctx;
	TAILQ_INIT(&v->results);
	v->channel = (struct yj_channel){
	    .name = "voice",
	    .form = YJ_FORM_SPEECH,
	    .slow = true,
	    .self = v,
	    .send = voice_send,
	    .is_down = voice_is_down,
	    .attempts = voice_attempts,
	    .cancel = voice_cancel,
	};
	v->later = evtimer_new(base, on_later, v);
	if (!v->later) {
		free(v);
		return NULL;
	}
	return v;
}

void yj_voice_free(struct yj_voice *v)
{
	struct yj_voice_result *due;
	if (!v)
		return;
	end_lines(v->lines, v->n_lines, "the gateway stops");
	while ((due = TAILQ_FIRST(&v->results)) != NULL) {
		TAILQ_REMOVE(&v->results, due, link);
		free(due);
	}
	yj_speech_free(v->speech);
	event_free(v->later);
	settings_done(&v->settings);
	free(v);
}
