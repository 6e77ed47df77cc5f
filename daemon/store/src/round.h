/* A plan: which lists and extra rounds are in force at a moment. Private to the room. */
#ifndef STORE_SRC_ROUND_H
#define STORE_SRC_ROUND_H

#include "core/round.h"
#include "store/round.h"

struct yj_round_words { /* what the core need not know of a list */
	char name[YJ_CALLED_MAX + 1];
	char assignee[YJ_TARGET_LEN + 8];
};

struct yj_round_plan {
	int64_t now_utc_ms;
	int32_t today;
	struct yj_round_list *lists;
	struct yj_round_words *words; /* of each */
	size_t *picked;		      /* room for the indexes of all */
	size_t n, cap;
	struct yj_round_extra *extras;
	size_t n_extras;
};

/* The extra rounds that have not ended; malloc'd. */
int yj_round_extras(struct yj_store *s, struct yj_round_extra **out, size_t *n) YJ_MUST_CHECK;

#endif
