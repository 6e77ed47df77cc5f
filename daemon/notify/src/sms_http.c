/* SMS over any provider with an HTTP interface. */
#include "notify/sms_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/template.h"
#include "phone.h"
#include "poster.h"

#define VALUE_MAX 256

struct provider {
	const char *method; /* static */
	char *content_type;
	char *authorization;
	struct yj_template *url, *body; /* body NULL: none */
	struct header_lines *headers;
	char *ok_pointer, *ok_value, *ref_pointer; /* NULL: not set */
	char *limit_values;			   /* a line each; NULL: none */
};

static void http_close(void *own)
{
	struct provider *p = own;
	free(p->content_type);
	yj_wipe(p->authorization);
	yj_template_free(p->url);
	yj_template_free(p->body);
	yj_header_lines_free(p->headers);
	free(p->ok_pointer);
	free(p->ok_value);
	free(p->ref_pointer);
	free(p->limit_values);
	free(p);
}

static const char *method_of(const char *word)
{
	static const char *const methods[] = {"POST", "PUT", "GET"};
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(word ? word : "POST", methods[i]) == 0)
			return methods[i];
	return NULL;
}

static int check(const struct yj_sms_http_conf *c, const char *type, struct yj_poster_why *why)
{
	const char *method = method_of(c->method);
	if (!method)
		return yj_poster_wrong(why, "method", "is not POST, PUT or GET");
	if (c->body && strcmp(method, "GET") == 0)
		return yj_poster_wrong(why, "body", "cannot go with GET");
	if (!c->body && strcmp(method, "GET") != 0)
		return yj_poster_wrong(why, "body", "is missing");
	if (strpbrk(type, "\r\n"))
		return yj_poster_wrong(why, "content_type", "is more than one line");
	if (c->authorization && strpbrk(c->authorization, "\r\n"))
		return yj_poster_wrong(why, "authorization", "is more than one line");
	if (!c->ok_pointer != !c->ok_value)
		return yj_poster_wrong(why, "ok_pointer", "goes with ok_value");
	if (c->limit_values && !c->ok_pointer)
		return yj_poster_wrong(why, "limit_values", "goes with ok_pointer");
	if (c->ok_pointer && !yj_pointer_valid(c->ok_pointer))
		return yj_poster_wrong(why, "ok_pointer", "is no JSON pointer");
	if (c->ref_pointer && !yj_pointer_valid(c->ref_pointer))
		return yj_poster_wrong(why, "ref_pointer", "is no JSON pointer");
	return 0;
}

/* The address must be one once it is filled. */
static int open_url(struct provider *p, const char *text, struct yj_poster_why *why)
{
	static const struct yj_msg_inbox page = {.id = "1", .incident = "1", .text = "1"};
	static const struct yj_delivery sample = {
	    .id = "1", .phone = "1", .text = "1", .page = &page};
	if (!text)
		return yj_poster_wrong(why, "url", "is missing");
	int rc = yj_post_template("url", text, YJ_ESCAPE_PERCENT, &p->url, why);
	if (rc < 0)
		return rc;
	char *url = yj_template_fill(p->url, &sample);
	if (!url)
		return YJ_ERR_NOMEM;
	if (!yj_url_valid(url, yj_url_http))
		rc = yj_poster_wrong(why, "url", "is no http or https address");
	free(url);
	return rc;
}

static int http_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why)
{
	const struct yj_sms_http_conf *c = &conf->u.sms_http;
	const char *type = c->content_type ? c->content_type : "application/json";
	int rc = check(c, type, why);
	if (rc < 0)
		return rc;
	struct provider *p = calloc(1, sizeof(*p));
	if (!p)
		return YJ_ERR_NOMEM;
	p->method = method_of(c->method);
	rc = yj_keep(type, &p->content_type) && yj_keep(c->authorization, &p->authorization) &&
		     yj_keep(c->ok_pointer, &p->ok_pointer) && yj_keep(c->ok_value, &p->ok_value) &&
		     yj_keep(c->ref_pointer, &p->ref_pointer) &&
		     yj_keep(c->limit_values, &p->limit_values)
		 ? 0
		 : YJ_ERR_NOMEM;
	if (rc == 0)
		rc = open_url(p, c->url, why);
	if (rc == 0 && c->body)
		rc = yj_post_template("body", c->body, yj_escape_of(type), &p->body, why);
	if (rc == 0)
		rc = yj_header_lines_new(c->headers, &p->headers, why);
	if (rc < 0) {
		http_close(p);
		return rc;
	}
	*own = p;
	return 0;
}

static int http_prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct provider *p = own;
	char phone[YJ_PHONE_PLAIN_MAX + 1];
	struct yj_delivery plain = *delivery;
	plain.phone = yj_phone_plain(delivery->phone, phone);
	if (!plain.phone)
		return YJ_ERR_NOTFOUND;
	int rc = yj_header_lines_add(p->headers, &plain, post);
	if (rc == 0 && p->authorization)
		rc = yj_post_header(post, "Authorization", p->authorization);
	yj_post_guard(post, p->authorization);
	if (rc < 0)
		return rc;
	char *url = yj_template_fill(p->url, &plain);
	char *body = p->body ? yj_template_fill(p->body, &plain) : NULL;
	if (!url || (p->body && !body)) {
		free(url);
		free(body);
		return YJ_ERR_NOMEM;
	}
	rc = yj_post_http(post, p->method, url, p->content_type, body);
	free(url);
	return rc;
}

/* Is value one of the lines? */
static bool one_of(const char *lines, const char *value)
{
	size_t len = strlen(value);
	while (lines && *lines) {
		size_t line = strcspn(lines, "\n");
		if (line == len && strncmp(lines, value, len) == 0)
			return true;
		lines += line + (lines[line] == '\n');
	}
	return false;
}

/* What stands at a pointer, as text; false: nothing does. */
static bool at(json_t *answer, const char *pointer, char *out, size_t cap)
{
	json_t *inner = NULL;
	json_t *value = yj_pointer_get(answer, pointer, &inner);
	bool is = value && !json_is_null(value);
	yj_pointer_text(value, out, cap);
	json_decref(inner);
	return is;
}

static void judge_answer(
    const struct provider *p, struct post *post, json_t *answer, bool good_status)
{
	char value[VALUE_MAX];
	if (!at(answer, p->ok_pointer, value, sizeof(value))) {
		if (good_status) {
			yj_judge_again(post);
			yj_judge_words(post, "an answer without its code", NULL);
		}
		return;
	}
	if (one_of(p->limit_values, value)) {
		yj_judge_words(post, value, post->reply);
		yj_judge_limit(post);
	} else if (strcmp(value, p->ok_value) != 0 && good_status) {
		yj_judge_words(post, value, post->reply);
		post->result.outcome = YJ_SENT_FINAL;
	}
}

static void http_judge(const void *own, struct post *post, CURLcode code, long status)
{
	const struct provider *p = own;
	json_t *answer = yj_judge_json(post);
	(void)code;
	yj_judge_status(post, status, YJ_SENT_OK);
	if (p->ok_pointer)
		judge_answer(p, post, answer, status >= 200 && status <= 299);
	if (p->ref_pointer && post->result.outcome == YJ_SENT_OK)
		at(answer, p->ref_pointer, post->result.ref, sizeof(post->result.ref));
	json_decref(answer);
}

const struct poster_kind yj_kind_sms_http = {
    .form = YJ_FORM_SMS,
    .open = http_open,
    .close = http_close,
    .prepare = http_prepare,
    .judge = http_judge,
};
