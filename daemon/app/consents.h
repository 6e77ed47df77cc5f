/* Who may visit a resident, and whether their terminal answers by itself (docs/consents.md). */
#ifndef APP_CONSENTS_H
#define APP_CONSENTS_H

#include "gateway.h"

struct yj_consents_verdict {
	bool may_visit;
	bool auto_answer;
	/* why not: "", "not_yours" (they do not serve the resident), "no_consent" */
	const char *why;
};

/* What this caregiver may do with this resident now, at this terminal. asked: they were paged in,
 * or answered, an incident of the resident's that is not closed. Reads only, within the caller's
 * transaction or look. 0 or a yj_err. */
int yj_consents_judge(struct yj_gateway *g, const struct yj_whose *whose,
    const struct yj_caregiver *who, const struct yj_device *terminal, bool asked,
    struct yj_consents_verdict *out) YJ_MUST_CHECK;

#endif
