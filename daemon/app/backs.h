/* What comes back over channels: receipts, and what people answer by SMS or with a key in a call.
 */
#ifndef APP_BACKS_H
#define APP_BACKS_H

#include "gateway.h"

/* For channels, as yj_back_cb, with the gateway as ctx: carried out in a transaction of its own.
 * 0: on disk, or nothing that concerns us. A person who answered by SMS is told over the same
 * channel what became of it. */
int yj_backs_take(void *gateway, const struct yj_back *back) YJ_MUST_CHECK;

#endif
