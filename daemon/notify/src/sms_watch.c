/* When to look: inotify for what smsd leaves, a timer for what inotify misses (a queue that
 * overflowed, a folder that was replaced or made later, a machine without watches left). */
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "spool.h"

/* smsd deletes its lock after it has closed a file in sent or failed */
#define OUTCOMES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)
#define INCOMING (IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR)

/* The same watch for the same folder; another one if it has been replaced. */
static void watch(struct yj_sms_spool *spool, int *wd, const char *folder, uint32_t mask)
{
	int fresh = inotify_add_watch(spool->inotify, folder, mask);
	if (*wd >= 0 && *wd != fresh)
		inotify_rm_watch(spool->inotify, *wd);
	*wd = fresh;
}

static void watch_all(struct yj_sms_spool *spool)
{
	if (spool->inotify < 0)
		return;
	watch(spool, &spool->watch_sent, spool->sent, OUTCOMES);
	watch(spool, &spool->watch_failed, spool->failed, OUTCOMES);
	watch(spool, &spool->watch_incoming, spool->incoming, INCOMING);
}

void yj_sms_watch_arm(struct yj_sms_spool *spool)
{
	int64_t now_ms = yj_sms_now_ms(), at_ms = spool->scan_at_ms;
	if (spool->n_pages > 0 && now_ms + spool->pace.look_ms < at_ms)
		at_ms = now_ms + spool->pace.look_ms;
	int64_t in_ms = at_ms > now_ms ? at_ms - now_ms : 0;
	struct timeval tv = {.tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000};
	event_add(spool->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_sms_spool *spool = arg;
	(void)fd;
	(void)what;
	bool scan = yj_sms_now_ms() >= spool->scan_at_ms;
	if (scan) {
		spool->scan_at_ms = yj_sms_now_ms() + spool->pace.scan_ms;
		watch_all(spool);
		yj_sms_inbox_look(spool);
	}
	yj_sms_pages_look(spool);
	if (scan)
		yj_sms_pages_sweep(spool);
	yj_sms_watch_arm(spool);
}

static void on_inotify(evutil_socket_t fd, short what, void *arg)
{
	struct yj_sms_spool *spool = arg;
	_Alignas(struct inotify_event) char buf[16384];
	bool outcomes = false, incoming = false;
	(void)what;
	ssize_t n = read(fd, buf, sizeof buf);
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const struct inotify_event *)(buf + at);
		bool all = (event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0;
		incoming |= all || event->wd == spool->watch_incoming;
		outcomes |= all || event->wd != spool->watch_incoming;
		at += (ssize_t)(sizeof *event + event->len);
	}
	if (incoming)
		yj_sms_inbox_look(spool);
	if (outcomes)
		yj_sms_pages_look(spool);
}

int yj_sms_watch_open(struct yj_sms_spool *spool)
{
	spool->watch_sent = spool->watch_failed = spool->watch_incoming = -1;
	spool->timer = evtimer_new(event_get_base(spool->inbox), on_timer, spool);
	if (!spool->timer)
		return YJ_ERR_NOMEM;
	spool->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (spool->inotify >= 0) {
		spool->watcher = event_new(event_get_base(spool->inbox), spool->inotify,
		    EV_READ | EV_PERSIST, on_inotify, spool);
		if (!spool->watcher || event_add(spool->watcher, NULL) < 0)
			return YJ_ERR_NOMEM;
	}
	spool->scan_at_ms = yj_sms_now_ms();
	yj_sms_watch_arm(spool);
	return 0;
}

void yj_sms_watch_close(struct yj_sms_spool *spool)
{
	if (spool->watcher)
		event_free(spool->watcher);
	if (spool->timer)
		event_free(spool->timer);
	if (spool->inotify >= 0)
		close(spool->inotify);
}
