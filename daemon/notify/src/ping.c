#include "notify/ping.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

/* It is in no hurry, so the transfer is looked at instead of being waited for. */
#define LOOK_US 20000

struct yj_ping {
	CURLM *multi;
	CURL *easy; /* under way, or NULL */
	struct event *timer;
	yj_ping_cb done;
	void *ctx;
};

static size_t ignore(char *bytes, size_t one, size_t len, void *arg)
{
	(void)bytes;
	(void)one;
	(void)arg;
	return len;
}

static void end(struct yj_ping *ping, CURLcode code)
{
	char words[96] = "";
	long status = 0;
	curl_easy_getinfo(ping->easy, CURLINFO_RESPONSE_CODE, &status);
	bool ok = code == CURLE_OK && status >= 200 && status < 300;
	if (code != CURLE_OK)
		snprintf(words, sizeof words, "%s", curl_easy_strerror(code));
	else if (!ok)
		snprintf(words, sizeof words, "status %ld", status);
	curl_multi_remove_handle(ping->multi, ping->easy);
	curl_easy_cleanup(ping->easy);
	ping->easy = NULL;
	ping->done(ping->ctx, ok, words);
}

static void look_again(struct yj_ping *ping)
{
	const struct timeval soon = {.tv_usec = LOOK_US};
	evtimer_add(ping->timer, &soon);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_ping *ping = arg;
	int running, left;
	(void)fd;
	(void)what;
	curl_multi_perform(ping->multi, &running);
	const CURLMsg *message = curl_multi_info_read(ping->multi, &left);
	if (message && message->msg == CURLMSG_DONE)
		end(ping, message->data.result);
	else
		look_again(ping);
}

struct yj_ping *yj_ping_new(struct event_base *base, yj_ping_cb done, void *ctx)
{
	struct yj_ping *ping = calloc(1, sizeof *ping);
	if (!ping)
		return NULL;
	ping->done = done;
	ping->ctx = ctx;
	ping->timer = evtimer_new(base, on_timer, ping);
	ping->multi = curl_multi_init();
	/* else a slow name server would stop the whole loop */
	bool async = curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS;
	if (!ping->timer || !ping->multi || !async) {
		yj_ping_free(ping);
		return NULL;
	}
	return ping;
}

void yj_ping_free(struct yj_ping *ping)
{
	if (!ping)
		return;
	if (ping->easy) {
		curl_multi_remove_handle(ping->multi, ping->easy);
		curl_easy_cleanup(ping->easy);
	}
	if (ping->multi)
		curl_multi_cleanup(ping->multi);
	if (ping->timer)
		event_free(ping->timer);
	free(ping);
}

int yj_ping_send(struct yj_ping *ping, const char *url, int64_t timeout_ms)
{
	if (ping->easy)
		return YJ_ERR_BUSY;
	CURL *easy = curl_easy_init();
	if (!easy)
		return YJ_ERR_NOMEM;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* a resolver thread that hangs is left behind instead of being waited for */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, 1048576L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "yijian/" YJ_VERSION);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
	if (curl_multi_add_handle(ping->multi, easy) != CURLM_OK) {
		curl_easy_cleanup(easy);
		return YJ_ERR_NOMEM;
	}
	ping->easy = easy;
	look_again(ping);
	return 0;
}
