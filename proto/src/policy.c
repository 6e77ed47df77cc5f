/* Policies: their parts, copies and ranges. Their canonical text is in policy_text.c. */
#include "proto/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/topic.h"

int yj_target_parse(const char *s, struct yj_target *out)
{
	static const struct {
		const char *prefix;
		enum yj_target_type type;
	} named[] = {{"caregiver:", YJ_TARGET_CAREGIVER}, {"group:", YJ_TARGET_GROUP}};
	struct yj_target t = {.type = YJ_TARGET_ROLE};
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		size_t len = strlen(named[i].prefix);
		if (strncmp(s, named[i].prefix, len) != 0)
			continue;
		if (!yj_name_valid(s + len))
			return YJ_ERR_INVAL;
		t.type = named[i].type;
		memcpy(t.name, s + len, strlen(s + len) + 1);
		*out = t;
		return YJ_OK;
	}
	if (yj_role_parse(s, &t.role) != YJ_OK)
		return YJ_ERR_INVAL;
	*out = t;
	return YJ_OK;
}

char *yj_target_format(const struct yj_target *target, char buf[YJ_TARGET_LEN])
{
	switch (target->type) {
	case YJ_TARGET_ROLE:
		snprintf(buf, YJ_TARGET_LEN, "%s", yj_role_name(target->role));
		break;
	case YJ_TARGET_CAREGIVER:
		snprintf(buf, YJ_TARGET_LEN, "caregiver:%s", target->name);
		break;
	case YJ_TARGET_GROUP:
		snprintf(buf, YJ_TARGET_LEN, "group:%s", target->name);
		break;
	}
	return buf;
}

const struct yj_plan *yj_policy_plan(const struct yj_policy *policy, enum yj_kind kind)
{
	const struct yj_plan *own = policy->kinds[kind];
	return own ? own : &policy->base;
}

/* Copies n targets into *to; none leaves *to NULL. */
static int targets_copy(const struct yj_target *from, size_t n, struct yj_target **to)
{
	if (n == 0)
		return YJ_OK;
	struct yj_target *copy = calloc(n, sizeof(*copy));
	if (!copy)
		return YJ_ERR_NOMEM;
	memcpy(copy, from, n * sizeof(*copy));
	*to = copy;
	return YJ_OK;
}

int yj_plan_copy(const struct yj_plan *from, struct yj_plan *to)
{
	struct yj_plan copy = *from;
	int err = YJ_OK;
	copy.inform = NULL;
	for (size_t i = 0; i < copy.n_levels; i++)
		copy.levels[i].to = NULL;
	err = targets_copy(from->inform, from->n_inform, &copy.inform);
	for (size_t i = 0; i < copy.n_levels && err == YJ_OK; i++)
		err = targets_copy(from->levels[i].to, from->levels[i].n, &copy.levels[i].to);
	if (err != YJ_OK)
		yj_plan_done(&copy);
	else
		*to = copy;
	return err;
}

static bool within(int64_t v, int64_t min, int64_t max)
{
	return v >= min && v <= max;
}

const char *yj_plan_check(const struct yj_plan *plan)
{
	if (plan->n_levels < 1 || plan->n_levels > YJ_LEVELS_MAX)
		return "levels";
	for (size_t i = 0; i < plan->n_levels; i++) {
		if (plan->levels[i].n < 1 || plan->levels[i].n > YJ_NOTIFY_MAX)
			return "notify";
		if (!within(plan->levels[i].wait_ms, 1, YJ_PLAN_MAX_MS))
			return "wait";
	}
	if (plan->n_inform > YJ_NOTIFY_MAX)
		return "inform";
	if (!within(plan->repeat_every_ms, YJ_REPEAT_MIN_MS, YJ_PLAN_MAX_MS))
		return "repeat_every";
	if (!within(plan->verify_within_ms, 0, YJ_PLAN_MAX_MS))
		return "verify_within";
	if (!within(plan->arrive_max_ms, 1, YJ_PLAN_MAX_MS))
		return "arrive_max";
	if (!within(plan->arrive_within_ms, 1, plan->arrive_max_ms))
		return "arrive_within";
	if (!within(plan->resolve_within_ms, 1, YJ_PLAN_MAX_MS))
		return "resolve_within";
	if (!within(plan->stale_after_ms, 0, YJ_PLAN_MAX_MS))
		return "stale_after";
	return NULL;
}

void yj_plan_done(struct yj_plan *plan)
{
	for (size_t i = 0; i < plan->n_levels; i++)
		free(plan->levels[i].to);
	free(plan->inform);
	memset(plan, 0, sizeof(*plan));
}

void yj_policy_done(struct yj_policy *policy)
{
	yj_plan_done(&policy->base);
	for (int k = 0; k < YJ_KIND_COUNT; k++) {
		if (policy->kinds[k])
			yj_plan_done(policy->kinds[k]);
		free(policy->kinds[k]);
	}
	memset(policy, 0, sizeof(*policy));
}
