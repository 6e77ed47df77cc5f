/* Server-sent events (WHATWG HTML, "Server-sent events"): one answer of type text/event-stream that
 * goes on until either side ends it.
 *
 * A stream has no time-out of its own, and a comment line every 10 s, so that neither proxies take
 * it for dead nor one that has vanished without a word stays for longer than a minute. The peer's
 * leaving is noticed at once. One that does not read is cut once YJ_HTTP_STREAM_QUEUED_MAX bytes
 * wait for it, and one that talks is cut too. There are at most YJ_HTTP_STREAMS_MAX streams at
 * once, beside the YJ_HTTP_CLIENTS_MAX other connections, whose seats they do not take. */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/server.h"

struct yj_stream;

/* Answers a GET with the beginning of a stream, at once or later. `closed` (may be NULL) is called
 * once when the peer has left or was cut; the stream is gone then and must not be used any more.
 * It is called from the loop or within yj_http_free, never from within the functions below, and not
 * after yj_stream_close. ctx is borrowed.
 *
 * 0. On any error the request has been answered and *out is untouched: YJ_ERR_FULL (503, the peer
 * may come again), YJ_ERR_NOMEM (503), YJ_ERR_INVAL: it was a HEAD, which gets the head alone. */
int yj_stream_open(struct yj_http *http, struct evhttp_request *req, void (*closed)(void *ctx),
    void *ctx, struct yj_stream **out) YJ_MUST_CHECK;

/* Sends one event. event is its name (NULL or "": the peer takes it as `message`), id becomes the
 * peer's Last-Event-ID (NULL: stays as it is; "": forgotten); neither has line ends. data is UTF-8
 * with any line ends. Does nothing once the stream is being cut. */
void yj_stream_send(struct yj_stream *s, const char *event, const char *id, const char *data);

/* Ends it once all that was sent has been taken, or after 10 s. The stream must not be used any
 * more. A peer that keeps to the standard comes again: tell it before that it is over. NULL is
 * fine.
 */
void yj_stream_close(struct yj_stream *s);

/* The id of the last event that the peer had before it came again: the header Last-Event-ID, else
 * last_event_id of the query, which is for the first time (pages cannot set headers there). false:
 * none, or it does not fit into cap bytes with its terminator. */
bool yj_stream_last_id(struct evhttp_request *req, char *buf, size_t cap);

/* Changes the 10 s, of comments and of ends, for streams to come. */
void yj_stream_set_pace(struct yj_http *http, int64_t pace_ms);

#endif
