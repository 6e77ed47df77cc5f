/* Reading proto/golden: one JSON object a line. A string there may also be a list of pieces: plain
 * strings, {"hex": bytes} and {"repeat": string, "times": n}. */
#ifndef TESTS_PROTO_VECTORS_H
#define TESTS_PROTO_VECTORS_H

#include <jansson.h>
#include <stddef.h>

/* All lines of proto/golden/<name>.jsonl as one array, to be released; fails the test on error. */
json_t *vectors_load(const char *name);

/* The bytes of such a string, on the heap, terminated; their number in *len. */
char *vectors_bytes(const json_t *pieces, size_t *len);

/* A copy of value in which each list of pieces at the top of an object is the string it means;
 * to be released. */
json_t *vectors_fields(const json_t *value);

#endif
