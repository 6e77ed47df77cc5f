/* The answer page in HTML, in the gateway's language. */
#ifndef APP_ANSWERHTML_H
#define APP_ANSWERHTML_H

#include <event2/buffer.h>

#include "answerview.h"

/* The page of a view that passed. 0 or YJ_ERR_NOMEM. */
int yj_answerhtml_page(
    struct evbuffer *out, const char *language, const struct yj_answer_view *view) YJ_MUST_CHECK;

enum yj_answer_plain { /* pages that say one thing */
	YJ_PLAIN_UNKNOWN,
	YJ_PLAIN_EXPIRED,
	YJ_PLAIN_REMOVED,
	YJ_PLAIN_UNREADABLE,
	YJ_PLAIN_TOO_LONG,
	YJ_PLAIN_WRONG_TYPE,
	YJ_PLAIN_TOO_MANY,
	YJ_PLAIN_NOT_NOW, /* nothing can be written, or memory is short */
	YJ_PLAIN_COUNT
};
/* Its sentence, for problem details too. Static. */
const char *yj_answerhtml_sentence(const char *language, enum yj_answer_plain what);
int yj_answerhtml_plain(
    struct evbuffer *out, const char *language, enum yj_answer_plain what) YJ_MUST_CHECK;

#endif
