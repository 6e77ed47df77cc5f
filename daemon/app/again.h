/* What the broker delivers a second time, because the daemon died between its commit and the
 * acknowledgement. Native messages are known by their id; most of other makers have none, but a
 * delivery that is repeated has its packet identifier, its bytes, and the broker's mark. Without
 * the mark it is new: a broker that was restarted counts its packets from 1 again. */
#ifndef APP_AGAIN_H
#define APP_AGAIN_H

#include "alerts.h"

/* Was this part of the message (a report of it, by number) carried out before for the device? Notes
 * it, within the caller's transaction. 0 or a yj_err. */
int yj_again(struct yj_gateway *g, const char *device, const struct yj_raw *raw, size_t part,
    bool *again) YJ_MUST_CHECK;

#endif
