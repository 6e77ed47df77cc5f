#include "base64url.h"

#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void yj_base64url_write(const unsigned char *bytes, size_t len, char *text)
{
	unsigned held = 0, bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			text[n++] = letters[held >> (bits - 6) & 63];
	}
	if (bits > 0)
		text[n++] = letters[held << (6 - bits) & 63];
	text[n] = '\0';
}

bool yj_base64url_read(const char *text, unsigned char *bytes, size_t cap, size_t *len)
{
	unsigned held = 0, bits = 0;
	size_t n = 0;
	for (const char *c = text; *c; c++) {
		const char *at = strchr(letters, *c);
		if (!at)
			return false;
		held = held << 6 | (unsigned)(at - letters);
		bits += 6;
		if (bits < 8)
			continue;
		if (n == cap)
			return false;
		bits -= 8;
		bytes[n++] = (unsigned char)(held >> bits);
	}
	*len = n;
	/* the last letter's unused bits are zero, and no letter is unused as a whole */
	return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}
