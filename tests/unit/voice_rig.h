/* What the tests of the voice channel share: a scripted peer on baresip's control port, which does
 * what the real one does seldom or never. Speech is made by the real espeak-ng. */
#ifndef TEST_VOICE_RIG_H
#define TEST_VOICE_RIG_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notify/voice.h"
#include "turning.h"

#define OURS "2a0c6f1247b1fdcd"

enum manner { GOOD, SILENT, GARBAGE, HALF_A_FRAME, CLOSES, NO_DIAL_ANSWER, NO_AUFILE, NO_HANGUP };

struct peer {
	struct event_base *base;
	struct evconnlistener *listener;
	struct bufferevent *bev;
	int port;
	enum manner manner;
	int n_calls; /* as listcalls says */
	int n_connections;
	char heard[64][600]; /* "command params" */
	size_t n_heard;
};

struct fixture {
	struct event_base *base;
	struct event *tick;
	struct peer peer[2];
	struct yj_voice *voice;
	const struct yj_channel *channel;
	char folder[64];
	struct yj_sent_result results[16];
	size_t n_results;
	struct {
		enum yj_back_type type;
		uint64_t token;
		char text[8], ref[80], id[100];
	} backs[16];
	size_t n_backs;
	int refuse_backs; /* so many times nothing can be stored */
	bool inside;	  /* of a call to the channel */
};

void peer_write(struct peer *p, const char *json);
void peer_event(struct peer *p, const char *type, const char *id, const char *param);
void peer_drop(struct peer *p);
void peer_open(struct peer *p, struct event_base *base);
void peer_close(struct peer *p);
/* How often the peer heard a command that begins so. */
size_t heard(const struct peer *p, const char *start);
int setup(void **state);
int teardown(void **state);
struct yj_voice_conf conf_of(struct fixture *f);
void set(struct fixture *f, struct yj_voice_conf conf, size_t n_lines);
int try_send(struct fixture *f, uint64_t token, const char *phone, bool asks);
/* Sends as soon as the line takes it. */
void send_page(struct fixture *f, uint64_t token);
void cancel(struct fixture *f, uint64_t token);
bool down(struct fixture *f);
/* A call that the peer has been told to make. */
void dial(struct fixture *f, struct yj_voice_conf conf);
/* ... and that somebody has picked up. */
void talk(struct fixture *f, struct yj_voice_conf conf);
void turn_for(struct fixture *f, double seconds);
void expect_result(struct fixture *f, enum yj_sent outcome, const char *words);

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
