/* Robots in groups of DingTalk (钉钉). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "robot.h"

int yj_robot_dingtalk_sign(const char *secret, int64_t utc_ms, char out[YJ_ROBOT_SIGN_LEN])
{
	char *text = NULL;
	int len = asprintf(&text, "%" PRId64 "\n%s", utc_ms, secret);
	if (len < 0)
		return YJ_ERR_NOMEM;
	int rc = yj_mac_base64(secret, strlen(secret), text, (size_t)len, out);
	yj_wipe(text);
	return rc;
}

/* The address with timestamp and sign; malloc'd or NULL. */
static char *signed_url(const struct robot *robot)
{
	struct timespec now;
	char sign[YJ_ROBOT_SIGN_LEN];
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t utc_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (yj_robot_dingtalk_sign(robot->secret, utc_ms, sign) < 0)
		return NULL;
	char *encoded = yj_url_encode(sign), *url = NULL;
	if (encoded && asprintf(&url, "%s%ctimestamp=%" PRId64 "&sign=%s", robot->url,
			   strchr(robot->url, '?') ? '&' : '?', utc_ms, encoded) < 0)
		url = NULL;
	free(encoded);
	return url;
}

static int prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct robot *robot = own;
	char *words = yj_robot_words(delivery);
	json_t *json =
	    json_pack("{s:s, s:{s:s}}", "msgtype", "text", "text", "content", words ? words : "");
	char *body = words && json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *url = robot->secret ? signed_url(robot) : strdup(robot->url);
	json_decref(json);
	free(words);
	if (!body || !url) {
		free(body);
		yj_wipe(url);
		return YJ_ERR_NOMEM;
	}
	const char *token = strstr(robot->url, "access_token=");
	yj_post_guard(post, token ? token + 13 : NULL);
	int rc = yj_post_http(post, "POST", url, "application/json", body);
	yj_wipe(url);
	return rc;
}

static void judge(const void *own, struct post *post, CURLcode code, long status)
{
	static const json_int_t limits[] = {130101, 660026};
	(void)own;
	(void)code;
	yj_robot_judge_errcode(post, status, limits, 2);
}

const struct poster_kind yj_kind_dingtalk = {
    .form = YJ_FORM_GROUP,
    .open = yj_robot_open,
    .close = yj_robot_close,
    .prepare = prepare,
    .judge = judge,
};
