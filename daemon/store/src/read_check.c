/* policy check: where a last level can be empty within a week, and names that nobody has.
 *
 * Whether a last level has somebody depends, for each of its roles, on who names the resident, else
 * on the institution, else on the region. So whoever is named by somebody of such a role, whom no
 * roster binds, is done with one look; who is named by people with rosters is asked for alone, and
 * all others once per policy, institution and region. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db.h"
#include "read.h"
#include "store/roster.h"

#define POLICIES_MAX 256 /* of one configuration */
#define PIECE 500	 /* records per read */
#define WEEK_MS (7LL * 86400000)

/* A last level to look at, of the plan itself or of a kind with another one. */
struct last {
	const char *kind; /* NULL: the base */
	size_t level;
	const struct yj_target *to;
	size_t n_to;
	uint32_t roles; /* bit per role among the targets */
};

struct checked_policy {
	struct yj_policy policy;
	struct last last[YJ_KIND_COUNT + 1];
	size_t n_last;
};

struct checking {
	struct yj_store *s;
	json_t *findings;
	struct checked_policy *policies[POLICIES_MAX];
	size_t n_policies;
	json_t *known; /* "policy/last/institution/region": when it is empty */
	int64_t by_role[YJ_ROLE_COUNT];
};

static int found(struct checking *c, const char *policy, const char *kind, const char *member,
    const char *id, int64_t level, const char *what)
{
	json_t *f = json_pack("{s:s, s:s}", "policy", policy, "what", what);
	if (kind)
		json_object_set_new(f, "kind", json_string(kind));
	if (member)
		json_object_set_new(f, member, json_string(id));
	if (level >= 0)
		json_object_set_new(f, "level", json_integer(level));
	return json_array_append_new(c->findings, f) < 0 ? YJ_ERR_NOMEM : 0;
}

/* ── what a policy says by itself ── */

static int caregiver_exists(struct yj_store *s, const char *id, bool *exists)
{
	int64_t one;
	int rc = yj_db_int(
	    s, &one, "SELECT 1 FROM caregivers WHERE id = ?1 AND gone_utc_ms IS NULL", "t", id);
	*exists = rc == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* Notes names that nobody has; *any: the target can have somebody at all. */
static int check_target(struct checking *c, const char *policy, const char *kind, int64_t level,
    const struct yj_target *to, bool *any)
{
	char name[YJ_TARGET_LEN], what[sizeof name + 32];
	snprintf(what, sizeof what, "%s does not exist", yj_target_format(to, name));
	bool exists = false;
	int rc = 0;
	switch (to->type) {
	case YJ_TARGET_ROLE:
		*any = c->by_role[to->role] > 0;
		return 0;
	case YJ_TARGET_CAREGIVER:
		rc = caregiver_exists(c->s, to->name, &exists);
		break;
	case YJ_TARGET_GROUP: /* a group is its roster */
		rc = yj_roster_exists(c->s, to->name, &exists);
		break;
	}
	*any = exists;
	return rc == 0 && !exists ? found(c, policy, kind, NULL, NULL, level, what) : rc;
}

static int check_plan(
    struct checking *c, const char *policy, const char *kind, const struct yj_plan *plan)
{
	int rc = 0;
	for (size_t i = 0; i < plan->n_levels && rc == 0; i++) {
		bool somebody = false, any;
		for (size_t k = 0; k < plan->levels[i].n && rc == 0; k++) {
			rc =
			    check_target(c, policy, kind, (int64_t)i, &plan->levels[i].to[k], &any);
			somebody = somebody || any;
		}
		if (rc == 0 && !somebody)
			rc = found(c, policy, kind, NULL, NULL, (int64_t)i,
			    "the level has nobody in the whole directory");
	}
	for (size_t k = 0; k < plan->n_inform && rc == 0; k++) {
		bool any;
		rc = check_target(c, policy, kind, -1, &plan->inform[k], &any);
	}
	return rc;
}

static bool same_targets(const struct yj_level *a, const struct yj_level *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct yj_target *x = &a->to[i], *y = &b->to[i];
		if (x->type != y->type || (x->type == YJ_TARGET_ROLE && x->role != y->role) ||
		    strcmp(x->name, y->name) != 0)
			return false;
	}
	return true;
}

static void add_last(struct checked_policy *p, const char *kind, const struct yj_plan *plan)
{
	const struct yj_level *level = &plan->levels[plan->n_levels - 1];
	if (kind && same_targets(level, &p->policy.base.levels[p->policy.base.n_levels - 1]))
		return;
	struct last *last = &p->last[p->n_last++];
	*last = (struct last){kind, plan->n_levels - 1, level->to, level->n, 0};
	for (size_t i = 0; i < level->n; i++) {
		if (level->to[i].type == YJ_TARGET_ROLE)
			last->roles |= 1U << level->to[i].role;
	}
}

static int add_policy(struct checking *c, const char *name)
{
	struct checked_policy *p = calloc(1, sizeof *p);
	if (!p || c->n_policies == POLICIES_MAX) {
		free(p);
		return YJ_ERR_NOMEM;
	}
	int rc = yj_read_policy(c->s, name, &p->policy);
	if (rc < 0) {
		free(p);
		return rc;
	}
	snprintf(p->policy.name, sizeof p->policy.name, "%s", name);
	c->policies[c->n_policies++] = p;
	add_last(p, NULL, &p->policy.base);
	rc = check_plan(c, name, NULL, &p->policy.base);
	for (int k = 0; k < YJ_KIND_COUNT && rc == 0; k++) {
		if (!p->policy.kinds[k])
			continue;
		const char *kind = yj_kind_name((enum yj_kind)k);
		add_last(p, kind, p->policy.kinds[k]);
		rc = check_plan(c, name, kind, p->policy.kinds[k]);
	}
	return rc;
}

static int count_roles(struct checking *c)
{
	sqlite3_stmt *q = yj_db_stmt(
	    c->s, "SELECT role, count(*) FROM caregivers WHERE gone_utc_ms IS NULL GROUP BY role");
	if (!q)
		return yj_db_err(c->s, c->s->last_sqlite);
	int rc;
	while ((rc = yj_db_step(c->s, q)) == 1) {
		int role = sqlite3_column_int(q, 0);
		if (role >= 0 && role < YJ_ROLE_COUNT)
			c->by_role[role] = sqlite3_column_int64(q, 1);
	}
	return rc;
}

/* Up to PIECE ids after `after`, in order. sql takes the id and the number. */
static int read_ids(
    struct yj_store *s, const char *sql, const char *after, char (*ids)[YJ_NAME_MAX + 1], size_t *n)
{
	sqlite3_stmt *q = yj_db_stmt(s, sql);
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", after, (int64_t)PIECE);
	int rc;
	for (*n = 0; (rc = yj_db_step(s, q)) == 1; ++*n)
		yj_db_copy(q, 0, ids[*n], YJ_NAME_MAX + 1);
	return rc;
}

/* ── what it comes to for those who are served ── */

/* The roles of those who name the resident: of those who are always there, and of those whom a
 * roster binds. */
static int named_roles(
    struct yj_store *s, const char *resident, uint32_t *roles, uint32_t *bound_roles)
{
	*roles = *bound_roles = 0;
	if (!resident[0])
		return 0;
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT c.role, c.id FROM caregiver_residents r JOIN caregivers c ON c.id = r.caregiver"
	    " WHERE r.resident = ?1 AND c.gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", resident);
	int rc;
	while ((rc = yj_db_step(s, q)) == 1) {
		bool bound;
		int err = yj_duty_bound(s, yj_db_text(q, 1), &bound);
		if (err < 0) {
			sqlite3_reset(q);
			return err;
		}
		*(bound ? bound_roles : roles) |= 1U << (unsigned)(sqlite3_column_int(q, 0) & 31);
	}
	return rc;
}

/* From when on a last level is empty within the week, INT64_MAX: never. */
static int empty_at(struct checking *c, const struct checked_policy *p, size_t i,
    const struct yj_whose *w, int64_t *at)
{
	int64_t now = c->s->duty_utc_ms;
	const struct last *last = &p->last[i];
	if (now != YJ_DUTY_UNKNOWN)
		return yj_duty_uncovered(c->s, w, last->to, last->n_to, now, now + WEEK_MS, at);
	struct yj_names names = {0};
	int rc = yj_people_expand(c->s, w, last->to, last->n_to, &names);
	*at = names.n == 0 ? now : INT64_MAX;
	yj_names_done(&names);
	return rc;
}

/* The same, asked for once for all who are served alike. */
static int empty_of_region(struct checking *c, const struct checked_policy *p, size_t i,
    const struct yj_whose *w, int64_t *at)
{
	char key[3 * YJ_NAME_MAX + 64];
	snprintf(key, sizeof key, "%s/%zu/%s/%s", p->policy.name, i, w->institution, w->region);
	json_t *known = json_object_get(c->known, key);
	if (!known) {
		int rc = empty_at(c, p, i, w, at);
		known = rc < 0 ? NULL : json_integer(*at);
		if (rc < 0 || json_object_set_new(c->known, key, known) < 0)
			return rc < 0 ? rc : YJ_ERR_NOMEM;
	}
	*at = json_integer_value(known);
	return 0;
}

/* Now, or from a later moment on. */
static int found_empty(struct checking *c, const char *policy, const struct last *last,
    const char *member, const char *id, int64_t at)
{
	char what[64] = "the last level has nobody";
	time_t t = (time_t)(at / 1000);
	struct tm tm;
	if (at > c->s->duty_utc_ms && localtime_r(&t, &tm))
		strftime(
		    what, sizeof what, "the last level has nobody from %a %Y-%m-%d %H:%M on", &tm);
	return found(c, policy, last->kind, member, id, (int64_t)last->level, what);
}

static int check_whose(
    struct checking *c, const struct yj_whose *w, const char *member, const char *id)
{
	const struct checked_policy *p = NULL;
	for (size_t i = 0; i < c->n_policies && !p; i++) {
		if (strcmp(c->policies[i]->policy.name, w->policy) == 0)
			p = c->policies[i];
	}
	if (!p)
		return found(c, w->policy, NULL, member, id, -1, "there is no such policy");
	uint32_t named, bound;
	int rc = named_roles(c->s, w->resident, &named, &bound);
	for (size_t i = 0; i < p->n_last && rc == 0; i++) {
		int64_t at = INT64_MAX;
		if (named & p->last[i].roles)
			continue;
		rc = bound & p->last[i].roles ? empty_at(c, p, i, w, &at)
					      : empty_of_region(c, p, i, w, &at);
		if (rc == 0 && at != INT64_MAX)
			rc = found_empty(c, w->policy, &p->last[i], member, id, at);
	}
	return rc;
}

static int check_resident(struct checking *c, const char *id)
{
	struct yj_whose w;
	int rc = yj_whose_resident(c->s, id, &w);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	return check_whose(c, &w, "resident", id);
}

/* Of an institution's own device, which belongs to no resident. */
static int check_institution(struct checking *c, const char *id)
{
	struct yj_device device = {.id = ""};
	struct yj_whose w;
	snprintf(device.institution, sizeof device.institution, "%s", id);
	int rc = yj_whose_find(c->s, &device, &w);
	return rc < 0 ? rc : check_whose(c, &w, "institution", id);
}

static int check_each(
    struct checking *c, const char *sql, int (*check)(struct checking *c, const char *id))
{
	char(*ids)[YJ_NAME_MAX + 1] = calloc(PIECE, sizeof *ids);
	char after[YJ_NAME_MAX + 1] = "";
	size_t n = PIECE;
	int rc = ids ? 0 : YJ_ERR_NOMEM;
	while (rc == 0 && n == PIECE) {
		rc = read_ids(c->s, sql, after, ids, &n);
		for (size_t i = 0; i < n && rc == 0; i++)
			rc = check(c, ids[i]);
		if (n)
			memcpy(after, ids[n - 1], sizeof after);
	}
	free(ids);
	return rc;
}

static int check_all(struct checking *c)
{
	int rc = count_roles(c);
	if (rc == 0)
		rc = check_each(c,
		    "SELECT name FROM policy_names WHERE name > ?1 ORDER BY name LIMIT ?2",
		    add_policy);
	if (rc == 0 && c->n_policies == 0)
		return found(
		    c, "default", NULL, NULL, NULL, -1, "the gateway has loaded no policy yet");
	if (rc == 0 && c->by_role[YJ_ROLE_DUTY] + c->by_role[YJ_ROLE_OPERATOR] == 0)
		rc = found(c, "default", NULL, NULL, NULL, -1,
		    "nobody is duty or operator: an incident that reaches nobody, or of a device "
		    "of "
		    "nobody, has nowhere to go");
	if (rc == 0)
		rc = check_each(c,
		    "SELECT id FROM residents WHERE id > ?1 AND gone_utc_ms IS NULL ORDER BY id "
		    "LIMIT ?2",
		    check_resident);
	if (rc == 0)
		rc = check_each(c,
		    "SELECT id FROM institutions WHERE id > ?1 AND gone_utc_ms IS NULL ORDER BY id"
		    " LIMIT ?2",
		    check_institution);
	return rc;
}

int yj_read_policy_check(struct yj_store *s, json_t **out)
{
	struct checking c = {.s = s, .findings = json_array(), .known = json_object()};
	int rc = check_all(&c);
	for (size_t i = 0; i < c.n_policies; i++) {
		yj_policy_done(&c.policies[i]->policy);
		free(c.policies[i]);
	}
	json_decref(c.known);
	if (rc < 0) {
		json_decref(c.findings);
		return rc;
	}
	*out = c.findings;
	return 0;
}
