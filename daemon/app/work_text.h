/* What maintenance reads of devices that need them: one notice for all that is due. */
#ifndef APP_WORK_TEXT_H
#define APP_WORK_TEXT_H

#include "gateway.h"
#include "store/notice.h"
#include "store/work.h"

struct yj_work_text {
	char list[YJ_NOTICE_TEXT_MAX - 96];
	int n;	    /* pieces of work */
	int hidden; /* for which there was no room */
};
/* One more, with the home it is in. Begin with zeros. 0 or a yj_err. */
int yj_work_text_add(struct yj_gateway *g, struct yj_work_text *text, const struct yj_work_row *row,
    const struct yj_whose *whose) YJ_MUST_CHECK;
void yj_work_text_end(
    const struct yj_gateway *g, const struct yj_work_text *text, char out[YJ_NOTICE_TEXT_MAX]);

#endif
