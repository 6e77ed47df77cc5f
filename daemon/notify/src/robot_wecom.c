/* Robots in groups of WeCom (企业微信). */
#include <string.h>

#include "robot.h"

static int prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct robot *robot = own;
	char *words = yj_robot_words(delivery);
	json_t *json =
	    json_pack("{s:s, s:{s:s}}", "msgtype", "text", "text", "content", words ? words : "");
	char *body = words && json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	free(words);
	if (!body)
		return YJ_ERR_NOMEM;
	/* the key in the address is all that it takes to speak in the group */
	const char *key = strstr(robot->url, "key=");
	yj_post_guard(post, key ? key + 4 : NULL);
	return yj_post_http(post, "POST", robot->url, "application/json", body);
}

static void judge(const void *own, struct post *post, CURLcode code, long status)
{
	static const json_int_t limits[] = {45009};
	(void)own;
	(void)code;
	yj_robot_judge_errcode(post, status, limits, 1);
}

const struct poster_kind yj_kind_wecom = {
    .form = YJ_FORM_GROUP,
    .open = yj_robot_open,
    .close = yj_robot_close,
    .prepare = prepare,
    .judge = judge,
};
