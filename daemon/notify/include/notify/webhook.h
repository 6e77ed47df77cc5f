/* Channel webhook:NAME: an HTTP POST per page, signed as the Standard Webhooks specification says
 * (headers webhook-id, webhook-timestamp, webhook-signature "v1,BASE64(HMAC-SHA256)"; the key
 * is the base64 after "whsec_"). One libcurl multi handle on the loop serves all endpoints.
 *
 * The body is the JSON object of the caregiver's inbox (proto/message.h), with opened_at and
 * answer_by as RFC 3339. webhook-id is the delivery's id, the same at every attempt.
 *   2xx                              YJ_SENT_DELIVERED
 *   408, 429, 5xx                    YJ_SENT_RETRY, after Retry-After (429 and 503, at most 1 h)
 *   any other status, redirects too  YJ_SENT_FINAL
 *   no answer (time, refused, TLS)   YJ_SENT_RETRY, with libcurl's words
 * Back-off doubles from 1 s to 5 min with a jitter of half its length. An
 * answer whose headers are complete counts even if its body breaks off; of the body at most 4 KiB
 * are read.
 *
 * An endpoint has at most YJ_WEBHOOK_PER_HOST_MAX requests under way, all together
 * YJ_WEBHOOK_INFLIGHT_MAX, but one is always free for an endpoint that has none. After 3 failures
 * in a row an endpoint is down: is_down says so for 30 s from the last failure, and until a
 * success it gets one request at a time; more are YJ_ERR_BUSY. Names are resolved off the loop. The
 * process must ignore SIGPIPE. */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include <event2/event.h>

#include "notify/channel.h"

struct yj_webhook_conf {
	const char *name; /* as in the configuration */
	const char *url;
	const char *secret; /* whsec_...; NULL: unsigned */
	int64_t timeout_ms; /* one attempt as a whole */
	int attempts;
};

struct yj_webhooks; /* the multi handle and its endpoints */

/* NULL when memory is short or libcurl cannot start or would resolve names on the loop. base is
 * borrowed. */
struct yj_webhooks *yj_webhooks_new(struct event_base *base);

/* Replaces the set of endpoints (at start and at a reload). Endpoints that stay by name keep their
 * health and what is under way; those that go have theirs answered YJ_SENT_FINAL later in
 * the loop. 0; YJ_ERR_INVAL with *bad = index of the entry whose name (empty, too long or named
 * twice), url (not http or https) or secret is wrong; YJ_ERR_NOMEM. On failure nothing changes. */
int yj_webhooks_set(struct yj_webhooks *hooks, const struct yj_webhook_conf *conf, size_t n,
    size_t *bad) YJ_MUST_CHECK;

/* The channel of one endpoint by its configured name, borrowed until the next set; NULL: none. */
const struct yj_channel *yj_webhooks_channel(struct yj_webhooks *hooks, const char *name);

/* No callbacks any more. NULL is fine. Not from inside a callback. */
void yj_webhooks_free(struct yj_webhooks *hooks);

/* Changes the 30 s for which an endpoint counts as down. */
void yj_webhooks_set_rest(struct yj_webhooks *hooks, int64_t rest_ms);

/* Signs as Standard Webhooks says. secret "whsec_BASE64"; out is "v1,BASE64" with a terminator
 * (64 bytes suffice). 0; YJ_ERR_INVAL for a secret that is not of that form; YJ_ERR_FULL when cap
 * is too small; YJ_ERR_NOMEM. */
int yj_webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const void *body,
    size_t len, char *out, size_t cap) YJ_MUST_CHECK;

#endif
