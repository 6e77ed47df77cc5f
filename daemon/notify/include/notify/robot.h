/* Channels of robots in groups: one message for the eyes of all, in delivery->text (surname,
 * village, link). What each answers means:
 *   its own code of success                  YJ_SENT_OK
 *   its flow limit, or "busy"                YJ_SENT_RETRY, not before 30 s
 *   408, 429, 5xx, 2xx without a code        YJ_SENT_RETRY
 *   any other code or status                 YJ_SENT_FINAL
 * wecom     {"errcode": 0}; limit 45009; no signature, the key is in the URL
 *           (developer.work.weixin.qq.com, document 91770)
 * dingtalk  {"errcode": 0}; limit 130101, 660026; with a secret the URL gets
 *           timestamp (ms) and sign = URLENCODE(BASE64(HMAC-SHA256(secret, timestamp "\n" secret)))
 *           (open.dingtalk.com, "customize robot security settings")
 * feishu    {"code": 0} or {"StatusCode": 0}; limit 9499, 11232, 99991400; with a secret the body
 * gets timestamp (s) and sign = BASE64(HMAC-SHA256(timestamp "\n" secret, "")) (open.feishu.cn,
 * "custom bot usage guide") */
#ifndef NOTIFY_ROBOT_H
#define NOTIFY_ROBOT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_robot_conf {
	const char *url;    /* the robot's whole address, which is a secret itself */
	const char *secret; /* of the signature; NULL: none. wecom has none */
};

#define YJ_ROBOT_SIGN_LEN 45 /* 44 characters of base64 */

/* The signatures, not yet URL-encoded. 0 or YJ_ERR_NOMEM. */
int yj_robot_dingtalk_sign(
    const char *secret, int64_t utc_ms, char out[YJ_ROBOT_SIGN_LEN]) YJ_MUST_CHECK;
int yj_robot_feishu_sign(
    const char *secret, int64_t utc_s, char out[YJ_ROBOT_SIGN_LEN]) YJ_MUST_CHECK;

#endif
