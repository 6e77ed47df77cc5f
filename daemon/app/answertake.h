/* An answer that came through a page's link, carried out once. */
#ifndef APP_ANSWERTAKE_H
#define APP_ANSWERTAKE_H

#include "answerview.h"

#define YJ_ANSWER_RESULT_MAX 2048 /* an id and a name of nothing but escapes fit */

struct yj_answer_take {
	const struct yj_answer_view *view; /* of a token that passed, or whose receiver is gone */
	const struct yj_msg_reply *reply;  /* decoded; its incident is the delivery's */
	const char *actor;		   /* "page" or "webhook" */
	unsigned char hash[YJ_HASH_LEN];   /* of its bytes: the same again is the same answer */
	/* out */
	char result[YJ_ANSWER_RESULT_MAX]; /* as in `result`, and `said` */
};

/* The hash of an answer's bytes, which differs from that of another delivery's. */
void yj_answertake_hash(const struct yj_answer_view *view, const void *body, size_t len,
    unsigned char hash[YJ_HASH_LEN]);

/* For yj_dispatch_do: carries it out, or finds what became of it before. 0 or a yj_err. */
int yj_answertake_run(struct yj_gateway *g, void *take) YJ_MUST_CHECK;

/* What became of an answer, from a result. first: of YJ_CALLED_MAX + 1. */
enum yj_answer_said yj_answertake_said(const char *result, char *first);

/* The result as the contract has it, without `said`; owned. NULL when memory is short. */
json_t *yj_answertake_result(const char *result);

#endif
