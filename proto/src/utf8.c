#include "proto/utf8.h"

#include <string.h>

static bool between(unsigned char c, unsigned char low, unsigned char high)
{
	return c >= low && c <= high;
}

size_t yj_utf8_char(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	if (u[0] < 0x80)
		return 1;
	size_t n = between(u[0], 0xc2, 0xdf)   ? 2
		   : between(u[0], 0xe0, 0xef) ? 3
		   : between(u[0], 0xf0, 0xf4) ? 4
					       : 0;
	if (n == 0 || len < n)
		return 0;
	/* The second byte's range is narrower behind these leads (RFC 3629, section 4). */
	unsigned char low = u[0] == 0xe0 ? 0xa0 : u[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = u[0] == 0xed ? 0x9f : u[0] == 0xf4 ? 0x8f : 0xbf;
	if (!between(u[1], low, high))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!between(u[i], 0x80, 0xbf))
			return 0;
	}
	return n;
}

bool yj_utf8_valid(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = yj_utf8_char(s + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

void yj_utf8_end_whole(char *text)
{
	size_t n = strlen(text), at = n;
	while (at > 0 && n - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
		at--;
	if (at == 0)
		return;
	unsigned char lead = (unsigned char)text[at - 1];
	size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	if (n - at + 1 < want)
		text[at - 1] = '\0';
}
