/* Signs of life and of care: "I am well", and caregivers who check in at the home's device. */
#include <stdio.h>

#include "alert.h"
#include "life.h"
#include "rounds.h"
#include "store/life.h"
#include "turn.h"
#include "visits.h"

#define LATE_MS 600000
#define TS_MIN_MS 1577836800000LL /* 2020-01-01: before that a clock is not set */

/* What waited on its way counts from its own time. */
static int64_t when(const struct yj_alert *a, int64_t ts_ms)
{
	const struct yj_now *now = &a->g->now;
	bool late = now->utc_known && ts_ms >= TS_MIN_MS && now->utc_ms - ts_ms > LATE_MS;
	return late ? ts_ms : now->utc_ms;
}

/* Into the ledger, of everybody who lives with this device. A message that is here again for a
 * reason of its own (a batch done anew) is the same entry. */
static int note_seen(struct yj_alert *a, const char *caregiver, enum yj_visit_method method,
    unsigned counts, int64_t ts_ms)
{
	char source[YJ_LEDGER_SOURCE_MAX];
	struct yj_names homes = {0};
	snprintf(source, sizeof source, "alert/%s/%s", a->device.id, a->id);
	int rc = yj_life_residents(a->g->store, a->device.id, &homes);
	for (size_t i = 0; rc == 0 && i < homes.n; i++) {
		const struct yj_seen_in seen = {
		    .resident = homes.v[i],
		    .caregiver = caregiver,
		    .method = method,
		    .result = caregiver[0] ? YJ_FOUND_UNSAID : YJ_FOUND_WELL,
		    .counts = counts,
		    .source = source,
		    .note = "",
		    .utc_ms = when(a, ts_ms),
		};
		rc = yj_rounds_seen(a->g, &seen);
	}
	yj_names_done(&homes);
	return rc;
}

int yj_checkins_well(struct yj_alert *a)
{
	if (a->stranger || !a->whose.resident[0]) {
		int rc = yj_alert_reject(a, !a->known		? YJ_REASON_UNKNOWN_DEVICE
					    : a->device.revoked ? YJ_REASON_REVOKED_DEVICE
								: YJ_REASON_UNBOUND_DEVICE);
		return rc < 0 ? rc : yj_alert_received(a, 0, false);
	}
	char subject[YJ_ALERT_SUBJECT_MAX];
	struct yj_log_event e = yj_alert_event(a, YJ_EV_RESIDENT_WELL, subject);
	snprintf(subject, sizeof subject, "resident/%s", a->whose.resident);
	int rc = yj_gateway_log(a->g, &e);
	if (rc == 0)
		rc = note_seen(
		    a, "", YJ_METHOD_DEVICE, 1U << YJ_AS_WELL, a->event->msg.u.well.ts_ms);
	if (rc == 0)
		rc = yj_visits_sign(a->g, a->whose.resident);
	return rc < 0 ? rc : yj_alert_received(a, 0, false);
}

static int log_checkin(struct yj_alert *a, const struct yj_msg_checkin *m)
{
	char subject[YJ_ALERT_SUBJECT_MAX];
	struct yj_log_event e = yj_alert_event(a, YJ_EV_CHECKIN, subject);
	e.caregiver = m->caregiver;
	e.more = json_pack("{s:s, s:s}", "method", yj_checkin_method_name(m->method), "type",
	    yj_checkin_type_name(m->type));
	int rc = e.more ? yj_gateway_log(a->g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

/* A check-in on the home's device is an arrival for all that is open there. */
static int arrive_all(struct yj_alert *a, const char *caregiver)
{
	int64_t ns[32];
	size_t n = 0;
	int rc = yj_incident_open_at(
	    a->g->store, &a->whose, a->device.id, ns, sizeof ns / sizeof ns[0], &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct yj_incident inc;
		bool paged;
		rc = yj_incident_load(a->g->store, ns[i], &inc);
		struct yj_turn turn = {
		    .inc = &inc,
		    .in = {.type = YJ_IN_ARRIVE, .who = caregiver},
		    .actor = {.actor = a->device.id, .via = "checkin"},
		    .device = a->device.id,
		};
		if (rc == 0)
			rc = yj_turn_standing(a->g, &inc, caregiver, &turn.in, &paged);
		if (rc == 0)
			rc = yj_turn_run(a->g, &turn, NULL);
	}
	return rc;
}

/* Was this person paged for what is open here? A group may send people who serve others. */
static int was_paged_here(struct yj_alert *a, const char *caregiver, bool *paged)
{
	int64_t ns[32];
	size_t n = 0;
	int rc = yj_incident_open_at(
	    a->g->store, &a->whose, a->device.id, ns, sizeof ns / sizeof ns[0], &n);
	*paged = false;
	for (size_t i = 0; rc == 0 && i < n && !*paged; i++) {
		struct yj_person p;
		rc = yj_person_get(a->g->store, ns[i], caregiver, &p);
		*paged = rc == 0 && p.status != YJ_PERSON_INFORMED;
		if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	return rc;
}

int yj_checkins_checkin(struct yj_alert *a)
{
	const struct yj_msg_checkin *m = &a->event->msg.u.checkin;
	struct yj_gateway *g = a->g;
	enum yj_reason no = YJ_REASON_NONE;
	struct yj_caregiver who;
	bool serves = false;
	int rc = 0;
	if (!a->known)
		no = YJ_REASON_UNKNOWN_DEVICE;
	else if (a->device.revoked)
		no = YJ_REASON_REVOKED_DEVICE;
	else if (!a->whose.assigned)
		no = YJ_REASON_UNBOUND_DEVICE;
	if (!no) {
		rc = yj_caregiver_find(g->store, m->caregiver, &who);
		if (rc == 0 && !who.gone)
			rc = yj_caregiver_serves(
			    g->store, m->caregiver, &a->whose, a->device.id, 0, &serves);
		if (rc == 0 && !who.gone && !serves)
			rc = was_paged_here(a, m->caregiver, &serves);
		if (rc < 0 && rc != YJ_ERR_NOTFOUND)
			return rc;
		no = serves ? YJ_REASON_NONE : YJ_REASON_CAREGIVER;
	}
	if (no) {
		rc = yj_alert_reject(a, no);
		return rc < 0 ? rc : yj_alert_received(a, 0, false);
	}
	rc = log_checkin(a, m);
	bool arrival = m->type == YJ_CHECKIN_VISIT && who.role != YJ_ROLE_MAINTENANCE &&
		       who.role != YJ_ROLE_PROVIDER;
	if (rc == 0 && arrival)
		rc = arrive_all(a, m->caregiver);
	if (rc == 0 && arrival)
		rc = note_seen(a, m->caregiver, YJ_METHOD_ON_SITE,
		    1U << YJ_AS_ON_SITE | 1U << YJ_AS_VISIT, m->ts_ms);
	if (rc == 0 && arrival)
		yj_life_sign(g, a->device.id, YJ_LIFE_CARE, m->ts_ms);
	return rc < 0 ? rc : yj_alert_received(a, 0, false);
}
