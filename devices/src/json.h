/* A JSON text (RFC 8259) as a flat list of tokens, without allocation and without copies: what a
 * foreign device says is looked into and forgotten. jansson builds a tree, which takes longer than
 * all the rest of decoding together (tests/bench/decode.c measures both). Strings have to be UTF-8
 * without control characters; a key that stands twice in an object counts the first time; nesting
 * ends at 64. */
#ifndef DEVICES_JSON_H
#define DEVICES_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

#define YJ_JS_TOKENS_MAX 8192
#define YJ_JS_DEPTH_MAX 64

enum yj_js_type {
	YJ_JS_OBJECT,
	YJ_JS_ARRAY,
	YJ_JS_STRING,
	YJ_JS_NUMBER,
	YJ_JS_TRUE,
	YJ_JS_FALSE,
	YJ_JS_NULL,
};

struct yj_js_token {
	uint32_t from, to; /* a string's content without quotes; a number's text */
	uint32_t next;	   /* the token behind this value */
	uint8_t type;
	bool escaped; /* a string with backslashes */
};

/* The members of an object are key, value, key, value …; a key is a STRING token whose value is
 * the token behind it. A value of NULL stands for "not there" in all functions below. */
struct yj_js {
	const char *text;
	size_t n;
	struct yj_js_token tokens[YJ_JS_TOKENS_MAX];
};

typedef const struct yj_js_token *yj_js_at;

/* Reads text[0..len), which js borrows. The value is tokens[0]. 0; YJ_ERR_INVAL: not JSON;
 * YJ_ERR_BADMSG: not UTF-8 (RFC 3629) in a string; YJ_ERR_FULL: more than YJ_JS_TOKENS_MAX
 * tokens. */
int yj_js_read(struct yj_js *js, const char *text, size_t len) YJ_MUST_CHECK;

/* The member of an object, or NULL (also if `object` is NULL or no object). */
yj_js_at yj_js_get(const struct yj_js *js, yj_js_at object, const char *key);
/* Behind several objects: yj_js_path(js, at, "a", "b", NULL). */
yj_js_at yj_js_path(const struct yj_js *js, yj_js_at at, ...) __attribute__((sentinel));
/* The first member's key or the first element; the next one; NULL behind the last.
 *	for (yj_js_at k = yj_js_first(js, o); k; k = yj_js_next(js, o, k)) value is k + 1 in an
 * object, k in an array. */
yj_js_at yj_js_first(const struct yj_js *js, yj_js_at container);
yj_js_at yj_js_next(const struct yj_js *js, yj_js_at container, yj_js_at at);

bool yj_js_is(yj_js_at at, enum yj_js_type type);
/* Is it a string (or a key) of exactly this text; without regard to ASCII case. */
bool yj_js_equals(const struct yj_js *js, yj_js_at at, const char *text);
bool yj_js_equals_case(const struct yj_js *js, yj_js_at at, const char *text);
/* Copies a string's content, escapes resolved, or the text of a number, true, false. false, and buf
 * "", if it is something else or does not fit. */
bool yj_js_copy(const struct yj_js *js, yj_js_at at, char *buf, size_t cap);

/* A number, or a string that is nothing but a number. */
bool yj_js_number(const struct yj_js *js, yj_js_at at, double *out);
/* The same, cut to the integer below; false outside of int64_t. */
bool yj_js_integer(const struct yj_js *js, yj_js_at at, int64_t *out);
/* true, 1, "true", "TRUE", "on", "yes", "1" and their opposites; false for anything else. */
bool yj_js_bool(const struct yj_js *js, yj_js_at at, bool *out);

#endif
