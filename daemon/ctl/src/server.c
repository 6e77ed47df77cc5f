/* The server: accepting and refusing peers. */
#include "ctl/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl.h"

static void refuse_fd(int fd, const char *code, const char *text)
{
	char line[160];
	int len = snprintf(
	    line, sizeof(line), "{\"ok\":false,\"error\":\"%s\",\"code\":\"%s\"}\n", text, code);
	/* a fresh socket has room for it; if not, the peer learns less */
	(void)!send(fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

/* The group that owns the socket now: it may have been changed since it was bound. */
static gid_t socket_group(const struct yj_ctl *ctl)
{
	struct stat st;
	if (lstat(ctl->path, &st) == 0 && st.st_dev == ctl->dev && st.st_ino == ctl->ino)
		return st.st_gid;
	return ctl->group;
}

static void on_accept(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct yj_ctl *ctl = arg;
	(void)listener;
	(void)sa;
	(void)len;
	struct yj_ctl_peer peer;
	if (yj_ctl_peer_read(fd, &peer) < 0) {
		close(fd);
		return;
	}
	bool allowed = yj_ctl_peer_allowed(fd, &peer, socket_group(ctl));
	yj_ctl_peer_name(ctl, &peer);
	if (!allowed) {
		refuse_fd(fd, "denied", "not a member of the group of the control socket");
		if (ctl->ops.denied)
			ctl->ops.denied(ctl->ctx, &peer);
		return;
	}
	if (ctl->n_conns >= YJ_CTL_CLIENTS_MAX) {
		refuse_fd(fd, "busy", "too many control connections");
		return;
	}
	yj_ctl_conn_open(ctl, fd, &peer);
}

/* Out of descriptors: rest for a second instead of spinning on a socket that stays readable. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct yj_ctl *ctl = arg;
	evconnlistener_disable(listener);
	event_add(ctl->rest, &(struct timeval){.tv_sec = 1});
}

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct yj_ctl *ctl = arg;
	(void)fd;
	(void)what;
	evconnlistener_enable(ctl->listener);
}

int yj_ctl_new(struct event_base *base, const char *path, const struct yj_ctl_ops *ops, void *ctx,
    struct yj_ctl **out)
{
	int fd = -1;
	int rc = YJ_ERR_NOMEM;
	struct stat st;
	struct yj_ctl *ctl = calloc(1, sizeof(*ctl));
	if (!ctl)
		return YJ_ERR_NOMEM;
	LIST_INIT(&ctl->conns);
	ctl->base = base;
	ctl->ops = *ops;
	ctl->ctx = ctx;
	yj_ctl_set_timeout(ctl, 30000);
	ctl->path = strdup(path);
	ctl->rest = evtimer_new(base, on_rest, ctl);
	if (!ctl->path || !ctl->rest)
		goto out;
	rc = yj_ctl_bind(path, &fd, &st);
	if (rc < 0)
		goto out;
	ctl->dev = st.st_dev;
	ctl->ino = st.st_ino;
	ctl->group = st.st_gid;
	/* backlog 0: it listens already */
	ctl->listener = evconnlistener_new(
	    base, on_accept, ctl, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (!ctl->listener) {
		close(fd);
		unlink(path);
		rc = YJ_ERR_NOMEM;
		goto out;
	}
	evconnlistener_set_error_cb(ctl->listener, on_accept_error);
	*out = ctl;
	return 0;
out:;
	int saved = errno;
	if (ctl->rest)
		event_free(ctl->rest);
	free(ctl->path);
	free(ctl);
	errno = saved;
	return rc;
}

void yj_ctl_free(struct yj_ctl *ctl)
{
	if (!ctl)
		return;
	/* the name goes first, and only if it is ours: a successor may have taken it */
	struct stat st;
	if (lstat(ctl->path, &st) == 0 && st.st_dev == ctl->dev && st.st_ino == ctl->ino)
		unlink(ctl->path);
	evconnlistener_free(ctl->listener);
	struct conn *conn;
	while ((conn = LIST_FIRST(&ctl->conns)) != NULL) {
		struct evbuffer *output = bufferevent_get_output(conn->bev);
		if (conn->state == CONN_WRITE && evbuffer_get_length(output) > 0) {
			evbuffer_unfreeze(output, 1);
			evbuffer_write(output, bufferevent_getfd(conn->bev));
		}
		yj_ctl_conn_close(conn);
	}
	event_free(ctl->rest);
	free(ctl->path);
	free(ctl);
}

void yj_ctl_set_timeout(struct yj_ctl *ctl, int64_t timeout_ms)
{
	if (timeout_ms < 1)
		timeout_ms = 1;
	if (timeout_ms > 600000)
		timeout_ms = 600000;
	ctl->timeout.tv_sec = (time_t)(timeout_ms / 1000);
	ctl->timeout.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000);
}
