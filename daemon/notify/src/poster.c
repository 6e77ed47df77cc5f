/* One endpoint: its health, its window, and what it has under way. */
#include "poster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 10000
#define TIMEOUT_MAX_MS 600000

int64_t yj_poster_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int yj_poster_wrong(struct yj_poster_why *why, const char *key, const char *text)
{
	*why = (struct yj_poster_why){.key = key};
	snprintf(why->text, sizeof(why->text), "%s", text);
	return YJ_ERR_INVAL;
}

/* ---- what has ended ---- */

/* Takes a post away from its endpoint and the list. */
static void detach(struct yj_posters *all, struct post *post)
{
	TAILQ_REMOVE(&all->under_way, post, link);
	all->n_posts--;
	post->poster->n_posts--;
	post->poster = NULL;
}

static void answer_and_free(struct post *post)
{
	struct yj_sent_result result = post->result;
	yj_sent_cb done = post->done;
	void *ctx = post->ctx;
	yj_post_free(post);
	if (done)
		done(ctx, &result); /* last: it may send, cancel and set */
}

void yj_poster_drop(struct yj_posters *all, struct post *post, bool answer)
{
	bool mail = post->poster->kind->mail;
	if (!mail)
		curl_multi_remove_handle(all->multi, post->easy);
	detach(all, post);
	if (!answer)
		post->done = NULL;
	if (mail) {
		TAILQ_INSERT_TAIL(&all->leaving, post, link);
		yj_letter_give_up(post);
	} else if (answer) {
		TAILQ_INSERT_TAIL(&all->finished, post, link);
		event_active(all->later, EV_TIMEOUT, 0);
	} else {
		yj_post_free(post);
	}
}

static void note_health(struct poster *poster, const struct post *post)
{
	if (post->alive) {
		poster->n_failures = 0;
		if (post->result.outcome == YJ_SENT_RETRY)
			poster->window = 1; /* a flow limit asks for less */
		else if (poster->window < YJ_POSTER_EACH_MAX)
			poster->window++;
		return;
	}
	poster->window = 1;
	if (poster->n_failures < POSTER_DOWN_AFTER)
		poster->n_failures++;
	poster->failed_ms = yj_poster_now_ms();
}

static void judge(struct post *post, CURLcode code)
{
	const struct poster_kind *kind = post->poster->kind;
	long status = 0;
	curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
	if (kind->mail) {
		kind->judge(post->poster->own, post, code, status);
		return;
	}
	if (status < 200 || !post->headers_complete) {
		yj_judge_silence(post, code);
		return;
	}
	/* whoever answers, even with a refusal, is not down */
	post->alive = status < 500 && status != 408;
	post->reply[post->reply_kept] = '\0';
	kind->judge(post->poster->own, post, code, status);
}

void yj_poster_ended(struct yj_posters *all, struct post *post, CURLcode code)
{
	if (!post->poster) {
		TAILQ_REMOVE(&all->leaving, post, link);
		answer_and_free(post);
		return;
	}
	judge(post, code);
	note_health(post->poster, post);
	if (!post->poster->kind->mail)
		curl_multi_remove_handle(all->multi, post->easy);
	detach(all, post);
	answer_and_free(post);
}

/* ---- the channel ---- */

static bool poster_is_down(void *self)
{
	struct poster *poster = self;
	return poster->n_failures >= POSTER_DOWN_AFTER &&
	       yj_poster_now_ms() < poster->failed_ms + poster->all->rest_ms;
}

static int poster_attempts(void *self)
{
	return ((struct poster *)self)->attempts;
}

static bool poster_has_room(void *self)
{
	struct poster *poster = self;
	/* the first is always free, so that those that hang leave a place for everybody */
	return poster->n_posts == 0 ||
	       (poster->n_posts < poster->window && poster->all->n_posts < YJ_POSTERS_INFLIGHT_MAX);
}

static int poster_send(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx)
{
	struct poster *poster = self;
	struct yj_posters *all = poster->all;
	if (!poster_has_room(poster))
		return YJ_ERR_BUSY;
	struct post *post = NULL;
	int rc = yj_post_new(poster, delivery, done, ctx, &post);
	if (rc < 0)
		return rc;
	if (poster->kind->mail)
		rc = yj_letter_begin(all, post, poster->timeout_ms);
	else if (curl_multi_add_handle(all->multi, post->easy) != CURLM_OK)
		rc = YJ_ERR_NOMEM;
	if (rc < 0) {
		yj_post_free(post);
		return rc;
	}
	post->poster = poster;
	poster->n_posts++;
	all->n_posts++;
	TAILQ_INSERT_TAIL(&all->under_way, post, link);
	return 0;
}

static void poster_cancel(void *self, uint64_t token)
{
	struct poster *poster = self;
	struct post *post;
	TAILQ_FOREACH(post, &poster->all->under_way, link)
	{
		if (post->poster == poster && post->result.token == token) {
			yj_poster_drop(poster->all, post, false);
			return;
		}
	}
}

/* ---- made and unmade ---- */

bool yj_keep(const char *text, char **out)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

void yj_wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static const struct poster_kind *kind_of(enum yj_poster_type type)
{
	switch (type) {
	case YJ_POSTER_WEBHOOK:
		return &yj_kind_webhook;
	case YJ_POSTER_SMS_ALIYUN:
		return &yj_kind_sms_aliyun;
	case YJ_POSTER_SMS_HTTP:
		return &yj_kind_sms_http;
	case YJ_POSTER_EMAIL:
		return &yj_kind_email;
	case YJ_POSTER_WECOM:
		return &yj_kind_wecom;
	case YJ_POSTER_DINGTALK:
		return &yj_kind_dingtalk;
	case YJ_POSTER_FEISHU:
		return &yj_kind_feishu;
	}
	return NULL;
}

int yj_poster_new(struct yj_posters *all, const struct yj_poster_conf *conf, struct poster **out,
    struct yj_poster_why *why)
{
	const struct poster_kind *kind = kind_of(conf->type);
	if (!conf->name || conf->name[0] == '\0' || strlen(conf->name) > YJ_CHANNEL_NAME_MAX ||
	    conf->name[strlen(conf->name) - 1] == ':')
		return yj_poster_wrong(why, "name", "is empty or too long");
	struct poster *poster = calloc(1, sizeof(*poster));
	if (!poster)
		return YJ_ERR_NOMEM;
	int rc = yj_keep(conf->ca_file, &poster->ca_file) ? 0 : YJ_ERR_NOMEM;
	poster->all = all;
	poster->kind = kind;
	snprintf(poster->name, sizeof(poster->name), "%s", conf->name);
	poster->timeout_ms = conf->timeout_ms > 0 ? conf->timeout_ms : TIMEOUT_MS;
	if (poster->timeout_ms > TIMEOUT_MAX_MS)
		poster->timeout_ms = TIMEOUT_MAX_MS;
	poster->attempts = conf->attempts > 0 ? conf->attempts : 1;
	poster->window = 1;
	poster->channel = (struct yj_channel){
	    .name = poster->name,
	    .form = kind->form,
	    .self = poster,
	    .send = poster_send,
	    .has_room = poster_has_room,
	    .is_down = poster_is_down,
	    .attempts = poster_attempts,
	    .cancel = poster_cancel,
	};
	if (rc == 0)
		rc = kind->open(conf, &poster->own, why);
	if (rc < 0) {
		yj_poster_free(poster);
		return rc;
	}
	*out = poster;
	return 0;
}

void yj_poster_free(struct poster *poster)
{
	if (!poster)
		return;
	if (poster->own)
		poster->kind->close(poster->own);
	free(poster->ca_file);
	free(poster);
}
