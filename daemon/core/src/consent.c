#include "core/consent.h"

enum yj_said yj_consent_said(const struct yj_consents *consents, enum yj_consent kind)
{
	for (int near = 0; near < YJ_NEAR_COUNT; near++)
		if (consents->said[kind][near] != YJ_SAID_NOTHING)
			return consents->said[kind][near];
	return YJ_SAID_NOTHING;
}

static bool granted(const struct yj_consents *consents, enum yj_consent kind)
{
	return yj_consent_said(consents, kind) == YJ_SAID_YES;
}

static unsigned bit(enum yj_consent kind)
{
	return 1U << (unsigned)kind;
}

/* A stranger may call only if the resident named this very person. */
static enum yj_consent_why judge_visit(
    const struct yj_consents *consents, const struct yj_consent_case *now)
{
	bool named = consents->said[YJ_CONSENT_VISIT][YJ_NEAR_PERSON] == YJ_SAID_YES;
	if (!now->serves && !named)
		return YJ_WHY_STRANGER;
	return yj_consent_said(consents, YJ_CONSENT_VISIT) == YJ_SAID_NO ? YJ_WHY_REFUSED
									 : YJ_WHY_NONE;
}

static enum yj_consent_why judge_auto(
    const struct yj_consents *consents, const struct yj_consent_case *now, unsigned *rests_on)
{
	unsigned on;
	if (granted(consents, YJ_CONSENT_AUTO_ANSWER))
		on = bit(YJ_CONSENT_AUTO_ANSWER);
	else if (now->help_open && granted(consents, YJ_CONSENT_ALERT))
		on = bit(YJ_CONSENT_ALERT);
	else
		return YJ_WHY_UNSAID;
	bool connect = now->help_open && now->auto_connect;
	if (now->night && !connect) {
		if (!granted(consents, YJ_CONSENT_NIGHT))
			return YJ_WHY_NIGHT;
		on |= bit(YJ_CONSENT_NIGHT);
	}
	if (now->shared && !connect) {
		if (!now->shared_agreed || !granted(consents, YJ_CONSENT_SHARED_ROOM))
			return YJ_WHY_SHARED;
		on |= bit(YJ_CONSENT_SHARED_ROOM);
	}
	*rests_on = on;
	return YJ_WHY_NONE;
}

struct yj_consent_verdict yj_consent_judge(
    const struct yj_consents *consents, const struct yj_consent_case *now)
{
	struct yj_consent_verdict v = {.visit = judge_visit(consents, now)};
	v.auto_answer = v.visit != YJ_WHY_NONE ? v.visit : judge_auto(consents, now, &v.rests_on);
	return v;
}

bool yj_consent_stands(const struct yj_consents *consents, unsigned rests_on)
{
	if (yj_consent_said(consents, YJ_CONSENT_VISIT) == YJ_SAID_NO)
		return false;
	for (int kind = 0; kind < YJ_CONSENT_COUNT; kind++)
		if ((rests_on & bit((enum yj_consent)kind)) &&
		    !granted(consents, (enum yj_consent)kind))
			return false;
	return true;
}
