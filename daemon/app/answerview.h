/* What the answer page shows one person of one delivery, read from the store when it is asked for.
 */
#ifndef APP_ANSWERVIEW_H
#define APP_ANSWERVIEW_H

#include "answerlink.h"
#include "compose.h"
#include "store/notice.h"
#include "visitlink.h"

enum yj_answer_pass { /* what a token is good for */
	YJ_PASS_GOOD,
	YJ_PASS_UNKNOWN, /* never given out by this gateway, or for something that is no more */
	YJ_PASS_EXPIRED,
	YJ_PASS_REMOVED, /* its receiver has left the directory */
};

/* What became of an answer, in one word that the page has a sentence for. */
enum yj_answer_said {
	YJ_SAID_NOTHING,
	YJ_SAID_GOING, /* first */
	YJ_SAID_SECOND,
	YJ_SAID_ALSO, /* going, but the search goes on */
	YJ_SAID_REMOTE,
	YJ_SAID_DECLINED,
	YJ_SAID_ARRIVED,
	YJ_SAID_HELP,
	YJ_SAID_NOTED,
	YJ_SAID_RESOLVED,
	YJ_SAID_CONFIRMED,
	YJ_SAID_CLOSED, /* from here on: refused */
	YJ_SAID_NO_OUTCOME,
	YJ_SAID_NOT_NOW,
	YJ_SAID_NOT_ALLOWED,
	YJ_SAID_COUNT
};

#define YJ_NONCE_LEN 18

struct yj_answer_view {
	struct yj_outbox_row row;
	struct yj_notice notice; /* of a notice: row.notice is not 0 */
	struct yj_incident inc;	 /* else */
	struct yj_page page; /* filled only for YJ_PASS_GOOD, and never of a poisoned incident */
	bool closed;
	bool removed;	/* the receiver has left the directory */
	bool mine;	/* the receiver's answer stands */
	bool guarded;	/* a group may be reading: the name only, until somebody goes */
	bool has_place; /* where the home is */
	double lat, lon;
	int64_t minutes;		 /* since it opened */
	char by[YJ_CALLED_MAX + 1];	 /* whose answer stands, "" if nobody's */
	char village[YJ_CALLED_MAX + 1]; /* name of the region, for a group */
	/* the answer that led here, if one did */
	enum yj_answer_said said;
	char first[YJ_CALLED_MAX + 1]; /* who was before */
	char nonce[YJ_NONCE_LEN + 1];  /* id of the next answer */
	char
	    visit[YJ_VISITLINK_MAX]; /* a link into the home (answervisit.h), "" if there is none */
	bool answered;		     /* by the receiver, as far as this page knows */
};

/* Is this token good now? Fills row, and incident or notice if it is. 0 or a yj_err. */
int yj_answerview_pass(struct yj_gateway *g, const unsigned char key[YJ_ANSWERLINK_KEY_LEN],
    const char *token, struct yj_answer_view *view, enum yj_answer_pass *pass) YJ_MUST_CHECK;
/* Fills the rest of a view that passed. Release with yj_answerview_done. 0 or a yj_err. */
int yj_answerview_fill(struct yj_gateway *g, struct yj_answer_view *view) YJ_MUST_CHECK;
void yj_answerview_done(struct yj_answer_view *view);

#endif
