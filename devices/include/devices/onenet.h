/* What OneNET signs of a push: its message as it stands in the body, and by what it is checked. */
#ifndef DEVICES_ONENET_H
#define DEVICES_ONENET_H

#include <stdbool.h>
#include <stddef.h>

#include "devices/foreign.h"

struct yj_onenet {
	const char *msg; /* valid until the decoder or the body is used again */
	size_t len;
	bool text; /* msg is a text (that may be encrypted), and no object */
	char nonce[128], signature[128];
};

/* false: the body is none of OneNET's. */
bool yj_onenet_read(
    struct yj_decoder *d, const char *body, size_t len, struct yj_onenet *out) YJ_MUST_CHECK;

#endif
