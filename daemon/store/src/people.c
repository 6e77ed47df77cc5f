/* The people of an incident, and the sets of which the core's actions speak. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "duty.h"
#include "store/incident.h"

void yj_names_done(struct yj_names *names)
{
	free(names->v);
	*names = (struct yj_names){0};
}

bool yj_names_have(const struct yj_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

static int append(struct yj_names *names, const char *name)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? names->cap * 2 : 16;
		void *v = realloc(names->v, cap * sizeof *names->v);
		if (!v)
			return YJ_ERR_NOMEM;
		names->v = v;
		names->cap = cap;
	}
	size_t len = strnlen(name, sizeof *names->v - 1);
	memcpy(names->v[names->n], name, len);
	names->v[names->n++][len] = '\0';
	return 0;
}

int yj_names_add(struct yj_names *names, const char *name)
{
	return yj_names_have(names, name) ? 0 : append(names, name);
}

/* Adds those of the rows who are on duty; *got counts them. */
static int add_on_duty(struct yj_store *s, sqlite3_stmt *q, struct yj_names *out, size_t *got)
{
	int rc;
	*got = 0;
	while ((rc = yj_db_step(s, q)) == 1) {
		const char *id = yj_db_text(q, 0);
		if (yj_duty_is_off(s, id))
			continue;
		++*got;
		int err = yj_names_add(out, id);
		if (err < 0) {
			sqlite3_reset(q);
			return err;
		}
	}
	return rc;
}

static int named_for_resident(struct yj_store *s, const struct yj_whose *w, enum yj_role role,
    struct yj_names *out, size_t *got)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT c.id FROM caregiver_residents r JOIN caregivers c ON c.id = r.caregiver"
	    " WHERE r.resident = ?1 AND c.role = ?2 AND c.gone_utc_ms IS NULL"
	    " ORDER BY r.caregiver"); /* as the index has it */
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", w->resident, (int64_t)role);
	return add_on_duty(s, q, out, got);
}

static int of_institution(struct yj_store *s, const struct yj_whose *w, enum yj_role role,
    struct yj_names *out, size_t *got)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT id FROM caregivers WHERE institution = ?1 AND role = ?2"
			  " AND gone_utc_ms IS NULL ORDER BY id");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", w->institution, (int64_t)role);
	return add_on_duty(s, q, out, got);
}

/* Those whose region is this very prefix. Whoever names residents or an institution, but no region,
 * serves those and not everywhere. */
static int of_prefix(
    struct yj_store *s, const char *prefix, enum yj_role role, struct yj_names *out, size_t *got)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT id FROM caregivers WHERE role = ?2 AND region_prefix = ?1"
	    " AND (?1 <> '' OR (listed = 0 AND institution IS NULL)) AND gone_utc_ms IS NULL"
	    " ORDER BY id");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ti", prefix, (int64_t)role);
	return add_on_duty(s, q, out, got);
}

/* One short look per length, the longest first: cheaper than one query that sorts them. */
static int of_region(
    struct yj_store *s, const struct yj_whose *w, enum yj_role role, struct yj_names *out)
{
	static const int lengths[] = {12, 9, 6, 4, 2, 0};
	size_t got = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && got == 0 && i < sizeof lengths / sizeof lengths[0]; i++) {
		char prefix[13];
		snprintf(prefix, sizeof prefix, "%.*s", lengths[i], w->region);
		rc = of_prefix(s, prefix, role, out, &got);
	}
	return rc;
}

static int expand_role(
    struct yj_store *s, const struct yj_whose *w, enum yj_role role, struct yj_names *out)
{
	size_t got = 0;
	int rc = 0;
	if (w->resident[0])
		rc = named_for_resident(s, w, role, out, &got);
	if (rc < 0 || got || role == YJ_ROLE_FAMILY || role == YJ_ROLE_NEIGHBOR)
		return rc;
	if (w->institution[0])
		rc = of_institution(s, w, role, out, &got);
	if (rc < 0 || got)
		return rc;
	return of_region(s, w, role, out);
}

/* A caregiver, unless they are gone. */
static int add_one(struct yj_store *s, const char *id, struct yj_names *out)
{
	sqlite3_stmt *q =
	    yj_db_stmt(s, "SELECT id FROM caregivers WHERE id = ?1 AND gone_utc_ms IS NULL");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "t", id);
	return yj_db_names(s, q, out);
}

static int expand_group(struct yj_store *s, const char *name, struct yj_names *out)
{
	struct yj_names group = {0};
	int rc = yj_duty_group(s, name, &group);
	for (size_t i = 0; rc == 0 && i < group.n; i++)
		rc = add_one(s, group.v[i], out);
	yj_names_done(&group);
	return rc;
}

int yj_people_expand(struct yj_store *s, const struct yj_whose *whose, const struct yj_target *to,
    size_t n_to, struct yj_names *out)
{
	int rc = yj_duty_ready(s);
	for (size_t i = 0; rc == 0 && i < n_to; i++) {
		switch (to[i].type) {
		case YJ_TARGET_ROLE:
			rc = expand_role(s, whose, to[i].role, out);
			break;
		case YJ_TARGET_CAREGIVER: /* named in person: on duty or not */
			rc = add_one(s, to[i].name, out);
			break;
		case YJ_TARGET_GROUP:
			rc = expand_group(s, to[i].name, out);
			break;
		}
	}
	return rc;
}

int yj_people_of_roles(struct yj_store *s, unsigned roles, struct yj_names *out)
{
	int rc = 0;
	for (int role = 0; rc == 0 && role < YJ_ROLE_COUNT; role++) {
		if (!(roles & (1U << role)))
			continue;
		sqlite3_stmt *q = yj_db_stmt(s, "SELECT id FROM caregivers WHERE role = ?1"
						" AND gone_utc_ms IS NULL ORDER BY id");
		if (!q)
			return yj_db_err(s, s->last_sqlite);
		yj_db_bind(q, "i", (int64_t)role);
		rc = yj_db_names(s, q, out);
	}
	return rc;
}

int yj_people_desk(struct yj_store *s, struct yj_names *out)
{
	return yj_people_of_roles(s, 1U << YJ_ROLE_DUTY | 1U << YJ_ROLE_OPERATOR, out);
}

int yj_people_seats(struct yj_store *s, struct yj_names *out)
{
	int rc = yj_people_of_roles(s, 1U << YJ_ROLE_OPERATOR, out);
	return rc < 0 || out->n ? rc : yj_people_of_roles(s, 1U << YJ_ROLE_DUTY, out);
}

int yj_people_of(struct yj_store *s, int64_t n, bool informed, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(s,
	    "SELECT p.caregiver FROM incident_people p JOIN caregivers c ON c.id = p.caregiver"
	    " WHERE p.incident = ?1 AND (p.status > 0 OR ?2) AND c.gone_utc_ms IS NULL"
	    " ORDER BY p.caregiver");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "ii", n, (int64_t)informed);
	return yj_db_names(s, q, out);
}

int yj_person_get(struct yj_store *s, int64_t n, const char *caregiver, struct yj_person *out)
{
	sqlite3_stmt *q = yj_db_stmt(s, "SELECT status, flags, level, round FROM incident_people"
					" WHERE incident = ?1 AND caregiver = ?2");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "it", n, caregiver);
	int rc = yj_db_step(s, q);
	if (rc <= 0)
		return rc == 0 ? YJ_ERR_NOTFOUND : rc;
	snprintf(out->caregiver, sizeof out->caregiver, "%s", caregiver);
	out->status = (enum yj_person_status)sqlite3_column_int(q, 0);
	out->flags = (unsigned)sqlite3_column_int64(q, 1);
	out->level = (uint32_t)sqlite3_column_int64(q, 2);
	out->round = (uint32_t)sqlite3_column_int64(q, 3);
	sqlite3_reset(q);
	return 0;
}

int yj_person_put(struct yj_store *s, int64_t n, const struct yj_person *person)
{
	return yj_db_run(s,
	    "INSERT INTO incident_people (incident, caregiver, status, flags, level, round)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT (incident, caregiver) DO UPDATE SET status = ?3, flags = ?4, level = ?5,"
	    " round = ?6",
	    "itiiii", n, person->caregiver, (int64_t)person->status, (int64_t)person->flags,
	    (int64_t)person->level, (int64_t)person->round);
}

int yj_person_forget(struct yj_store *s, int64_t n)
{
	return yj_db_run(s,
	    "UPDATE incident_people SET status = round > 0 OR (flags & ?2) <> 0"
	    " WHERE incident = ?1 AND status IN (2, 3)",
	    "ii", n, (int64_t)YJ_PERSON_SUMMONED);
}

int yj_incident_devices(struct yj_store *s, int64_t n, int told, struct yj_names *out)
{
	sqlite3_stmt *q = yj_db_stmt(
	    s, "SELECT device FROM incident_devices WHERE incident = ?1 ORDER BY device");
	if (!q)
		return yj_db_err(s, s->last_sqlite);
	yj_db_bind(q, "i", n);
	int rc = yj_db_names(s, q, out);
	if (rc < 0)
		return rc;
	return yj_db_run(
	    s, "UPDATE incident_devices SET told = ?2 WHERE incident = ?1", "ii", n, (int64_t)told);
}
