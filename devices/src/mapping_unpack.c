/* Payloads that are no JSON, and strings that hold something of their own, as JSON: bytes become an
 * array of numbers, so that a pointer can say which byte. */
#include <stdio.h>
#include <string.h>

#include "mapping.h"
#include "proto/utf8.h"

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-') /* - and _ as in URLs */
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

static int from_base64(char *bytes, size_t *len)
{
	size_t n = 0, pads = 0, digits = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < *len; i++) {
		char c = bytes[i];
		int v = base64_digit(c);
		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && ++pads <= 2)
			continue;
		if (v < 0 || pads)
			return YJ_ERR_INVAL;
		bits = bits << 6 | (unsigned)v;
		if (++digits % 4 != 1)
			bytes[n++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff);
	}
	*len = n;
	return digits % 4 == 1 ? YJ_ERR_INVAL : 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int from_hex(char *bytes, size_t *len)
{
	size_t n = 0, from = *len >= 2 && bytes[0] == '0' && (bytes[1] | 32) == 'x' ? 2 : 0;
	if (*len % 2 != 0)
		return YJ_ERR_INVAL;
	for (size_t i = from; i < *len; i += 2) {
		int high = hex_digit(bytes[i]), low = hex_digit(bytes[i + 1]);
		if (high < 0 || low < 0)
			return YJ_ERR_INVAL;
		bytes[n++] = (char)(high << 4 | low);
	}
	*len = n;
	return 0;
}

static int put_bytes(const char *bytes, size_t len, char *out, size_t cap, size_t *used)
{
	if (len >= YJ_JS_TOKENS_MAX || cap - *used < len * 4 + 3)
		return YJ_ERR_FULL;
	char *to = out + *used;
	*to++ = '[';
	for (size_t i = 0; i < len; i++) {
		unsigned v = (unsigned char)bytes[i];
		if (i)
			*to++ = ',';
		if (v >= 100)
			*to++ = (char)('0' + v / 100);
		if (v >= 10)
			*to++ = (char)('0' + v / 10 % 10);
		*to++ = (char)('0' + v % 10);
	}
	*to++ = ']';
	*used = (size_t)(to - out);
	return 0;
}

static int put_text(const char *bytes, size_t len, char *out, size_t cap, size_t *used)
{
	if (!yj_utf8_valid(bytes, len))
		return YJ_ERR_BADMSG;
	if (cap - *used < len * 6 + 3)
		return YJ_ERR_FULL;
	out[(*used)++] = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c < 0x20)
			*used += (size_t)snprintf(out + *used, cap - *used, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			*used += (size_t)snprintf(out + *used, cap - *used, "\\%c", c);
		else
			out[(*used)++] = (char)c;
	}
	out[(*used)++] = '"';
	return 0;
}

static int put_json(const char *bytes, size_t len, char *out, size_t cap, size_t *used)
{
	while (len > 0 && strchr(" \t\r\n", bytes[0]) && bytes[0]) {
		bytes++;
		len--;
	}
	while (len > 0 && (bytes[len - 1] == '\0' || strchr(" \t\r\n", bytes[len - 1])))
		len--;
	if (len == 0)
		return YJ_ERR_INVAL;
	if (cap - *used < len)
		return YJ_ERR_FULL;
	memcpy(out + *used, bytes, len);
	*used += len;
	return 0;
}

int yj_unpack(struct yj_map_as as, char *bytes, size_t len, char *out, size_t cap, size_t *used)
{
	int rc = 0;
	switch (as.code) {
	case YJ_CODE_PLAIN:
		break;
	case YJ_CODE_BASE64:
		rc = from_base64(bytes, &len);
		break;
	case YJ_CODE_HEX:
		rc = from_hex(bytes, &len);
		break;
	}
	if (rc < 0)
		return rc;
	switch (as.shape) {
	case YJ_SHAPE_JSON:
		return put_json(bytes, len, out, cap, used);
	case YJ_SHAPE_TEXT:
		return put_text(bytes, len, out, cap, used);
	case YJ_SHAPE_BYTES:
		return put_bytes(bytes, len, out, cap, used);
	}
	return YJ_ERR_INVAL;
}
