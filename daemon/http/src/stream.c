/* Server-sent events.
 *
 *   open ──close──▶ ended ──all taken, or 10 s over──▶ gone
 *     ├──too much waits, or it talks──▶ cut ──next turn──▶ gone, `closed`
 *     └──the peer has left, or takes nothing for 30 s────▶ gone, `closed`
 *
 * A stream counts until its connection is gone. */
#include "http/stream.h"

#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http.h"

#define SOCKET_BUFFER 32768 /* bytes of the system's, which doubles it */
#define RETRY_MS 1000	    /* before a peer that was lost comes again */

struct yj_stream {
	struct yj_http *http;
	struct evhttp_request *req; /* NULL once evhttp has it back */
	struct evhttp_connection *connection;
	struct evbuffer_cb_entry *said;
	struct event *beat; /* the next comment; cut or ended: the end of patience */
	void (*closed)(void *ctx);
	void *ctx;
	size_t heard; /* bytes that the peer has said since */
	bool cut, ended;
};

static struct bufferevent *buffers_of(const struct yj_stream *s)
{
	return evhttp_connection_get_bufferevent(s->connection);
}

/* ── ends ── */

/* The connection is about to be freed. */
static void on_gone(struct evhttp_connection *connection, void *arg)
{
	struct yj_stream *s = arg;
	(void)connection;
	s->http->n_streams--;
	evbuffer_remove_cb_entry(bufferevent_get_input(buffers_of(s)), s->said);
	event_free(s->beat);
	/* evhttp disowns a request that was not finished when the connection failed */
	if (s->req && !evhttp_request_get_connection(s->req))
		evhttp_request_free(s->req);
	if (s->closed && !s->ended)
		s->closed(s->ctx);
	free(s);
}

static void on_complete(struct evhttp_request *req, void *arg)
{
	struct yj_stream *s = arg;
	(void)req;
	s->req = NULL;
}

/* In the next turn, for at once would call `closed` from within a function of the owner's. */
static void cut(struct yj_stream *s)
{
	s->cut = true;
	event_active(s->beat, EV_TIMEOUT, 0);
}

/* Nothing can be asked on this connection any more, so what the peer says is drained. Left there it
 * would pile up, and a limit to it would hide the peer's leaving. */
static void on_said(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct yj_stream *s = arg;
	if (info->n_added == 0)
		return;
	s->heard += info->n_added;
	evbuffer_drain(in, evbuffer_get_length(in));
	if (s->heard > YJ_HTTP_HEADERS_MAX && !s->cut)
		cut(s);
}

/* ── sending ── */

/* Sends the text, and cuts the stream if that cannot be. */
static void put(struct yj_stream *s, struct evbuffer *text)
{
	size_t waits = evbuffer_get_length(bufferevent_get_output(buffers_of(s)));
	if (!text || waits > YJ_HTTP_STREAM_QUEUED_MAX)
		cut(s);
	else
		evhttp_send_reply_chunk(s->req, text);
	if (text)
		evbuffer_free(text);
}

static struct evbuffer *text_new(const char *text)
{
	struct evbuffer *buf = evbuffer_new();
	if (buf && evbuffer_add(buf, text, strlen(text)) < 0) {
		evbuffer_free(buf);
		return NULL;
	}
	return buf;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct yj_stream *s = arg;
	(void)fd;
	(void)what;
	if (s->cut || s->ended)
		evhttp_connection_free(s->connection);
	else
		put(s, text_new(":\n\n"));
}

/* One line of data for each line of the text, of which "\r\n", "\n" and "\r" end one. */
static int add_data(struct evbuffer *buf, const char *data)
{
	for (;;) {
		size_t len = strcspn(data, "\r\n");
		if (evbuffer_add_printf(buf, "data: %.*s\n", (int)len, data) < 0)
			return YJ_ERR_NOMEM;
		data += len;
		if (*data == '\0')
			return 0;
		data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
	}
}

static int add_field(struct evbuffer *buf, const char *name, const char *value)
{
	int len = (int)strcspn(value, "\r\n");
	return evbuffer_add_printf(buf, "%s: %.*s\n", name, len, value) < 0 ? YJ_ERR_NOMEM : 0;
}

void yj_stream_send(struct yj_stream *s, const char *event, const char *id, const char *data)
{
	if (s->cut)
		return;
	struct evbuffer *buf = evbuffer_new();
	int rc = buf ? 0 : YJ_ERR_NOMEM;
	if (rc == 0 && event && event[0])
		rc = add_field(buf, "event", event);
	if (rc == 0 && id)
		rc = add_field(buf, "id", id);
	if (rc == 0)
		rc = add_data(buf, data);
	if (rc == 0 && evbuffer_add(buf, "\n", 1) < 0)
		rc = YJ_ERR_NOMEM;
	if (rc < 0 && buf) { /* one event less would be a lie; who comes again is told anew */
		evbuffer_free(buf);
		buf = NULL;
	}
	put(s, buf);
}

void yj_stream_close(struct yj_stream *s)
{
	if (!s)
		return;
	s->ended = true;
	if (s->cut)
		return; /* under way */
	event_add(s->beat, &s->http->pace);
	evhttp_send_reply_end(s->req); /* the stream may be gone now */
}

/* ── the beginning ── */

static void put_head(struct evhttp_request *req)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	evhttp_add_header(headers, "X-Accel-Buffering", "no");
	evhttp_add_header(headers, "Connection", "close");
}

static int refuse(struct evhttp_request *req, int rc, const char *why)
{
	evhttp_add_header(evhttp_request_get_output_headers(req), "Retry-After", "5");
	yj_http_problem(req, 503, "Service Unavailable", why);
	return rc;
}

/* Small buffers, so that a peer that does not read is seen soon; no waiting for more to send; and
 * the system gives up on a peer that has vanished. */
static void set_socket(struct yj_http *http, int fd)
{
	int buffer = SOCKET_BUFFER, yes = 1;
	unsigned patience_ms =
	    (unsigned)(http->timeout.tv_sec * 1000 + http->timeout.tv_usec / 1000);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

static void begin(struct yj_stream *s)
{
	struct bufferevent *bev = buffers_of(s);
	struct evbuffer *in = bufferevent_get_input(bev);
	char first[32];
	s->http->n_streams++;
	yj_http_seat_leave(s->http, s->req);
	set_socket(s->http, bufferevent_getfd(bev));
	bufferevent_set_timeouts(bev, NULL, &s->http->timeout);
	evhttp_connection_set_closecb(s->connection, on_gone, s);
	evhttp_request_set_on_complete_cb(s->req, on_complete, s);
	evbuffer_drain(in, evbuffer_get_length(in));
	put_head(s->req);
	evhttp_send_reply_start(s->req, 200, NULL);
	snprintf(first, sizeof first, "retry: %d\n\n", RETRY_MS);
	put(s, text_new(first));
}

int yj_stream_open(struct yj_http *http, struct evhttp_request *req, void (*closed)(void *ctx),
    void *ctx, struct yj_stream **out)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(req);
	if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD) {
		put_head(req);
		evhttp_send_reply(req, 200, NULL, NULL);
		return YJ_ERR_INVAL;
	}
	if (http->n_streams >= YJ_HTTP_STREAMS_MAX)
		return refuse(req, YJ_ERR_FULL, "too many streams are open");
	struct yj_stream *s = calloc(1, sizeof *s);
	if (!s)
		return refuse(req, YJ_ERR_NOMEM, NULL);
	*s = (struct yj_stream){
	    .http = http, .req = req, .connection = connection, .closed = closed, .ctx = ctx};
	s->beat = event_new(http->base, -1, EV_PERSIST, on_beat, s);
	s->said = evbuffer_add_cb(bufferevent_get_input(buffers_of(s)), on_said, s);
	if (!s->beat || !s->said || event_add(s->beat, &http->pace) < 0) {
		if (s->said)
			evbuffer_remove_cb_entry(bufferevent_get_input(buffers_of(s)), s->said);
		if (s->beat)
			event_free(s->beat);
		free(s);
		return refuse(req, YJ_ERR_NOMEM, NULL);
	}
	begin(s);
	*out = s;
	return 0;
}

bool yj_stream_last_id(struct evhttp_request *req, char *buf, size_t cap)
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	const char *id = evhttp_find_header(evhttp_request_get_input_headers(req), "Last-Event-ID");
	struct evkeyvalq pairs = {0};
	if (!id && query && evhttp_parse_query_str(query, &pairs) == 0)
		id = evhttp_find_header(&pairs, "last_event_id");
	size_t len = id ? strlen(id) : 0;
	bool good = len > 0 && len < cap;
	if (good)
		memcpy(buf, id, len + 1);
	evhttp_clear_headers(&pairs);
	return good;
}

void yj_stream_set_pace(struct yj_http *http, int64_t pace_ms)
{
	http->pace = (struct timeval){
	    .tv_sec = (time_t)(pace_ms / 1000), .tv_usec = (suseconds_t)(pace_ms % 1000 * 1000)};
}
