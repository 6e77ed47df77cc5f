#include "round.h"

#include <stdlib.h>
#include <string.h>

#include "core/roster.h"
#include "db.h"
#include "duty.h"
#include "proto/words.h"

#define VISITED (1U << YJ_AS_VISIT | 1U << YJ_AS_CHECKIN | 1U << YJ_AS_ON_SITE)
#define HIGH (1U << YJ_ROUND_HIGH)

int32_t yj_round_day(int64_t utc_ms, int *minute)
{
	struct yj_wall wall = yj_wall_of(utc_ms);
	if (minute)
		*minute = wall.minute;
	return wall.day;
}

/* ── lists ── */

static const char *const class_words[] = {
    [YJ_ROUND_HIGH] = "high",
    [YJ_ROUND_KEY] = "key",
    [YJ_ROUND_GENERAL] = "general",
    [YJ_ROUND_MOUNTAIN] = "mountain",
};

/* "": 0 */
static unsigned class_of(const char *word)
{
	for (unsigned c = 0; c < sizeof class_words / sizeof class_words[0]; c++)
		if (strcmp(word, class_words[c]) == 0)
			return 1U << c;
	return 0;
}

static unsigned counts_of(const char *words)
{
	unsigned mask = 0;
	while (*words) {
		char word[16];
		enum yj_seen_as as;
		size_t n = strcspn(words, ";");
		snprintf(word, sizeof word, "%.*s", (int)n, words);
		if (yj_seen_as_parse(word, &as) == 0)
			mask |= 1U << as;
		words += n + (words[n] == ';');
	}
	return mask ? mask : (1U << YJ_AS_COUNT) - 1;
}

static struct yj_round_list *add_list(struct yj_round_plan *p)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		void *lists = realloc(p->lists, cap * sizeof *p->lists);
		if (lists)
			p->lists = lists;
		void *words = realloc(p->words, cap * sizeof *p->words);
		if (words)
			p->words = words;
		void *picked = realloc(p->picked, cap * sizeof *p->picked);
		if (picked)
			p->picked = picked;
		if (!lists || !words || !picked)
			return NULL;
		p->cap = cap;
	}
	memset(&p->lists[p->n], 0, sizeof *p->lists);
	memset(&p->words[p->n], 0, sizeof *p->words);
	return &p->lists[p->n++];
}

static int read_list(struct yj_round_plan *p, sqlite3_stmt *q)
{
	struct yj_round_list *l = add_list(p);
	if (!l)
		return YJ_ERR_NOMEM;
	struct yj_round_words *w = &p->words[p->n - 1];
	const char *period = yj_db_text(q, 2), *risk = yj_db_text(q, 3);
	yj_db_copy(q, 0, l->id, sizeof l->id);
	yj_db_copy(q, 1, w->name, sizeof w->name);
	if (yj_period_parse(period, strlen(period), &l->period) < 0)
		l->period = (struct yj_period){1, 0}; /* not one of ours: rather too often */
	l->classes = risk[0] ? class_of(risk) : YJ_ROUND_ALL;
	yj_db_copy(q, 4, l->region, sizeof l->region);
	l->counts = counts_of(yj_db_text(q, 5));
	yj_db_copy(q, 6, w->assignee, sizeof w->assignee);
	return 0;
}

static int read_lists(struct yj_store *s, struct yj_round_plan *p)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT id, name, period, risk, region_prefix, counts, assignee"
			  " FROM rounds WHERE gone_utc_ms IS NULL ORDER BY id");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	int rc, err = 0;
	while (err == 0 && (rc = yj_db_step(s, q)) == 1)
		err = read_list(p, q);
	if (err < 0) {
		sqlite3_reset(q);
		return err;
	}
	for (size_t i = 0; rc == 0 && i < YJ_ROUND_BUILT_IN; i++) {
		struct yj_round_list *l = add_list(p);
		if (!l)
			return YJ_ERR_NOMEM;
		*l = yj_round_built_in[i];
	}
	return rc;
}

static int read_begins(struct yj_store *s, struct yj_round_plan *p)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < p->n; i++) {
		int64_t day = p->today;
		rc = yj_db_int(
		    s, &day, "SELECT day FROM round_begins WHERE list = ?1", "t", p->lists[i].id);
		if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
		p->lists[i].begins = (int32_t)day;
	}
	return rc;
}

int yj_round_plan_read(struct yj_store *s, int64_t now_utc_ms, struct yj_round_plan **out)
{
	struct yj_round_plan *p = calloc(1, sizeof *p);
	if (!p)
		return YJ_ERR_NOMEM;
	p->now_utc_ms = now_utc_ms;
	p->today = yj_round_day(now_utc_ms, NULL);
	int rc = read_lists(s, p);
	if (rc == 0)
		rc = read_begins(s, p);
	if (rc == 0)
		rc = yj_round_extras(s, &p->extras, &p->n_extras);
	if (rc < 0)
		yj_round_plan_free(p);
	else
		*out = p;
	return rc;
}

void yj_round_plan_free(struct yj_round_plan *p)
{
	if (!p)
		return;
	free(p->lists);
	free(p->words);
	free(p->picked);
	free(p->extras);
	free(p);
}

int yj_round_plan_note(struct yj_store *s, const struct yj_round_plan *p)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < p->n; i++)
		rc = yj_db_run(s, "INSERT OR IGNORE INTO round_begins (list, day) VALUES (?1, ?2)",
		    "ti", p->lists[i].id, (int64_t)p->lists[i].begins);
	/* one that is taken away and comes again begins anew */
	return rc < 0 ? rc
		      : yj_db_run(s,
			    "DELETE FROM round_begins WHERE list IN"
			    " (SELECT id FROM rounds WHERE gone_utc_ms IS NOT NULL)",
			    "");
}

bool yj_round_plan_extra(const struct yj_round_plan *p)
{
	return p->n_extras > 0;
}

/* ── residents ── */

#define COLUMNS                                                                                    \
	"SELECT r.id, r.name, r.region, coalesce(r.risk, ''), r.lives_alone = 1 AND r.mountain = " \
	"1,"                                                                                       \
	" coalesce(r.status, 'active') <> 'active' OR EXISTS (SELECT 1 FROM beds b"                \
	"  WHERE b.occupant = r.id AND b.kind = 2 AND b.gone_utc_ms IS NULL),"                     \
	" k.known_utc_ms, k.begins_day, k.classes, k.rests, k.change_utc_ms, k.look_day"
_Static_assert(YJ_BED_HOSPITAL == 2, "the kind of a hospital's bed above");

static void read_resident(sqlite3_stmt *q, struct yj_round_resident *r)
{
	memset(r, 0, sizeof *r);
	yj_db_copy(q, 0, r->resident, sizeof r->resident);
	yj_db_copy(q, 1, r->name, sizeof r->name);
	yj_db_copy(q, 2, r->region, sizeof r->region);
	unsigned risk = class_of(yj_db_text(q, 3));
	r->classes = (risk ? risk : 1U << YJ_ROUND_OTHER) |
		     (sqlite3_column_int(q, 4) ? 1U << YJ_ROUND_MOUNTAIN : 0);
	r->rests = sqlite3_column_int(q, 5) != 0;
	r->known = sqlite3_column_type(q, 6) != SQLITE_NULL;
	r->known_utc_ms = sqlite3_column_int64(q, 6);
	r->begins_day = sqlite3_column_int(q, 7);
	r->was_classes = (unsigned)sqlite3_column_int(q, 8);
	r->rested = sqlite3_column_int(q, 9) != 0;
	r->change_utc_ms =
	    sqlite3_column_type(q, 10) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(q, 10);
	r->look_day =
	    sqlite3_column_type(q, 11) == SQLITE_NULL ? INT32_MAX : sqlite3_column_int(q, 11);
}

static int read_residents(
    struct yj_store *s, sqlite3_stmt *q, struct yj_round_resident *v, size_t cap, size_t *n)
{
	size_t got = 0;
	int rc = 0;
	while (got < cap && (rc = yj_db_step(s, q)) == 1)
		read_resident(q, &v[got++]);
	sqlite3_reset(q);
	*n = got;
	return rc < 0 ? rc : 0;
}

int yj_round_residents(
    struct yj_store *s, const char *after, struct yj_round_resident *v, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    COLUMNS " FROM residents r LEFT JOIN round_residents k ON k.resident = r.id"
		    " WHERE r.id > ?1 AND r.gone_utc_ms IS NULL ORDER BY r.id LIMIT ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", after, (int64_t)cap);
	return read_residents(s, q, v, cap, n);
}

int yj_round_looks(struct yj_store *s, int32_t today, int32_t after_day, const char *after,
    struct yj_round_resident *v, size_t cap, size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    COLUMNS " FROM round_residents k CROSS JOIN residents r ON r.id = k.resident"
		    " WHERE k.look_day <= ?1 AND (k.look_day, k.resident) > (?2, ?3)"
		    " AND r.gone_utc_ms IS NULL ORDER BY k.look_day, k.resident LIMIT ?4");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "iiti", (int64_t)today, (int64_t)after_day, after, (int64_t)cap);
	return read_residents(s, q, v, cap, n);
}

int yj_round_resident_get(struct yj_store *s, const char *resident, struct yj_round_resident *out)
{
	size_t n = 0;
	sqlite3_stmt *q = yj_db_stmt(s,
	    COLUMNS " FROM residents r LEFT JOIN round_residents k ON k.resident = r.id"
		    " WHERE r.id = ?1 AND r.gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc = read_residents(s, q, out, 1, &n);
	return rc == 0 && n == 0 ? YJ_ERR_NOTFOUND : rc;
}

/* When they were last moved from one place to another, or were last helped. */
static int last_change(struct yj_store *s, const char *resident, int64_t *utc_ms)
{
	int64_t help = 0, at;
	for (int k = 0; k < YJ_KIND_COUNT; k++)
		if (yj_kind_is_help((enum yj_kind)k))
			help |= INT64_C(1) << k;
	*utc_ms = INT64_MIN;
	int rc = yj_db_int(s, &at,
	    "SELECT utc_ms FROM bed_moves WHERE resident = ?1 AND from_bed IS NOT NULL"
	    " ORDER BY n DESC LIMIT 1",
	    "t", resident);
	if (rc == 0)
		*utc_ms = at;
	if (rc == 0 || rc == YJ_ERR_NOTFOUND)
		rc = yj_db_int(s, &at,
		    "SELECT max(closed_utc_ms) FROM (SELECT closed_utc_ms FROM incidents"
		    " WHERE resident = ?1 AND state = ?2 AND drill = 0 AND (1 << kind) & ?3"
		    " ORDER BY n DESC LIMIT 20)",
		    "tii", resident, (int64_t)YJ_INC_RESOLVED, help);
	if (rc == 0 && at > *utc_ms)
		*utc_ms = at;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* What is new since it was stored. */
static int notice(struct yj_store *s, const struct yj_round_plan *p, struct yj_round_resident *r)
{
	int64_t at = INT64_MIN;
	if (!r->known) {
		r->known_utc_ms = p->now_utc_ms;
		r->begins_day = p->today;
		r->change_utc_ms = INT64_MIN;
		return 0;
	}
	if (r->classes != r->was_classes || (r->rested && !r->rests))
		r->begins_day = p->today;
	if (!(r->classes & HIGH) || r->rests)
		return 0;
	if (!(r->was_classes & HIGH) || r->rested)
		r->change_utc_ms = p->now_utc_ms;
	int rc = last_change(s, r->resident, &at);
	if (rc == 0 && at > r->change_utc_ms && at > r->known_utc_ms)
		r->change_utc_ms = at;
	return rc;
}

int yj_round_remember(
    struct yj_store *s, const struct yj_round_plan *p, struct yj_round_resident *r)
{
	const struct yj_round_resident before = *r;
	struct yj_round_item items[YJ_ROUND_ITEMS_MAX] = {0};
	size_t n = 0;
	int rc = notice(s, p, r);
	r->known = true;
	if (rc == 0)
		rc = yj_round_items(s, p, r, items, &n);
	if (rc < 0)
		return rc;
	r->look_day = INT32_MAX;
	for (size_t i = 0; i < n; i++)
		if (items[i].sort != YJ_ROUND_EXTRA && items[i].due_day < r->look_day)
			r->look_day = items[i].due_day;
	bool same = before.known && before.classes == before.was_classes &&
		    before.rests == before.rested && before.begins_day == r->begins_day &&
		    before.change_utc_ms == r->change_utc_ms && before.look_day == r->look_day;
	r->was_classes = r->classes;
	r->rested = r->rests;
	if (same)
		return 0;
	return yj_db_run(s,
	    "INSERT INTO round_residents (resident, known_utc_ms, begins_day, classes, rests,"
	    " change_utc_ms, look_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	    " ON CONFLICT (resident) DO UPDATE SET begins_day = ?3, classes = ?4, rests = ?5,"
	    " change_utc_ms = ?6, look_day = ?7",
	    "tiiiiII", r->resident, r->known_utc_ms, (int64_t)r->begins_day, (int64_t)r->classes,
	    (int64_t)r->rests, r->change_utc_ms == INT64_MIN ? INT64_MAX : r->change_utc_ms,
	    r->look_day == INT32_MAX ? INT64_MAX : (int64_t)r->look_day);
}

int yj_round_look_set(struct yj_store *s, const char *resident, int32_t day)
{
	return yj_db_run(s, "UPDATE round_residents SET look_day = ?2 WHERE resident = ?1", "ti",
	    resident, (int64_t)day);
}

/* ── what is due ── */

static int64_t newest(const int64_t last[YJ_AS_COUNT], unsigned counts)
{
	int64_t at = INT64_MIN;
	for (unsigned c = 0; c < YJ_AS_COUNT; c++)
		if ((counts & (1U << c)) && last[c] > at)
			at = last[c];
	return at;
}

static struct yj_round_item list_item(const struct yj_round_plan *p, size_t list,
    const struct yj_round_resident *r, const int64_t last[YJ_AS_COUNT])
{
	const struct yj_round_list *l = &p->lists[list];
	int64_t seen = newest(last, l->counts);
	int64_t known = r->known ? r->known_utc_ms : p->now_utc_ms;
	struct yj_round_history h = {
	    .last = seen == INT64_MIN ? YJ_NO_DAY : yj_round_day(seen, NULL),
	    .known = yj_round_day(known, NULL),
	    .begins = l->begins,
	};
	if (r->known && r->begins_day > h.begins)
		h.begins = r->begins_day;
	return (struct yj_round_item){
	    .sort = YJ_ROUND_LIST,
	    .id = l->id,
	    .key = l->id,
	    .name = p->words[list].name,
	    .assignee = p->words[list].assignee,
	    .due_day = yj_round_due(&h, &l->period),
	    .due_utc_ms = INT64_MAX,
	    .last_utc_ms = seen,
	    .counts = l->counts,
	};
}

/* Of the lists that somebody is on, the one that is about their high risk; else the first. */
static size_t high_list(const struct yj_round_plan *p, size_t picked)
{
	for (size_t i = 0; i < picked; i++)
		if (p->lists[p->picked[i]].classes & HIGH)
			return p->picked[i];
	return p->picked[0];
}

bool yj_round_extra_covers(const struct yj_round_extra *e, const char *region)
{
	return strncmp(region, e->prefix, strlen(e->prefix)) == 0;
}

int yj_round_items(struct yj_store *s, const struct yj_round_plan *p,
    const struct yj_round_resident *r, struct yj_round_item items[YJ_ROUND_ITEMS_MAX], size_t *n)
{
	int64_t last[YJ_AS_COUNT] = {0};
	*n = 0;
	if (r->rests)
		return 0;
	int rc = yj_ledger_last(s, r->resident, last);
	if (rc < 0)
		return rc;
	size_t got = 0, picked = yj_round_pick(p->lists, p->n, r->classes, r->region, p->picked,
			    p->n < YJ_ROUND_ITEMS_MAX / 2 ? p->n : YJ_ROUND_ITEMS_MAX / 2);
	for (size_t i = 0; i < picked; i++)
		items[got++] = list_item(p, p->picked[i], r, last);
	int64_t seen = newest(last, VISITED);
	if ((r->classes & HIGH) && r->change_utc_ms != INT64_MIN && seen < r->change_utc_ms &&
	    picked) {
		struct yj_round_item item = list_item(p, high_list(p, picked), r, last);
		item.sort = YJ_ROUND_AFTER_CHANGE;
		item.key = YJ_ROUND_CHANGE;
		item.due_utc_ms = r->change_utc_ms + YJ_ROUND_CHANGE_MS;
		item.due_day = yj_round_day(item.due_utc_ms, NULL);
		item.last_utc_ms = seen;
		item.counts = VISITED;
		items[got++] = item;
	}
	for (size_t i = 0; i < p->n_extras && got < YJ_ROUND_ITEMS_MAX; i++) {
		const struct yj_round_extra *e = &p->extras[i];
		if (!yj_round_extra_covers(e, r->region) || seen >= e->began_utc_ms)
			continue;
		items[got++] = (struct yj_round_item){
		    .sort = YJ_ROUND_EXTRA,
		    .id = e->id,
		    .key = e->id,
		    .name = e->reason,
		    .assignee = e->assignee,
		    .due_day = yj_round_day(e->until_utc_ms, NULL),
		    .due_utc_ms = e->until_utc_ms,
		    .last_utc_ms = seen,
		    .counts = VISITED,
		};
	}
	*n = got;
	return 0;
}

int32_t yj_round_overdue(const struct yj_round_plan *p, const struct yj_round_item *item)
{
	int32_t days = p->today - item->due_day;
	if (item->due_utc_ms == INT64_MAX)
		return days;
	if (p->now_utc_ms < item->due_utc_ms)
		return days < 0 ? days : 0;
	return 1 + (int32_t)((p->now_utc_ms - item->due_utc_ms) / 86400000);
}

void yj_round_assignee(const char *stored, struct yj_target *to)
{
	static const char role[] = "role:";
	bool named = strncmp(stored, role, sizeof role - 1) == 0;
	if (!stored[0] || yj_target_parse(named ? stored + sizeof role - 1 : stored, to) < 0)
		*to = (struct yj_target){.type = YJ_TARGET_ROLE, .role = YJ_ROLE_GRID};
}
