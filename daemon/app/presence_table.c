#include "presence_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fnv.h"
#include "presence.h"
#include "store/status.h"

#define FWS_MAX 4096 /* different firmwares that are told apart */

struct yj_presence *yj_presence_new(void)
{
	struct yj_presence *p = calloc(1, sizeof *p);
	if (p)
		p->names_used = 1; /* 0 is no name */
	return p;
}

void yj_presence_free(struct yj_presence *p)
{
	if (!p)
		return;
	free(p->v);
	free(p->names);
	free(p->fws);
	free(p->doubts);
	free(p->restless);
	free(p->news);
	free(p);
}

void *yj_presence_room(void **v, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		void *bigger = realloc(*v, more * size);
		if (!bigger)
			return NULL;
		*v = bigger;
		*cap = more;
	}
	return (char *)*v + n * size;
}

const char *yj_presence_id(const struct yj_presence *p, uint32_t name)
{
	return p->names + name;
}

static size_t place(const struct yj_presence *p, const char *id)
{
	size_t i = (size_t)(yj_fnv_text(id) >> 16) & (p->cap - 1);
	while (p->v[i].name && strcmp(yj_presence_id(p, p->v[i].name), id) != 0)
		i = (i + 1) & (p->cap - 1);
	return i;
}

static bool grow(struct yj_presence *p)
{
	struct yj_presence bigger = *p;
	bigger.cap = p->cap ? p->cap * 2 : 256;
	bigger.v = calloc(bigger.cap, sizeof *bigger.v);
	if (!bigger.v)
		return false;
	for (size_t i = 0; i < p->cap; i++)
		if (p->v[i].name)
			bigger.v[place(&bigger, yj_presence_id(p, p->v[i].name))] = p->v[i];
	free(p->v);
	*p = bigger;
	return true;
}

/* 0 when memory is short. */
static uint32_t add_name(struct yj_presence *p, const char *id)
{
	size_t len = strlen(id) + 1;
	if (p->names_used + len > p->names_cap) {
		size_t cap = p->names_cap ? p->names_cap + p->names_cap / 2 : 4096;
		char *names = realloc(p->names, cap);
		if (!names)
			return 0;
		p->names = names;
		p->names_cap = cap;
	}
	uint32_t name = (uint32_t)p->names_used;
	memcpy(p->names + name, id, len);
	p->names_used += len;
	return name;
}

struct yj_seat *yj_presence_seat(struct yj_presence *p, const char *id)
{
	if ((p->n + 1) * 8 > p->cap * 7 && !grow(p))
		return NULL;
	struct yj_seat *e = &p->v[place(p, id)];
	if (!e->name) {
		uint32_t name = add_name(p, id);
		if (!name)
			return NULL;
		e->name = name;
		e->battery_pct = -1;
		p->n++;
	}
	return e;
}

struct yj_seat *yj_presence_seat_of(struct yj_presence *p, uint32_t name)
{
	return &p->v[place(p, yj_presence_id(p, name))];
}

uint16_t yj_presence_fw(struct yj_presence *p, const char *fw)
{
	for (size_t i = 0; i < p->n_fws; i++)
		if (strcmp(p->fws[i], fw) == 0)
			return (uint16_t)(i + 1);
	void *room = p->n_fws < FWS_MAX
			 ? yj_presence_room((void **)&p->fws, p->n_fws, &p->cap_fws, sizeof *p->fws)
			 : NULL;
	if (!room)
		return 0;
	snprintf(p->fws[p->n_fws++], sizeof *p->fws, "%s", fw);
	return (uint16_t)p->n_fws;
}

void yj_presence_touch(struct yj_presence *p, struct yj_seat *e)
{
	if (!(e->flags & YJ_P_DIRTY)) {
		e->flags |= YJ_P_DIRTY;
		p->dirty++;
	}
}

void yj_presence_each(
    const struct yj_gateway *g, void (*fn)(void *ctx, const struct yj_presence_of *of), void *ctx)
{
	const struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->cap; i++) {
		const struct yj_seat *e = &p->v[i];
		bool online = e->flags & YJ_P_ONLINE;
		if (e->name && (e->flags & YJ_P_KNOWN) && e->region && (online || e->gone_t))
			fn(ctx, &(struct yj_presence_of){
				    yj_presence_id(p, e->name), e->region, online, e->gone_t});
	}
}

void yj_presence_excuse(struct yj_gateway *g, const char *device)
{
	struct yj_seat *e = yj_presence_seat(g->presence, device);
	if (e)
		e->gone_t = 0;
}

void yj_presence_forget(struct yj_gateway *g)
{
	struct yj_presence *p = g->presence;
	for (size_t i = 0; i < p->cap; i++)
		p->v[i].flags = (uint16_t)(p->v[i].flags & ~YJ_P_LOOKED_UP);
}

void yj_presence_counts(const struct yj_gateway *g, int64_t *known, int64_t *online)
{
	if (yj_status_known(g->store, known) < 0)
		*known = 0;
	*online = (int64_t)g->presence->online;
}

void yj_presence_work_done(struct yj_gateway *g, const char *device)
{
	struct yj_seat *e = yj_presence_seat(g->presence, device);
	if (e) /* what is left is read anew */
		e->flags = (uint16_t)(e->flags & ~YJ_P_LOOKED_UP);
}
