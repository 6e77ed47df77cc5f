/* What can still be had from a payload that jansson refuses, of proto alone. */
#ifndef PROTO_SRC_SALVAGE_H
#define PROTO_SRC_SALVAGE_H

#include <stddef.h>

#include "proto/limits.h"

/* The string member "id" of the object that s[0..len) begins with, however broken the rest; the
 * last one that is a complete JSON string of 1 to YJ_MSGID_MAX bytes. "" if there is none. */
void yj_salvage_id(const char *s, size_t len, char id[YJ_MSGID_MAX + 1]);

/* A copy of the JSON text s[0..len) that jansson can hold: integers over 64 bits as reals, reals
 * over the range of a double as null. The caller frees it; its length goes to *out_len. NULL when
 * memory is short. */
char *yj_salvage_numbers(const char *s, size_t len, size_t *out_len);

#endif
