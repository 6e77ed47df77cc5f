/* What operators change in the directory, beside imports. */
#include <stdio.h>
#include <string.h>

#include "beds.h"
#include "command.h"
#include "commands.h"
#include "families.h"
#include "life.h"
#include "presence.h"
#include "rounds.h"
#include "store/bed.h"
#include "store/directory.h"
#include "store/visit_link.h"
#include "turn.h"
#include "visits.h"

#define TEST_MS (5LL * 60 * 1000)

int yj_commands_log_change(struct yj_gateway *g, const char *actor, const char *of, const char *id,
    const char *what, long rows)
{
	struct yj_log_event e = yj_event_of(YJ_EV_DIRECTORY_CHANGED);
	char subject[2 * YJ_NAME_MAX];
	snprintf(subject, sizeof subject, "directory/%s", of);
	e.subject = subject;
	e.actor = actor;
	e.via = actor[0] ? "ctl" : "";
	e.more = json_pack(
	    "{s:s, s:s, s:s*, s:I}", "of", of, "change", what, "key", id, "rows", (json_int_t)rows);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

int yj_commands_directory_changed(struct yj_gateway *g, const char *actor, const char *kind,
    const char *id, const char *what, long rows)
{
	int rc = yj_commands_log_change(g, actor, kind, id, what, rows);
	if (rc == 0 && strcmp(kind, "beds") == 0)
		rc = id ? yj_dir_bed_note(g->store, id, g->now.utc_ms, actor, what)
			: yj_beds_note(g, actor, what);
	yj_presence_forget(g);
	yj_beds_forget(g);
	yj_families_changed(g);
	bool one = strcmp(kind, "residents") == 0 && id;
	if (strcmp(kind, "residents") == 0 || strcmp(kind, "beds") == 0 ||
	    strcmp(kind, "rounds") == 0)
		yj_rounds_changed(g, one ? id : NULL);
	if (one || strcmp(kind, "residents") == 0 || strcmp(kind, "devices") == 0 ||
	    strcmp(kind, "beds") == 0)
		yj_life_changed(g, one ? id : NULL);
	yj_visits_changed(g);
	return rc;
}

static int which_kind(struct yj_command *c, enum yj_dir *kind)
{
	if (yj_dir_parse(yj_command_text(c, "kind"), kind) < 0)
		return yj_command_refuse(c, "invalid", "kind: not a kind of the directory");
	return 0;
}

static int do_put(struct yj_command *c)
{
	enum yj_dir kind;
	int rc = which_kind(c, &kind);
	if (rc < 0)
		return rc;
	json_t *record = json_object_get(c->args, "record");
	bool add = strcmp(yj_command_text(c, "mode"), "add") == 0;
	bool set = strcmp(yj_command_text(c, "mode"), "set") == 0;
	if (!json_is_object(record))
		return yj_command_refuse(c, "invalid", "record: is missing");
	rc = yj_dir_put(c->g->store, kind, record, add, set, c->why);
	if (rc == YJ_ERR_EXISTS)
		return yj_command_refuse(c, "exists", c->why[0] ? c->why : "it is there already");
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(
		    c, "unknown", c->why[0] ? c->why : "there is no such record");
	if (rc == YJ_ERR_INVAL || rc == YJ_ERR_DENIED)
		return yj_command_refuse(c, "invalid", c->why);
	if (rc < 0)
		return rc;
	char key[YJ_DIR_KEY_MAX + 1];
	rc = yj_commands_directory_changed(c->g, c->user, yj_dir_name(kind),
	    yj_dir_key(kind, record, key), add ? "added" : "set", 1);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

/* Whoever leaves the directory cannot keep an answer. */
static int release_some(struct yj_command *c, const char *caregiver, bool *more)
{
	int64_t ns[64];
	size_t n = 0, cap = sizeof ns / sizeof ns[0];
	int rc = yj_incident_of_person(c->g->store, caregiver, ns, cap, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct yj_incident inc;
		bool paged;
		rc = yj_incident_load(c->g->store, ns[i], &inc);
		struct yj_turn turn = {
		    .inc = &inc,
		    .in = {.type = YJ_IN_GONE, .who = caregiver},
		    .actor = {c->user, "ctl"},
		};
		if (rc == 0)
			rc = yj_turn_standing(c->g, &inc, caregiver, &turn.in, &paged);
		if (rc == 0)
			rc = yj_turn_run(c->g, &turn, NULL);
	}
	*more = rc == 0 && n == cap;
	return rc;
}

static int release_answers(struct yj_command *c, const char *caregiver)
{
	bool more = true; /* each one that is released is not found again */
	int rc = 0;
	while (rc == 0 && more)
		rc = release_some(c, caregiver, &more);
	return rc;
}

static int do_remove(struct yj_command *c)
{
	enum yj_dir kind;
	int rc = which_kind(c, &kind);
	if (rc < 0)
		return rc;
	const char *id = yj_command_text(c, "id");
	rc = yj_dir_remove(c->g->store, kind, id, c->g->now.utc_ms, c->why);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(
		    c, "unknown", c->why[0] ? c->why : "there is no such record");
	if (rc == YJ_ERR_DENIED)
		return yj_command_refuse(c, "in_use", c->why);
	if (rc == 0 && kind == YJ_DIR_CAREGIVERS)
		rc = release_answers(c, id);
	if (rc == 0 && kind == YJ_DIR_CAREGIVERS)
		/* nor are old links good for whoever gets the id next */
		rc = yj_visit_generation_next(c->g->store, id);
	if (rc == 0)
		rc = yj_commands_directory_changed(
		    c->g, c->user, yj_dir_name(kind), id, "removed", 1);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

static int log_bed(struct yj_command *c, enum yj_event_type type, const char *bed,
    const char *resident, const char *region)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_NAME_MAX + 8];
	snprintf(subject, sizeof subject, "bed/%s", bed);
	e.subject = subject;
	e.resident = resident;
	e.region = region;
	e.actor = c->user;
	e.via = "ctl";
	return yj_gateway_log(c->g, &e);
}

static int do_bed_move(struct yj_command *c)
{
	char from[YJ_NAME_MAX + 1] = "";
	const char *resident = yj_command_text(c, "resident"), *bed = yj_command_text(c, "bed");
	struct yj_whose before = {0}, after = {0};
	int rc = yj_whose_resident(c->g->store, resident, &before);
	if (rc == 0)
		rc = yj_dir_bed_move(c->g->store, resident, bed, from, c->why);
	if (rc == 0)
		rc = yj_whose_resident(c->g->store, resident, &after);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(
		    c, "unknown", c->why[0] ? c->why : "no such resident or bed");
	if (rc == YJ_ERR_EXISTS)
		return yj_command_refuse(c, "occupied", c->why[0] ? c->why : "somebody lies there");
	if (rc == 0) /* the reason is free text, and not for the chained log */
		rc = yj_dir_bed_moved(c->g->store, c->g->now.utc_ms, resident, from, bed, c->user,
		    yj_command_text(c, "reason"));
	if (rc == 0 && from[0])
		rc = log_bed(c, YJ_EV_BED_RELEASED, from, resident, before.region);
	if (rc == 0 && bed[0])
		rc = log_bed(c, YJ_EV_BED_ASSIGNED, bed, resident, after.region);
	yj_beds_forget(c->g);
	yj_life_changed(c->g, resident);
	yj_visits_changed(c->g);
	yj_rounds_changed(c->g, resident);
	c->data = json_pack("{s:s, s:s}", "from", from, "to", bed);
	return rc;
}

static int log_device(struct yj_command *c, enum yj_event_type type, const char *device)
{
	struct yj_log_event e = yj_event_of(type);
	struct yj_device d;
	struct yj_whose whose = {0};
	char subject[YJ_NAME_MAX + 16];
	int rc = yj_device_find(c->g->store, device, &d);
	if (rc == 0) {
		d.revoked = false; /* whose it is stands in the directory all the same */
		rc = yj_whose_find(c->g->store, &d, &whose);
	}
	if (rc < 0)
		return rc;
	snprintf(subject, sizeof subject, "device/%s", device);
	e.subject = subject;
	e.device = device;
	e.resident = whose.resident;
	e.region = whose.region;
	e.actor = c->user;
	e.via = "ctl";
	return yj_gateway_log(c->g, &e);
}

static int set_revoked(struct yj_command *c, bool revoked)
{
	const char *id = yj_command_text(c, "id");
	int rc = yj_dir_revoke(c->g->store, id, revoked, c->g->now.utc_ms);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "no such device");
	if (rc == 0)
		rc = log_device(c, revoked ? YJ_EV_DEVICE_REVOKED : YJ_EV_DEVICE_ENROLLED, id);
	yj_presence_forget(c->g);
	yj_life_changed(c->g, NULL);
	yj_visits_changed(c->g);
	c->data = json_pack("{s:b}", "ok", 1);
	return rc;
}

static int do_revoke(struct yj_command *c)
{
	return set_revoked(c, true);
}

static int do_enroll(struct yj_command *c)
{
	return set_revoked(c, false);
}

static int do_test(struct yj_command *c)
{
	struct yj_device d;
	const char *id = yj_command_text(c, "id");
	int rc = yj_device_find(c->g->store, id, &d);
	if (rc == YJ_ERR_NOTFOUND || (rc == 0 && (d.gone || d.revoked)))
		return yj_command_refuse(c, "unknown", "no such device");
	if (rc == 0)
		rc = yj_device_test_set(c->g->store, id, c->g->now.t + TEST_MS);
	if (rc == 0)
		rc =
		    yj_commands_directory_changed(c->g, c->user, "devices", id, "test_expected", 1);
	c->data = json_pack("{s:b, s:i}", "ok", 1, "within_s", (int)(TEST_MS / 1000));
	return rc;
}

const struct yj_command_entry yj_commands_directory[] = {
    {"dir.put", do_put, false},
    {"dir.remove", do_remove, false},
    {"bed.move", do_bed_move, false},
    {"device.enroll", do_enroll, false},
    {"device.revoke", do_revoke, false},
    {"device.test", do_test, false},
    {NULL, NULL, false},
};
