/* FNV-1a, 64 bits: for tables in memory and for telling messages apart. Not against people who mean
 * harm. */
#ifndef APP_FNV_H
#define APP_FNV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define YJ_FNV_BEGIN 14695981039346656037u

static inline uint64_t yj_fnv(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h;
}

static inline uint64_t yj_fnv_text(const char *text)
{
	return yj_fnv(YJ_FNV_BEGIN, text, strlen(text));
}

#endif
