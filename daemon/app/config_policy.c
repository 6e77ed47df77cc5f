/* The policies of the configuration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "proto/topic.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TARGET_EXPECTED "a role, caregiver:ID or group:NAME"
#define WAIT_DEFAULT_MS 60000

enum { /* keys of a plan; a policy and a kind have two more each, or one */
	LEVELS,
	REPEAT_EVERY,
	INFORM,
	VERIFY_WITHIN,
	ARRIVE_WITHIN,
	ARRIVE_MAX,
	RESOLVE_WITHIN,
	STALE_AFTER,
	MAY_CANCEL,
	AUTO_CONNECT,
	NAME_OR_KIND,
	KINDS,
	N_KEYS
};

static const struct yj_yaml_key policy_keys[] = {{"levels", true}, {"repeat_every", false},
    {"inform", false}, {"verify_within", false}, {"arrive_within", false}, {"arrive_max", false},
    {"resolve_within", false}, {"stale_after", false}, {"resident_may_cancel", false},
    {"auto_connect", false}, {"name", true}, {"kinds", false}};
static const struct yj_yaml_key kind_keys[] = {{"levels", false}, {"repeat_every", false},
    {"inform", false}, {"verify_within", false}, {"arrive_within", false}, {"arrive_max", false},
    {"resolve_within", false}, {"stale_after", false}, {"resident_may_cancel", false},
    {"auto_connect", false}, {"kind", true}};

/* A list of people. On success *to is owned by the caller; an empty list is NULL. */
static bool read_targets(struct yj_yaml *y, yaml_node_t *node, const char *what, size_t min,
    size_t *n_out, struct yj_target **out)
{
	int n = yj_yaml_list(y, node, what, min, YJ_NOTIFY_MAX);
	bool good = n >= 0;
	if (n <= 0) {
		if (good) {
			*n_out = 0;
			*out = NULL;
		}
		return good;
	}
	struct yj_target *to = calloc((size_t)n, sizeof(*to));
	if (!to) {
		y->nomem = true;
		return false;
	}
	for (int i = 0; i < n; i++) {
		yaml_node_t *item = yj_yaml_item(y, node, i);
		char told[YJ_CLIP_LEN];
		const char *s = "";
		if (!yj_yaml_text(y, item, what, TARGET_EXPECTED, &s) && !yj_yaml_is_null(item)) {
			good = false;
		} else if (yj_target_parse(s, &to[i]) != YJ_OK) {
			yj_yaml_error(y, yj_yaml_line(item), "%s names \"%s\", expected %s", what,
			    yj_yaml_clip(s, told), TARGET_EXPECTED);
			good = false;
		}
	}
	if (!good) {
		free(to);
		return false;
	}
	*n_out = (size_t)n;
	*out = to;
	return true;
}

/* Fills plan->levels, which must be empty. */
static void read_levels(struct yj_yaml *y, yaml_node_t *node, struct yj_plan *plan)
{
	static const struct yj_yaml_key keys[] = {{"notify", true}, {"wait", false}};
	int n = yj_yaml_list(y, node, "levels", 1, YJ_LEVELS_MAX);
	for (int i = 0; i < n; i++) {
		struct yj_level *level = &plan->levels[plan->n_levels];
		yaml_node_t *v[N(keys)];
		if (!yj_yaml_map(y, yj_yaml_item(y, node, i), "a level", keys, N(keys), v) || !v[0])
			continue;
		level->wait_ms = WAIT_DEFAULT_MS;
		yj_yaml_duration(y, v[1], "wait", 1, YJ_PLAN_MAX_MS, &level->wait_ms);
		if (read_targets(y, v[0], "notify", 1, &level->n, &level->to))
			plan->n_levels++;
	}
}

static void clear_levels(struct yj_plan *plan)
{
	for (size_t i = 0; i < plan->n_levels; i++)
		free(plan->levels[i].to);
	memset(plan->levels, 0, sizeof(plan->levels));
	plan->n_levels = 0;
}

/* Overrides in the plan what the mapping names. */
static void read_plan(struct yj_yaml *y, yaml_node_t **v, struct yj_plan *plan)
{
	const int64_t max = YJ_PLAN_MAX_MS;
	char within_is[YJ_DURATION_LEN], max_is[YJ_DURATION_LEN];
	if (v[LEVELS]) {
		clear_levels(plan);
		read_levels(y, v[LEVELS], plan);
	}
	if (v[INFORM]) {
		free(plan->inform);
		plan->inform = NULL;
		plan->n_inform = 0;
		(void)read_targets(y, v[INFORM], "inform", 0, &plan->n_inform, &plan->inform);
	}
	yj_yaml_duration(
	    y, v[REPEAT_EVERY], "repeat_every", YJ_REPEAT_MIN_MS, max, &plan->repeat_every_ms);
	yj_yaml_duration(y, v[VERIFY_WITHIN], "verify_within", 0, max, &plan->verify_within_ms);
	yj_yaml_duration(y, v[ARRIVE_WITHIN], "arrive_within", 1, max, &plan->arrive_within_ms);
	yj_yaml_duration(y, v[ARRIVE_MAX], "arrive_max", 1, max, &plan->arrive_max_ms);
	yj_yaml_duration(y, v[RESOLVE_WITHIN], "resolve_within", 1, max, &plan->resolve_within_ms);
	yj_yaml_duration(y, v[STALE_AFTER], "stale_after", 0, max, &plan->stale_after_ms);
	yj_yaml_bool(y, v[MAY_CANCEL], "resident_may_cancel", &plan->resident_may_cancel);
	yj_yaml_bool(y, v[AUTO_CONNECT], "auto_connect", &plan->auto_connect);
	if (plan->arrive_within_ms > plan->arrive_max_ms && (v[ARRIVE_WITHIN] || v[ARRIVE_MAX]))
		yj_yaml_error(y, yj_yaml_line(v[ARRIVE_WITHIN] ? v[ARRIVE_WITHIN] : v[ARRIVE_MAX]),
		    "arrive_within is %s, expected at most arrive_max, which is %s",
		    yj_duration_format(plan->arrive_within_ms, within_is),
		    yj_duration_format(plan->arrive_max_ms, max_is));
}

static bool plan_defaults(struct yj_plan *plan)
{
	plan->inform = calloc(1, sizeof(*plan->inform));
	if (!plan->inform)
		return false;
	plan->inform[0] = (struct yj_target){.type = YJ_TARGET_ROLE, .role = YJ_ROLE_FAMILY};
	plan->n_inform = 1;
	plan->repeat_every_ms = 5LL * 60000;
	plan->verify_within_ms = 2LL * 60000;
	plan->arrive_within_ms = 30LL * 60000;
	plan->arrive_max_ms = 90LL * 60000;
	plan->resolve_within_ms = 4LL * 3600000;
	plan->stale_after_ms = 10LL * 60000;
	plan->resident_may_cancel = false;
	return true;
}

/* The words of yj_kind, for the message. */
static void kind_words(char *buf, size_t cap)
{
	size_t used = 0;
	for (int k = 0; k < YJ_KIND_COUNT && used < cap; k++)
		used += (size_t)snprintf(buf + used, cap - used, "%s%s",
		    k == 0		     ? ""
		    : k + 1 == YJ_KIND_COUNT ? " or "
					     : ", ",
		    yj_kind_name((enum yj_kind)k));
}

static void read_kind(struct yj_yaml *y, yaml_node_t *node, struct yj_policy *policy)
{
	yaml_node_t *v[N(kind_keys)];
	char words[256], told[YJ_CLIP_LEN];
	enum yj_kind kind;
	const char *s;
	kind_words(words, sizeof(words));
	if (!yj_yaml_map(y, node, "an entry of kinds", kind_keys, N(kind_keys), v) ||
	    !yj_yaml_text(y, v[NAME_OR_KIND], "kind", words, &s))
		return;
	if (yj_kind_parse(s, &kind) != YJ_OK) {
		yj_yaml_error(y, yj_yaml_line(v[NAME_OR_KIND]), "kind is \"%s\", expected %s",
		    yj_yaml_clip(s, told), words);
		return;
	}
	if (policy->kinds[kind]) {
		yj_yaml_error(y, yj_yaml_line(v[NAME_OR_KIND]),
		    "kind %s is there already, expected each kind once", s);
		return;
	}
	struct yj_plan *plan = calloc(1, sizeof(*plan));
	policy->kinds[kind] = plan;
	if (!plan || yj_plan_copy(&policy->base, plan) != YJ_OK)
		y->nomem = true;
	else
		read_plan(y, v, plan);
}

static void read_policy(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	yaml_node_t *v[N(policy_keys)];
	struct yj_policy *policy = &c->policies[c->n_policies];
	const char *name;
	if (!yj_yaml_map(y, node, "a policy", policy_keys, N(policy_keys), v))
		return;
	if (!plan_defaults(&policy->base)) {
		y->nomem = true;
		return;
	}
	if (yj_yaml_text(y, v[NAME_OR_KIND], "name of a policy", "a name", &name)) {
		if (!yj_name_valid(name))
			yj_yaml_error(y, yj_yaml_line(v[NAME_OR_KIND]),
			    "name of a policy is not usable, "
			    "expected 1 to 64 letters, digits, - or _");
		else if (yj_config_policy(c, name))
			yj_yaml_error(y, yj_yaml_line(v[NAME_OR_KIND]),
			    "policy \"%s\" is there already, expected each name once", name);
		else
			memcpy(policy->name, name, strlen(name) + 1);
	}
	c->n_policies++;
	read_plan(y, v, &policy->base);
	int n = v[KINDS] ? yj_yaml_list(y, v[KINDS], "kinds", 0, YJ_KIND_COUNT) : 0;
	for (int i = 0; i < n; i++)
		read_kind(y, yj_yaml_item(y, v[KINDS], i), policy);
}

void yj_config_read_policies(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	int n = yj_yaml_list(y, node, "policies", 1, YJ_POLICIES_MAX);
	if (n < 0)
		return;
	c->policies = calloc((size_t)n, sizeof(c->policies[0]));
	if (!c->policies) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++)
		read_policy(y, yj_yaml_item(y, node, i), c);
	if (!yj_config_policy(c, "default"))
		yj_yaml_error(
		    y, yj_yaml_line(node), "no policy is named \"default\", expected one that is");
}
