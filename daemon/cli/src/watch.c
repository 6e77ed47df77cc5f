#include "watch.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_MIN_MS 2
#define SETTLE_MAX_MS 300

#define CHANGES                                                                                    \
	(IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF |        \
	    IN_MOVE_SELF)

void yj_watch_init(struct yj_watch *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	w->name = slash ? slash + 1 : path;
	snprintf(w->folder, sizeof w->folder, "%.*s",
	    slash ? (int)(slash - path) + (slash == path) : 1, slash ? path : ".");
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->watch = -1;
	w->settle_ms = 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Is it the database or its -wal? The shared memory and the lock also change, at every read. */
static bool concerns(const struct yj_watch *w, const struct inotify_event *e)
{
	size_t len = strlen(w->name);
	if (e->len == 0)
		return true;
	return strncmp(e->name, w->name, len) == 0 &&
	       (!e->name[len] || strcmp(e->name + len, "-wal") == 0);
}

/* Reads the notices that are there. true: one of them is about the database. */
static bool read_notices(struct yj_watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool changed = false;
	ssize_t n;
	while ((n = read(w->fd, buf, sizeof buf)) > 0) {
		for (char *p = buf; p < buf + n;) {
			struct inotify_event e;
			memcpy(&e, p, sizeof e);
			const struct inotify_event *event = (const void *)p;
			if (e.mask & IN_MOVE_SELF)
				inotify_rm_watch(w->fd, w->watch); /* answered by IN_IGNORED */
			if (e.mask & IN_IGNORED) {
				w->watch = -1;
				changed = true;
			} else if ((e.mask & IN_Q_OVERFLOW) || concerns(w, event)) {
				changed = true;
			}
			p += sizeof e + e.len;
		}
	}
	return changed;
}

/* How long to wait before the next look after a change: 2, 4, 8 … ms, and then no more. */
static int next_settle(int settle_ms)
{
	return settle_ms * 2 > SETTLE_MAX_MS ? 0 : settle_ms * 2;
}

bool yj_watch_wait(struct yj_watch *w, int wait_ms, int out)
{
	if (w->fd >= 0 && w->watch < 0) {
		w->watch = inotify_add_watch(w->fd, w->folder, CHANGES);
		/* What changed before the watch stood would go unnoticed until the clock wakes. */
		if (w->watch >= 0)
			return true;
	}
	int settle_ms = w->settle_ms;
	int64_t until = now_ms() + (settle_ms && settle_ms < wait_ms ? settle_ms : wait_ms);
	for (;;) {
		int64_t left = until - now_ms();
		if (left <= 0) {
			w->settle_ms = next_settle(settle_ms);
			return true;
		}
		struct pollfd fds[] = {{.fd = w->fd, .events = POLLIN}, {.fd = out}};
		int n = poll(fds, 2, (int)left);
		if (n > 0 && (fds[1].revents & (POLLERR | POLLHUP)))
			return false;
		if (n > 0 && (fds[0].revents & POLLIN) && read_notices(w)) {
			w->settle_ms = SETTLE_MIN_MS;
			return true;
		}
	}
}
