/* From the page of an alert into the home at one tap (一键联通, docs/visits.md). */
#ifndef APP_ANSWERVISIT_H
#define APP_ANSWERVISIT_H

#include "answerview.h"

/* Fills view->visit with the token by which this person may visit the resident of a view that is
 * filled; "" where there is no terminal, they may not, the incident is over, or a group may be
 * reading. Reads only, within the caller's look. 0 or a yj_err. */
int yj_answervisit_fill(struct yj_gateway *g, struct yj_answer_view *view) YJ_MUST_CHECK;

#endif
