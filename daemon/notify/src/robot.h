/* What the robots share. */
#ifndef NOTIFY_ROBOTS_H
#define NOTIFY_ROBOTS_H

#include "poster.h"

struct robot {
	char *url;
	char *secret; /* NULL: none */
};

int yj_robot_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why);
void yj_robot_close(void *own);
/* The words, and the link where they do not have it: malloc'd or NULL. */
char *yj_robot_words(const struct yj_delivery *delivery);
/* Judges an answer whose code (errcode, code) is that; has_code is false if it has none. */
void yj_robot_judge(struct post *post, long status, bool has_code, json_int_t code,
    const char *message, const json_int_t limits[], size_t n_limits);
/* {"errcode": ..., "errmsg": ...}, as wecom and dingtalk answer. */
void yj_robot_judge_errcode(
    struct post *post, long status, const json_int_t limits[], size_t n_limits);

#endif
