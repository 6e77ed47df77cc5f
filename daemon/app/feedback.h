/* What became of a call, in the words of the device that shows it. */
#ifndef APP_FEEDBACK_H
#define APP_FEEDBACK_H

#include "gateway.h"

/* The message to a device. family: as in the directory, "" for one that is unknown (a native one
 * then), NULL to look it up. topic has YJ_TOPIC_MAX bytes; the caller frees *payload. 0;
 * YJ_ERR_NOTFOUND if it cannot show this; or a yj_err. */
int yj_feedback_make(struct yj_gateway *g, const char *device, const char *family,
    const struct yj_msg_down_call *down, char *topic, char **payload, size_t *len) YJ_MUST_CHECK;

#endif
