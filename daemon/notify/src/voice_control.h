/* The control connection to one baresip (its module ctrl_tcp): netstrings of JSON over TCP. It is
 * made again by itself, and a baresip that does not answer or answers with garbage is left. */
#ifndef NOTIFY_VOICE_CONTROL_H
#define NOTIFY_VOICE_CONTROL_H

#include <event2/event.h>
#include <stdbool.h>

#include "proto/err.h"

struct yj_control;

struct yj_control_event {      /* all borrowed for the call; "" where baresip does not say */
	const char *type;      /* CALL_RINGING, CALL_ESTABLISHED, ... */
	const char *call;      /* baresip's id of the call */
	const char *direction; /* outgoing, incoming */
	const char *param;
};
/* From the loop, never from inside a call to this room. */
struct yj_control_hooks {
	/* Connected, and no call is left from before. */
	void (*up)(void *ctx);
	/* Lost, or could not be made: words for people. Commands are forgotten. Once for each time
	 * that it was tried. */
	void (*down)(void *ctx, const char *words);
	void (*event)(void *ctx, const struct yj_control_event *event);
	/* To a command with a tag; ok says little, baresip's own words in data more. */
	void (*answer)(void *ctx, const char *tag, bool ok, const char *data);
	/* How many calls baresip has, from time to time while it is up. */
	void (*calls)(void *ctx, int n);
};

struct yj_control_conf {
	const char *address;  /* IP:PORT; copied */
	int64_t answer_ms;    /* a command is answered within; else the connection is left */
	int64_t reconnect_ms; /* and made again after */
	int64_t look_ms;      /* between looks at its calls */
};

/* Is it an address that can be connected to? */
bool yj_control_address_valid(const char *address);

/* Begins to connect. hooks and ctx are borrowed. NULL when memory is short or the address wrong. */
struct yj_control *yj_control_new(struct event_base *base, const struct yj_control_conf *conf,
    const struct yj_control_hooks *hooks, void *ctx);
void yj_control_free(struct yj_control *control);

bool yj_control_is_up(const struct yj_control *control);

/* Sends a command. tag is "" or a short word that comes back with the answer. 0; YJ_ERR_BUSY:
 * not up, or YJ_VOICE_COMMANDS_MAX wait for an answer; YJ_ERR_NOMEM. */
int yj_control_command(struct yj_control *control, const char *command, const char *params,
    const char *tag) YJ_MUST_CHECK;

/* Leaves the connection because of the peer's conduct: `down` follows from the loop. */
void yj_control_leave(struct yj_control *control, const char *words);

/* Writes a command at once, without waiting; to be followed by yj_control_free. */
void yj_control_last(struct yj_control *control, const char *command);

#endif
