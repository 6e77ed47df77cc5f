#include "numset.h"

#include <stdlib.h>

void yj_numset_done(struct yj_numset *set)
{
	free(set->keys);
	free(set->states);
	*set = (struct yj_numset){0};
}

static size_t home(const struct yj_numset *set, int64_t key)
{
	return (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 20) & (set->cap - 1);
}

static size_t find(const struct yj_numset *set, int64_t key)
{
	size_t i = home(set, key);
	while (set->keys[i] && set->keys[i] != key)
		i = (i + 1) & (set->cap - 1);
	return i;
}

uint8_t yj_numset_get(const struct yj_numset *set, int64_t key)
{
	if (!set->n)
		return 0;
	size_t i = find(set, key);
	return set->keys[i] ? set->states[i] : 0;
}

static int grow(struct yj_numset *set)
{
	struct yj_numset bigger = {.cap = set->cap ? set->cap * 2 : 64};
	bigger.keys = calloc(bigger.cap, sizeof *bigger.keys);
	bigger.states = calloc(bigger.cap, 1);
	if (!bigger.keys || !bigger.states) {
		yj_numset_done(&bigger);
		return YJ_ERR_NOMEM;
	}
	for (size_t i = 0; i < set->cap; i++) {
		if (!set->keys[i])
			continue;
		size_t j = find(&bigger, set->keys[i]);
		bigger.keys[j] = set->keys[i];
		bigger.states[j] = set->states[i];
	}
	bigger.n = set->n;
	yj_numset_done(set);
	*set = bigger;
	return 0;
}

int yj_numset_put(struct yj_numset *set, int64_t key, uint8_t state)
{
	if ((set->n + 1) * 2 > set->cap) {
		int rc = grow(set);
		if (rc < 0)
			return rc;
	}
	size_t i = find(set, key);
	if (!set->keys[i]) {
		set->keys[i] = key;
		set->n++;
	}
	set->states[i] = state;
	return 0;
}

/* Moves later entries of the run back, so that no search ends at the hole. */
static void remove_at(struct yj_numset *set, size_t hole)
{
	size_t mask = set->cap - 1;
	for (size_t i = (hole + 1) & mask; set->keys[i]; i = (i + 1) & mask) {
		size_t h = home(set, set->keys[i]);
		if (((i - h) & mask) < ((i - hole) & mask))
			continue;
		set->keys[hole] = set->keys[i];
		set->states[hole] = set->states[i];
		hole = i;
	}
	set->keys[hole] = 0;
	set->n--;
}

void yj_numset_remove(struct yj_numset *set, int64_t key)
{
	if (!set->n)
		return;
	size_t i = find(set, key);
	if (set->keys[i])
		remove_at(set, i);
}

void yj_numset_drop(struct yj_numset *set, uint8_t state)
{
	struct yj_numset kept = {0};
	for (size_t i = 0; i < set->cap; i++) {
		if (set->keys[i] && set->states[i] != state &&
		    yj_numset_put(&kept, set->keys[i], set->states[i]) < 0) {
			/* without memory: forget one by one in place, which may need several passes
			 */
			yj_numset_done(&kept);
			for (size_t j = 0; j < set->cap; j++)
				while (set->keys[j] && set->states[j] == state)
					remove_at(set, j);
			return;
		}
	}
	yj_numset_done(set);
	*set = kept;
}
