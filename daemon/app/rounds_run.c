/* One telling: residents are looked at one after the other, what is due for them is logged once,
 * and gathered for whom it concerns; then each person is told once, also over a restart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/round.h"
#include "fnv.h"
#include "notices.h"
#include "rounds_inside.h"

struct hearer { /* what one person is told */
	char who[YJ_NAME_MAX + 17];
	struct yj_round_words_of words;
};

struct concern { /* somebody who hears of the resident in hand */
	char who[YJ_NAME_MAX + 17];
	int32_t over; /* the worst of what they hear */
	bool named;   /* the resident's name is for them */
};

struct yj_round_run {
	struct yj_gateway *g;
	enum yj_round_run_sort sort;
	const struct yj_round_plan *plan;
	struct yj_round_extra extra;
	bool en;
	char id[32]; /* of the run, by which people are told once */
	struct hearer *v;
	size_t n, cap;
	size_t *index; /* into v plus 1, by the hash of who; 0: free */
	size_t slots;
	struct concern *concerns;
	size_t n_concerns, cap_concerns;
	size_t told; /* of v, so far */
};

int64_t yj_round_ticks_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct yj_round_run *yj_round_run_new(struct yj_gateway *g, enum yj_round_run_sort sort,
    const struct yj_round_plan *plan, const struct yj_round_extra *extra)
{
	struct yj_round_run *run = calloc(1, sizeof *run);
	if (!run)
		return NULL;
	run->g = g;
	run->sort = sort;
	run->plan = plan;
	run->en = strcmp(g->config->gateway.language, "en") == 0;
	if (extra)
		run->extra = *extra;
	snprintf(run->id, sizeof run->id, "%d/%lld", (int)sort,
	    extra ? (long long)extra->n : (long long)yj_round_day(g->now.utc_ms, NULL));
	return run;
}

void yj_round_run_free(struct yj_round_run *run)
{
	if (!run)
		return;
	free(run->v);
	free(run->index);
	free(run->concerns);
	free(run);
}

size_t yj_round_run_people(const struct yj_round_run *run)
{
	return run->n;
}

/* ── people ── */

static size_t *slot_of(const struct yj_round_run *run, const char *who)
{
	size_t at = (size_t)yj_fnv_text(who) & (run->slots - 1);
	while (run->index[at] && strcmp(run->v[run->index[at] - 1].who, who) != 0)
		at = (at + 1) & (run->slots - 1);
	return &run->index[at];
}

static bool grow(struct yj_round_run *run)
{
	size_t cap = run->cap ? run->cap * 2 : 64;
	void *v = realloc(run->v, cap * sizeof *run->v);
	if (v)
		run->v = v;
	size_t *index = calloc(cap * 2, sizeof *index);
	if (!v || !index) {
		free(index);
		return false;
	}
	free(run->index);
	run->index = index;
	run->slots = cap * 2;
	run->cap = cap;
	for (size_t i = 0; i < run->n; i++)
		*slot_of(run, run->v[i].who) = i + 1;
	return true;
}

static struct hearer *hearer_of(struct yj_round_run *run, const char *who)
{
	if (run->n == run->cap && !grow(run))
		return NULL;
	size_t *slot = slot_of(run, who);
	if (*slot)
		return &run->v[*slot - 1];
	struct hearer *h = &run->v[run->n++];
	memset(h, 0, sizeof *h);
	snprintf(h->who, sizeof h->who, "%s", who);
	*slot = run->n;
	return h;
}

/* Who is named in person or serves the resident by role has the name; whoever belongs to a group
 * or sits at the desk only if they serve them too. */
static int may_name(
    struct yj_round_run *run, const char *who, const struct yj_whose *whose, bool asked, bool *may)
{
	*may = asked;
	return asked ? 0 : yj_caregiver_serves(run->g->store, who, whose, "", 0, may);
}

static int add_concern(struct yj_round_run *run, const char *who, const struct yj_whose *whose,
    bool serves, int32_t over)
{
	struct concern *c = NULL;
	for (size_t i = 0; i < run->n_concerns && !c; i++)
		if (strcmp(run->concerns[i].who, who) == 0)
			c = &run->concerns[i];
	if (!c && run->n_concerns == run->cap_concerns) {
		size_t cap = run->cap_concerns ? run->cap_concerns * 2 : 16;
		void *v = realloc(run->concerns, cap * sizeof *c);
		if (!v)
			return YJ_ERR_NOMEM;
		run->concerns = v;
		run->cap_concerns = cap;
	}
	if (!c) {
		c = &run->concerns[run->n_concerns++];
		*c = (struct concern){.over = over};
		snprintf(c->who, sizeof c->who, "%s", who);
	}
	if (over > c->over)
		c->over = over;
	return c->named ? 0 : may_name(run, who, whose, serves, &c->named);
}

static int add_target(struct yj_round_run *run, const struct yj_target *to,
    const struct yj_whose *whose, int32_t over, size_t *found)
{
	struct yj_names names = {0};
	int rc = yj_people_expand(run->g->store, whose, to, 1, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = add_concern(run, names.v[i], whose, to->type != YJ_TARGET_GROUP, over);
	*found = names.n;
	yj_names_done(&names);
	return rc;
}

/* Nobody is there to make it: the duty room of the place, else any desk. */
static int add_desk(struct yj_round_run *run, const struct yj_whose *whose, int32_t over)
{
	const struct yj_target duty = {.type = YJ_TARGET_ROLE, .role = YJ_ROLE_DUTY};
	struct yj_names names = {0};
	size_t found;
	int rc = add_target(run, &duty, whose, over, &found);
	if (rc < 0 || found)
		return rc;
	rc = yj_people_desk(run->g->store, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = add_concern(run, names.v[i], whose, false, over);
	yj_names_done(&names);
	return rc;
}

static int add_people(struct yj_round_run *run, const struct yj_round_item *item,
    const struct yj_whose *whose, int32_t over)
{
	const struct yj_config *config = run->g->config;
	int32_t after[YJ_ROUND_CLIMB_MAX];
	struct yj_target to;
	size_t found, n = config->rounds.n_climb;
	yj_round_assignee(item->assignee, &to);
	int rc = add_target(run, &to, whose, over, &found);
	if (rc == 0 && found == 0)
		rc = add_desk(run, whose, over);
	for (size_t i = 0; i < n; i++)
		after[i] = config->rounds.climb[i].after_days;
	size_t reached = yj_round_climb(after, n, over);
	for (size_t i = 0; rc == 0 && i < reached; i++)
		rc = add_target(run, &config->rounds.climb[i].to, whose, over, &found);
	return rc;
}

/* ── events ── */

static int log_event(struct yj_round_run *run, enum yj_event_type type,
    const struct yj_round_item *item, const struct yj_whose *whose)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_ROUND_ID_MAX + 8];
	snprintf(subject, sizeof subject, "round/%s", item->id);
	e.subject = subject;
	e.resident = whose->resident;
	e.region = whose->region;
	const char *reason = item->sort == YJ_ROUND_AFTER_CHANGE ? "change"
			     : item->sort == YJ_ROUND_EXTRA	 ? "extra"
								 : NULL;
	e.more = json_pack("{s:s*}", "reason", reason);
	int rc = e.more ? yj_gateway_log(run->g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

/* Once per due day each, whatever becomes of the telling. */
static int log_once(struct yj_round_run *run, const struct yj_round_item *item,
    const struct yj_whose *whose, int32_t over)
{
	int32_t day;
	bool missed;
	struct yj_store *s = run->g->store;
	int rc = yj_round_told(s, whose->resident, item->key, &day, &missed);
	if (rc < 0)
		return rc;
	bool fresh = day != item->due_day;
	bool misses = over > 0 && (fresh || !missed);
	if (fresh)
		rc = log_event(run, YJ_EV_ROUND_DUE, item, whose);
	if (rc == 0 && misses)
		rc = log_event(run, YJ_EV_ROUND_MISSED, item, whose);
	return rc < 0 || (!fresh && !misses)
		   ? rc
		   : yj_round_told_set(s, whose->resident, item->key, item->due_day, over > 0);
}

/* ── residents ── */

/* Is this what the run is about? An extra round has runs of its own for its beginning and end. */
static bool wanted(const struct yj_round_run *run, const struct yj_round_item *item, int32_t over)
{
	bool extra = item->sort == YJ_ROUND_EXTRA;
	switch (run->sort) {
	case YJ_RUN_DAILY:
		return extra ? over == 0 : over >= 0;
	case YJ_RUN_CHANGES:
		return item->sort == YJ_ROUND_AFTER_CHANGE;
	case YJ_RUN_BEGUN:
	case YJ_RUN_ENDED:
		return extra && strcmp(item->id, run->extra.id) == 0;
	}
	return false;
}

static int tell_concerned(struct yj_round_run *run, const char *name)
{
	for (size_t i = 0; i < run->n_concerns; i++) {
		struct concern *c = &run->concerns[i];
		struct hearer *h = hearer_of(run, c->who);
		if (!h)
			return YJ_ERR_NOMEM;
		/* at the end of an extra round everybody is as late as the others */
		int32_t over = run->sort == YJ_RUN_ENDED ? 0 : c->over;
		yj_round_words_add(&h->words, run->en, c->named ? name : NULL, over);
	}
	return 0;
}

int yj_round_run_visit(
    struct yj_round_run *run, const struct yj_round_resident *r, int32_t *next_day)
{
	struct yj_round_item items[YJ_ROUND_ITEMS_MAX];
	struct yj_whose whose = {.region = ""};
	size_t n;
	int rc = yj_round_items(run->g->store, run->plan, r, items, &n);
	*next_day = INT32_MAX;
	run->n_concerns = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int32_t over = yj_round_overdue(run->plan, &items[i]);
		if (items[i].sort != YJ_ROUND_EXTRA && items[i].due_day < *next_day)
			*next_day = items[i].due_day;
		if (!wanted(run, &items[i], over))
			continue;
		if (!whose.resident[0])
			rc = yj_whose_resident(run->g->store, r->resident, &whose);
		if (rc == 0)
			rc = log_once(run, &items[i], &whose, over);
		if (rc == 0)
			rc = add_people(run, &items[i], &whose, over);
	}
	if (rc == YJ_ERR_NOTFOUND) /* they have left the directory meanwhile */
		return 0;
	return rc < 0 ? rc : tell_concerned(run, r->name);
}

/* ── telling ── */

static int tell_one(struct yj_round_run *run, const struct hearer *h)
{
	char text[YJ_NOTICE_TEXT_MAX], brief[YJ_NOTICE_BRIEF_MAX];
	bool told;
	struct yj_store *s = run->g->store;
	int rc = yj_round_person_told(s, h->who, run->id, &told);
	if (rc < 0 || told)
		return rc;
	bool extra = run->sort == YJ_RUN_BEGUN || run->sort == YJ_RUN_ENDED;
	yj_round_words_end(&h->words, run->sort, run->en, extra ? &run->extra : NULL, text, brief);
	rc = yj_notices_tell_named(run->g, YJ_NOTICE_ROUND, h->who, text, brief);
	if (rc == YJ_ERR_NOTFOUND) /* gone meanwhile */
		return 0;
	/* changes come one by one, and each of them is told */
	return rc < 0 || run->sort == YJ_RUN_CHANGES ? rc : yj_round_person_set(s, h->who, run->id);
}

int yj_round_run_tell(struct yj_round_run *run, bool *more)
{
	int64_t until = yj_round_ticks_ms() + YJ_ROUND_PIECE_MS;
	int rc = 0;
	while (rc == 0 && run->told < run->n && yj_round_ticks_ms() < until)
		rc = tell_one(run, &run->v[run->told++]);
	*more = run->told < run->n;
	return rc;
}
