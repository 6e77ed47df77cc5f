/* UTF-8 and white space. */
#include "dir.h"

#include <string.h>

/* Bytes of the character at s if it is white space, else 0. */
static size_t space_at(const char *s, size_t len)
{
	static const char *const wide[] = {
	    "\xc2\xa0", "\xe3\x80\x80", "\xef\xbb\xbf", "\xe2\x80\x8b"};
	if (len && strchr(" \t\r\n\v\f", s[0]) && s[0])
		return 1;
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
		size_t n = strlen(wide[i]);
		if (len >= n && memcmp(s, wide[i], n) == 0)
			return n;
	}
	return 0;
}

void yj_text_trim(const char **s, size_t *len)
{
	size_t n;
	while ((n = space_at(*s, *len)) > 0) {
		*s += n;
		*len -= n;
	}
	for (;;) {
		const char *end = *s + *len;
		if (*len >= 1 && space_at(end - 1, 1))
			*len -= 1;
		else if (*len >= 2 && space_at(end - 2, 2) == 2)
			*len -= 2;
		else if (*len >= 3 && space_at(end - 3, 3) == 3)
			*len -= 3;
		else
			return;
	}
}

/* Length of the well-formed sequence at s (RFC 3629, section 4), or 0. */
static size_t sequence(const unsigned char *s, size_t left)
{
	unsigned char c = s[0], low = 0x80, high = 0xbf;
	size_t n;
	if (c == 0)
		return 0;
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2;
	} else if ((c & 0xf0) == 0xe0) {
		n = 3;
		low = c == 0xe0 ? 0xa0 : 0x80;
		high = c == 0xed ? 0x9f : 0xbf;
	} else if (c >= 0xf0 && c <= 0xf4) {
		n = 4;
		low = c == 0xf0 ? 0x90 : 0x80;
		high = c == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (left < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

size_t yj_text_bad(const char *s, size_t len)
{
	size_t i = 0;
	while (i < len) {
		size_t n = sequence((const unsigned char *)s + i, len - i);
		if (n == 0)
			return i;
		i += n;
	}
	return len;
}

void yj_text_copy(char *buf, size_t cap, const char *s)
{
	size_t len = strlen(s);
	if (len >= cap) {
		len = cap - 1;
		while (len && ((unsigned char)s[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(buf, s, len);
	buf[len] = 0;
}
