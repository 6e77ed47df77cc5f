/* A small seeded generator (the splitmix64 step), so that every history can be had again. */
#ifndef PROPERTY_RANDOM_H
#define PROPERTY_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* 0 to n - 1. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return n ? rng_next(r) % n : 0;
}

static inline bool rng_one_in(struct rng *r, uint64_t n)
{
	return rng_below(r, n) == 0;
}

/* 1 to max: every order of magnitude is as likely as the next. */
static inline int64_t rng_span(struct rng *r, int64_t max)
{
	uint64_t bits = 0;
	while ((1ULL << bits) < (uint64_t)max)
		bits++;
	int64_t cap = (int64_t)(1ULL << rng_below(r, bits + 1));
	if (cap > max)
		cap = max;
	return 1 + (int64_t)rng_below(r, (uint64_t)cap);
}

#endif
