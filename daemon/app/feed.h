/* The event log on its way to the platform: yj/v1/log/{type} on the chatter connection, from a
 * cursor of its own, after everything else has been done. An event that nobody subscribes to waits.
 */
#ifndef APP_FEED_H
#define APP_FEED_H

#include "gateway.h"

struct yj_feed *yj_feed_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_feed_free(struct yj_feed *feed);
void yj_feed_wake(struct yj_gateway *g); /* there may be newer events */
void yj_feed_published(struct yj_gateway *g, int64_t seq, int code);
void yj_feed_down(struct yj_gateway *g);	      /* what was under way is published again */
bool yj_feed_has_news(const struct yj_gateway *g);    /* the cursor has moved since it was saved */
int yj_feed_save(struct yj_gateway *g) YJ_MUST_CHECK; /* the cursor, within a transaction */
void yj_feed_undone(struct yj_gateway *g);	      /* which was undone */

#endif
