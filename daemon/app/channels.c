#include "channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backs.h"
#include "modems.h"
#include "notify/posters.h"
#include "telephone.h"

struct yj_channels {
	struct yj_posters *posters; /* what speaks HTTP or SMTP */
	struct yj_voice *voice;
	struct yj_modems *modems;
};

struct yj_channels *yj_channels_new(struct yj_gateway *g)
{
	struct yj_channels *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->posters = yj_posters_new(g->base);
	c->voice = yj_voice_new(g->base, yj_backs_take, g);
	c->modems = yj_modems_new(g);
	if (!c->posters || !c->voice || !c->modems) {
		yj_channels_free(c);
		return NULL;
	}
	return c;
}

void yj_channels_free(struct yj_channels *c)
{
	if (!c)
		return;
	yj_posters_free(c->posters);
	yj_voice_free(c->voice);
	yj_modems_free(c->modems);
	free(c);
}

/* ── what speaks HTTP or SMTP ── */

static void webhook_conf(
    const struct yj_config_webhook *w, char *name, size_t cap, struct yj_poster_conf *out)
{
	snprintf(name, cap, "webhook:%s", w->name);
	*out = (struct yj_poster_conf){
	    .type = YJ_POSTER_WEBHOOK,
	    .name = name,
	    .timeout_ms = w->timeout_ms,
	    .attempts = w->attempts,
	    .ca_file = w->ca_file,
	    .u.webhook = {.url = w->url,
		.secret = w->secret,
		.body = w->body,
		.content_type = w->content_type,
		.headers = w->headers},
	};
}

#define TEXT(key) yj_config_text(c, key)

/* false: it speaks neither. */
static bool poster_conf(const struct yj_config_channel *c, struct yj_poster_conf *out)
{
	*out = (struct yj_poster_conf){
	    .name = c->name,
	    .timeout_ms = yj_config_number(c, "timeout"),
	    .attempts = (int)yj_config_number(c, "attempts"),
	    .ca_file = TEXT("ca_file"),
	};
	struct yj_robot_conf robot = {.url = TEXT("url"), .secret = TEXT("secret_file")};
	switch (c->type) {
	case YJ_CHANNEL_SPOOL:
	case YJ_CHANNEL_VOICE:
		return false;
	case YJ_CHANNEL_ALIYUN:
		out->type = YJ_POSTER_SMS_ALIYUN;
		out->u.sms_aliyun = (struct yj_sms_aliyun_conf){.endpoint = TEXT("endpoint"),
		    .access_key_id = TEXT("access_key_id"),
		    .access_key_secret = TEXT("access_key_secret_file"),
		    .sign_name = TEXT("sign_name"),
		    .template_code = TEXT("template_code"),
		    .template_param = TEXT("template_param")};
		return true;
	case YJ_CHANNEL_SMS_HTTP:
		out->type = YJ_POSTER_SMS_HTTP;
		out->u.sms_http = (struct yj_sms_http_conf){.url = TEXT("url"),
		    .method = TEXT("method"),
		    .content_type = TEXT("content_type"),
		    .headers = TEXT("headers"),
		    .authorization = TEXT("authorization_file"),
		    .body = TEXT("body"),
		    .ok_pointer = TEXT("ok_pointer"),
		    .ok_value = TEXT("ok_value"),
		    .ref_pointer = TEXT("ref_pointer"),
		    .limit_values = TEXT("limit_values")};
		return true;
	case YJ_CHANNEL_EMAIL:
		out->type = YJ_POSTER_EMAIL;
		out->u.email = (struct yj_email_conf){.url = TEXT("url"),
		    .from = TEXT("from"),
		    .username = TEXT("username"),
		    .password = TEXT("password_file")};
		return true;
	case YJ_CHANNEL_WECOM:
		out->type = YJ_POSTER_WECOM;
		out->u.robot = robot;
		return true;
	case YJ_CHANNEL_DINGTALK:
		out->type = YJ_POSTER_DINGTALK;
		out->u.robot = robot;
		return true;
	case YJ_CHANNEL_FEISHU:
		out->type = YJ_POSTER_FEISHU;
		out->u.robot = robot;
		return true;
	}
	return false;
}

/* The configured name of a setting that its channel calls otherwise. */
static void say_wrong(
    const struct yj_poster_conf *conf, const struct yj_poster_why *wrong, char why[YJ_WHY_MAX])
{
	char where[48] = "";
	if (wrong->line > 0)
		snprintf(
		    where, sizeof where, " (its line %d, column %d)", wrong->line, wrong->column);
	snprintf(why, YJ_WHY_MAX, "%s: %s%s: %s, expected a value as in channels.md", conf->name,
	    wrong->key ? wrong->key : "setting", where, wrong->text);
}

static int line_of(const struct yj_config *config, const char *name, const char *key)
{
	static const char hook[] = "webhook:";
	if (strncmp(name, hook, sizeof(hook) - 1) != 0)
		return yj_config_line(yj_config_channel(config, name), key);
	const struct yj_config_webhook *w = yj_config_webhook(config, name + sizeof(hook) - 1);
	return strcmp(key, "body") == 0 && w->body_line ? w->body_line : w->line;
}

struct posters_conf { /* the configuration as the posters want it */
	struct yj_poster_conf *v;
	char (*names)[YJ_NAME_MAX + 16];
	size_t n;
};

static int posters_conf(const struct yj_config *config, struct posters_conf *out)
{
	size_t max = config->n_webhooks + config->n_channels + 1;
	*out = (struct posters_conf){
	    .v = calloc(max, sizeof *out->v),
	    .names = calloc(max, sizeof *out->names),
	};
	if (!out->v || !out->names)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < config->n_webhooks; i++, out->n++)
		webhook_conf(
		    &config->webhooks[i], out->names[out->n], sizeof *out->names, &out->v[out->n]);
	for (size_t i = 0; i < config->n_channels; i++)
		if (poster_conf(&config->channels[i], &out->v[out->n]))
			out->n++;
	return 0;
}

static void posters_conf_done(struct posters_conf *conf)
{
	free(conf->v);
	free(conf->names);
}

int yj_channels_check(const struct yj_config *config, int *line, char why[YJ_WHY_MAX])
{
	struct posters_conf conf;
	struct yj_poster_why wrong = {0};
	snprintf(why, YJ_WHY_MAX, "channels");
	int rc = posters_conf(config, &conf);
	for (size_t i = 0; rc == 0 && i < conf.n; i++) {
		rc = yj_poster_check(&conf.v[i], &wrong);
		if (rc == YJ_ERR_INVAL) {
			*line = line_of(config, conf.v[i].name, wrong.key ? wrong.key : "");
			say_wrong(&conf.v[i], &wrong, why);
		}
	}
	posters_conf_done(&conf);
	if (rc < 0)
		return rc;
	rc = yj_telephone_check(config, why);
	if (rc == YJ_ERR_INVAL)
		*line = line_of(config, "voice", "");
	return rc;
}

static int set_posters(struct yj_gateway *g, char why[YJ_WHY_MAX])
{
	struct posters_conf conf;
	struct yj_poster_why wrong = {0};
	size_t bad = 0;
	int rc = posters_conf(g->config, &conf);
	if (rc == 0)
		rc = yj_posters_set(g->channels->posters, conf.v, conf.n, &bad, &wrong);
	if (rc == YJ_ERR_INVAL)
		say_wrong(&conf.v[bad], &wrong, why);
	posters_conf_done(&conf);
	return rc;
}

int yj_channels_set(struct yj_gateway *g, char why[YJ_WHY_MAX])
{
	snprintf(why, YJ_WHY_MAX, "channels");
	int rc = yj_telephone_check(g->config, why);
	if (rc == 0)
		rc = set_posters(g, why);
	if (rc == 0)
		rc = yj_telephone_set(g->channels->voice, g->config, why);
	return rc < 0 ? rc : yj_modems_set(g, g->channels->modems);
}

const struct yj_channel *yj_channels_find(struct yj_gateway *g, const char *name)
{
	if (strcmp(name, "mqtt") == 0)
		return NULL;
	const struct yj_config_channel *c = yj_config_channel(g->config, name);
	if (c && c->type == YJ_CHANNEL_VOICE)
		return yj_voice_channel(g->channels->voice);
	if (c && c->type == YJ_CHANNEL_SPOOL)
		return yj_modems_channel(g->channels->modems, c->name);
	return yj_posters_channel(g->channels->posters, c ? c->name : name);
}

bool yj_channels_down(struct yj_gateway *g, const char *name)
{
	if (strcmp(name, "mqtt") == 0)
		return !yj_link_is_up(g->help);
	const struct yj_channel *channel = yj_channels_find(g, name);
	return !channel || channel->is_down(channel->self);
}

/* A channel that has left the configuration is known by name. */
bool yj_channels_in_group(struct yj_gateway *g, const char *name)
{
	static const char *const groups[] = {"wecom", "dingtalk", "feishu"};
	const struct yj_channel *channel = yj_channels_find(g, name);
	size_t len = strcspn(name, ":");
	if (channel)
		return channel->form == YJ_FORM_GROUP;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (strlen(groups[i]) == len && strncmp(groups[i], name, len) == 0)
			return true;
	return false;
}
