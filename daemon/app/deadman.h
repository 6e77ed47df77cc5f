/* The dead man's ping: while the self-audit is clean, a URL and a topic hear of this gateway, and
 * otherwise nothing; whoever waits for it then raises the alarm. And the other way round: another
 * gateway that stays silent is told to people, once, and so is its return. */
#ifndef APP_DEADMAN_H
#define APP_DEADMAN_H

#include "gateway.h"

struct yj_deadman;
struct yj_deadman *yj_deadman_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_deadman_free(struct yj_deadman *d);

/* Takes over g->config: at the start (with the links made) and after a reload. Who was heard of
 * stays known. 0 or a yj_err. */
int yj_deadman_set(struct yj_gateway *g) YJ_MUST_CHECK;

/* A message of the chatter connection: true, and it is done with, if another gateway's. */
bool yj_deadman_message(struct yj_gateway *g, const struct yj_link_msg *msg);
/* The chatter connection is there again: silence until now says nothing. */
void yj_deadman_link_up(struct yj_gateway *g);

/* For `status`: a new object, or null when it is not configured. */
json_t *yj_deadman_json(const struct yj_gateway *g);

#endif
