/* The words of the answer page, in zh-CN and en. All strings are static. */
#ifndef APP_ANSWERWORDS_H
#define APP_ANSWERWORDS_H

#include <stdbool.h>

#include "answerview.h"

enum yj_answer_word {
	YJ_W_TITLE,
	YJ_W_SOMEBODY,
	YJ_W_SURNAME, /* %s: one character */
	YJ_W_JUST_NOW,
	YJ_W_LATE,
	YJ_W_DRILL,
	/* how things stand */
	YJ_W_NOBODY_YET,
	YJ_W_WITHDRAWN,
	YJ_W_YOU_GO,
	YJ_W_ANOTHER_GOES, /* %s */
	YJ_W_YOU_ARRIVED,
	YJ_W_ANOTHER_ARRIVED, /* %s */
	YJ_W_ENDED,
	/* facts */
	YJ_W_ADDRESS,
	YJ_W_PLACE,
	YJ_W_SAID_BY_HOME,
	YJ_W_ACCESS,
	YJ_W_HEALTH,
	YJ_W_STATUS,
	YJ_W_PHONE,
	/* links and answers */
	YJ_W_CALL_AND_FIND,
	YJ_W_VISIT_VIDEO,
	YJ_W_VISIT_VOICE,
	YJ_W_DIAL,
	YJ_W_DIAL_120,
	YJ_W_NAVIGATE,
	YJ_W_AMAP,
	YJ_W_GO,
	YJ_W_IN_MINUTES,
	YJ_W_MINUTES,
	YJ_W_ARRIVED,
	YJ_W_REMOTE,
	YJ_W_DECLINE,
	YJ_W_NEED_HELP,
	YJ_W_END_IT,
	YJ_W_OUTCOME,
	YJ_W_CHOOSE,
	YJ_W_NOTE,
	YJ_W_END,
	YJ_W_TEST,
	YJ_W_CONFIRM,
	YJ_W_CONFIRMED,
	/* the phone's own */
	YJ_W_NO_SIGNAL,
	YJ_W_SENDING,
	YJ_W_NOT_TAKEN,
	/* what became of an answer, in the order of enum yj_answer_said */
	YJ_W_S_NOTHING,
	YJ_W_S_GOING,
	YJ_W_S_SECOND, /* %s */
	YJ_W_S_ALSO,
	YJ_W_S_REMOTE,
	YJ_W_S_DECLINED,
	YJ_W_S_ARRIVED,
	YJ_W_S_HELP,
	YJ_W_S_NOTED,
	YJ_W_S_RESOLVED,
	YJ_W_S_CONFIRMED,
	YJ_W_S_CLOSED,
	YJ_W_S_NO_OUTCOME,
	YJ_W_S_NOT_NOW,
	YJ_W_S_NOT_ALLOWED,
	/* pages that say one thing */
	YJ_W_P_UNKNOWN,
	YJ_W_P_EXPIRED,
	YJ_W_P_REMOVED,
	YJ_W_P_UNREADABLE,
	YJ_W_P_TOO_LONG,
	YJ_W_P_TOO_MANY,
	YJ_W_P_NOT_NOW,
	YJ_W_P_WHAT_THEN,
	YJ_W_COUNT
};
const char *yj_answer_word(bool en, enum yj_answer_word w);
enum yj_answer_word yj_answer_said_word(enum yj_answer_said said);
const char *yj_answer_outcome(bool en, enum yj_outcome outcome);
/* A resident's status; a word that is none of ours as it is. */
const char *yj_answer_status(bool en, const char *status);

#endif
