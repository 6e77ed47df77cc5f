/* Own publishes under way: the packet id libmosquitto gave, and the owner's token. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"

struct window { /* one per QoS; oldest first */
	int n;
	int max; /* 0 to YJ_INFLIGHT_MAX */
	uint16_t mid[YJ_INFLIGHT_MAX];
	uint64_t token[YJ_INFLIGHT_MAX];
};

void window_reset(struct window *w, int max); /* max is clamped */
int window_room(const struct window *w);

/* Precondition: room. */
void window_add(struct window *w, uint16_t mid, uint64_t token);

/* Takes out mid: true and its token, or false. */
bool window_take(struct window *w, uint16_t mid, uint64_t *token);

#endif
