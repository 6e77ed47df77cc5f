/* What is said in answer to a message once its commit stands, and forgotten if it does not:
 * `received` to a device, `result` to a caregiver. Not kept on disk: whoever misses one repeats and
 * hears it again. */
#ifndef APP_EFFECTS_H
#define APP_EFFECTS_H

#include "gateway.h"

struct yj_effects;
struct yj_effects *yj_effects_new(void); /* NULL when memory is short */
void yj_effects_free(struct yj_effects *e);

/* Queues `received` for a device's message id, with a text that is borrowed; nothing for a device
 * that cannot show it. 0 or a yj_err. */
int yj_effects_received(struct yj_gateway *g, const struct yj_device *device, const char *id,
    int64_t incident, const char *text) YJ_MUST_CHECK;
/* Queues a caregiver's result, encoded JSON. */
int yj_effects_result(struct yj_gateway *g, const char *caregiver, const char *json) YJ_MUST_CHECK;

/* Queues a word about a visit to its terminal. YJ_ERR_FULL: longer than a terminal reads. */
int yj_effects_visit(
    struct yj_gateway *g, const char *device, const struct yj_msg_down_visit *down) YJ_MUST_CHECK;

void yj_effects_forget(struct yj_gateway *g); /* the transaction was undone */
void yj_effects_mark(struct yj_gateway *g);   /* begin of an item that may be undone alone */
void yj_effects_undo(struct yj_gateway *g);   /* that item was undone */
/* Is something waiting for room on the link? */
bool yj_effects_waiting(const struct yj_gateway *g);
/* Publishes all that the link takes; what it does not take is kept for the next call, up to a cap.
 */
void yj_effects_publish(struct yj_gateway *g);

#endif
