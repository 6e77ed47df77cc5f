/* The control socket: one JSON object per line each way, on an AF_UNIX stream socket.
 *
 *   request  {"cmd": "incident.ack", "args": {...}}            and, for bulk input, "body": N:
 *            N raw bytes follow the line (at most YJ_IMPORT_MAX)
 *   answer   {"ok": true, "data": ...} | {"ok": false, "error": "text for people", "code": "word"}
 *
 * A connection may carry several requests; they are answered one after the other, in order. A
 * request that is not of this form is refused with code "invalid", one over a cap with "too_large",
 * and the connection then ends. The client's side is ctl/client.h.
 *
 * Peers are known by SO_PEERCRED and their supplementary groups: root, the service's own user, and
 * members of the group that owns the socket may connect; others are refused with code "denied". A
 * slow, silent or talkative peer costs only itself: at most YJ_CTL_CLIENTS_MAX at once (the next
 * one is refused with code "busy"), lines of at most YJ_CTL_LINE_MAX, bodies of YJ_CTL_BODIES_MAX
 * over all connections, and a peer that has not finished its request within 30 s or has not read
 * its answer within 30 s is closed. Without a connection nothing wakes the process. The process
 * must ignore SIGPIPE. */
#ifndef CTL_SERVER_H
#define CTL_SERVER_H

#include <event2/event.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/err.h"

struct yj_ctl;
struct yj_ctl_call; /* one request waiting for its answer */

struct yj_ctl_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char user[33]; /* its login name, or the number */
};

struct yj_ctl_ops {
	/* One request. args is an object (empty if none was given), borrowed; body may be NULL;
	 * both live until the call is answered or gone. The callee answers with exactly one of the
	 * two functions below, now or later, and does not free the server in here. */
	void (*request)(void *ctx, struct yj_ctl_call *call, const struct yj_ctl_peer *peer,
	    const char *cmd, json_t *args, const void *body, size_t body_len);
	/* The peer left before it was answered, or the server is being freed: the call is gone and
	 * must not be answered. Only for calls not answered. A peer that shut down only its own
	 * writing side still wants its answer. */
	void (*gone)(void *ctx, struct yj_ctl_call *call);
	/* A peer was refused because of who it is. */
	void (*denied)(void *ctx, const struct yj_ctl_peer *peer);
};

/* Binds (replacing a dead socket, refusing a live one) with mode 0660. 0; YJ_ERR_EXISTS when
 * another daemon answers there or something that is no socket has that name; YJ_ERR_INVAL for a
 * path that is too long for a socket (107 bytes); YJ_ERR_IO (errno says why), YJ_ERR_NOMEM. ops is
 * copied; ctx and base are borrowed. request must be set, gone and denied may be NULL. */
int yj_ctl_new(struct event_base *base, const char *path, const struct yj_ctl_ops *ops, void *ctx,
    struct yj_ctl **out) YJ_MUST_CHECK;
/* Hands what is answered to the kernel, closes all (`gone` is called for what is not answered) and
 * removes the socket if it is still ours. NULL is fine. */
void yj_ctl_free(struct yj_ctl *ctl);

/* Changes the 30 s that a peer has for a request and again for reading its answer (1 to 600000 ms),
 * from the next request on. */
void yj_ctl_set_timeout(struct yj_ctl *ctl, int64_t timeout_ms);

/* Answers {"ok": true, "data": ...}. An answer over YJ_CTL_ANSWER_MAX, or one that cannot be
 * written as JSON, becomes a refusal with code "too_large" or "internal". */
void yj_ctl_answer(struct yj_ctl_call *call, json_t *data /* taken, may be NULL */);
/* Answers {"ok": false, ...}. Bytes of text that are not UTF-8 are left out. */
void yj_ctl_refuse(struct yj_ctl_call *call, const char *code, const char *text);

#endif
