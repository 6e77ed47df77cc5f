#include "families.h"

#include <stdlib.h>
#include <string.h>

#include "store/foreign.h"

struct filters {
	char **v;
	size_t n, cap;
	bool short_of_memory;
};

struct yj_families {
	struct filters now; /* as the broker was asked */
	bool changed, began;
};

struct yj_families *yj_families_new(void)
{
	struct yj_families *f = calloc(1, sizeof *f);
	if (f)
		f->changed = true;
	return f;
}

static void empty(struct filters *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i]);
	free(f->v);
	memset(f, 0, sizeof *f);
}

void yj_families_free(struct yj_families *f)
{
	if (f)
		empty(&f->now);
	free(f);
}

static bool has(const struct filters *f, const char *filter)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i], filter) == 0)
			return true;
	return false;
}

static void add(void *ctx, const char *filter)
{
	struct filters *f = ctx;
	if (has(f, filter))
		return;
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 16;
		char **v = realloc(f->v, cap * sizeof *v);
		if (!v) {
			f->short_of_memory = true;
			return;
		}
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n] = strdup(filter);
	if (f->v[f->n])
		f->n++;
	else
		f->short_of_memory = true;
}

static int in_use(void *ctx, const char *name, const char *address)
{
	const struct yj_family *family = yj_family_find(name), *f;
	if (!family) /* its mapping is gone from the configuration */
		yj_log(YJ_LOG_ERR, "event=family_missing family=%s", YJ_Q(name));
	if (!family)
		return 0;
	yj_family_filters(family, address[0] ? address : NULL, add, ctx);
	if (!family->shares || !family->shares(address))
		return 0;
	for (size_t i = 0; (f = yj_family_at(i)); i++)
		if (f != family && f->shares && f->shares(address))
			f->filters(address, add, ctx);
	return 0;
}

static void discover(struct yj_gateway *g, struct filters *f)
{
	const struct yj_family *family;
	for (size_t i = 0; (family = yj_family_at(i)); i++)
		if (yj_config_discovers(g->config, family->name))
			yj_family_filters(family, NULL, add, f);
}

static void ask(struct yj_gateway *g, const char *filter, bool wanted)
{
	int rc = wanted ? yj_link_subscribe(g->help, filter, 1, true)
			: yj_link_unsubscribe(g->help, filter);
	if (rc < 0)
		yj_log(YJ_LOG_ERR, "event=%s filter=%s error=%s",
		    wanted ? "not_subscribed" : "not_unsubscribed", YJ_Q(filter), yj_err_name(rc));
	if (wanted && rc < 0) /* a deafness, until the next change or start */
		yj_gateway_trouble(g, YJ_TROUBLE_DEAF, true);
}

/* The session outlives a run: what the one before had asked for may come still. */
static void forget_of_before(struct yj_gateway *g, const struct filters *wanted)
{
	struct filters all = {0};
	const struct yj_family *family;
	for (size_t i = 0; (family = yj_family_at(i)); i++)
		yj_family_filters(family, NULL, add, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!has(wanted, all.v[i]))
			ask(g, all.v[i], false);
	empty(&all);
}

void yj_families_changed(struct yj_gateway *g)
{
	g->families->changed = true;
}

void yj_families_refresh(struct yj_gateway *g)
{
	struct yj_families *f = g->families;
	struct filters wanted = {0};
	if (!f->changed || !g->help)
		return;
	int rc = yj_foreign_in_use(g->store, in_use, &wanted);
	discover(g, &wanted);
	if (rc < 0 || wanted.short_of_memory) { /* as it was, and again next time */
		empty(&wanted);
		return;
	}
	if (!f->began)
		forget_of_before(g, &wanted);
	for (size_t i = 0; i < f->now.n; i++)
		if (!has(&wanted, f->now.v[i]))
			ask(g, f->now.v[i], false);
	for (size_t i = 0; i < wanted.n; i++)
		if (!has(&f->now, wanted.v[i]))
			ask(g, wanted.v[i], true);
	empty(&f->now);
	f->now = wanted;
	f->changed = false;
	f->began = true;
}
