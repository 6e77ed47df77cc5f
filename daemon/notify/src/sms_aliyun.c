/* SMS over Aliyun. */
#include "notify/sms_aliyun.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notify/template.h"
#include "phone.h"
#include "poster.h"

#define ENDPOINT "https://dysmsapi.aliyuncs.com/"
#define ACTION "SendSms"
#define VERSION "2017-05-25"
#define KEY_ID_MAX 128

struct aliyun {
	char *endpoint; /* without a slash at its end */
	char *host;
	char *key_id, *key_secret;
	char *sign_name, *template_code; /* percent-encoded */
	struct yj_template *param;
};

static void aliyun_close(void *own)
{
	struct aliyun *a = own;
	free(a->endpoint);
	free(a->host);
	yj_wipe(a->key_id);
	yj_wipe(a->key_secret);
	free(a->sign_name);
	free(a->template_code);
	yj_template_free(a->param);
	free(a);
}

/* Only scheme, host and port: what is signed has the path "/". */
static bool endpoint_valid(const char *url)
{
	if (!yj_url_valid(url, yj_url_http))
		return false;
	const char *rest = strstr(url, "://");
	rest = rest ? strpbrk(rest + 3, "/?#@") : NULL;
	return !rest || strcmp(rest, "/") == 0;
}

static bool keep_all(struct aliyun *a, const struct yj_sms_aliyun_conf *c, const char *endpoint)
{
	bool kept = yj_keep(endpoint, &a->endpoint) && yj_keep(c->access_key_id, &a->key_id) &&
		    yj_keep(c->access_key_secret, &a->key_secret);
	if (!kept)
		return false;
	size_t len = strlen(a->endpoint);
	if (a->endpoint[len - 1] == '/')
		a->endpoint[len - 1] = '\0';
	a->host = yj_url_host(endpoint);
	a->sign_name = yj_url_encode(c->sign_name);
	a->template_code = yj_url_encode(c->template_code);
	return a->host && a->sign_name && a->template_code;
}

static bool empty(const char *text)
{
	return !text || text[0] == '\0';
}

static int aliyun_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why)
{
	const struct yj_sms_aliyun_conf *c = &conf->u.sms_aliyun;
	const char *endpoint = c->endpoint ? c->endpoint : ENDPOINT;
	if (!endpoint_valid(endpoint))
		return yj_poster_wrong(
		    why, "endpoint", "is no http or https address without a path");
	if (empty(c->access_key_id) || strlen(c->access_key_id) > KEY_ID_MAX ||
	    strpbrk(c->access_key_id, "\r\n, "))
		return yj_poster_wrong(why, "access_key_id", "is no id of an access key");
	if (empty(c->access_key_secret))
		return yj_poster_wrong(why, "access_key_secret", "is empty");
	if (empty(c->sign_name))
		return yj_poster_wrong(why, "sign_name", "is empty");
	if (empty(c->template_code))
		return yj_poster_wrong(why, "template_code", "is empty");
	if (empty(c->template_param))
		return yj_poster_wrong(why, "template_param", "is empty");
	struct aliyun *a = calloc(1, sizeof(*a));
	if (!a)
		return YJ_ERR_NOMEM;
	int rc = keep_all(a, c, endpoint) ? 0 : YJ_ERR_NOMEM;
	if (rc == 0)
		rc = yj_post_template(
		    "template_param", c->template_param, YJ_ESCAPE_JSON, &a->param, why);
	if (rc < 0) {
		aliyun_close(a);
		return rc;
	}
	*own = a;
	return 0;
}

/* The parameters in their canonical form, which is sorted by name. malloc'd or NULL. */
static char *query_of(const struct aliyun *a, const struct yj_delivery *delivery, const char *phone)
{
	char *param = yj_template_fill(a->param, delivery), *query = NULL;
	char *encoded = param ? yj_url_encode(param) : NULL;
	char *id = yj_url_encode(delivery->id), *number = yj_url_encode(phone);
	if (encoded && id && number &&
	    asprintf(&query,
		"OutId=%s&PhoneNumbers=%s&SignName=%s&TemplateCode=%s&TemplateParam=%s", id, number,
		a->sign_name, a->template_code, encoded) < 0)
		query = NULL;
	free(param);
	free(encoded);
	free(id);
	free(number);
	return query;
}

static int sign(const struct aliyun *a, const char *query, struct post *post)
{
	unsigned char random[16];
	char nonce[33], date[32], content[65], authorization[YJ_ACS3_MAX];
	time_t now = time(NULL);
	struct tm tm;
	if (RAND_bytes(random, sizeof(random)) != 1)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	struct yj_acs3 request = {
	    .method = "POST",
	    .host = a->host,
	    .query = query,
	    .action = ACTION,
	    .version = VERSION,
	    .date = date,
	    .nonce = nonce,
	    .body = "",
	    .access_key_id = a->key_id,
	    .access_key_secret = a->key_secret,
	};
	int rc = yj_acs3_sign(&request, content, authorization, sizeof(authorization));
	const char *const headers[][2] = {{"Host", a->host}, {"x-acs-action", ACTION},
	    {"x-acs-version", VERSION}, {"x-acs-date", date}, {"x-acs-signature-nonce", nonce},
	    {"x-acs-content-sha256", content}, {"Authorization", authorization},
	    {"Accept", "application/json"}};
	for (size_t i = 0; rc == 0 && i < sizeof(headers) / sizeof(headers[0]); i++)
		rc = yj_post_header(post, headers[i][0], headers[i][1]);
	return rc;
}

static int aliyun_prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct aliyun *a = own;
	char phone[YJ_PHONE_PLAIN_MAX + 1];
	if (!yj_phone_plain(delivery->phone, phone))
		return YJ_ERR_NOTFOUND;
	char *query = query_of(a, delivery, phone), *url = NULL;
	if (!query)
		return YJ_ERR_NOMEM;
	int rc = sign(a, query, post);
	if (rc == 0 && asprintf(&url, "%s/?%s", a->endpoint, query) < 0) {
		url = NULL;
		rc = YJ_ERR_NOMEM;
	}
	yj_post_guard(post, a->key_id);
	if (rc == 0)
		rc = yj_post_http(post, "POST", url, NULL, NULL);
	free(query);
	free(url);
	return rc;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void judge_code(struct post *post, long status, const char *code, json_t *answer)
{
	bool good_status = status >= 200 && status <= 299;
	if (strcmp(code, "OK") == 0 && good_status) {
		const char *ref = json_string_value(json_object_get(answer, "BizId"));
		snprintf(post->result.ref, sizeof(post->result.ref), "%s", ref ? ref : "");
		return;
	}
	yj_judge_words(post, code, json_string_value(json_object_get(answer, "Message")));
	if (strstr(code, "LIMIT_CONTROL") || starts(code, "Throttling"))
		yj_judge_limit(post);
	else if (starts(code, "isp.") || starts(code, "ServiceUnavailable") ||
		 starts(code, "InternalError"))
		yj_judge_again(post);
	else if (status < 500)
		post->result.outcome = YJ_SENT_FINAL;
}

static void aliyun_judge(const void *own, struct post *post, CURLcode curl_code, long status)
{
	(void)own;
	(void)curl_code;
	json_t *answer = yj_judge_json(post);
	const char *code = json_string_value(json_object_get(answer, "Code"));
	yj_judge_status(post, status, YJ_SENT_OK);
	if (code) {
		judge_code(post, status, code, answer);
	} else if (status >= 200 && status <= 299) {
		yj_judge_again(post);
		yj_judge_words(post, "an answer without a Code", NULL);
	}
	json_decref(answer);
}

const struct poster_kind yj_kind_sms_aliyun = {
    .form = YJ_FORM_SMS,
    .open = aliyun_open,
    .close = aliyun_close,
    .prepare = aliyun_prepare,
    .judge = aliyun_judge,
};
