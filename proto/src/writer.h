/* Writing a JSON text straight into a growing buffer, of proto alone. Errors stick: after one,
 * every call does nothing, and `failed` says so at the end. */
#ifndef PROTO_SRC_WRITER_H
#define PROTO_SRC_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yj_writer {
	char *buf; /* on the heap, of its owner */
	size_t len;
	size_t cap;
	bool failed; /* out of memory, or a required string is missing */
	bool first;  /* no comma before the next key */
};

void yj_put(struct yj_writer *w, const char *s, size_t len);
void yj_put_key(struct yj_writer *w, const char *key);
void yj_put_open(struct yj_writer *w);
void yj_put_close(struct yj_writer *w);

/* Any string, also an empty one, but it must be there. */
void yj_put_text(struct yj_writer *w, const char *key, const char *s);
/* An id, session or incident: never empty. */
void yj_put_id(struct yj_writer *w, const char *key, const char *s);
/* A string, or nothing if it is NULL. */
void yj_put_opt_text(struct yj_writer *w, const char *key, const char *s);
/* A word or id, or nothing if it is NULL or empty. */
void yj_put_opt_word(struct yj_writer *w, const char *key, const char *s);

void yj_put_int(struct yj_writer *w, const char *key, int64_t v);
/* A time, or nothing if it is 0. */
void yj_put_opt_ms(struct yj_writer *w, const char *key, int64_t v);
/* A number, or nothing if it is negative. */
void yj_put_opt_count(struct yj_writer *w, const char *key, int v);
void yj_put_opt_real(struct yj_writer *w, const char *key, double v);
/* A number, or nothing if it is not finite. */
void yj_put_real(struct yj_writer *w, const char *key, double v);

void yj_put_bool(struct yj_writer *w, const char *key, bool v);
/* 1 or 0, or nothing if it is negative. */
void yj_put_opt_bool(struct yj_writer *w, const char *key, int v);

/* A JSON value as it is, or nothing if it is NULL. */
void yj_put_opt_object(struct yj_writer *w, const char *key, const json_t *object);

#endif
