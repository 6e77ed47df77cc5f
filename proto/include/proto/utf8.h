/* UTF-8 (RFC 3629). */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the well-formed character at s[0..len), len > 0: 1 to 4, or 0 if it is none (also no
 * surrogate, no overlong form, nothing over U+10FFFF). */
size_t yj_utf8_char(const char *s, size_t len);

/* Whether all of s[0..len) is UTF-8. */
bool yj_utf8_valid(const char *s, size_t len);

/* A text that was cut off within its last character loses the rest of that. */
void yj_utf8_end_whole(char *text);

#endif
