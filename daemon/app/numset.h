/* A set of row numbers (> 0), each with a small state. Open addressing. */
#ifndef APP_NUMSET_H
#define APP_NUMSET_H

#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_numset {     /* zeroed: empty */
	int64_t *keys; /* 0: free */
	uint8_t *states;
	size_t n, cap; /* cap is a power of two */
};

void yj_numset_done(struct yj_numset *set);
/* The state of a number; 0: it is not in the set. */
uint8_t yj_numset_get(const struct yj_numset *set, int64_t key);
/* Adds or changes; state > 0. 0 or YJ_ERR_NOMEM. */
int yj_numset_put(struct yj_numset *set, int64_t key, uint8_t state) YJ_MUST_CHECK;
void yj_numset_remove(struct yj_numset *set, int64_t key);
/* Removes all whose state is `state`. */
void yj_numset_drop(struct yj_numset *set, uint8_t state);

#endif
