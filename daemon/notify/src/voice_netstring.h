/* Netstrings ("5:hello,"), the frames of baresip's control connection. */
#ifndef NOTIFY_VOICE_NETSTRING_H
#define NOTIFY_VOICE_NETSTRING_H

#include <stddef.h>

#include "proto/err.h"
#include "proto/limits.h"

struct yj_netstring {
	const char *body; /* within the bytes that were read; no terminator */
	size_t len;	  /* of the body, at most YJ_VOICE_FRAME_MAX */
	size_t used;	  /* of the whole frame */
};

/* Reads the first frame of `len` bytes. 1: *out is filled; 0: it has not come whole, and not more
 * than YJ_VOICE_FRAME_MAX + 16 bytes are needed; YJ_ERR_BADMSG: no netstring, or a longer one. */
int yj_netstring_read(const char *bytes, size_t len, struct yj_netstring *out) YJ_MUST_CHECK;

#endif
