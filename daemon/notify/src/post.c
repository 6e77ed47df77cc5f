/* One request: its headers, its options, and what is kept of the answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"

/* libcurl hands over a piece of the answer's body. */
static size_t on_reply(char *bytes, size_t one, size_t len, void *arg)
{
	struct post *post = arg;
	(void)one;
	size_t room = YJ_POSTER_REPLY_MAX - post->reply_kept;
	size_t keep = len < room ? len : room;
	memcpy(post->reply + post->reply_kept, bytes, keep);
	post->reply_kept += keep;
	/* more than anybody needs: a short count ends the transfer, and the status is known */
	return keep == len ? len : 0;
}

/* libcurl hands over one line of the answer's head. */
static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct post *post = arg;
	(void)one;
	post->headers_complete = len > 0 && (line[0] == '\r' || line[0] == '\n');
	return len;
}

int yj_post_header_line(struct post *post, const char *line)
{
	struct curl_slist *list = curl_slist_append(post->headers, line);
	if (!list)
		return YJ_ERR_NOMEM;
	post->headers = list;
	return 0;
}

int yj_post_header(struct post *post, const char *name, const char *value)
{
	char *line = NULL;
	if (asprintf(&line, "%s: %s", name, value) < 0)
		return YJ_ERR_NOMEM;
	int rc = yj_post_header_line(post, line);
	explicit_bzero(line, strlen(line));
	free(line);
	return rc;
}

int yj_post_http(
    struct post *post, const char *method, const char *url, const char *content_type, char *body)
{
	CURL *easy = post->easy;
	bool get = strcmp(method, "GET") == 0;
	post->body = body;
	post->body_len = body ? strlen(body) : 0;
	int rc = body && content_type ? yj_post_header(post, "Content-Type", content_type) : 0;
	if (rc == 0)
		rc = yj_post_header_line(post, "Expect:");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "yijian/" YJ_VERSION);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, post);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
	if (!get) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body ? body : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)post->body_len);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	}
	if (rc == 0 && curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK)
		rc = YJ_ERR_NOMEM;
	return rc;
}

/* ---- what must not be repeated ---- */

void yj_post_guard(struct post *post, const char *text)
{
	if (!text || strlen(text) < 4 || !post->guarded)
		return;
	if (json_array_append_new(post->guarded, json_string(text)) < 0) {
		json_decref(post->guarded);
		post->guarded = NULL;
	}
}

/* A number without what stands before its last eleven digits, which providers leave out. */
static void guard_phone(struct post *post, const char *phone)
{
	char digits[32];
	size_t n = 0;
	for (; phone && *phone && n + 1 < sizeof(digits); phone++)
		if (*phone >= '0' && *phone <= '9')
			digits[n++] = *phone;
	digits[n] = '\0';
	if (n >= 7)
		yj_post_guard(post, n > 11 ? digits + n - 11 : digits);
}

static void guard_delivery(struct post *post, const struct yj_delivery *delivery)
{
	const struct yj_msg_inbox *page = delivery->page;
	post->guarded = json_array();
	yj_post_guard(post, delivery->phone);
	guard_phone(post, delivery->phone);
	yj_post_guard(post, delivery->email);
	yj_post_guard(post, delivery->text);
	yj_post_guard(post, delivery->caregiver);
	yj_post_guard(post, page->id);
	yj_post_guard(post, page->text);
	yj_post_guard(post, page->url);
	yj_post_guard(post, page->resident.id);
	yj_post_guard(post, page->resident.name);
	yj_post_guard(post, page->resident.address);
	yj_post_guard(post, page->resident.phone);
	guard_phone(post, page->resident.phone);
	yj_post_guard(post, page->resident.access);
	yj_post_guard(post, page->resident.health);
}

/* ---- made and unmade ---- */

static void set_options(struct post *post, const struct poster *poster)
{
	CURL *easy = post->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (poster->ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, poster->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	/* a file that is renewed counts soon, and is not parsed for every request */
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 300L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a resolver thread that hangs is left behind instead of being waited for */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)poster->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)poster->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_reply);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->error);
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

int yj_post_new(const struct poster *poster, const struct yj_delivery *delivery, yj_sent_cb done,
    void *ctx, struct post **out)
{
	if (!delivery->page || !id_valid(delivery->page->id))
		return YJ_ERR_INVAL;
	struct post *post = calloc(1, sizeof(*post));
	if (!post)
		return YJ_ERR_NOMEM;
	int rc = YJ_ERR_NOMEM;
	pthread_mutex_init(&post->thread.lock, NULL);
	post->attempt = delivery->attempt;
	post->done = done;
	post->ctx = ctx;
	post->result.token = delivery->token;
	post->easy = curl_easy_init();
	if (post->easy) {
		guard_delivery(post, delivery);
		set_options(post, poster);
		rc = poster->kind->prepare(poster->own, delivery, post);
	}
	if (rc < 0) {
		yj_post_free(post);
		return rc;
	}
	*out = post;
	return 0;
}

void yj_post_free(struct post *post)
{
	if (post->easy)
		curl_easy_cleanup(post->easy);
	curl_slist_free_all(post->headers);
	curl_slist_free_all(post->receivers);
	json_decref(post->guarded);
	pthread_mutex_destroy(&post->thread.lock);
	free(post->body);
	free(post);
}
