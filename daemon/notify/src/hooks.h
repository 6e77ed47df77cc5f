/* Inside of the webhook channel. */
#ifndef NOTIFY_HOOKS_H
#define NOTIFY_HOOKS_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "notify/webhook.h"
#include "proto/limits.h"

#define YJ_WEBHOOK_DOWN_AFTER 3 /* failures in a row */

struct endpoint {
	TAILQ_ENTRY(endpoint) link;
	struct yj_webhooks *hooks;
	struct yj_channel channel;
	char name[YJ_WEBHOOK_NAME_MAX + 9]; /* with "webhook:" */
	char *url;
	char *secret; /* NULL: unsigned */
	int64_t timeout_ms;
	int attempts;
	int n_requests;	   /* under way */
	int n_failures;	   /* in a row */
	int64_t failed_ms; /* the last one, monotonic */
};

struct request {
	TAILQ_ENTRY(request) link; /* in under_way or finished */
	struct endpoint *endpoint; /* NULL in finished */
	CURL *easy;		   /* NULL in finished */
	struct curl_slist *headers;
	char *body;
	int attempt;
	yj_sent_cb done;
	void *ctx;
	struct yj_sent_result result;
	char error[CURL_ERROR_SIZE];
	char reply[YJ_WEBHOOK_REPLY_KEPT + 1];
	size_t reply_kept;
	size_t reply_len;
	bool headers_complete; /* the empty line after them has come */
};
TAILQ_HEAD(request_list, request);
TAILQ_HEAD(endpoint_list, endpoint);

struct yj_webhooks {
	struct event_base *base;
	CURLM *multi;
	struct event *timer; /* libcurl's */
	struct event *later; /* answers what is in finished */
	struct endpoint_list endpoints;
	struct request_list under_way;
	struct request_list finished; /* with a result, to be answered from the loop */
	int n_requests;
	int64_t rest_ms;
};

/* sign.c */
bool yj_webhook_secret_valid(const char *secret);

/* body.c: the JSON body of a page, to be freed; NULL when memory is short or the page incomplete.
 */
char *yj_webhook_body(const struct yj_msg_inbox *page);
/* May reply, an endpoint's answer, repeat something personal of the body? */
bool yj_webhook_echoes(const char *body, const char *reply);

/* multi.c: the multi handle on the loop. 0 or YJ_ERR_NOMEM. */
int yj_webhook_multi_open(struct yj_webhooks *hooks) YJ_MUST_CHECK;
void yj_webhook_multi_close(struct yj_webhooks *hooks);
/* Called by multi.c for each transfer that has ended: webhook.c. */
void yj_webhook_ended(struct yj_webhooks *hooks, CURL *easy, CURLcode code);

/* request.c: a request ready to be added to the multi handle. 0; YJ_ERR_INVAL for an id that cannot
 * be a header or an incomplete page; YJ_ERR_NOMEM. */
int yj_webhook_request_new(const struct endpoint *endpoint, const struct yj_delivery *delivery,
    yj_sent_cb done, void *ctx, struct request **out) YJ_MUST_CHECK;
void yj_webhook_request_free(struct request *request);

/* judge.c: fills in outcome, retry_ms and words of request->result. */
void yj_webhook_judge(struct request *request, CURLcode code);

#endif
