/* Scratch memory of a decoder, for the families' own use. */
#ifndef DEVICES_DECODER_H
#define DEVICES_DECODER_H

#include "devices/foreign.h"
#include "json.h"

#define YJ_BYTES_MAX 512       /* raw bytes of a radio packet */
#define YJ_UNPACKED_MAX 131072 /* a message with what was packed in it */

struct yj_unpacked { /* a message that is rewritten: each time from one text into the other */
	char text[2][YJ_UNPACKED_MAX];
	int which;
};

struct yj_decoder {
	struct yj_js js;
	unsigned char bytes[YJ_BYTES_MAX];
	struct yj_js inner; /* of mappings: one element of a list */
	struct yj_unpacked whole, element;
	char plain[YJ_UNPACKED_MAX];
};

#endif
