/* policy explain: who would be reached, by the very queries that page them. */
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "read.h"
#include "store/roster.h"

struct explaining {
	struct yj_store *s;
	const struct yj_reaching *reaching;
	struct yj_whose whose;
	char device[YJ_NAME_MAX + 1]; /* "" when it was asked for a resident */
};

/* Whose it is: a resident's, or a device's without one. */
/* Whoever lies in a bed, else its sensor. */
static int find_in_bed(struct explaining *x, const char *bed, char device[YJ_NAME_MAX + 1])
{
	char occupant[YJ_NAME_MAX + 1];
	device[0] = '\0';
	sqlite3_stmt *q = yj_db_stmt(x->s,
	    "SELECT occupant, device FROM beds WHERE id = ?1 AND gone_utc_ms IS NULL"
	    " AND (occupant IS NOT NULL OR device IS NOT NULL)");
	if (!q)
		return yj_db_err(x->s, x->s->last_sqlite);
	yj_db_bind(q, "t", bed);
	int rc = yj_db_step(x->s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	yj_db_copy(q, 0, occupant, sizeof occupant);
	yj_db_copy(q, 1, device, YJ_NAME_MAX + 1);
	sqlite3_reset(q);
	if (!occupant[0])
		return 0;
	device[0] = '\0';
	return yj_whose_resident(x->s, occupant, &x->whose);
}

static int find(struct explaining *x, const char *id)
{
	int rc = yj_whose_resident(x->s, id, &x->whose);
	if (rc != YJ_ERR_NOTFOUND)
		return rc;
	struct yj_device device = {.id = ""};
	rc = yj_device_find(x->s, id, &device);
	if (rc == YJ_ERR_NOTFOUND) {
		char sensor[YJ_NAME_MAX + 1] = "";
		rc = find_in_bed(x, id, sensor);
		if (rc < 0 || !sensor[0])
			return rc;
		rc = yj_device_find(x->s, sensor, &device);
	}
	if (rc < 0)
		return rc;
	if (device.gone)
		return YJ_ERR_NOTFOUND;
	memcpy(x->device, device.id, sizeof x->device);
	return yj_whose_find(x->s, &device, &x->whose);
}

/* Of these channels, those over which this person cannot be reached, as far as it is known. */
static json_t *cannot(
    const struct explaining *x, const struct yj_caregiver *c, const json_t *channels)
{
	json_t *list = json_array();
	size_t i;
	json_t *channel;
	json_array_foreach(channels, i, channel)
	{
		const char *name = json_string_value(channel);
		bool phone = strcmp(name, "voice") == 0 || strcmp(name, "sms") == 0 ||
			     strncmp(name, "sms:", 4) == 0;
		const char *why = NULL;
		if (x->reaching->exists && !x->reaching->exists(x->reaching->ctx, name))
			why = "not configured";
		else if (phone && !c->phone[0])
			why = "no telephone";
		else if (strcmp(name, "email") == 0 && !c->email[0])
			why = "no address";
		if (why)
			json_array_append_new(
			    list, json_pack("{s:s, s:s}", "channel", name, "why", why));
	}
	return list;
}

static int add_person(struct explaining *x, json_t *people, const char *id, const char *why)
{
	struct yj_caregiver c;
	int rc = yj_caregiver_find(x->s, id, &c);
	if (rc < 0)
		return rc;
	json_t *channels = x->reaching->channels(x->reaching->ctx, &c);
	json_t *bad = cannot(x, &c, channels);
	bool reachable = json_array_size(bad) < json_array_size(channels);
	json_t *person = json_pack("{s:s, s:o, s:s, s:o, s:o, s:b, s:s}", "caregiver", c.id, "name",
	    yj_read_text(c.name), "role", yj_role_name(c.role), "channels", channels, "cannot", bad,
	    "reachable", reachable, "why", why);
	return json_array_append_new(people, person) < 0 ? YJ_ERR_NOMEM : 0;
}

static bool is_in(const json_t *people, const char *id)
{
	size_t i;
	const json_t *p;
	json_array_foreach(people, i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "caregiver")), id) == 0)
			return true;
	}
	return false;
}

/* The people of each target in turn, so that it is seen why each of them is there. */
static int add_targets(struct explaining *x, json_t *people, const struct yj_target *to, size_t n)
{
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct yj_names names = {0};
		char why[YJ_TARGET_LEN];
		rc = yj_people_expand(x->s, &x->whose, &to[i], 1, &names);
		for (size_t k = 0; k < names.n && rc == 0; k++) {
			if (!is_in(people, names.v[k]))
				rc = add_person(
				    x, people, names.v[k], yj_target_format(&to[i], why));
		}
		yj_names_done(&names);
	}
	return rc;
}

/* Whom the rosters keep from a target now, and from when on they are there. */
static int add_off(struct explaining *x, json_t *off, const char *id, const char *why)
{
	struct yj_caregiver c;
	int64_t at = INT64_MAX;
	int rc = yj_caregiver_find(x->s, id, &c);
	if (rc == 0)
		rc = yj_duty_next(x->s, id, x->s->duty_utc_ms, &at);
	if (rc < 0)
		return rc;
	json_t *person =
	    json_pack("{s:s, s:o, s:s, s:s, s:o}", "caregiver", c.id, "name", yj_read_text(c.name),
		"role", yj_role_name(c.role), "why", why, "on_duty_at", yj_read_time(at));
	return json_array_append_new(off, person) < 0 ? YJ_ERR_NOMEM : 0;
}

/* The difference to whom the same targets have without rosters. */
static int add_off_duty(struct explaining *x, json_t *level, const struct yj_target *to, size_t n)
{
	int64_t now = x->s->duty_utc_ms;
	const json_t *people = json_object_get(level, "people");
	json_t *off = json_array();
	int rc = 0;
	json_object_set_new(level, "off_duty", off);
	for (size_t i = 0; i < n && rc == 0 && now != YJ_DUTY_UNKNOWN; i++) {
		struct yj_names names = {0};
		char why[YJ_TARGET_LEN];
		yj_duty_at(x->s, YJ_DUTY_UNKNOWN);
		rc = yj_people_expand(x->s, &x->whose, &to[i], 1, &names);
		yj_duty_at(x->s, now);
		for (size_t k = 0; k < names.n && rc == 0; k++) {
			if (!is_in(people, names.v[k]) && !is_in(off, names.v[k]))
				rc = add_off(x, off, names.v[k], yj_target_format(&to[i], why));
		}
		yj_names_done(&names);
	}
	return rc;
}

static bool anybody(const json_t *people)
{
	size_t i;
	const json_t *p;
	json_array_foreach(people, i, p)
	{
		if (json_is_true(json_object_get(p, "reachable")))
			return true;
	}
	return false;
}

static int add_levels(struct explaining *x, json_t *levels, const struct yj_plan *plan)
{
	int64_t after_ms = 0;
	for (size_t i = 0; i < plan->n_levels; i++) {
		const struct yj_level *level = &plan->levels[i];
		json_t *people = json_array();
		json_t *one = json_pack("{s:I, s:I, s:I, s:o}", "level", (json_int_t)i, "after_ms",
		    (json_int_t)after_ms, "wait_ms", (json_int_t)level->wait_ms, "people", people);
		if (json_array_append_new(levels, one) < 0)
			return YJ_ERR_NOMEM;
		int rc = add_targets(x, people, level->to, level->n);
		if (rc < 0)
			return rc;
		rc = add_off_duty(x, one, level->to, level->n);
		if (rc < 0)
			return rc;
		bool empty = json_array_size(people) == 0;
		json_object_set_new(one, "empty", json_boolean(empty));
		/* A level without anybody who can be reached does not wait. */
		after_ms += anybody(people) ? level->wait_ms : 0;
	}
	return 0;
}

static json_t *head_json(const struct explaining *x, const char *kind, const struct yj_plan *plan)
{
	return json_pack("{s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}",
	    "resident", yj_read_text(x->whose.resident), "device", yj_read_text(x->device), "kind",
	    kind, "policy", x->whose.policy, "whose", x->whose.subject, "institution",
	    yj_read_text(x->whose.institution), "bed", yj_read_text(x->whose.bed), "region",
	    yj_read_text(x->whose.region), "repeat_every_ms", (json_int_t)plan->repeat_every_ms,
	    "verify_within_ms", (json_int_t)plan->verify_within_ms, "arrive_within_ms",
	    (json_int_t)plan->arrive_within_ms, "arrive_max_ms", (json_int_t)plan->arrive_max_ms,
	    "resolve_within_ms", (json_int_t)plan->resolve_within_ms);
}

/* What nobody and nothing is assigned to goes to the desk, whatever the levels say. */
static int add_desk(struct explaining *x, json_t *out)
{
	struct yj_names names = {0};
	json_t *people = json_array();
	json_object_set_new(out, "desk", people);
	int rc = yj_people_desk(x->s, &names);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = add_person(x, people, names.v[i], "desk");
	yj_names_done(&names);
	return rc;
}

int yj_read_explain(struct yj_store *s, const char *resident, const char *kind,
    const struct yj_reaching *reaching, json_t **out)
{
	struct explaining x = {.s = s, .reaching = reaching};
	struct yj_policy policy = {0};
	enum yj_kind k;
	int rc = yj_kind_parse(kind, &k);
	if (rc == 0)
		rc = find(&x, resident);
	if (rc == 0)
		rc = yj_read_policy(s, x.whose.policy, &policy);
	if (rc < 0)
		return rc;
	const struct yj_plan *plan = yj_policy_plan(&policy, k);
	json_t *levels = json_array(), *inform = json_array();
	json_t *one = head_json(&x, kind, plan);
	if (!one)
		rc = YJ_ERR_NOMEM;
	json_object_set_new(one, "levels", levels);
	json_object_set_new(one, "inform", inform);
	if (rc == 0 && x.whose.assigned) {
		rc = add_levels(&x, levels, plan);
		if (rc == 0)
			rc = add_targets(&x, inform, plan->inform, plan->n_inform);
	}
	if (rc == 0)
		rc = add_desk(&x, one);
	yj_policy_done(&policy);
	if (rc < 0) {
		json_decref(one);
		return rc;
	}
	*out = one;
	return 0;
}
