/* Scratch memory of a decoder, for the families' own use. */
#ifndef DEVICES_DECODER_H
#define DEVICES_DECODER_H

#include "devices/foreign.h"
#include "json.h"

#define YJ_BYTES_MAX 512 /* raw bytes of a radio packet */

struct yj_decoder {
	struct yj_js js;
	unsigned char bytes[YJ_BYTES_MAX];
};

#endif
