/* Inside of `ready`: the people of a home, and whether their channels were proved. */
#ifndef STORE_SRC_READY_H
#define STORE_SRC_READY_H

#include "read.h"
#include "store/ready.h"

/* Somebody who names a resident. */
struct yj_ready_named {
	char id[YJ_NAME_MAX + 1];
	enum yj_role role;
};

/* People who are called together; what is asked about a home. */
struct yj_ready_group {
	json_t *ids;	  /* object: who is in it (of yj_ready_group_of: beside the shared ones) */
	json_t *unproved; /* array of {"caregiver", "channels"} */
	size_t n, n_proved;
	bool always; /* one of them is in no roster and so on duty at any hour */
};

/* A plan for calls for help, and all that its levels name. */
struct yj_ready_plan {
	const char *kind; /* "sos" for the policy's own levels, else the first kind with others */
	struct yj_target *to;
	size_t n_to;
	uint32_t roles; /* a bit per role among them */
};

struct yj_ready_policy { /* with its plans for calls for help */
	struct yj_policy policy;
	char name[YJ_NAME_MAX + 1];
	size_t n_plans; /* the first is the one for `sos` */
	struct yj_ready_plan plans[YJ_KIND_COUNT + 1];
};
/* The policy of a name, or `default` if there is none. 0, YJ_ERR_NOTFOUND or a yj_err. */
int yj_ready_policy_new(
    struct yj_store *s, const char *name, struct yj_ready_policy **out) YJ_MUST_CHECK;
void yj_ready_policy_free(struct yj_ready_policy *policy);

/* Groups that many homes share: those of a plan, but for the roles that somebody names the resident
 * in, of one institution and region. And people, once they were looked up. Both are dropped and
 * begun anew when they are large. */
struct yj_ready_people {
	struct yj_store *s;
	const struct yj_ready_conf *conf;
	json_t *groups; /* key: index in v */
	struct yj_ready_group *v;
	size_t n, cap, held; /* held: people in all of v */
	json_t *known;	     /* caregiver: {"unproved": [...], "proved": bool, "bound": bool} */
};
void yj_ready_people_done(struct yj_ready_people *p);
void yj_ready_group_done(struct yj_ready_group *group);

/* Everybody whom the plan calls for this home, at some hour. plan_key: unique for the plan. *out is
 * the caller's (yj_ready_group_done). 0 or a yj_err. */
int yj_ready_group_of(struct yj_ready_people *p, const char *plan_key,
    const struct yj_ready_plan *plan, const struct yj_whose *whose,
    const struct yj_ready_named *named, size_t n_named, struct yj_ready_group *out) YJ_MUST_CHECK;

/* The finding of one problem of yj_read_beds_wrong (store/bed.h). A new reference. */
json_t *yj_ready_bed(const json_t *wrong);

#endif
