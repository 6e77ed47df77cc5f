#include "voice_rig.h"

#include <event2/buffer.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "proto/limits.h"
#include "voice_netstring.h"

/* ---- the peer ---- */

void peer_write(struct peer *p, const char *json)
{
	evbuffer_add_printf(bufferevent_get_output(p->bev), "%zu:%s,", strlen(json), json);
}

void peer_event(struct peer *p, const char *type, const char *id, const char *param)
{
	char json[512];
	snprintf(json, sizeof json,
	    "{\"event\":true,\"type\":\"%s\",\"class\":\"call\",\"direction\":\"outgoing\","
	    "\"peeruri\":\"sip:x@y\",\"id\":\"%s\",\"param\":\"%s\"}",
	    type, id, param);
	peer_write(p, json);
}

/* The value of a member of a flat object, as it stands there. */
static void member(const char *json, const char *key, char *buf, size_t cap)
{
	char start[64];
	snprintf(start, sizeof start, "\"%s\":\"", key);
	const char *at = strstr(json, start);
	buf[0] = '\0';
	if (at) {
		at += strlen(start);
		snprintf(buf, cap, "%.*s", (int)strcspn(at, "\""), at);
	}
}

static void peer_answer(struct peer *p, const char *command, const char *tag)
{
	char json[512], data[200] = "";
	if (strcmp(command, "listcalls") == 0)
		snprintf(data, sizeof data, "\\n--- Active calls (%d) ---\\n\\n", p->n_calls);
	if (strcmp(command, "ausrc") == 0 && p->manner == NO_AUFILE)
		snprintf(data, sizeof data, "no such audio-source: aufile\\n");
	if (strcmp(command, "dial") == 0)
		p->n_calls++;
	snprintf(json, sizeof json,
	    "{\"response\":true,\"ok\":true,\"data\":\"%s\",\"token\":\"%s\"}", data, tag);
	peer_write(p, json);
}

static void peer_command(struct peer *p, const char *json)
{
	char command[64], params[500], tag[64];
	member(json, "command", command, sizeof command);
	member(json, "params", params, sizeof params);
	member(json, "token", tag, sizeof tag);
	if (strcmp(command, "listcalls") != 0 && p->n_heard < 64)
		snprintf(p->heard[p->n_heard++], sizeof p->heard[0], "%s %s", command, params);
	if (p->manner == SILENT || (p->manner == NO_DIAL_ANSWER && strcmp(command, "dial") == 0) ||
	    (p->manner == NO_HANGUP && strcmp(command, "hangup") == 0)) {
		p->n_calls += strcmp(command, "dial") == 0;
		if (p->manner != NO_HANGUP)
			return;
	} else if (strcmp(command, "hangup") == 0 && p->n_calls > 0) {
		p->n_calls--;
		peer_event(p, "CALL_CLOSED", OURS, "Connection reset by user");
	}
	peer_answer(p, command, tag);
}

static void peer_read(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct yj_netstring frame;
	char json[2000];
	while (evbuffer_get_length(in) > 0) {
		const char *bytes = (const char *)evbuffer_pullup(in, -1);
		int rc = yj_netstring_read(bytes, evbuffer_get_length(in), &frame);
		assert_true(rc >= 0);
		if (rc == 0)
			return;
		snprintf(json, sizeof json, "%.*s", (int)frame.len, frame.body);
		evbuffer_drain(in, frame.used);
		peer_command(p, json);
	}
}

static void peer_gone(struct bufferevent *bev, short what, void *arg)
{
	struct peer *p = arg;
	(void)what;
	bufferevent_free(bev);
	p->bev = NULL;
}

void peer_drop(struct peer *p)
{
	if (p->bev)
		bufferevent_free(p->bev);
	p->bev = NULL;
}

static void peer_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *address, int len, void *arg)
{
	struct peer *p = arg;
	(void)listener;
	(void)address;
	(void)len;
	peer_drop(p);
	p->n_connections++;
	p->bev = bufferevent_socket_new(p->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(p->bev, peer_read, NULL, peer_gone, p);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
	if (p->manner == GARBAGE)
		bufferevent_write(p->bev, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	if (p->manner == HALF_A_FRAME)
		bufferevent_write(p->bev, "60000:{\"event\":true", 19);
	if (p->manner == CLOSES)
		peer_drop(p);
}

void peer_open(struct peer *p, struct event_base *base)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)p->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	p->base = base;
	p->listener = evconnlistener_new_bind(base, peer_accept, p,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1, (struct sockaddr *)&a, sizeof a);
	assert_non_null(p->listener);
	getsockname(evconnlistener_get_fd(p->listener), (struct sockaddr *)&a, &len);
	p->port = ntohs(a.sin_port);
}

void peer_close(struct peer *p)
{
	peer_drop(p);
	if (p->listener)
		evconnlistener_free(p->listener);
	p->listener = NULL;
}

/* How often the peer heard a command that begins so. */
size_t heard(const struct peer *p, const char *start)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_heard; i++)
		n += strncmp(p->heard[i], start, strlen(start)) == 0;
	return n;
}

/* ---- the channel ---- */

static void on_done(void *ctx, const struct yj_sent_result *result)
{
	struct fixture *f = ctx;
	assert_false(f->inside);
	assert_true(f->n_results < 16);
	f->results[f->n_results++] = *result;
}

static int on_back(void *ctx, const struct yj_back *back)
{
	struct fixture *f = ctx;
	assert_false(f->inside);
	if (f->refuse_backs > 0) {
		f->refuse_backs--;
		return YJ_ERR_FULL;
	}
	assert_true(f->n_backs < 16);
	assert_string_equal(back->channel, "voice");
	f->backs[f->n_backs].type = back->type;
	f->backs[f->n_backs].token = back->token;
	snprintf(f->backs[f->n_backs].text, 8, "%s", back->text);
	snprintf(f->backs[f->n_backs].ref, 80, "%s", back->ref);
	snprintf(f->backs[f->n_backs].id, 100, "%s", back->id);
	f->n_backs++;
	return 0;
}

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	*state = f;
	f->base = event_base_new();
	f->tick = turning_tick(f->base);
	snprintf(f->folder, sizeof f->folder, "/tmp/yj-voice-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	peer_open(&f->peer[0], f->base);
	f->voice = yj_voice_new(f->base, on_back, f);
	f->channel = yj_voice_channel(f->voice);
	return 0;
}

int teardown(void **state)
{
	struct fixture *f = *state;
	yj_voice_free(f->voice);
	peer_close(&f->peer[0]);
	peer_close(&f->peer[1]);
	/* nothing that was spoken stays behind */
	int left = rmdir(f->folder);
	event_free(f->tick);
	event_base_free(f->base);
	free(f);
	return left;
}

struct yj_voice_conf conf_of(struct fixture *f)
{
	return (struct yj_voice_conf){.dial = "sip:{phone}@192.0.2.1",
	    .folder = f->folder,
	    .answer_ms = 2000,
	    .look_ms = 60000,
	    .retry_ms = 1234,
	    .attempts = 3};
}

void set(struct fixture *f, struct yj_voice_conf conf, size_t n_lines)
{
	char address[2][32];
	const char *control[2] = {address[0], address[1]};
	const char *why = "";
	for (size_t i = 0; i < 2; i++)
		snprintf(address[i], sizeof address[i], "127.0.0.1:%d", f->peer[i].port);
	conf.control = control;
	conf.n_control = n_lines;
	f->inside = true;
	assert_int_equal(yj_voice_set(f->voice, &conf, &why), 0);
	f->inside = false;
}

int try_send(struct fixture *f, uint64_t token, const char *phone, bool asks)
{
	struct yj_msg_inbox page = {.id = "gw-1.d-1", .resident = {.phone = "0818522"}};
	struct yj_delivery delivery = {.token = token,
	    .attempt = 1,
	    .id = page.id,
	    .caregiver = "c-1",
	    .phone = phone,
	    .email = "",
	    .language = "zh-CN",
	    .page = &page,
	    .text = "王秀英求助",
	    .subject = "",
	    .asks = asks};
	f->inside = true;
	int rc = f->channel->send(f->channel->self, &delivery, on_done, f);
	f->inside = false;
	return rc;
}

/* Sends as soon as the line takes it. */
void send_page(struct fixture *f, uint64_t token)
{
	int rc;
	TURN_UNTIL(f, (rc = try_send(f, token, "139 0000 1111", true)) != YJ_ERR_BUSY);
	assert_int_equal(rc, 0);
}

void cancel(struct fixture *f, uint64_t token)
{
	f->inside = true;
	f->channel->cancel(f->channel->self, token);
	f->inside = false;
}

bool down(struct fixture *f)
{
	return f->channel->is_down(f->channel->self);
}

/* A call that the peer has been told to make. */
void dial(struct fixture *f, struct yj_voice_conf conf)
{
	set(f, conf, 1);
	send_page(f, 7);
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 1);
}

/* ... and that somebody has picked up. */
void talk(struct fixture *f, struct yj_voice_conf conf)
{
	dial(f, conf);
	peer_event(&f->peer[0], "CALL_RINGING", OURS, "");
	peer_event(&f->peer[0], "CALL_ESTABLISHED", OURS, "");
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_OK);
}

void turn_for(struct fixture *f, double seconds)
{
	double until = now_s() + seconds;
	while (now_s() < until)
		event_base_loop(f->base, EVLOOP_ONCE);
}

void expect_result(struct fixture *f, enum yj_sent outcome, const char *words)
{
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].token, 7);
	assert_int_equal(f->results[0].outcome, outcome);
	if (!strstr(f->results[0].words, words))
		fail_msg("said \"%s\", not \"%s\"", f->results[0].words, words);
	assert_int_equal(f->results[0].retry_ms, outcome == YJ_SENT_RETRY ? 1234 : 0);
}
