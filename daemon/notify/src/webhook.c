/* The endpoints, their health and what they have under way. */
#include "notify/webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "hooks.h"

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Takes a request away from libcurl and its endpoint; it is in no list then. */
static void detach(struct yj_webhooks *hooks, struct request *request)
{
	curl_multi_remove_handle(hooks->multi, request->easy);
	TAILQ_REMOVE(&hooks->under_way, request, link);
	hooks->n_requests--;
	request->endpoint->n_requests--;
	request->endpoint = NULL;
}

static void note_health(struct endpoint *endpoint, const struct request *request)
{
	long status = 0;
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	/* whoever answers, even with a refusal, is not down */
	if (request->headers_complete && status >= 200 && status < 500 && status != 408) {
		endpoint->n_failures = 0;
		return;
	}
	if (endpoint->n_failures < YJ_WEBHOOK_DOWN_AFTER)
		endpoint->n_failures++;
	endpoint->failed_ms = now_ms();
}

void yj_webhook_ended(struct yj_webhooks *hooks, CURL *easy, CURLcode code)
{
	struct request *request = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&request);
	yj_webhook_judge(request, code);
	note_health(request->endpoint, request);
	detach(hooks, request);
	struct yj_sent_result result = request->result;
	yj_sent_cb done = request->done;
	void *ctx = request->ctx;
	yj_webhook_request_free(request);
	done(ctx, &result); /* last: it may send, cancel and set */
}

/* Answers what was decided without libcurl. */
static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct yj_webhooks *hooks = arg;
	struct request *request;
	(void)fd;
	(void)what;
	while ((request = TAILQ_FIRST(&hooks->finished)) != NULL) {
		TAILQ_REMOVE(&hooks->finished, request, link);
		struct yj_sent_result result = request->result;
		yj_sent_cb done = request->done;
		void *ctx = request->ctx;
		yj_webhook_request_free(request);
		done(ctx, &result);
	}
}

/* ---- the channel ---- */

static bool endpoint_is_down(void *self)
{
	struct endpoint *endpoint = self;
	return endpoint->n_failures >= YJ_WEBHOOK_DOWN_AFTER &&
	       now_ms() < endpoint->failed_ms + endpoint->hooks->rest_ms;
}

static int endpoint_attempts(void *self)
{
	return ((struct endpoint *)self)->attempts;
}

static int endpoint_send(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx)
{
	struct endpoint *endpoint = self;
	struct yj_webhooks *hooks = endpoint->hooks;
	bool failing = endpoint->n_failures >= YJ_WEBHOOK_DOWN_AFTER;
	if (endpoint->n_requests >= (failing ? 1 : YJ_WEBHOOK_PER_HOST_MAX))
		return YJ_ERR_BUSY;
	if (endpoint->n_requests > 0 && hooks->n_requests >= YJ_WEBHOOK_INFLIGHT_MAX)
		return YJ_ERR_BUSY;
	struct request *request = NULL;
	int rc = yj_webhook_request_new(endpoint, delivery, done, ctx, &request);
	if (rc < 0)
		return rc;
	if (curl_multi_add_handle(hooks->multi, request->easy) != CURLM_OK) {
		yj_webhook_request_free(request);
		return YJ_ERR_NOMEM;
	}
	request->endpoint = endpoint;
	endpoint->n_requests++;
	hooks->n_requests++;
	TAILQ_INSERT_TAIL(&hooks->under_way, request, link);
	return 0;
}

static void endpoint_cancel(void *self, uint64_t token)
{
	struct endpoint *endpoint = self;
	struct request *request;
	TAILQ_FOREACH(request, &endpoint->hooks->under_way, link)
	{
		if (request->endpoint == endpoint && request->result.token == token) {
			detach(endpoint->hooks, request);
			yj_webhook_request_free(request);
			return;
		}
	}
}

/* ---- the set ---- */

static void endpoint_free(struct endpoint *endpoint)
{
	free(endpoint->url);
	free(endpoint->secret);
	free(endpoint);
}

static void endpoints_free(struct endpoint_list *list)
{
	struct endpoint *endpoint;
	while ((endpoint = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, endpoint, link);
		endpoint_free(endpoint);
	}
}

/* An absolute http or https URL with a host. */
static bool url_valid(const char *url)
{
	char *scheme = NULL, *host = NULL;
	CURLU *parts = curl_url();
	bool valid = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		     curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		     curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		     (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parts);
	return valid;
}

static bool conf_valid(const struct yj_webhook_conf *conf, size_t i)
{
	const struct yj_webhook_conf *c = &conf[i];
	if (!c->name || c->name[0] == '\0' || strlen(c->name) > YJ_WEBHOOK_NAME_MAX)
		return false;
	for (size_t k = 0; k < i; k++) {
		if (strcmp(conf[k].name, c->name) == 0)
			return false;
	}
	return c->url && url_valid(c->url) && (!c->secret || yj_webhook_secret_valid(c->secret));
}

static struct endpoint *endpoint_new(struct yj_webhooks *hooks, const struct yj_webhook_conf *conf)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return NULL;
	endpoint->hooks = hooks;
	snprintf(endpoint->name, sizeof(endpoint->name), "webhook:%s", conf->name);
	endpoint->url = strdup(conf->url);
	endpoint->secret = conf->secret ? strdup(conf->secret) : NULL;
	endpoint->timeout_ms = conf->timeout_ms > 0 ? conf->timeout_ms : 10000;
	if (endpoint->timeout_ms > 600000)
		endpoint->timeout_ms = 600000;
	endpoint->attempts = conf->attempts > 0 ? conf->attempts : 1;
	endpoint->channel = (struct yj_channel){
	    .name = endpoint->name,
	    .self = endpoint,
	    .send = endpoint_send,
	    .is_down = endpoint_is_down,
	    .attempts = endpoint_attempts,
	    .cancel = endpoint_cancel,
	};
	if (!endpoint->url || (conf->secret && !endpoint->secret)) {
		endpoint_free(endpoint);
		return NULL;
	}
	return endpoint;
}

static struct endpoint *find(struct endpoint_list *list, const char *name)
{
	struct endpoint *endpoint;
	TAILQ_FOREACH(endpoint, list, link)
	{
		if (strcmp(endpoint->name, name) == 0)
			return endpoint;
	}
	return NULL;
}

/* Hands what `from` has under way to `to`, or ends it if that is NULL. */
static void move_requests(struct yj_webhooks *hooks, struct endpoint *from, struct endpoint *to)
{
	struct request *request, *next;
	for (request = TAILQ_FIRST(&hooks->under_way); request; request = next) {
		next = TAILQ_NEXT(request, link);
		if (request->endpoint != from)
			continue;
		if (to) {
			request->endpoint = to;
			from->n_requests--;
			to->n_requests++;
			continue;
		}
		detach(hooks, request);
		curl_easy_cleanup(request->easy);
		request->easy = NULL;
		request->result.outcome = YJ_SENT_FINAL;
		snprintf(request->result.words, sizeof(request->result.words),
		    "the endpoint is no longer configured");
		TAILQ_INSERT_TAIL(&hooks->finished, request, link);
		event_active(hooks->later, EV_TIMEOUT, 0);
	}
}

int yj_webhooks_set(
    struct yj_webhooks *hooks, const struct yj_webhook_conf *conf, size_t n, size_t *bad)
{
	struct endpoint_list fresh = TAILQ_HEAD_INITIALIZER(fresh);
	struct endpoint *endpoint;
	int rc = 0;
	for (size_t i = 0; i < n; i++) {
		if (!conf_valid(conf, i)) {
			*bad = i;
			return YJ_ERR_INVAL;
		}
	}
	for (size_t i = 0; i < n; i++) {
		endpoint = endpoint_new(hooks, &conf[i]);
		if (!endpoint) {
			rc = YJ_ERR_NOMEM;
			goto out;
		}
		TAILQ_INSERT_TAIL(&fresh, endpoint, link);
	}
	/* nothing fails from here on */
	TAILQ_FOREACH(endpoint, &hooks->endpoints, link)
	{
		struct endpoint *heir = find(&fresh, endpoint->name);
		if (heir) {
			heir->n_failures = endpoint->n_failures;
			heir->failed_ms = endpoint->failed_ms;
		}
		move_requests(hooks, endpoint, heir);
	}
	endpoints_free(&hooks->endpoints);
	TAILQ_CONCAT(&hooks->endpoints, &fresh, link);
out:
	endpoints_free(&fresh);
	return rc;
}

const struct yj_channel *yj_webhooks_channel(struct yj_webhooks *hooks, const char *name)
{
	struct endpoint *endpoint;
	TAILQ_FOREACH(endpoint, &hooks->endpoints, link)
	{
		if (strcmp(endpoint->name + strlen("webhook:"), name) == 0)
			return &endpoint->channel;
	}
	return NULL;
}

struct yj_webhooks *yj_webhooks_new(struct event_base *base)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	struct yj_webhooks *hooks = calloc(1, sizeof(*hooks));
	if (!hooks) {
		curl_global_cleanup();
		return NULL;
	}
	hooks->base = base;
	hooks->rest_ms = 30000;
	TAILQ_INIT(&hooks->endpoints);
	TAILQ_INIT(&hooks->under_way);
	TAILQ_INIT(&hooks->finished);
	hooks->later = evtimer_new(base, on_later, hooks);
	if (!hooks->later || yj_webhook_multi_open(hooks) < 0) {
		yj_webhooks_free(hooks);
		return NULL;
	}
	return hooks;
}

void yj_webhooks_set_rest(struct yj_webhooks *hooks, int64_t rest_ms)
{
	hooks->rest_ms = rest_ms;
}

void yj_webhooks_free(struct yj_webhooks *hooks)
{
	if (!hooks)
		return;
	struct request *request;
	while ((request = TAILQ_FIRST(&hooks->under_way)) != NULL) {
		detach(hooks, request);
		yj_webhook_request_free(request);
	}
	while ((request = TAILQ_FIRST(&hooks->finished)) != NULL) {
		TAILQ_REMOVE(&hooks->finished, request, link);
		yj_webhook_request_free(request);
	}
	endpoints_free(&hooks->endpoints);
	yj_webhook_multi_close(hooks);
	if (hooks->later)
		event_free(hooks->later);
	free(hooks);
	curl_global_cleanup();
}
