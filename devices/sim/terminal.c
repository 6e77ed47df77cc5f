/* terminal: a visit terminal without screen, microphone or speaker. It stays connected, shows that
 * it is online, rings when somebody visits and answers as the options say, and prints what a real
 * one would speak aloud.
 *
 *   idle --ring--> ringing --accept--> talking --end (either side)--> idle
 *                     |--decline or end--> idle
 *   A ring with auto_answer is accepted at once. An accepted check-in is over with its answer. A
 * ring for another session ends the one before. There are no media: offers are heard, not answered.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "device.h"
#include "out.h"

enum visit_phase { VISIT_IDLE, VISIT_RINGING, VISIT_TALKING };

struct terminal {
	struct sim_run run;
	struct sim_device dev;
	struct event *heartbeat, *visit;
	struct bufferevent *stdin_lines;
	enum visit_phase phase;
	bool check_in;
	char session[YJ_MSGID_MAX + 1];
};

/* signal (taken) may be NULL. */
static void say_visit_with(
    struct terminal *t, const char *session, enum yj_visit_state state, json_t *signal)
{
	const struct yj_message msg = {.type = YJ_TOPIC_VISIT,
	    .u.visit = {.session = session, .state = state, .signal = signal}};

	if (sim_sender_tell(&t->dev.sender, &msg, false, NULL) < 0)
		sim_err("%s: cannot answer the visit", t->run.opts->device);
	json_decref(signal);
}

static void say_visit(struct terminal *t, const char *session, enum yj_visit_state state)
{
	say_visit_with(t, session, state, NULL);
}

static void arm(struct event *timer, int64_t wait_ms)
{
	struct timeval wait = sim_timeval_ms(wait_ms);

	evtimer_add(timer, &wait);
}

static void go_idle(struct terminal *t)
{
	evtimer_del(t->visit);
	t->phase = VISIT_IDLE;
}

static void accept_visit(struct terminal *t)
{
	if (t->check_in) {
		say_visit_with(
		    t, t->session, YJ_VISIT_ACCEPTED, json_pack("{s:s}", "result", "well"));
		go_idle(t);
		return;
	}
	say_visit(t, t->session, YJ_VISIT_ACCEPTED);
	t->phase = VISIT_TALKING;
	if (t->run.opts->end_after_ms >= 0)
		arm(t->visit, t->run.opts->end_after_ms);
}

static void on_visit_timer(evutil_socket_t fd, short what, void *arg)
{
	struct terminal *t = arg;

	(void)fd;
	(void)what;
	switch (t->phase) {
	case VISIT_IDLE:
		break;
	case VISIT_RINGING:
		if (t->run.opts->decline_after_ms < 0) {
			accept_visit(t);
		} else {
			say_visit(t, t->session, YJ_VISIT_DECLINED);
			go_idle(t);
		}
		break;
	case VISIT_TALKING:
		say_visit(t, t->session, YJ_VISIT_ENDED);
		go_idle(t);
		break;
	}
}

static void ring(struct terminal *t, const struct yj_msg_down_visit *down)
{
	const struct sim_options *opts = t->run.opts;
	const bool known = t->phase != VISIT_IDLE && strcmp(t->session, down->session) == 0;

	if (t->phase == VISIT_TALKING && known) { /* a repeated ring */
		say_visit(t, t->session, YJ_VISIT_ACCEPTED);
		return;
	}
	if (t->phase != VISIT_IDLE && !known)
		go_idle(t);
	const char *mode = json_string_value(json_object_get(down->signal, "mode"));
	t->check_in = mode != NULL && strcmp(mode, "check-in") == 0;
	snprintf(t->session, sizeof(t->session), "%s", down->session);
	say_visit(t, t->session, YJ_VISIT_RINGING);
	if (known)
		return;
	t->phase = VISIT_RINGING;
	if (down->auto_answer == 1)
		accept_visit(t);
	else if (!opts->no_answer)
		arm(t->visit,
		    opts->decline_after_ms >= 0 ? opts->decline_after_ms : opts->accept_after_ms);
}

static void on_visit(void *ctx, const struct yj_msg_down_visit *down)
{
	struct terminal *t = ctx;

	switch (down->action) {
	case YJ_VISIT_RING:
		ring(t, down);
		break;
	case YJ_VISIT_SIGNAL:
		break; /* there is no media to negotiate; the line was printed */
	case YJ_VISIT_END:
		if (t->phase != VISIT_IDLE && strcmp(t->session, down->session) == 0) {
			say_visit(t, t->session, YJ_VISIT_ENDED);
			go_idle(t);
		}
		break;
	}
}

static void beat(struct terminal *t)
{
	if (t->run.opts->heartbeat_ms <= 0)
		return;
	if (sim_device_beat(&t->dev, NULL) == 0)
		arm(t->heartbeat, t->run.opts->heartbeat_ms);
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	beat(arg);
}

static void on_up(void *ctx)
{
	beat(ctx);
}

static const struct sim_device_ops ops = {.up = on_up, .visit = on_visit};

static void do_command(struct terminal *t, const char *word)
{
	char id[YJ_MSGID_MAX + 1];
	int rc = 0;

	if (strcmp(word, "call") == 0)
		rc = sim_device_press(&t->dev, YJ_TOPIC_CALL, "sos", id);
	else if (strcmp(word, "service") == 0 || strcmp(word, "family") == 0)
		rc = sim_device_press(&t->dev, YJ_TOPIC_CALL, word, id);
	else if (strcmp(word, "well") == 0)
		rc = sim_device_press(&t->dev, YJ_TOPIC_WELL, NULL, id);
	else if (strcmp(word, "cancel") == 0)
		rc = sim_device_press(&t->dev, YJ_TOPIC_CANCEL, NULL, id);
	else if (strcmp(word, "quit") == 0)
		sim_run_end(&t->run, SIM_EXIT_DONE);
	else if (*word != '\0')
		sim_err("call, service, family, well, cancel or quit");
	if (rc < 0)
		sim_err("%s: not said", word);
}

static void on_line(struct bufferevent *input, void *arg)
{
	char *line;

	while ((line = evbuffer_readln(bufferevent_get_input(input), NULL, EVBUFFER_EOL_CRLF)) !=
	       NULL) {
		do_command(arg, line);
		free(line);
	}
}

static void on_stdin_end(struct bufferevent *input, short what, void *arg)
{
	(void)what;
	(void)arg;
	bufferevent_disable(input, EV_READ);
}

static int begin(struct terminal *t)
{
	t->heartbeat = evtimer_new(t->run.base, on_heartbeat, t);
	t->visit = evtimer_new(t->run.base, on_visit_timer, t);
	if (t->heartbeat == NULL || t->visit == NULL)
		return YJ_ERR_NOMEM;
	if (t->run.opts->commands) {
		evutil_make_socket_nonblocking(STDIN_FILENO);
		t->stdin_lines = bufferevent_socket_new(t->run.base, STDIN_FILENO, 0);
		if (t->stdin_lines == NULL)
			return YJ_ERR_NOMEM;
		bufferevent_setcb(t->stdin_lines, on_line, NULL, on_stdin_end, t);
		bufferevent_enable(t->stdin_lines, EV_READ);
	}
	return sim_device_init(&t->dev, &t->run, true, &ops, t);
}

int sim_terminal_main(const struct sim_options *opts)
{
	struct terminal t = {0};
	int code = SIM_EXIT_UNCONFIRMED;

	if (!sim_device_options_ok(opts))
		return SIM_EXIT_USAGE;
	if (sim_run_init(&t.run, opts, SIM_EXIT_DONE) == 0 && begin(&t) == 0) {
		sim_run_loop(&t.run);
		code = t.run.exit_code;
	}
	sim_device_done(&t.dev);
	if (t.stdin_lines != NULL)
		bufferevent_free(t.stdin_lines);
	if (t.heartbeat != NULL)
		event_free(t.heartbeat);
	if (t.visit != NULL)
		event_free(t.visit);
	sim_run_done(&t.run);
	return code;
}
