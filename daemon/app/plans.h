/* Policies by hash, as the incidents keep them, with the numbers the core needs. A cache. */
#ifndef APP_PLANS_H
#define APP_PLANS_H

#include "core/incident.h"
#include "proto/policy.h"
#include "store/store.h"

struct yj_plans;

struct yj_plans *yj_plans_new(void); /* NULL when memory is short */
void yj_plans_free(struct yj_plans *plans);

/* The plan of a kind under the policy with this hash, and its rules. An incident that is nobody's
 * (`unassigned` or without an owner) has one level, the desk, unless its policy names that kind:
 * then *plan is NULL. Borrowed until yj_plans_free. 0, YJ_ERR_NOTFOUND, YJ_ERR_BADMSG,
 * YJ_ERR_NOMEM, or of the store. */
int yj_plans_get(struct yj_plans *plans, struct yj_store *s, const char *hash, enum yj_kind kind,
    bool assigned, const struct yj_plan **plan, struct yj_rules *rules) YJ_MUST_CHECK;

/* Writes the configured policies and their names into the store, in the caller's transaction. */
struct yj_config;
int yj_plans_configure(struct yj_store *s, const struct yj_config *config) YJ_MUST_CHECK;

#endif
