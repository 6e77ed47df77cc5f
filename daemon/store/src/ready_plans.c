/* The plans of a policy for calls for help, and all that their levels name. */
#include <stdio.h>
#include <stdlib.h>

#include "ready.h"

static int plan_add(struct yj_ready_policy *c, const char *kind, const struct yj_plan *plan)
{
	struct yj_ready_plan *p = &c->plans[c->n_plans];
	*p = (struct yj_ready_plan){.kind = kind};
	for (size_t i = 0; i < plan->n_levels; i++)
		p->n_to += plan->levels[i].n;
	p->to = calloc(p->n_to + 1, sizeof *p->to);
	if (!p->to)
		return YJ_ERR_NOMEM;
	c->n_plans++;
	size_t n = 0;
	for (size_t i = 0; i < plan->n_levels; i++) {
		for (size_t k = 0; k < plan->levels[i].n; k++) {
			p->to[n] = plan->levels[i].to[k];
			if (p->to[n].type == YJ_TARGET_ROLE)
				p->roles |= 1U << p->to[n].role;
			n++;
		}
	}
	return 0;
}

static int plans_add(struct yj_ready_policy *c)
{
	int rc = plan_add(c, yj_kind_name(YJ_KIND_SOS), yj_policy_plan(&c->policy, YJ_KIND_SOS));
	if (rc == 0 && c->policy.kinds[YJ_KIND_SOS])
		rc = plan_add(c, yj_kind_name(YJ_KIND_FALL), &c->policy.base);
	for (int k = 0; rc == 0 && k < YJ_KIND_COUNT; k++) {
		if (k != YJ_KIND_SOS && yj_kind_is_help((enum yj_kind)k) && c->policy.kinds[k])
			rc = plan_add(c, yj_kind_name((enum yj_kind)k), c->policy.kinds[k]);
	}
	return rc;
}

void yj_ready_policy_free(struct yj_ready_policy *c)
{
	for (size_t i = 0; i < c->n_plans; i++)
		free(c->plans[i].to);
	yj_policy_done(&c->policy);
	free(c);
}

/* An incident of a policy that is no more goes by `default`. */
int yj_ready_policy_new(struct yj_store *s, const char *name, struct yj_ready_policy **out)
{
	struct yj_ready_policy *c = calloc(1, sizeof *c);
	if (!c)
		return YJ_ERR_NOMEM;
	snprintf(c->name, sizeof c->name, "%s", name);
	int rc = yj_read_policy(s, name, &c->policy);
	if (rc == YJ_ERR_NOTFOUND)
		rc = yj_read_policy(s, "default", &c->policy);
	if (rc == 0)
		rc = plans_add(c);
	if (rc < 0) {
		yj_ready_policy_free(c);
		return rc;
	}
	*out = c;
	return 0;
}
