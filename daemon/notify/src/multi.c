/* libcurl's multi handle on libevent's loop. */
#include "hooks.h"

static void reap(struct yj_webhooks *hooks)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(hooks->multi, &left)) != NULL) {
		/* the message is gone once its handle is removed */
		if (message->msg == CURLMSG_DONE)
			yj_webhook_ended(hooks, message->easy_handle, message->data.result);
	}
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct yj_webhooks *hooks = arg;
	int running;
	int mask =
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	curl_multi_socket_action(hooks->multi, fd, mask, &running);
	reap(hooks);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_webhooks *hooks = arg;
	int running;
	(void)fd;
	(void)what;
	curl_multi_socket_action(hooks->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(hooks);
}

/* libcurl wants to hear of a socket, or no more. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *arg_of_socket)
{
	struct yj_webhooks *hooks = arg;
	struct event *event = arg_of_socket;
	(void)easy;
	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		short events = EV_PERSIST;
		if (what & CURL_POLL_IN)
			events |= EV_READ;
		if (what & CURL_POLL_OUT)
			events |= EV_WRITE;
		event = event_new(hooks->base, fd, events, on_socket, hooks);
		/* without memory the transfer runs into its timeout; -1 would end all of them */
		if (event)
			event_add(event, NULL);
	}
	curl_multi_assign(hooks->multi, fd, event);
	return 0;
}

static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct yj_webhooks *hooks = arg;
	(void)multi;
	if (timeout_ms < 0) {
		evtimer_del(hooks->timer);
		return 0;
	}
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	evtimer_add(hooks->timer, &tv);
	return 0;
}

int yj_webhook_multi_open(struct yj_webhooks *hooks)
{
	/* else a slow name server would stop the whole loop */
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
		return YJ_ERR_NOMEM;
	hooks->timer = evtimer_new(hooks->base, on_timer, hooks);
	hooks->multi = curl_multi_init();
	if (!hooks->timer || !hooks->multi)
		return YJ_ERR_NOMEM;
	curl_multi_setopt(hooks->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(hooks->multi, CURLMOPT_SOCKETDATA, hooks);
	curl_multi_setopt(hooks->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(hooks->multi, CURLMOPT_TIMERDATA, hooks);
	curl_multi_setopt(hooks->multi, CURLMOPT_MAXCONNECTS, 32L);
	return 0;
}

void yj_webhook_multi_close(struct yj_webhooks *hooks)
{
	if (hooks->multi)
		curl_multi_cleanup(hooks->multi);
	if (hooks->timer)
		event_free(hooks->timer);
}
