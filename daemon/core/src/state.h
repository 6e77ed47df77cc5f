/* Invariants and small questions about a state; private to the room. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "core/incident.h"

static inline int64_t yj_min_time(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t yj_max_time(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
