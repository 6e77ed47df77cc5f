/* Rounds for people and programs: who is due, the lists, one resident. */
#include <stdlib.h>
#include <string.h>

#include "read.h"
#include "round.h"
#include "store/trend.h"

#define PIECE 500     /* residents per read */
#define ENTRIES 20    /* of the ledger that a resident is shown with */
#define DUE_KEY "due" /* by which lists are sorted */

static const char *const class_names[YJ_ROUND_CLASS_COUNT] = {
    [YJ_ROUND_HIGH] = "high",
    [YJ_ROUND_KEY] = "key",
    [YJ_ROUND_GENERAL] = "general",
    [YJ_ROUND_MOUNTAIN] = "mountain",
    [YJ_ROUND_OTHER] = "other",
};

static json_t *classes_json(unsigned classes)
{
	json_t *list = json_array();
	for (unsigned c = 0; list && c < YJ_ROUND_CLASS_COUNT; c++)
		if (classes & (1U << c))
			json_array_append_new(list, json_string(class_names[c]));
	return list;
}

static json_t *counts_json(unsigned counts)
{
	json_t *list = json_array();
	for (unsigned c = 0; list && c < YJ_AS_COUNT; c++)
		if (counts & (1U << c))
			json_array_append_new(
			    list, json_string(yj_seen_as_name((enum yj_seen_as)c)));
	return list;
}

static json_t *assignee_json(const char *stored)
{
	struct yj_target to;
	char text[YJ_TARGET_LEN];
	yj_round_assignee(stored, &to);
	return json_string(yj_target_format(&to, text));
}

static json_t *due_json(const struct yj_round_item *item)
{
	char day[YJ_DAY_LEN];
	if (item->due_utc_ms != INT64_MAX)
		return yj_read_time(item->due_utc_ms);
	return json_string(yj_day_text(item->due_day, day));
}

static json_t *item_json(const struct yj_round_plan *p, const struct yj_round_item *item)
{
	int32_t over = yj_round_overdue(p, item);
	const char *reason = item->sort == YJ_ROUND_AFTER_CHANGE ? "change"
			     : item->sort == YJ_ROUND_EXTRA	 ? item->name
								 : "";
	return json_pack("{s:s, s:o, s:o, s:s, s:i, s:o, s:o, s:o, s:o}", "round", item->id, "name",
	    yj_read_text(item->sort == YJ_ROUND_EXTRA ? "" : item->name), DUE_KEY, due_json(item),
	    "state",
	    over > 0	? "overdue"
	    : over == 0 ? "due"
			: "planned",
	    "overdue_days", over > 0 ? (int)over : 0, "reason", yj_read_text(reason), "counts",
	    counts_json(item->counts), "assignee", assignee_json(item->assignee), "last_at",
	    yj_read_time(item->last_utc_ms == INT64_MIN ? INT64_MAX : item->last_utc_ms));
}

struct gather {
	struct yj_store *s;
	struct yj_round_plan *plan;
	enum yj_round_which which;
	const char *region, *list;
	json_t *out;
};

static int add_items(struct gather *g, const struct yj_round_resident *r)
{
	struct yj_round_item items[YJ_ROUND_ITEMS_MAX];
	size_t n;
	if (strncmp(r->region, g->region, strlen(g->region)) != 0)
		return 0;
	int rc = yj_round_items(g->s, g->plan, r, items, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int32_t over = yj_round_overdue(g->plan, &items[i]);
		if ((g->which == YJ_ROUND_DUE && over < 0) ||
		    (g->which == YJ_ROUND_OVERDUE && over <= 0) ||
		    (g->list[0] && strcmp(g->list, items[i].id) != 0))
			continue;
		json_t *o = item_json(g->plan, &items[i]);
		if (!o)
			return YJ_ERR_NOMEM;
		json_object_set_new(o, "resident", yj_read_text(r->resident));
		json_object_set_new(o, "resident_name", yj_read_text(r->name));
		json_object_set_new(o, "region", yj_read_text(r->region));
		if (json_array_append_new(g->out, o) < 0)
			return YJ_ERR_NOMEM;
	}
	return rc;
}

/* All residents, a read for each piece of them. */
static int each_resident(
    struct yj_store *s, int (*each)(void *ctx, const struct yj_round_resident *r), void *ctx)
{
	struct yj_round_resident *v = malloc(PIECE * sizeof *v);
	char after[YJ_NAME_MAX + 1] = "";
	size_t n = PIECE;
	int rc = v ? 0 : YJ_ERR_NOMEM;
	while (rc == 0 && n == PIECE) {
		rc = yj_round_residents(s, after, v, PIECE, &n);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = each(ctx, &v[i]);
		if (rc == 0 && n)
			memcpy(after, v[n - 1].resident, sizeof after);
	}
	free(v);
	return rc;
}

static int gather_one(void *ctx, const struct yj_round_resident *r)
{
	return add_items(ctx, r);
}

static int by_due(const void *a, const void *b)
{
	static const char *const keys[] = {DUE_KEY, "region", "resident", "round"};
	int order = 0;
	for (size_t i = 0; order == 0 && i < sizeof keys / sizeof keys[0]; i++) {
		const char *x = json_string_value(json_object_get(*(json_t *const *)a, keys[i]));
		const char *y = json_string_value(json_object_get(*(json_t *const *)b, keys[i]));
		order = strcmp(x ? x : "", y ? y : "");
	}
	return order;
}

/* *list is taken. */
static int sorted(json_t *list, json_t **out)
{
	size_t n = json_array_size(list);
	json_t **v = n ? malloc(n * sizeof(json_t *)) : NULL;
	json_t *result = json_array();
	int rc = result && (v || n == 0) ? 0 : YJ_ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++)
		v[i] = json_array_get(list, i);
	if (rc == 0 && n)
		qsort(v, n, sizeof(json_t *), by_due);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = json_array_append(result, v[i]) < 0 ? YJ_ERR_NOMEM : 0;
	free(v);
	json_decref(list);
	if (rc < 0)
		json_decref(result);
	else
		*out = result;
	return rc;
}

int yj_read_rounds(struct yj_store *s, int64_t now_utc_ms, enum yj_round_which which,
    const char *region, const char *list, json_t **out)
{
	struct gather g = {s, NULL, which, region, list, json_array()};
	int rc = g.out ? yj_round_plan_read(s, now_utc_ms, &g.plan) : YJ_ERR_NOMEM;
	if (rc == 0)
		rc = each_resident(s, gather_one, &g);
	yj_round_plan_free(g.plan);
	if (rc < 0) {
		json_decref(g.out);
		return rc;
	}
	return sorted(g.out, out);
}

/* ── lists ── */

struct tally {
	struct yj_store *s;
	struct yj_round_plan *plan;
	struct count {
		int members, due, overdue;
	} * v; /* of the lists, then of the extra rounds */
};

static struct count *count_of(struct tally *t, const struct yj_round_item *item)
{
	if (item->sort == YJ_ROUND_AFTER_CHANGE)
		return NULL;
	for (size_t i = 0; i < t->plan->n; i++)
		if (item->id == t->plan->lists[i].id)
			return &t->v[i];
	for (size_t i = 0; i < t->plan->n_extras; i++)
		if (item->id == t->plan->extras[i].id)
			return &t->v[t->plan->n + i];
	return NULL;
}

static int tally_one(void *ctx, const struct yj_round_resident *r)
{
	struct tally *t = ctx;
	struct yj_round_item items[YJ_ROUND_ITEMS_MAX];
	size_t n;
	int rc = yj_round_items(t->s, t->plan, r, items, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct count *c = count_of(t, &items[i]);
		int32_t over = yj_round_overdue(t->plan, &items[i]);
		if (!c)
			continue;
		c->members++;
		c->due += over == 0;
		c->overdue += over > 0;
	}
	return rc;
}

static json_t *list_json(const struct yj_round_list *l, const struct yj_round_words *w)
{
	char period[YJ_PERIOD_LEN], day[YJ_DAY_LEN];
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:b, s:s}", "id", l->id, "name",
	    yj_read_text(w->name), "period", yj_period_text(&l->period, period), "classes",
	    classes_json(l->classes), "region", yj_read_text(l->region), "counts",
	    counts_json(l->counts), "assignee", assignee_json(w->assignee), "built_in", l->built_in,
	    "since", yj_day_text(l->begins, day));
}

static json_t *extra_json(const struct yj_round_extra *e)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "id", e->id, "name",
	    json_null(), "region", yj_read_text(e->region), "assignee", assignee_json(e->assignee),
	    "built_in", 0, "reason", yj_read_text(e->reason), "since",
	    yj_read_time(e->began_utc_ms), "until", yj_read_time(e->until_utc_ms), "by",
	    yj_read_text(e->by[0] ? e->by : e->author));
}

static int list_lists(struct tally *t, json_t *out)
{
	const struct yj_round_plan *p = t->plan;
	for (size_t i = 0; i < p->n + p->n_extras; i++) {
		bool list = i < p->n;
		if (list && p->lists[i].built_in && t->v[i].members == 0)
			continue; /* it is in force for nobody */
		json_t *o =
		    list ? list_json(&p->lists[i], &p->words[i]) : extra_json(&p->extras[i - p->n]);
		json_t *numbers = json_pack("{s:i, s:i, s:i}", "members", t->v[i].members, "due",
		    t->v[i].due, "overdue", t->v[i].overdue);
		int bad = !o || !numbers || json_object_update(o, numbers) < 0;
		json_decref(numbers);
		if (bad || json_array_append_new(out, o) < 0) {
			if (bad)
				json_decref(o);
			return YJ_ERR_NOMEM;
		}
	}
	return 0;
}

int yj_read_round_lists(struct yj_store *s, int64_t now_utc_ms, json_t **out)
{
	struct tally t = {.s = s};
	json_t *list = json_array();
	int rc = yj_round_plan_read(s, now_utc_ms, &t.plan);
	if (rc == 0) {
		t.v = calloc(t.plan->n + t.plan->n_extras + 1, sizeof *t.v);
		rc = t.v && list ? each_resident(s, tally_one, &t) : YJ_ERR_NOMEM;
	}
	if (rc == 0)
		rc = list_lists(&t, list);
	yj_round_plan_free(t.plan);
	free(t.v);
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

/* ── one resident ── */

static int add_entries(struct yj_store *s, const char *resident, json_t *o)
{
	const struct yj_ledger_filter filter = {.from_utc_ms = INT64_MIN,
	    .until_utc_ms = INT64_MAX,
	    .region = "",
	    .resident = resident,
	    .limit = ENTRIES};
	json_t *entries = NULL;
	int rc = yj_read_ledger(s, &filter, &entries);
	if (rc == 0 && json_object_set_new(o, "ledger", entries) < 0)
		rc = YJ_ERR_NOMEM;
	return rc;
}

int yj_read_round_resident(
    struct yj_store *s, int64_t now_utc_ms, const char *resident, json_t **out)
{
	struct yj_round_resident r;
	int rc = yj_round_resident_get(s, resident, &r);
	if (rc < 0)
		return rc;
	struct gather g = {s, NULL, YJ_ROUND_EVERY, "", "", json_array()};
	json_t *items = NULL;
	rc = g.out ? yj_round_plan_read(s, now_utc_ms, &g.plan) : YJ_ERR_NOMEM;
	if (rc == 0)
		rc = add_items(&g, &r);
	yj_round_plan_free(g.plan);
	if (rc < 0) {
		json_decref(g.out);
		return rc;
	}
	rc = sorted(g.out, &items);
	if (rc < 0)
		return rc;
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "resident", r.resident,
	    "resident_name", yj_read_text(r.name), "region", yj_read_text(r.region), "classes",
	    classes_json(r.classes), "rests", r.rests, "changed_at",
	    yj_read_time(r.known && r.change_utc_ms != INT64_MIN ? r.change_utc_ms : INT64_MAX),
	    "rounds", items);
	rc = o ? add_entries(s, resident, o) : YJ_ERR_NOMEM;
	if (rc < 0)
		json_decref(o);
	else
		*out = o;
	return rc;
}
