/* A small growing text for JSON and SQL pieces; private to the room. */
#ifndef STORE_TEXT_H
#define STORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yj_text {
	char *v; /* always terminated once something was added */
	size_t n, cap;
	bool failed; /* memory was short; later additions do nothing */
	char small[1024];
};

void yj_text_init(struct yj_text *t);
void yj_text_done(struct yj_text *t);
void yj_text_add(struct yj_text *t, const char *s, size_t n);
void yj_text_puts(struct yj_text *t, const char *s);
void yj_text_int(struct yj_text *t, int64_t v);
/* A JSON string with its quotes; s is UTF-8. */
void yj_text_json(struct yj_text *t, const char *s);
/* A member `,"key":"value"` (without the comma at the beginning of an object); nothing for NULL or
 * "". */
void yj_text_member(struct yj_text *t, const char *key, const char *value);
void yj_text_member_int(struct yj_text *t, const char *key, int64_t value);
void yj_text_member_true(struct yj_text *t, const char *key, bool value);

#endif
