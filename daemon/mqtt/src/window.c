#include "window.h"

#include <assert.h>
#include <string.h>

void window_reset(struct window *w, int max)
{
	w->n = 0;
	w->max = max < 0 ? 0 : max > YJ_INFLIGHT_MAX ? YJ_INFLIGHT_MAX : max;
}

int window_room(const struct window *w)
{
	return w->max - w->n;
}

void window_add(struct window *w, uint16_t mid, uint64_t token)
{
	assert(w->n < w->max);
	w->mid[w->n] = mid;
	w->token[w->n] = token;
	w->n++;
}

/* A broker answers in order, so the search mostly ends at the first entry. */
bool window_take(struct window *w, uint16_t mid, uint64_t *token)
{
	int i = 0;
	while (i < w->n && w->mid[i] != mid)
		i++;
	if (i == w->n)
		return false;
	*token = w->token[i];
	size_t rest = (size_t)(w->n - i - 1);
	memmove(&w->mid[i], &w->mid[i + 1], rest * sizeof(w->mid[0]));
	memmove(&w->token[i], &w->token[i + 1], rest * sizeof(w->token[0]));
	w->n--;
	return true;
}
