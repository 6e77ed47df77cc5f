/* What a call says besides the alert itself. */
#ifndef NOTIFY_VOICE_WORDS_H
#define NOTIFY_VOICE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The words of a page with its keys explained where an answer is asked for. */
void yj_voice_prompt(const char *language, const char *text, bool asks, char *buf, size_t cap);

/* After key 1, 2 or 3. phone is the resident's, told after a 3; "" if not known. */
void yj_voice_thanks(const char *language, char key, const char *phone, char *buf, size_t cap);

/* To somebody who has picked up, but is no longer needed. */
const char *yj_voice_not_needed(const char *language);

/* A telephone number as it can be dialled: digits and a leading +. Spaces, hyphens, dots and
 * brackets may stand between. false: it is none, or does not fit. */
bool yj_voice_number(const char *phone, char *buf, size_t cap);

/* baresip's reason for the end of a call, without what could be a number or an address. */
void yj_voice_reason(const char *reason, char *buf, size_t cap);

#endif
