/* Channel sms over Aliyun: action SendSms of dysmsapi (version 2017-05-25), signed with
 * ACS3-HMAC-SHA256 (help.aliyun.com, "V3 request body and signature"). OutId is the delivery's id,
 * and BizId, which reports repeat, is the result's ref.
 *   Code "OK"                                          YJ_SENT_OK
 *   a flow limit (...LIMIT_CONTROL, Throttling...)     YJ_SENT_RETRY, not before 30 s
 *   a fault of the provider (isp...., 5xx), garbage    YJ_SENT_RETRY
 *   any other Code (number, signature, template)       YJ_SENT_FINAL */
#ifndef NOTIFY_SMS_ALIYUN_H
#define NOTIFY_SMS_ALIYUN_H

#include "notify/channel.h"

struct yj_sms_aliyun_conf {
	const char *endpoint; /* NULL: https://dysmsapi.aliyuncs.com/ */
	const char *access_key_id;
	const char *access_key_secret;
	const char *sign_name;	    /* that was approved */
	const char *template_code;  /* that was approved */
	const char *template_param; /* a JSON object as template: {"text": "{{text}}"} */
};

struct yj_acs3 {	     /* a request that is to be signed */
	const char *method;  /* POST */
	const char *host;    /* as in the header Host */
	const char *query;   /* canonical: sorted, percent-encoded; "" for none */
	const char *action;  /* x-acs-action */
	const char *version; /* x-acs-version */
	const char *date;    /* x-acs-date, 2023-10-26T10:22:32Z */
	const char *nonce;   /* x-acs-signature-nonce */
	const char *body;    /* "" for none */
	const char *access_key_id;
	const char *access_key_secret;
};
/* Writes the value of Authorization, and of x-acs-content-sha256 (65 bytes). 0; YJ_ERR_FULL when
 * cap is too small (YJ_ACS3_MAX suffices for ids up to 128 characters); YJ_ERR_NOMEM. */
#define YJ_ACS3_MAX 384
int yj_acs3_sign(const struct yj_acs3 *request, char content_sha256[65], char *authorization,
    size_t cap) YJ_MUST_CHECK;

/* Reads what the provider posts: an array of reports (SmsReport) or of messages (SmsUp), and gives
 * each to take as struct yj_back of `channel`: RECEIPT or FAILED with ref = biz_id and id = out_id
 * (the delivery's id); TEXT with from, text and id = sequence_id. 0; YJ_ERR_INVAL if it is not
 * such an array (nothing was taken); or the first error of take, and nothing after it was given.
 */
int yj_sms_aliyun_push(
    const char *channel, const char *body, size_t len, yj_back_cb take, void *ctx) YJ_MUST_CHECK;

#endif
