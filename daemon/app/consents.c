#include "consents.h"

int yj_consents_judge(struct yj_gateway *g, const struct yj_whose *whose,
    const struct yj_caregiver *who, const struct yj_device *terminal, bool asked,
    struct yj_consents_verdict *out)
{
	bool serves = false;
	int rc = yj_caregiver_serves(g->store, who->id, whose, terminal->id, 0, &serves);
	if (rc < 0)
		return rc;
	out->may_visit = serves || asked || who->role == YJ_ROLE_OPERATOR;
	out->auto_answer = false;
	out->why = out->may_visit ? "" : "not_yours";
	return 0;
}
