/* Escalation policies: who is asked, in which order and with which waits (docs/contract.md,
 * "Configuration"), and their canonical text, by whose SHA-256 the database keeps them. */
#ifndef PROTO_POLICY_H
#define PROTO_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"
#include "proto/words.h"

#define YJ_PLAN_MAX_MS (365LL * 86400000) /* of every duration of a plan */
#define YJ_REPEAT_MIN_MS 1000		  /* of repeat_every */
#define YJ_POLICY_HASH_LEN 65		  /* 64 hex digits and a terminator */

enum yj_target_type { YJ_TARGET_ROLE, YJ_TARGET_CAREGIVER, YJ_TARGET_GROUP };

struct yj_target { /* one entry of `notify` or `inform` */
	enum yj_target_type type;
	enum yj_role role;	    /* of a ROLE */
	char name[YJ_NAME_MAX + 1]; /* of a CAREGIVER or GROUP, else "" */
};

/* Reads "family", "caregiver:ID" or "group:NAME". 0 or YJ_ERR_INVAL. */
int yj_target_parse(const char *s, struct yj_target *out) YJ_MUST_CHECK;
#define YJ_TARGET_LEN (sizeof("caregiver:") + YJ_NAME_MAX)
/* Writes it back. Returns buf. */
char *yj_target_format(const struct yj_target *target, char buf[YJ_TARGET_LEN]);

struct yj_level {
	int64_t wait_ms; /* 1 to YJ_PLAN_MAX_MS */
	size_t n;	 /* 1 to YJ_NOTIFY_MAX */
	struct yj_target *to;
};

struct yj_plan {	 /* what holds for incidents of one kind; owns what it points to */
	size_t n_levels; /* 1 to YJ_LEVELS_MAX */
	struct yj_level levels[YJ_LEVELS_MAX];
	size_t n_inform; /* 0 to YJ_NOTIFY_MAX */
	struct yj_target *inform;
	int64_t repeat_every_ms;   /* YJ_REPEAT_MIN_MS to YJ_PLAN_MAX_MS */
	int64_t verify_within_ms;  /* 0 to YJ_PLAN_MAX_MS */
	int64_t arrive_within_ms;  /* 1 to arrive_max_ms */
	int64_t arrive_max_ms;	   /* to YJ_PLAN_MAX_MS */
	int64_t resolve_within_ms; /* 1 to YJ_PLAN_MAX_MS */
	int64_t stale_after_ms;	   /* 0 to YJ_PLAN_MAX_MS */
	bool resident_may_cancel;
	bool auto_connect; /* a call for help is reason enough to answer by itself
			    * (docs/consents.md) */
};

struct yj_policy {
	char name[YJ_NAME_MAX + 1];
	struct yj_plan base;
	struct yj_plan *kinds[YJ_KIND_COUNT]; /* complete plans of their own; NULL: the base */
};

/* The plan for incidents of a kind, borrowed from the policy. */
const struct yj_plan *yj_policy_plan(const struct yj_policy *policy, enum yj_kind kind);

/* Copies into an empty plan, which then owns its copies. 0 or YJ_ERR_NOMEM. */
int yj_plan_copy(const struct yj_plan *from, struct yj_plan *to) YJ_MUST_CHECK;
/* Are the ranges above kept? NULL, or the name of the first field that is wrong (static). */
const char *yj_plan_check(const struct yj_plan *plan);

/* Release what is owned and zero the struct, which stays the caller's. Safe on a zeroed one. */
void yj_plan_done(struct yj_plan *plan);
void yj_policy_done(struct yj_policy *policy);

/* The canonical text: compact JSON, sorted keys, every value filled in, durations in ms, a kind
 * only where its plan differs from the base. Two policies that mean the same have the same
 * text. Malloc'd, the caller frees; NULL when memory is short. */
char *yj_policy_canonical(const struct yj_policy *policy) YJ_MUST_CHECK;

/* Reads a canonical text into an empty policy, which the caller releases with yj_policy_done. 0;
 * YJ_ERR_BADMSG for a text that yj_policy_canonical cannot have written; YJ_ERR_NEWER for one of
 * a later version; YJ_ERR_NOMEM. */
int yj_policy_from_canonical(const char *text, struct yj_policy *out) YJ_MUST_CHECK;

/* SHA-256 of a canonical text (FIPS 180-4) in lower-case hex. 0 or YJ_ERR_NOMEM. */
int yj_policy_hash(const char *canonical, char hash[YJ_POLICY_HASH_LEN]) YJ_MUST_CHECK;

#endif
