/* The channel webhook:NAME. */
#include "notify/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notify/template.h"
#include "poster.h"

struct hook {
	char *url;
	char *secret; /* NULL: unsigned */
	char *content_type;
	struct yj_template *body; /* NULL: the inbox message */
	struct header_lines *headers;
};

static void hook_close(void *own)
{
	struct hook *hook = own;
	yj_wipe(hook->url);
	yj_wipe(hook->secret);
	free(hook->content_type);
	yj_template_free(hook->body);
	yj_header_lines_free(hook->headers);
	free(hook);
}

int yj_post_template(const char *key, const char *text, enum yj_escape escape,
    struct yj_template **out, struct yj_poster_why *why)
{
	struct yj_template_mistake mistake;
	int rc = yj_template_parse(text, escape, out, &mistake);
	if (rc == YJ_ERR_INVAL) {
		yj_poster_wrong(why, key, mistake.text);
		why->line = mistake.line;
		why->column = mistake.column;
	}
	return rc;
}

static int hook_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why)
{
	const struct yj_hook_conf *c = &conf->u.webhook;
	const char *type = c->content_type ? c->content_type : "application/json";
	if (!yj_url_valid(c->url, yj_url_http))
		return yj_poster_wrong(why, "url", "is no http or https address");
	if (c->secret && !yj_webhook_secret_valid(c->secret))
		return yj_poster_wrong(why, "secret", "is not whsec_ and base64");
	if (strpbrk(type, "\r\n"))
		return yj_poster_wrong(why, "content_type", "is more than one line");
	struct hook *hook = calloc(1, sizeof(*hook));
	if (!hook)
		return YJ_ERR_NOMEM;
	int rc = yj_keep(c->url, &hook->url) && yj_keep(c->secret, &hook->secret) &&
			 yj_keep(type, &hook->content_type)
		     ? 0
		     : YJ_ERR_NOMEM;
	if (rc == 0 && c->body)
		rc = yj_post_template("body", c->body, yj_escape_of(type), &hook->body, why);
	if (rc == 0)
		rc = yj_header_lines_new(c->headers, &hook->headers, why);
	if (rc < 0) {
		hook_close(hook);
		return rc;
	}
	*own = hook;
	return 0;
}

static int sign(const struct hook *hook, const char *id, struct post *post)
{
	char text[64];
	int64_t now_s = (int64_t)time(NULL);
	int rc = yj_post_header(post, "webhook-id", id);
	snprintf(text, sizeof(text), "%" PRId64, now_s);
	if (rc == 0)
		rc = yj_post_header(post, "webhook-timestamp", text);
	if (rc == 0 && hook->secret)
		rc = yj_webhook_sign(
		    hook->secret, id, now_s, post->body, post->body_len, text, sizeof(text));
	if (rc == 0 && hook->secret)
		rc = yj_post_header(post, "webhook-signature", text);
	return rc;
}

static int hook_prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct hook *hook = own;
	char *body =
	    hook->body ? yj_template_fill(hook->body, delivery) : yj_webhook_body(delivery->page);
	if (!body)
		return YJ_ERR_NOMEM;
	post->body = body;
	post->body_len = strlen(body);
	yj_post_guard(post, hook->url);
	int rc = yj_header_lines_add(hook->headers, delivery, post);
	if (rc == 0)
		rc = sign(hook, delivery->page->id, post);
	if (rc == 0)
		rc = yj_post_http(post, "POST", hook->url, hook->content_type, body);
	return rc;
}

static void hook_judge(const void *own, struct post *post, CURLcode code, long status)
{
	(void)own;
	(void)code;
	yj_judge_status(post, status, YJ_SENT_DELIVERED);
}

const struct poster_kind yj_kind_webhook = {
    .form = YJ_FORM_FULL,
    .open = hook_open,
    .close = hook_close,
    .prepare = hook_prepare,
    .judge = hook_judge,
};
