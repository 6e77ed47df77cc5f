/* What is posted to a link: a form's fields or a program's JSON, made into a `reply`. */
#ifndef APP_ANSWERBODY_H
#define APP_ANSWERBODY_H

#include "answerview.h"

enum yj_answer_type { YJ_BODY_FORM, YJ_BODY_JSON, YJ_BODY_OTHER };
/* By the request's Content-Type. */
enum yj_answer_type yj_answerbody_type(struct evhttp_request *req);

struct yj_answer_body {
	enum yj_answer_type type;
	char *bytes; /* owned, with a terminator; NULL: none */
	size_t len;
	struct yj_message message; /* its strings are its own */
};

enum yj_answer_read {
	YJ_BODY_GOOD,
	YJ_BODY_UNREADABLE,
	YJ_BODY_TOO_LONG,
	YJ_BODY_WRONG_TYPE,
	YJ_BODY_NO_MEMORY,
};
/* Reads it for the delivery of the view. Release with yj_answerbody_done in any case. */
enum yj_answer_read yj_answerbody_read(struct yj_gateway *g, struct evhttp_request *req,
    const struct yj_answer_view *view, struct yj_answer_body *body) YJ_MUST_CHECK;
void yj_answerbody_done(struct yj_answer_body *body);

/* A fresh id for an answer. 0 or YJ_ERR_IO. */
int yj_answerbody_nonce(char id[YJ_NONCE_LEN + 1]) YJ_MUST_CHECK;

/* A hash as text, and the beginning of a text (a dot follows) as a hash. */
void yj_answerbody_hash_write(
    const unsigned char hash[YJ_HASH_LEN], char text[2 * YJ_HASH_LEN + 1]);
bool yj_answerbody_hash_read(const char *text, unsigned char hash[YJ_HASH_LEN]);

#endif
