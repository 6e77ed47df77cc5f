/* libcurl's multi handle on libevent's loop. */
#include "poster.h"

#define KEPT_MAX (YJ_POSTERS_INFLIGHT_MAX + 512) /* connections, those under way among them */

static void reap(struct yj_posters *all)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(all->multi, &left)) != NULL) {
		/* the message is gone once its handle is removed */
		struct post *post = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&post);
		yj_poster_ended(all, post, message->data.result);
	}
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct yj_posters *all = arg;
	int running;
	int mask =
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	curl_multi_socket_action(all->multi, fd, mask, &running);
	reap(all);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_posters *all = arg;
	int running;
	(void)fd;
	(void)what;
	curl_multi_socket_action(all->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	reap(all);
}

/* libcurl wants to hear of a socket, or no more. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *arg_of_socket)
{
	struct yj_posters *all = arg;
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
		event = event_new(all->base, fd, events, on_socket, all);
		/* without memory the transfer runs into its timeout; -1 would end all of them */
		if (event)
			event_add(event, NULL);
	}
	curl_multi_assign(all->multi, fd, event);
	return 0;
}

static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct yj_posters *all = arg;
	(void)multi;
	if (timeout_ms < 0) {
		evtimer_del(all->timer);
		return 0;
	}
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	evtimer_add(all->timer, &tv);
	return 0;
}

int yj_multi_open(struct yj_posters *all)
{
	/* else a slow name server would stop the whole loop */
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
		return YJ_ERR_NOMEM;
	all->timer = evtimer_new(all->base, on_timer, all);
	all->multi = curl_multi_init();
	if (!all->timer || !all->multi)
		return YJ_ERR_NOMEM;
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETDATA, all);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERDATA, all);
	/* those under way count too: below that, none would be kept for a second request */
	curl_multi_setopt(all->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_MAX);
	return 0;
}

void yj_multi_close(struct yj_posters *all)
{
	if (all->multi)
		curl_multi_cleanup(all->multi);
	if (all->timer)
		event_free(all->timer);
}
