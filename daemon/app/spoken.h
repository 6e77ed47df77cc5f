/* What somebody means who answers with a key or a text: "1", "１ 12", "我去", "去不了". */
#ifndef APP_SPOKEN_H
#define APP_SPOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yj_spoken {
	YJ_SPOKEN_OTHER,   /* something else: a note */
	YJ_SPOKEN_GOING,   /* 1, 我去 */
	YJ_SPOKEN_CANNOT,  /* 2, 去不了 */
	YJ_SPOKEN_REMOTE,  /* 3, 不在附近 */
	YJ_SPOKEN_ARRIVED, /* 4, 到了 */
	YJ_SPOKEN_HELP,	   /* 支援 */
};

/* Reads a text in UTF-8. *code is the number that follows (the incident's, as pages say it), or -1.
 * Spaces, punctuation and the width of digits do not matter. A text that says more than one of
 * these words is YJ_SPOKEN_OTHER: nobody is sent away, or counted on, by guess. */
enum yj_spoken yj_spoken_read(const char *text, int64_t *code);

#define YJ_SPOKEN_MAX 256 /* longer texts are notes */
/* Full-width digits as ASCII; spaces and punctuation as one space; the rest as it is. false: too
 * long. */
bool yj_spoken_plain(const char *text, char buf[YJ_SPOKEN_MAX]);

/* The digits of a telephone number by which two ways of writing it are the same: without +, 00, the
 * leading 0 and separators, the last ten of them. buf of 16. Returns their number; fewer than 7 are
 * no number that a person is known by. */
size_t yj_spoken_number(const char *number, char buf[16]);

#endif
