/* Robots in groups of Feishu (飞书). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "robot.h"

int yj_robot_feishu_sign(const char *secret, int64_t utc_s, char out[YJ_ROBOT_SIGN_LEN])
{
	char *key = NULL;
	int len = asprintf(&key, "%" PRId64 "\n%s", utc_s, secret);
	if (len < 0)
		return YJ_ERR_NOMEM;
	int rc = yj_mac_base64(key, (size_t)len, "", 0, out); /* of no text at all */
	yj_wipe(key);
	return rc;
}

static int add_sign(const struct robot *robot, json_t *json)
{
	char sign[YJ_ROBOT_SIGN_LEN], stamp[24];
	int64_t utc_s = (int64_t)time(NULL);
	int rc = yj_robot_feishu_sign(robot->secret, utc_s, sign);
	snprintf(stamp, sizeof(stamp), "%" PRId64, utc_s);
	if (rc == 0 && (json_object_set_new(json, "timestamp", json_string(stamp)) < 0 ||
			   json_object_set_new(json, "sign", json_string(sign)) < 0))
		rc = YJ_ERR_NOMEM;
	return rc;
}

static int prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct robot *robot = own;
	char *words = yj_robot_words(delivery);
	json_t *json =
	    json_pack("{s:s, s:{s:s}}", "msg_type", "text", "content", "text", words ? words : "");
	int rc = words && json ? 0 : YJ_ERR_NOMEM;
	if (rc == 0 && robot->secret)
		rc = add_sign(robot, json);
	char *body = rc == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	free(words);
	if (!body)
		return YJ_ERR_NOMEM;
	/* the last part of the address is all that it takes to speak in the group */
	const char *slash = strrchr(robot->url, '/');
	yj_post_guard(post, slash ? slash + 1 : NULL);
	return yj_post_http(post, "POST", robot->url, "application/json", body);
}

static void judge(const void *own, struct post *post, CURLcode curl_code, long status)
{
	static const json_int_t limits[] = {9499, 11232, 99991400};
	(void)own;
	(void)curl_code;
	json_t *answer = yj_judge_json(post);
	json_t *code = json_object_get(answer, "code");
	const char *message = json_string_value(json_object_get(answer, "msg"));
	if (!code) { /* as it answered before */
		code = json_object_get(answer, "StatusCode");
		message = json_string_value(json_object_get(answer, "StatusMessage"));
	}
	yj_robot_judge(
	    post, status, json_is_integer(code), json_integer_value(code), message, limits, 3);
	json_decref(answer);
}

const struct poster_kind yj_kind_feishu = {
    .form = YJ_FORM_GROUP,
    .open = yj_robot_open,
    .close = yj_robot_close,
    .prepare = prepare,
    .judge = judge,
};
