/* Who may visit a resident, whether their terminal answers by itself, and how that is taken back
 * (docs/consents.md). */
#ifndef APP_CONSENTS_H
#define APP_CONSENTS_H

#include "gateway.h"

struct yj_consents_verdict {
	bool may_visit;
	bool auto_answer;
	/* why not: "", "not_yours" (they do not serve the resident), "no_consent" */
	const char *why;
	/* what its answering by itself takes, a bit for each (1 << enum yj_consent): kept with the
	 * visit, for yj_consents_stand */
	unsigned rests_on;
};

/* What this caregiver may do with this resident now, at this terminal. asked: they were paged in,
 * or answered, an incident of the resident's that is not closed. Reads only, within the caller's
 * transaction or look. 0 or a yj_err. */
int yj_consents_judge(struct yj_gateway *g, const struct yj_whose *whose,
    const struct yj_caregiver *who, const struct yj_device *terminal, bool asked,
    struct yj_consents_verdict *out) YJ_MUST_CHECK;

/* May a visit that has begun go on, as far as consents go? rests_on: of the verdict with which the
 * terminal was told to answer by itself; 0 where it was not. false also once the caregiver has left
 * the directory. 0 or a yj_err. */
int yj_consents_stand(struct yj_gateway *g, const char *resident, const char *caregiver,
    unsigned rests_on, bool *stand) YJ_MUST_CHECK;

/* ── taking back ── the row then says no, from now on, also to visits under way. Within the
 * caller's transaction, which is undone after an error. */

struct yj_consents_withdrawal { /* borrowed */
	const char *resident;
	enum yj_consent kind;
	const char *who; /* a caregiver, a role, or "": everybody, those who are named too */
	enum yj_consent_by by;
	const char *caregiver; /* who takes it back in the resident's name; NULL: none */
};
/* 0; YJ_ERR_NOTFOUND: no such resident, or nobody of that name; or a yj_err. Logs it once, and
 * nothing where it had been taken back already. */
int yj_consents_withdraw(struct yj_gateway *g, const struct yj_consents_withdrawal *w,
    const struct yj_actor *actor) YJ_MUST_CHECK;

/* What a family member posts: {"resident", "kind", "who"?}. 0 with *no "" where it is done, else
 * why not: "invalid", "not_yours" (also of a resident who is not there), "unknown_caregiver". Or a
 * yj_err. */
int yj_consents_post(struct yj_gateway *g, const char *caregiver, const json_t *body,
    const struct yj_actor *actor, const char **no) YJ_MUST_CHECK;

#endif
