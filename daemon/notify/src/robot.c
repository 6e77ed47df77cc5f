#include "robot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY (-1) /* "system busy" of wecom and dingtalk */

void yj_robot_close(void *own)
{
	struct robot *robot = own;
	yj_wipe(robot->url);
	yj_wipe(robot->secret);
	free(robot);
}

int yj_robot_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why)
{
	const struct yj_robot_conf *c = &conf->u.robot;
	if (!yj_url_valid(c->url, yj_url_http))
		return yj_poster_wrong(why, "url", "is no http or https address");
	if (c->secret && c->secret[0] == '\0')
		return yj_poster_wrong(why, "secret", "is empty");
	struct robot *robot = calloc(1, sizeof(*robot));
	if (!robot)
		return YJ_ERR_NOMEM;
	if (!yj_keep(c->url, &robot->url) || !yj_keep(c->secret, &robot->secret)) {
		yj_robot_close(robot);
		return YJ_ERR_NOMEM;
	}
	*own = robot;
	return 0;
}

char *yj_robot_words(const struct yj_delivery *delivery)
{
	const char *url = delivery->page->url;
	char *words = NULL;
	if (!url || url[0] == '\0' || strstr(delivery->text, url))
		return strdup(delivery->text);
	return asprintf(&words, "%s\n%s", delivery->text, url) < 0 ? NULL : words;
}

void yj_robot_judge(struct post *post, long status, bool has_code, json_int_t code,
    const char *message, const json_int_t limits[], size_t n_limits)
{
	bool good_status = status >= 200 && status <= 299;
	yj_judge_status(post, status, YJ_SENT_OK);
	if (!has_code) {
		if (good_status) {
			yj_judge_again(post);
			yj_judge_words(post, "an answer without a code", NULL);
		}
		return;
	}
	char head[32];
	snprintf(head, sizeof(head), "%" JSON_INTEGER_FORMAT, code);
	yj_judge_words(post, head, message);
	if (code == 0)
		return;
	if (code == BUSY) {
		yj_judge_again(post);
		return;
	}
	for (size_t i = 0; i < n_limits; i++) {
		if (code == limits[i]) {
			yj_judge_limit(post);
			return;
		}
	}
	if (good_status)
		post->result.outcome = YJ_SENT_FINAL;
}

void yj_robot_judge_errcode(
    struct post *post, long status, const json_int_t limits[], size_t n_limits)
{
	json_t *answer = yj_judge_json(post);
	json_t *code = json_object_get(answer, "errcode");
	yj_robot_judge(post, status, json_is_integer(code), json_integer_value(code),
	    json_string_value(json_object_get(answer, "errmsg")), limits, n_limits);
	json_decref(answer);
}
