/* A connection to a STUN or TURN server over UDP, TCP or TLS. Blocks, with deadlines. */
#ifndef CLI_TURN_LINE_H
#define CLI_TURN_LINE_H

#include "stun.h"

#define YJ_TURN_WAIT_MS 5000 /* for a connection, and for each answer */
#define YJ_TURN_HOST_MAX 256
#define YJ_TURN_WHY_MAX 160

enum yj_turn_way { YJ_TURN_UDP, YJ_TURN_TCP, YJ_TURN_TLS };

struct yj_turn_url {
	char host[YJ_TURN_HOST_MAX], port[8];
	enum yj_turn_way way;
	bool relay; /* turn: and turns:, else only stun: */
};

struct yj_turn_line; /* opaque */

/* Takes a URL of RFC 7064 or 7065 apart. 0 or YJ_ERR_INVAL. */
int yj_turn_url_read(const char *text, struct yj_turn_url *out) YJ_MUST_CHECK;

/* Connects. ca_file: vouches for its certificate instead of the system's, or NULL. 0 and a new
 * line, or YJ_ERR_IO or YJ_ERR_NOMEM with the reason in why. */
int yj_turn_line_open(const struct yj_turn_url *url, const char *ca_file, struct yj_turn_line **out,
    char why[YJ_TURN_WHY_MAX]) YJ_MUST_CHECK;
void yj_turn_line_close(struct yj_turn_line *line);

/* When the server's certificate ends, UTC ms; 0 without TLS. */
int64_t yj_turn_line_certificate(const struct yj_turn_line *line);

/* Sends a request and waits for its answer; UDP repeats. 0, or YJ_ERR_IO. */
int yj_turn_line_ask(
    struct yj_turn_line *line, const struct yj_stun *request, struct yj_stun *answer) YJ_MUST_CHECK;
/* Sends without waiting. 0 or YJ_ERR_IO. */
int yj_turn_line_send(struct yj_turn_line *line, const struct yj_stun *message);
/* The next message, within so long. 0, YJ_ERR_NOTFOUND when none came, or YJ_ERR_IO. */
int yj_turn_line_read(struct yj_turn_line *line, int timeout_ms, struct yj_stun *out) YJ_MUST_CHECK;

#endif
