/* Reading the fields of a JSON object, of proto alone. yj_need_* notes the field in `bad` if it is
 * missing or not as it must be; yj_opt_* takes such a field for absent. Strings are borrowed. */
#ifndef PROTO_SRC_READER_H
#define PROTO_SRC_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct yj_reader {
	const json_t *object; /* NULL is an object without fields */
	const char *bad;      /* the first required field that is wrong, a static string */
};

void yj_reader_refuse(struct yj_reader *r, const char *key);

/* Any string, also an empty one; NULL if absent. */
const char *yj_opt_text(const struct yj_reader *r, const char *key);
const char *yj_need_text(struct yj_reader *r, const char *key);

/* An id, session, incident or ref: 1 to YJ_MSGID_MAX bytes; NULL if absent. */
const char *yj_opt_id(const struct yj_reader *r, const char *key);
const char *yj_need_id(struct yj_reader *r, const char *key);

/* A number from min to max. False, and *out as it was, if it is absent. */
bool yj_get_real(const struct yj_reader *r, const char *key, double min, double max, double *out);

/* A number from 0 to max, or -1. */
double yj_opt_real(const struct yj_reader *r, const char *key, double max);

/* An integer from min to max, also one written as 1e3 or 1000.0. False, and *out as it was, if it
 * is absent. */
bool yj_get_int(const struct yj_reader *r, const char *key, int64_t min, int64_t max, int64_t *out);

/* A time; 0 if absent. */
int64_t yj_need_ms(struct yj_reader *r, const char *key);
int64_t yj_opt_ms(const struct yj_reader *r, const char *key);

/* A small integer from 0 to max, or -1. */
int yj_opt_count(const struct yj_reader *r, const char *key, int max);

/* 1, 0, or -1 if absent. */
int yj_opt_bool(const struct yj_reader *r, const char *key);
bool yj_need_bool(struct yj_reader *r, const char *key);

/* An object, borrowed; NULL if absent. */
json_t *yj_opt_object(const struct yj_reader *r, const char *key);

#endif
