/* Who is called for a home, at one hour or another, and whether their channels were proved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ready.h"
#include "store/notice.h"
#include "store/roster.h"

#define HELD_MAX 200000 /* people in shared groups */
#define KNOWN_MAX 4000	/* people who were looked up */

void yj_ready_group_done(struct yj_ready_group *group)
{
	json_decref(group->ids);
	json_decref(group->unproved);
	*group = (struct yj_ready_group){0};
}

static void forget_groups(struct yj_ready_people *p)
{
	for (size_t i = 0; i < p->n; i++)
		yj_ready_group_done(&p->v[i]);
	json_decref(p->groups);
	p->groups = NULL;
	p->n = p->held = 0;
}

void yj_ready_people_done(struct yj_ready_people *p)
{
	forget_groups(p);
	free(p->v);
	json_decref(p->known);
	*p = (struct yj_ready_people){0};
}

static int group_new(struct yj_ready_group *group)
{
	*group = (struct yj_ready_group){.ids = json_object(), .unproved = json_array()};
	return group->ids && group->unproved ? 0 : YJ_ERR_NOMEM;
}

/* What is to be known of one person. */
static int look_up(struct yj_ready_people *p, const char *id, json_t **out)
{
	struct yj_caregiver c;
	int rc = yj_caregiver_find(p->s, id, &c);
	if (rc < 0)
		return rc;
	json_t *channels = p->conf->reaching.channels(p->conf->reaching.ctx, &c),
	       *unproved = json_array();
	bool proved = false;
	size_t i;
	json_t *channel;
	json_array_foreach(channels, i, channel)
	{
		int64_t at = INT64_MIN;
		if (rc == 0)
			rc = yj_proof_newest(p->s, id, json_string_value(channel), &at);
		bool fresh = at >= p->conf->now_utc_ms - YJ_READY_MS;
		proved = proved || fresh;
		if (!fresh)
			json_array_append(unproved, channel);
	}
	bool none = json_array_size(channels) == 0, bound = false;
	if (rc == 0)
		rc = yj_duty_bound(p->s, id, &bound);
	json_decref(channels);
	*out = json_pack("{s:o, s:b, s:b, s:b}", "unproved", unproved, "proved", proved, "none",
	    none, "bound", bound);
	return rc < 0 ? rc : *out ? 0 : YJ_ERR_NOMEM;
}

static int person(struct yj_ready_people *p, const char *id, const json_t **out)
{
	if (json_object_size(p->known) > KNOWN_MAX) {
		json_decref(p->known);
		p->known = NULL;
	}
	if (!p->known)
		p->known = json_object();
	*out = json_object_get(p->known, id);
	if (*out)
		return 0;
	json_t *found = NULL;
	int rc = look_up(p, id, &found);
	if (rc < 0 || json_object_set_new(p->known, id, found) < 0)
		return rc < 0 ? rc : YJ_ERR_NOMEM;
	*out = found;
	return 0;
}

static int add_person(struct yj_ready_people *p, struct yj_ready_group *group, const char *id)
{
	const json_t *one = NULL;
	if (json_object_get(group->ids, id))
		return 0;
	int rc = person(p, id, &one);
	if (rc < 0 || json_object_set_new(group->ids, id, json_true()) < 0)
		return rc < 0 ? rc : YJ_ERR_NOMEM;
	json_t *unproved = json_object_get(one, "unproved");
	group->n++;
	group->n_proved += json_is_true(json_object_get(one, "proved"));
	group->always = group->always || !json_is_true(json_object_get(one, "bound"));
	if (json_array_size(unproved) == 0 && !json_is_true(json_object_get(one, "none")))
		return 0;
	return json_array_append_new(group->unproved,
		   json_pack("{s:s, s:O}", "caregiver", id, "channels", unproved)) < 0
		   ? YJ_ERR_NOMEM
		   : 0;
}

/* Those of a plan whom the institution or the region gives, and those it names itself. */
static int fill_shared(struct yj_ready_people *p, const struct yj_ready_plan *plan, uint32_t but,
    const struct yj_whose *whose, struct yj_ready_group *group)
{
	struct yj_whose place = *whose;
	place.resident[0] = '\0'; /* whoever names the resident is looked at for each home */
	int rc = group_new(group);
	for (size_t i = 0; rc == 0 && i < plan->n_to; i++) {
		const struct yj_target *to = &plan->to[i];
		struct yj_names names = {0};
		if (to->type == YJ_TARGET_ROLE && (but & (1U << to->role)))
			continue;
		rc = yj_people_expand(p->s, &place, to, 1, &names);
		for (size_t k = 0; rc == 0 && k < names.n; k++)
			rc = add_person(p, group, names.v[k]);
		yj_names_done(&names);
	}
	return rc;
}

static int shared_group(struct yj_ready_people *p, const char *plan_key,
    const struct yj_ready_plan *plan, uint32_t but, const struct yj_whose *whose,
    const struct yj_ready_group **out)
{
	char key[3 * YJ_NAME_MAX + 64];
	snprintf(key, sizeof key, "%s/%x/%s/%s", plan_key, (unsigned)but, whose->institution,
	    whose->region);
	if (p->held > HELD_MAX)
		forget_groups(p);
	if (!p->groups)
		p->groups = json_object();
	json_t *index = json_object_get(p->groups, key);
	if (index) {
		*out = &p->v[json_integer_value(index)];
		return 0;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		void *v = realloc(p->v, cap * sizeof *p->v);
		if (!v)
			return YJ_ERR_NOMEM;
		p->v = v;
		p->cap = cap;
	}
	struct yj_ready_group *group = &p->v[p->n];
	int rc = fill_shared(p, plan, but, whose, group);
	if (rc == 0 && json_object_set_new(p->groups, key, json_integer((json_int_t)p->n)) < 0)
		rc = YJ_ERR_NOMEM;
	if (rc < 0) {
		yj_ready_group_done(group);
		return rc;
	}
	p->n++;
	p->held += group->n + 1;
	*out = group;
	return 0;
}

int yj_ready_group_of(struct yj_ready_people *p, const char *plan_key,
    const struct yj_ready_plan *plan, const struct yj_whose *whose,
    const struct yj_ready_named *named, size_t n_named, struct yj_ready_group *out)
{
	uint32_t roles = 0;
	for (size_t i = 0; i < n_named; i++)
		roles |= 1U << named[i].role;
	roles &= plan->roles;
	const struct yj_ready_group *shared = NULL;
	int rc = shared_group(p, plan_key, plan, roles, whose, &shared);
	if (rc < 0)
		return rc;
	struct yj_ready_group group;
	rc = group_new(&group);
	for (size_t i = 0; rc == 0 && i < n_named; i++) {
		bool called = plan->roles & (1U << named[i].role);
		if (called && !json_object_get(shared->ids, named[i].id))
			rc = add_person(p, &group, named[i].id);
	}
	if (rc == 0 && json_array_extend(group.unproved, shared->unproved) < 0)
		rc = YJ_ERR_NOMEM;
	if (rc < 0) {
		yj_ready_group_done(&group);
		return rc;
	}
	group.n += shared->n;
	group.n_proved += shared->n_proved;
	group.always = group.always || shared->always;
	*out = group;
	return 0;
}
