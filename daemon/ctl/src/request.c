/* Requests and answers as bytes. */
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

void yj_ctl_request_done(struct conn *conn)
{
	json_decref(conn->request);
	conn->request = NULL;
	free(conn->body);
	conn->body = NULL;
	conn->ctl->bodies -= conn->body_len;
	conn->body_len = 0;
	conn->body_have = 0;
}

/* Sends what `line` holds and goes to WRITE. Takes the content. */
static void send_line(struct conn *conn, struct evbuffer *line)
{
	conn->state = CONN_WRITE;
	yj_ctl_request_done(conn);
	yj_ctl_conn_wait(conn);
	if (!line || evbuffer_add_buffer(bufferevent_get_output(conn->bev), line) < 0) {
		/* nothing can be said: its deadline ends it, in a moment and not from in here */
		event_active(conn->deadline, EV_TIMEOUT, 0);
	}
}

static int add_bytes(const char *bytes, size_t len, void *arg)
{
	return evbuffer_add(arg, bytes, len);
}

/* A new buffer with the object as a line, or NULL. */
static struct evbuffer *line_of(json_t *object)
{
	struct evbuffer *line = evbuffer_new();
	if (!line)
		return NULL;
	if (!object || json_dump_callback(object, add_bytes, line, JSON_COMPACT) < 0 ||
	    evbuffer_add(line, "\n", 1) < 0) {
		evbuffer_free(line);
		return NULL;
	}
	return line;
}

/* The text as a JSON string, without what is not UTF-8. */
static json_t *text_of(const char *text)
{
	json_t *s = json_string(text);
	if (s)
		return s;
	char ascii[256];
	size_t n = 0;
	for (const char *p = text; *p != '\0' && n < sizeof(ascii); p++) {
		if ((unsigned char)*p < 0x80)
			ascii[n++] = *p;
	}
	return json_stringn(ascii, n);
}

static void send_refusal(struct conn *conn, const char *code, const char *text)
{
	json_t *object = json_object();
	if (object) {
		json_object_set_new(object, "ok", json_false());
		json_object_set_new(object, "error", text_of(text));
		json_object_set_new(object, "code", text_of(code));
	}
	struct evbuffer *line = line_of(object);
	json_decref(object);
	send_line(conn, line);
	if (line)
		evbuffer_free(line);
}

void yj_ctl_refuse(struct yj_ctl_call *call, const char *code, const char *text)
{
	if (call->conn->state == CONN_CALL)
		send_refusal(call->conn, code, text);
}

void yj_ctl_answer(struct yj_ctl_call *call, json_t *data)
{
	struct conn *conn = call->conn;
	struct evbuffer *line = NULL;
	if (conn->state != CONN_CALL) {
		json_decref(data);
		return;
	}
	json_t *object = json_object();
	if (object) {
		json_object_set_new(object, "ok", json_true());
		json_object_set_new(object, "data", data ? data : json_null());
	} else {
		json_decref(data);
	}
	line = line_of(object);
	json_decref(object);
	if (!line)
		send_refusal(conn, "internal", "the answer cannot be written");
	else if (evbuffer_get_length(line) > YJ_CTL_ANSWER_MAX)
		send_refusal(conn, "too_large", "the answer is too large");
	else
		send_line(conn, line);
	if (line)
		evbuffer_free(line);
}

/* For a request after which the stream cannot be followed any more. */
static void refuse_last(struct conn *conn, const char *code, const char *text)
{
	conn->last = true;
	bufferevent_disable(conn->bev, EV_READ);
	send_refusal(conn, code, text);
}

/* Hands the complete request to the owner. */
static void call_owner(struct conn *conn)
{
	struct yj_ctl *ctl = conn->ctl;
	json_t *args = json_object_get(conn->request, "args");
	if (!args) {
		args = json_object();
		if (!args || json_object_set_new(conn->request, "args", args) < 0) {
			refuse_last(conn, "busy", "out of memory");
			return;
		}
	}
	conn->state = CONN_CALL;
	event_del(conn->deadline);
	ctl->ops.request(ctl->ctx, &conn->call, &conn->peer,
	    json_string_value(json_object_get(conn->request, "cmd")), args, conn->body,
	    conn->body_len);
}

/* Prepares for the body that was announced; false: the request was refused. */
static bool expect_body(struct conn *conn, json_t *length)
{
	json_int_t n = json_integer_value(length);
	if (!json_is_integer(length) || n < 0) {
		refuse_last(conn, "invalid", "\"body\" must be a number of bytes");
		return false;
	}
	if (n > YJ_IMPORT_MAX) {
		refuse_last(conn, "too_large", "the body is too large");
		return false;
	}
	if ((size_t)n > YJ_CTL_BODIES_MAX - conn->ctl->bodies) {
		refuse_last(conn, "busy", "too many uploads at once");
		return false;
	}
	conn->body = malloc((size_t)n + 1);
	if (!conn->body) {
		refuse_last(conn, "busy", "out of memory");
		return false;
	}
	conn->body[n] = '\0';
	conn->body_len = (size_t)n;
	conn->ctl->bodies += conn->body_len;
	return true;
}

/* Reads the request of a line; false: it was refused. */
static bool parse_line(struct conn *conn, const char *line, size_t len)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, 0, &error);
	conn->request = request;
	if (!json_is_object(request)) {
		refuse_last(conn, "invalid", "a request is one JSON object on one line");
		return false;
	}
	const char *cmd = json_string_value(json_object_get(request, "cmd"));
	json_t *args = json_object_get(request, "args");
	if (!cmd || cmd[0] == '\0' || (args && !json_is_object(args))) {
		refuse_last(
		    conn, "invalid", "a request needs \"cmd\", a word, and \"args\", an object");
		return false;
	}
	json_t *length = json_object_get(request, "body");
	return !length || expect_body(conn, length);
}

/* Takes one line from the input; false: there is none yet, or it was refused. */
static bool take_line(struct conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	size_t have = evbuffer_get_length(input);
	struct evbuffer_ptr start, end;
	/* search on where the last search ended, or a peer that sends single bytes costs the
	 * square of its line */
	if (conn->scanned < have &&
	    evbuffer_ptr_set(input, &start, conn->scanned, EVBUFFER_PTR_SET) == 0)
		end = evbuffer_search(input, "\n", 1, &start);
	else
		end.pos = -1;
	if (end.pos < 0) {
		conn->scanned = have;
		if (have > YJ_CTL_LINE_MAX)
			refuse_last(conn, "too_large", "the request line is too long");
		return false;
	}
	size_t len = (size_t)end.pos;
	const char *line = (const char *)evbuffer_pullup(input, end.pos + 1);
	bool good = false;
	if (line)
		good = parse_line(conn, line, len);
	else
		refuse_last(conn, "busy", "out of memory");
	evbuffer_drain(input, len + 1);
	conn->scanned = 0;
	return good;
}

void yj_ctl_request_read(struct conn *conn)
{
	if (conn->state == CONN_LINE) {
		if (!take_line(conn))
			return;
		conn->state = CONN_BODY;
	}
	if (conn->state != CONN_BODY)
		return;
	if (conn->body_have < conn->body_len) {
		int n = evbuffer_remove(bufferevent_get_input(conn->bev),
		    conn->body + conn->body_have, conn->body_len - conn->body_have);
		if (n > 0)
			conn->body_have += (size_t)n;
	}
	if (conn->body_have == conn->body_len)
		call_owner(conn);
}
