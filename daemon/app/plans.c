#include "plans.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "store/incident.h"

#define PLANS_MAX 64 /* policies in the cache; older ones are read again */

struct yj_plans {
	struct {
		char hash[65];
		struct yj_policy policy;
	} v[PLANS_MAX];
	unsigned n, next;
};

struct yj_plans *yj_plans_new(void)
{
	return calloc(1, sizeof(struct yj_plans));
}

void yj_plans_free(struct yj_plans *plans)
{
	if (!plans)
		return;
	for (unsigned i = 0; i < plans->n; i++)
		yj_policy_done(&plans->v[i].policy);
	free(plans);
}

static int find(
    struct yj_plans *plans, struct yj_store *s, const char *hash, const struct yj_policy **out)
{
	for (unsigned i = 0; i < plans->n; i++) {
		if (strcmp(plans->v[i].hash, hash) == 0) {
			*out = &plans->v[i].policy;
			return 0;
		}
	}
	char *body = NULL;
	struct yj_policy policy = {0};
	int rc = yj_policy_body(s, hash, &body);
	if (rc == 0)
		rc = yj_policy_from_canonical(body, &policy);
	free(body);
	if (rc < 0)
		return rc;
	unsigned slot = plans->n < PLANS_MAX ? plans->n++ : plans->next++ % PLANS_MAX;
	yj_policy_done(&plans->v[slot].policy);
	plans->v[slot].policy = policy;
	memcpy(plans->v[slot].hash, hash, strlen(hash) + 1);
	*out = &plans->v[slot].policy;
	return 0;
}

/* Whoever can go from door to door where the devices of many homes are away, unless a policy says
 * otherwise; its times are the policy's. */
static struct yj_target outage_people[] = {{.type = YJ_TARGET_ROLE, .role = YJ_ROLE_GRID},
    {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_VILLAGE},
    {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_MAINTENANCE},
    {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_DUTY}};
static const struct yj_plan outage_plan = {
    .n_levels = 1,
    .levels = {{.wait_ms = 60000,
	.n = sizeof outage_people / sizeof outage_people[0],
	.to = outage_people}},
};

int yj_plans_get(struct yj_plans *plans, struct yj_store *s, const char *hash, enum yj_kind kind,
    bool assigned, const struct yj_plan **plan, struct yj_rules *rules)
{
	const struct yj_policy *policy = NULL;
	int rc = find(plans, s, hash, &policy);
	if (rc == YJ_ERR_NOTFOUND || rc == YJ_ERR_BADMSG || rc == YJ_ERR_NEWER) {
		/* a damaged policy must not stop help: the one that everybody has serves */
		char fallback[65];
		rc = yj_policy_by_name(s, "default", fallback);
		if (rc == 0)
			rc = find(plans, s, fallback, &policy);
	}
	if (!policy)
		return rc;
	const struct yj_plan *p = yj_policy_plan(policy, kind);
	*rules = (struct yj_rules){
	    .n_levels = (uint8_t)p->n_levels,
	    .repeat_every_ms = p->repeat_every_ms,
	    .verify_within_ms = p->verify_within_ms,
	    .arrive_within_ms = p->arrive_within_ms,
	    .arrive_max_ms = p->arrive_max_ms,
	    .resolve_within_ms = p->resolve_within_ms,
	    .resident_may_cancel = p->resident_may_cancel,
	};
	if (kind == YJ_KIND_OUTAGE && !policy->kinds[kind]) {
		p = &outage_plan;
		rules->n_levels = 1;
	}
	for (size_t i = 0; i < p->n_levels; i++)
		rules->wait_ms[i] = p->levels[i].wait_ms;
	*plan = p;
	if (!assigned && !policy->kinds[kind]) {
		rules->n_levels = 1;
		*plan = NULL;
	}
	return 0;
}

int yj_plans_configure(struct yj_store *s, const struct yj_config *config)
{
	const char **names = calloc(config->n_policies, sizeof *names);
	char(*hashes)[65] = calloc(config->n_policies, sizeof *hashes);
	const char **pointers = calloc(config->n_policies, sizeof *pointers);
	int rc = names && hashes && pointers ? 0 : YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < config->n_policies; i++) {
		char *body = yj_policy_canonical(&config->policies[i]);
		rc = body ? yj_policy_hash(body, hashes[i]) : YJ_ERR_NOMEM;
		if (rc == 0)
			rc = yj_policy_put(s, hashes[i], body);
		names[i] = config->policies[i].name;
		pointers[i] = hashes[i];
		free(body);
	}
	if (rc == 0)
		rc = yj_policy_names_set(s, names, pointers, config->n_policies);
	free(names);
	free(hashes);
	free(pointers);
	return rc;
}
