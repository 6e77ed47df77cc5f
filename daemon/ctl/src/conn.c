/* One connection: its buffers, its deadline and its end. */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"

#define READ_MAX 262144 /* bytes taken from one peer per turn of the loop */

void yj_ctl_conn_wait(struct conn *conn)
{
	event_add(conn->deadline, &conn->ctl->timeout);
}

void yj_ctl_conn_close(struct conn *conn)
{
	struct yj_ctl *ctl = conn->ctl;
	LIST_REMOVE(conn, link);
	ctl->n_conns--;
	if (conn->state == CONN_CALL && ctl->ops.gone)
		ctl->ops.gone(ctl->ctx, &conn->call);
	yj_ctl_request_done(conn);
	event_free(conn->deadline);
	bufferevent_free(conn->bev);
	free(conn);
}

/* Serves what the input holds; an end of the input with nothing left to serve is the end. */
static void advance(struct conn *conn)
{
	yj_ctl_request_read(conn);
	if (conn->eof && (conn->state == CONN_LINE || conn->state == CONN_BODY))
		yj_ctl_conn_close(conn);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;
	(void)bev;
	if (conn->state == CONN_LINE || conn->state == CONN_BODY)
		advance(conn);
}

/* The answer has left. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct conn *conn = arg;
	if (conn->state != CONN_WRITE || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	if (conn->last) {
		yj_ctl_conn_close(conn);
		return;
	}
	conn->state = CONN_LINE;
	conn->scanned = 0;
	yj_ctl_conn_wait(conn);
	advance(conn);
}

/* Has the peer left, rather than only ended its own writing? */
static bool hung_up(struct conn *conn)
{
	struct pollfd p = {.fd = bufferevent_getfd(conn->bev)};
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn *conn = arg;
	(void)bev;
	if (!(what & BEV_EVENT_EOF) || (what & BEV_EVENT_ERROR) || hung_up(conn)) {
		yj_ctl_conn_close(conn);
		return;
	}
	conn->eof = true;
	if (conn->state == CONN_LINE || conn->state == CONN_BODY)
		advance(conn);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	yj_ctl_conn_close(arg);
}

void yj_ctl_conn_open(struct yj_ctl *ctl, int fd, const struct yj_ctl_peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	if (!conn) {
		close(fd);
		return;
	}
	conn->ctl = ctl;
	conn->peer = *peer;
	conn->call.conn = conn;
	conn->state = CONN_LINE;
	conn->deadline = evtimer_new(ctl->base, on_deadline, conn);
	conn->bev = bufferevent_socket_new(ctl->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!conn->deadline || !conn->bev) {
		if (conn->bev)
			bufferevent_free(conn->bev);
		else
			close(fd);
		if (conn->deadline)
			event_free(conn->deadline);
		free(conn);
		return;
	}
	LIST_INSERT_HEAD(&ctl->conns, conn, link);
	ctl->n_conns++;
	bufferevent_setcb(conn->bev, on_read, on_written, on_event, conn);
	/* a line and its end fit; what comes beyond waits in the kernel */
	bufferevent_setwatermark(conn->bev, EV_READ, 0, YJ_CTL_LINE_MAX + 1);
	bufferevent_set_max_single_read(conn->bev, READ_MAX);
	yj_ctl_conn_wait(conn);
	bufferevent_enable(conn->bev, EV_READ | EV_WRITE);
}
