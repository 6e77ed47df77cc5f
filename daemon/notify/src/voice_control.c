#include "voice_control.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/util.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/limits.h"
#include "voice_netstring.h"

#define LOOK_TAG "yj.look"
#define HANGUP_TAG "yj.hangup"
#define HANGUPS_MAX 64 /* for calls of before */

/*   AWAY ──connect──▶ CONNECTING ──▶ CLEARING ──no call left──▶ UP
 *    ▲                    │              │                      │
 *    └──reconnect_ms──────┴── refused, silent, garbage, gone ───┘  */
enum state { AWAY, CONNECTING, CLEARING, UP };

struct yj_control {
	struct event_base *base;
	struct sockaddr_storage address;
	int address_len;
	struct yj_control_conf conf;
	const struct yj_control_hooks *hooks;
	void *ctx;
	enum state state;
	struct bufferevent *bev;
	struct event *timer;	 /* AWAY: to connect; CONNECTING, or a command waits: its end */
	struct event *look;	 /* to ask for the calls again */
	struct event *leaving;	 /* a wish to leave is carried out from the loop */
	const char *leave_words; /* a literal */
	int n_waiting;		 /* commands without an answer */
	int n_hangups;		 /* of calls of before */
};

static void arm(struct event *timer, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(timer, &tv);
}

bool yj_control_address_valid(const char *address)
{
	struct sockaddr_storage out;
	int len = sizeof out;
	if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&out, &len) < 0)
		return false;
	return out.ss_family == AF_INET	   ? ((struct sockaddr_in *)&out)->sin_port != 0
	       : out.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&out)->sin6_port != 0
					   : false;
}

static void go_away(struct yj_control *c, const char *words)
{
	if (c->bev)
		bufferevent_free(c->bev);
	c->bev = NULL;
	c->state = AWAY;
	c->n_waiting = 0;
	c->leave_words = NULL;
	evtimer_del(c->look);
	evtimer_del(c->leaving);
	arm(c->timer, c->conf.reconnect_ms);
	c->hooks->down(c->ctx, words); /* last: it may free nothing, but send elsewhere */
}

/* ---- out ---- */

static int send_command(
    struct yj_control *c, const char *command, const char *params, const char *tag)
{
	if (c->n_waiting >= YJ_VOICE_COMMANDS_MAX)
		return YJ_ERR_BUSY;
	json_t *doc =
	    json_pack("{s:s,s:s,s:s}", "command", command, "params", params, "token", tag);
	char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
	json_decref(doc);
	if (!text)
		return YJ_ERR_NOMEM;
	int rc =
	    evbuffer_add_printf(bufferevent_get_output(c->bev), "%zu:%s,", strlen(text), text) < 0
		? YJ_ERR_NOMEM
		: 0;
	free(text);
	if (rc == 0 && c->n_waiting++ == 0)
		arm(c->timer, c->conf.answer_ms);
	return rc;
}

int yj_control_command(
    struct yj_control *c, const char *command, const char *params, const char *tag)
{
	return c->state == UP && !c->leave_words ? send_command(c, command, params, tag)
						 : YJ_ERR_BUSY;
}

/* What cannot be sent now shows by an answer that does not come. */
static void ask_for_calls(struct yj_control *c)
{
	int rc = send_command(c, "listcalls", "", LOOK_TAG);
	(void)rc;
	arm(c->look, c->conf.look_ms);
}

void yj_control_leave(struct yj_control *c, const char *words)
{
	if (c->state == AWAY)
		return;
	c->leave_words = words;
	event_active(c->leaving, EV_TIMEOUT, 0);
}

static void on_leaving(evutil_socket_t fd, short what, void *arg)
{
	struct yj_control *c = arg;
	(void)fd;
	(void)what;
	if (c->leave_words)
		go_away(c, c->leave_words);
}

/* ---- in ---- */

/* "--- Active calls (1) ---"; -1: not said. */
static int count_of(const char *data)
{
	const char *at = strstr(data, "Active calls (");
	long n = at ? strtol(at + strlen("Active calls ("), NULL, 10) : -1;
	return n < 0 || n > 1000 ? -1 : (int)n;
}

/* The calls of before are hung up one after the other; a false return has left the connection. */
static bool on_calls(struct yj_control *c, const char *data)
{
	int n = count_of(data);
	if (n < 0) {
		go_away(c, "baresip answered with garbage");
		return false;
	}
	if (c->state == UP) {
		c->hooks->calls(c->ctx, n);
		return true;
	}
	if (n == 0) {
		c->state = UP;
		c->hooks->up(c->ctx);
		return true;
	}
	if (c->n_hangups++ >= HANGUPS_MAX || send_command(c, "hangup", "", HANGUP_TAG) < 0) {
		go_away(c, "baresip keeps a call of before");
		return false;
	}
	ask_for_calls(c);
	return true;
}

static const char *text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));
	return text ? text : "";
}

static bool on_answer(struct yj_control *c, const json_t *doc)
{
	const char *tag = text_of(doc, "token"), *data = text_of(doc, "data");
	if (c->n_waiting > 0 && --c->n_waiting == 0)
		evtimer_del(c->timer);
	else
		arm(c->timer, c->conf.answer_ms);
	if (strcmp(tag, LOOK_TAG) == 0)
		return on_calls(c, data);
	if (c->state == UP && tag[0] != '\0' && strcmp(tag, HANGUP_TAG) != 0)
		c->hooks->answer(c->ctx, tag, json_is_true(json_object_get(doc, "ok")), data);
	return true;
}

/* false: the connection has been left. */
static bool on_message(struct yj_control *c, const char *body, size_t len)
{
	json_t *doc = json_loadb(body, len, 0, NULL);
	bool stays = true;
	if (json_is_true(json_object_get(doc, "response"))) {
		stays = on_answer(c, doc);
	} else if (json_is_true(json_object_get(doc, "event"))) {
		struct yj_control_event event = {
		    .type = text_of(doc, "type"),
		    .call = text_of(doc, "id"),
		    .direction = text_of(doc, "direction"),
		    .param = text_of(doc, "param"),
		};
		if (c->state == UP)
			c->hooks->event(c->ctx, &event);
	} else if (!json_is_object(doc)) { /* other kinds of messages may come with time */
		go_away(c, "baresip answered with garbage");
		stays = false;
	}
	json_decref(doc);
	return stays;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct yj_control *c = arg;
	struct evbuffer *input = bufferevent_get_input(bev);
	while (c->bev == bev) {
		size_t len = evbuffer_get_length(input);
		const char *bytes = (const char *)evbuffer_pullup(input, -1);
		struct yj_netstring frame;
		int rc = len > 0 && bytes ? yj_netstring_read(bytes, len, &frame) : 0;
		if (rc == 0)
			return;
		if (rc < 0) {
			go_away(c, "baresip answered with garbage");
			return;
		}
		if (!on_message(c, frame.body, frame.len))
			return;
		evbuffer_drain(input, frame.used);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct yj_control *c = arg;
	(void)bev;
	if (what & BEV_EVENT_CONNECTED) {
		c->state = CLEARING;
		c->n_hangups = 0;
		evtimer_del(c->timer);
		ask_for_calls(c);
		return;
	}
	char words[160] = "baresip closed its control connection";
	if (what & BEV_EVENT_ERROR)
		snprintf(words, sizeof words, "baresip's control port: %s",
		    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	go_away(c, words);
}

/* ---- time ---- */

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct yj_control *c = arg;
	(void)fd;
	(void)what;
	if (c->state == UP)
		ask_for_calls(c);
}

static void begin(struct yj_control *c)
{
	c->bev = bufferevent_socket_new(c->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		go_away(c, "out of memory");
		return;
	}
	c->state = CONNECTING;
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	/* room for the longest frame; more is read when that has been taken */
	bufferevent_setwatermark(c->bev, EV_READ, 0, YJ_VOICE_FRAME_MAX + 16);
	arm(c->timer, c->conf.answer_ms);
	if (bufferevent_enable(c->bev, EV_READ | EV_WRITE) < 0 ||
	    bufferevent_socket_connect(c->bev, (struct sockaddr *)&c->address, c->address_len) < 0)
		yj_control_leave(c, "baresip's control port cannot be connected to");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_control *c = arg;
	(void)fd;
	(void)what;
	switch (c->state) {
	case AWAY:
		begin(c);
		return;
	case CONNECTING:
	case CLEARING:
	case UP:
		go_away(c, "baresip does not answer on its control port");
		return;
	}
}

void yj_control_last(struct yj_control *c, const char *command)
{
	struct evbuffer *output = c->state == UP ? bufferevent_get_output(c->bev) : NULL;
	if (!output || send_command(c, command, "", "") < 0)
		return;
	/* the bufferevent would write only when the loop turns */
	const char *bytes = (const char *)evbuffer_pullup(output, -1);
	if (bytes)
		(void)!send(bufferevent_getfd(c->bev), bytes, evbuffer_get_length(output),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool yj_control_is_up(const struct yj_control *c)
{
	return c->state == UP && !c->leave_words;
}

struct yj_control *yj_control_new(struct event_base *base, const struct yj_control_conf *conf,
    const struct yj_control_hooks *hooks, void *ctx)
{
	struct yj_control *c =
	    yj_control_address_valid(conf->address) ? calloc(1, sizeof *c) : NULL;
	if (!c)
		return NULL;
	c->base = base;
	c->conf = *conf;
	c->conf.address = NULL;
	c->address_len = sizeof c->address;
	c->hooks = hooks;
	c->ctx = ctx;
	c->timer = evtimer_new(base, on_timer, c);
	c->look = evtimer_new(base, on_look, c);
	c->leaving = evtimer_new(base, on_leaving, c);
	if (!c->timer || !c->look || !c->leaving ||
	    evutil_parse_sockaddr_port(
		conf->address, (struct sockaddr *)&c->address, &c->address_len) < 0) {
		yj_control_free(c);
		return NULL;
	}
	arm(c->timer, 0);
	return c;
}

void yj_control_free(struct yj_control *c)
{
	if (!c)
		return;
	if (c->bev)
		bufferevent_free(c->bev);
	if (c->timer)
		event_free(c->timer);
	if (c->look)
		event_free(c->look);
	if (c->leaving)
		event_free(c->leaving);
	free(c);
}
