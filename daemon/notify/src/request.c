/* One POST: its headers, its options, and what is kept of the answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hooks.h"

/* libcurl hands over a piece of the answer's body. */
static size_t on_reply(char *bytes, size_t one, size_t len, void *arg)
{
	struct request *request = arg;
	(void)one;
	size_t room = YJ_WEBHOOK_REPLY_KEPT - request->reply_kept;
	size_t keep = len < room ? len : room;
	memcpy(request->reply + request->reply_kept, bytes, keep);
	request->reply_kept += keep;
	request->reply_len += len;
	/* more than anybody needs: a short count ends the transfer, and the status is known */
	return request->reply_len <= YJ_WEBHOOK_REPLY_MAX ? len : 0;
}

/* libcurl hands over one line of the answer's head. */
static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct request *request = arg;
	(void)one;
	request->headers_complete = len > 0 && (line[0] == '\r' || line[0] == '\n');
	return len;
}

/* Adds "name: value" to the request's headers. 0 or YJ_ERR_NOMEM. */
static int add_header(struct request *request, const char *name, const char *value)
{
	char line[256];
	snprintf(line, sizeof(line), "%s: %s", name, value);
	struct curl_slist *list = curl_slist_append(request->headers, line);
	if (!list)
		return YJ_ERR_NOMEM;
	request->headers = list;
	return 0;
}

static bool id_valid(const char *id)
{
	if (!id || id[0] == '\0' || strlen(id) > YJ_MSGID_MAX)
		return false;
	for (const char *p = id; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return false;
	}
	return true;
}

static int add_headers(struct request *request, const char *secret, const char *id)
{
	char text[64];
	int64_t now_s = (int64_t)time(NULL);
	int rc = add_header(request, "Content-Type", "application/json");
	if (rc == 0)
		rc = add_header(request, "webhook-id", id);
	snprintf(text, sizeof(text), "%" PRId64, now_s);
	if (rc == 0)
		rc = add_header(request, "webhook-timestamp", text);
	if (rc == 0 && secret) {
		rc = yj_webhook_sign(
		    secret, id, now_s, request->body, strlen(request->body), text, sizeof(text));
		if (rc == 0)
			rc = add_header(request, "webhook-signature", text);
	}
	if (rc == 0) {
		struct curl_slist *list = curl_slist_append(request->headers, "Expect:");
		rc = list ? 0 : YJ_ERR_NOMEM;
		if (list)
			request->headers = list;
	}
	return rc;
}

static void set_options(struct request *request, const struct endpoint *endpoint)
{
	CURL *easy = request->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_URL, endpoint->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a resolver thread that hangs is left behind instead of being waited for */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)endpoint->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)endpoint->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "yijian/" YJ_VERSION);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_reply);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
}

int yj_webhook_request_new(const struct endpoint *endpoint, const struct yj_delivery *delivery,
    yj_sent_cb done, void *ctx, struct request **out)
{
	if (!delivery->page || !id_valid(delivery->page->id))
		return YJ_ERR_INVAL;
	struct request *request = calloc(1, sizeof(*request));
	if (!request)
		return YJ_ERR_NOMEM;
	int rc = YJ_ERR_NOMEM;
	request->attempt = delivery->attempt;
	request->done = done;
	request->ctx = ctx;
	request->result.token = delivery->token;
	request->body = yj_webhook_body(delivery->page);
	request->easy = curl_easy_init();
	if (!request->body || !request->easy)
		goto out;
	rc = add_headers(request, endpoint->secret, delivery->page->id);
	if (rc < 0)
		goto out;
	set_options(request, endpoint);
	*out = request;
	return 0;
out:
	yj_webhook_request_free(request);
	return rc;
}

void yj_webhook_request_free(struct request *request)
{
	if (request->easy)
		curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	free(request->body);
	free(request);
}
