/* Inside of the control server. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "ctl/server.h"
#include "proto/limits.h"

/* A connection goes
 *   LINE -> [BODY ->] CALL -> WRITE -> LINE ...
 *   LINE    reading a request line (deadline runs)
 *   BODY    reading the bytes that follow it (the same deadline runs)
 *   CALL    the owner has the request and owes an answer (no deadline)
 *   WRITE   the answer is being read by the peer (deadline runs); then LINE, or closed if `last`
 * and may be closed from any of them. */
enum conn_state { CONN_LINE, CONN_BODY, CONN_CALL, CONN_WRITE };

struct conn;

struct yj_ctl_call {
	struct conn *conn;
};

struct conn {
	LIST_ENTRY(conn) link;
	struct yj_ctl *ctl;
	struct bufferevent *bev;
	struct event *deadline;
	struct yj_ctl_peer peer;
	struct yj_ctl_call call;
	enum conn_state state;
	bool last;	/* no further request is read */
	bool eof;	/* the peer writes no more */
	size_t scanned; /* bytes of the input known to hold no end of line */
	json_t *request;
	char *body; /* NULL: none asked for */
	size_t body_len;
	size_t body_have;
};

struct ctl_name {
	bool set;
	uid_t uid;
	char user[33];
};

struct yj_ctl {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *rest; /* ends a pause after a failed accept */
	struct yj_ctl_ops ops;
	void *ctx;
	char *path;
	dev_t dev;
	ino_t ino;
	gid_t group; /* as bound */
	struct timeval timeout;
	LIST_HEAD(, conn) conns;
	int n_conns;
	size_t bodies; /* bytes allocated for bodies */
	struct ctl_name names[YJ_CTL_NAMES_MAX];
	unsigned next_name;
};

/* bind.c: makes the listening socket at path. 0 and *fd, *st; errors as yj_ctl_new. */
int yj_ctl_bind(const char *path, int *fd, struct stat *st) YJ_MUST_CHECK;

/* peer.c: who is at the other end of fd (user is left empty). 0 or YJ_ERR_IO. */
int yj_ctl_peer_read(int fd, struct yj_ctl_peer *peer) YJ_MUST_CHECK;
/* Root, our own user, or a member of `group`. */
bool yj_ctl_peer_allowed(int fd, const struct yj_ctl_peer *peer, gid_t group);
/* Fills in peer->user, asking the user database once per uid. */
void yj_ctl_peer_name(struct yj_ctl *ctl, struct yj_ctl_peer *peer);

/* conn.c: takes fd (also on failure) and serves it. */
void yj_ctl_conn_open(struct yj_ctl *ctl, int fd, const struct yj_ctl_peer *peer);
void yj_ctl_conn_close(struct conn *conn);
/* Arms the peer's deadline anew. */
void yj_ctl_conn_wait(struct conn *conn);

/* request.c: reads what has come as far as it goes: up to the next state but WRITE. The connection
 * is still there afterwards. */
void yj_ctl_request_read(struct conn *conn);
/* Forgets the request and its body. */
void yj_ctl_request_done(struct conn *conn);

#endif
