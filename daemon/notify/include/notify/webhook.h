/* Channel webhook:NAME: an HTTP POST per page, signed as the Standard Webhooks specification says
 * (headers webhook-id, webhook-timestamp, webhook-signature "v1,BASE64(HMAC-SHA256)"; the key
 * is the base64 after "whsec_"). webhook-id is the delivery's id, the same at every attempt.
 *
 * The body is the JSON object of the caregiver's inbox (proto/message.h), with opened_at and
 * answer_by as RFC 3339; or what a template makes (notify/template.h).
 *   2xx                              YJ_SENT_DELIVERED
 *   408, 429, 5xx                    YJ_SENT_RETRY
 *   any other status, redirects too  YJ_SENT_FINAL */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include "notify/channel.h"

struct yj_hook_conf {
	const char *url;
	const char *secret;	  /* whsec_...; NULL: unsigned */
	const char *body;	  /* a template; NULL: the inbox message */
	const char *content_type; /* NULL: application/json */
	const char *headers;	  /* further ones, "Name: value" a line each; NULL: none */
};

/* Signs as Standard Webhooks says. secret "whsec_BASE64"; out is "v1,BASE64" with a terminator
 * (64 bytes suffice). 0; YJ_ERR_INVAL for a secret that is not of that form; YJ_ERR_FULL when cap
 * is too small; YJ_ERR_NOMEM. */
int yj_webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const void *body,
    size_t len, char *out, size_t cap) YJ_MUST_CHECK;

#endif
