/* The two connections to the broker: what comes from them goes to dispatch and presence, and both
 * say when they are up or deaf. */
#ifndef APP_LINKS_H
#define APP_LINKS_H

#include "gateway.h"

/* Makes g->help and g->chatter with their subscriptions; not started. As yj_link_new. */
int yj_links_make(struct yj_gateway *g, const char **why) YJ_MUST_CHECK;

#endif
