/* How many connections there are, and who has to give way. */
#include <event2/bufferevent_ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "http.h"

static bool socket_is(int fd, ino_t ino)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_ino == ino;
}

/* A seat for a new connection: a free one, else that of the longest waiting; NULL if all are busy.
 */
static struct seat *take_seat(struct yj_http *http)
{
	struct seat *longest = NULL;
	for (size_t i = 0; i < YJ_HTTP_CLIENTS_MAX; i++) {
		struct seat *seat = &http->seats[i];
		if (!seat->used || !socket_is(seat->fd, seat->ino))
			return seat;
		if (!seat->busy && (!longest || seat->since < longest->since))
			longest = seat;
	}
	/* evhttp sees the end of the stream and frees the connection in the next turn */
	if (longest)
		shutdown(longest->fd, SHUT_RDWR);
	return longest;
}

static void refuse(const struct yj_http *http, int fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
				   "Retry-After: 1\r\nContent-Length: 0\r\n\r\n";
	if (!http->tls)
		(void)!send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(fd, SHUT_RDWR);
}

void yj_http_seat_fresh(evutil_socket_t unused, short what, void *arg)
{
	struct yj_http *http = arg;
	struct stat st;
	(void)unused;
	(void)what;
	if (!http->fresh)
		return;
	int fd = bufferevent_getfd(http->fresh);
	http->fresh = NULL;
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	struct seat *seat = take_seat(http);
	if (!seat) {
		refuse(http, fd);
		return;
	}
	*seat = (struct seat){.used = true, .fd = fd, .ino = st.st_ino, .since = http->moments++};
}

struct bufferevent *yj_http_seat_new(struct event_base *base, void *arg)
{
	struct yj_http *http = arg;
	/* the connection before this one has its descriptor by now; this one gets it when we
	 * return, and the event below runs before any byte of it is read */
	yj_http_seat_fresh(-1, 0, http);
	if (http->tls) {
		SSL *ssl = SSL_new(http->tls);
		if (!ssl)
			return NULL;
		http->fresh = bufferevent_openssl_socket_new(
		    base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
		if (http->fresh)
			bufferevent_openssl_set_allow_dirty_shutdown(http->fresh, 1);
		else
			SSL_free(ssl);
	} else {
		http->fresh = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	}
	event_active(http->seating, EV_TIMEOUT, 0);
	return http->fresh;
}

static struct seat *seat_of(struct yj_http *http, struct evhttp_request *req)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(req);
	int fd = connection ? bufferevent_getfd(evhttp_connection_get_bufferevent(connection)) : -1;
	for (size_t i = 0; fd >= 0 && i < YJ_HTTP_CLIENTS_MAX; i++) {
		struct seat *seat = &http->seats[i];
		if (seat->used && seat->fd == fd && socket_is(fd, seat->ino))
			return seat;
	}
	return NULL;
}

void yj_http_seat_leave(struct yj_http *http, struct evhttp_request *req)
{
	struct seat *seat = seat_of(http, req);
	if (seat)
		seat->used = false;
}

static void on_complete(struct evhttp_request *req, void *arg)
{
	struct yj_http *http = arg;
	struct seat *seat = seat_of(http, req);
	if (seat) {
		seat->busy = false;
		seat->since = http->moments++;
	}
}

void yj_http_seat_busy(struct yj_http *http, struct evhttp_request *req)
{
	struct seat *seat = seat_of(http, req);
	if (!seat)
		return;
	seat->busy = true;
	evhttp_request_set_on_complete_cb(req, on_complete, http);
}
