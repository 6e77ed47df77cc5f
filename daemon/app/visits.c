#include "visits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consents.h"
#include "dispatch.h"
#include "effects.h"
#include "life.h"
#include "store/life.h"
#include "visits_inside.h"
#include "visitwatch.h"
#include "visitwords.h"

#define AGAIN_MS 30000 /* after a failure */
#define AT_ONCE 64     /* due ones per transaction */

static struct yj_visit_rules rules_of(const struct yj_gateway *g)
{
	return (struct yj_visit_rules){
	    .ring_for_ms = g->config->visits.ring_for_ms,
	    .retry_after_ms = g->config->visits.retry_after_ms,
	    .max_duration_ms = g->config->visits.max_duration_ms,
	    .retries = (uint32_t)g->config->visits.retries,
	};
}

static struct yj_visit state_of(const struct yj_visit_row *row)
{
	return (struct yj_visit){
	    .phase = (enum yj_visit_phase)row->phase,
	    .reason = (enum yj_visit_reason)row->reason,
	    .mode = row->mode,
	    .asked_mode = row->asked_mode,
	    .there = row->there,
	    .heard = row->heard,
	    .tries = row->tries,
	    .began_t = row->began_t,
	    .ring_t = row->ring_t,
	    .due_t = row->due_t,
	};
}

static void put_state(struct yj_gateway *g, const struct yj_visit *v, struct yj_visit_row *row)
{
	row->phase = (int)v->phase;
	row->reason = (int)v->reason;
	row->mode = v->mode;
	row->asked_mode = v->asked_mode;
	row->there = v->there;
	row->heard = v->heard;
	row->tries = v->tries;
	row->began_t = v->began_t;
	row->ring_t = v->ring_t;
	row->due_t = v->due_t;
	row->retry_utc_ms =
	    v->phase == YJ_VISIT_IS_MISSED ? g->now.utc_ms + (v->due_t - g->now.t) : INT64_MAX;
	if (yj_visit_is_over(v) && row->ended_utc_ms == INT64_MAX)
		row->ended_utc_ms = g->now.utc_ms;
}

/* ── what follows ── */

/* Where it rings, and whether it answers by itself there, is asked at each ring: night may have
 * come since, and the terminal may stand in another home. */
static int aim(struct yj_gateway *g, struct yj_visit_row *row, unsigned *acts)
{
	struct yj_visit_row before = *row;
	bool found;
	int rc = yj_visits_aim(g, row, &found);
	if (rc < 0)
		return rc;
	if (!found)
		*acts &= ~(unsigned)YJ_VISIT_DO_RING;
	if (before.n != 0 && (!found || strcmp(row->device, before.device) != 0))
		rc = yj_visitwords_end(g, &before);
	return rc;
}

static int ring(struct yj_gateway *g, struct yj_visit_row *row)
{
	char *offer = NULL, *answer = NULL;
	int rc = yj_visit_signals(g->store, row->n, &offer, &answer);
	if (rc == 0)
		rc = yj_visitwords_ring(g, row, offer);
	if (rc == YJ_ERR_FULL && row->version > 1) { /* it did fit; somebody must be asked still */
		row->mode = YJ_MODE_CHECK_IN;
		row->auto_answer = 0;
		rc = yj_visit_save(g->store, row, NULL, NULL);
		if (rc == 0)
			rc = yj_visitwords_ring(g, row, NULL);
		if (rc == 0)
			rc = yj_visitwatch_state(g, row->n);
	}
	free(offer);
	free(answer);
	return rc;
}

/* Nobody answers: somebody must go and look, unless nobody is at home by what is known. */
static int alarm(struct yj_gateway *g, struct yj_visit_row *row)
{
	struct yj_alert a = {.g = g, .known = true, .kind = YJ_KIND_VISIT_UNANSWERED};
	struct yj_life_facts facts;
	struct yj_caregiver who = {.name = ""};
	char text[256];
	int rc = yj_life_facts(g->store, row->resident, &facts);
	if (rc < 0 || !facts.there || facts.elsewhere ||
	    (facts.status[0] && strcmp(facts.status, "active") != 0))
		return rc;
	rc = yj_caregiver_find(g->store, row->caregiver, &who);
	if (rc == 0 || rc == YJ_ERR_NOTFOUND)
		rc = yj_device_find(g->store, row->device, &a.device);
	if (rc == YJ_ERR_NOTFOUND) { /* the terminal is no more, the resident is */
		snprintf(a.device.id, sizeof a.device.id, "%s", row->device);
		rc = 0;
	}
	if (rc == 0)
		rc = yj_whose_resident(g->store, row->resident, &a.whose);
	if (rc < 0)
		return rc;
	yj_visitwords_alarm(g, row, who.name[0] ? who.name : row->caregiver, text, sizeof text);
	a.text = text;
	return yj_calls_found(&a, &row->raised);
}

static int follow_log(struct yj_gateway *g, const struct yj_visit_row *row, unsigned acts,
    const char *actor, const char *via)
{
	static const struct {
		unsigned act;
		enum yj_event_type type;
	} events[] = {
	    {YJ_VISIT_DO_REQUESTED, YJ_EV_VISIT_REQUESTED},
	    {YJ_VISIT_DO_RINGING, YJ_EV_VISIT_RINGING},
	    {YJ_VISIT_DO_ANSWERED, YJ_EV_VISIT_ANSWERED},
	    {YJ_VISIT_DO_DECLINED, YJ_EV_VISIT_DECLINED},
	    {YJ_VISIT_DO_MISSED, YJ_EV_VISIT_MISSED},
	    {YJ_VISIT_DO_ENDED, YJ_EV_VISIT_ENDED},
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof events / sizeof events[0]; i++)
		if (acts & events[i].act)
			rc = yj_visitwords_log(g, row, events[i].type, actor, via);
	return rc;
}

/* Another one has begun at this terminal while this one waited for its next try: it comes later. */
static int put_off(struct yj_gateway *g, struct yj_visit_row *row)
{
	row->due_t = g->now.t + YJ_VISIT_RING_AGAIN_MS;
	return yj_visit_save(g->store, row, NULL, NULL);
}

/* Saves, and does what follows. offer and answer: new ones, or NULL. */
static int follow(struct yj_gateway *g, struct yj_visit_row *row, const struct yj_visit *v,
    unsigned acts, const char *offer, const char *answer, const char *actor, const char *via)
{
	int rc = 0;
	put_state(g, v, row);
	if ((acts & YJ_VISIT_DO_ANSWERED) && row->answered_utc_ms == INT64_MAX)
		row->answered_utc_ms = g->now.utc_ms;
	if (acts & YJ_VISIT_DO_ALARM)
		rc = alarm(g, row);
	if (v->phase == YJ_VISIT_IS_RINGING && row->mode == YJ_MODE_CHECK_IN)
		row->auto_answer = 0; /* a key answers it */
	if (rc == 0 && (acts & YJ_VISIT_DO_RING))
		rc = aim(g, row, &acts);
	if (rc == 0)
		rc = yj_visit_save(g->store, row, offer, answer);
	if (rc == 0 && (acts & YJ_VISIT_DO_RING))
		rc = ring(g, row);
	if (rc == 0 && (acts & YJ_VISIT_DO_END))
		rc = yj_visitwords_end(g, row);
	if (rc == 0)
		rc = follow_log(g, row, acts, actor, via);
	if (rc == 0 && yj_visit_is_over(v))
		rc = yj_visits_ledger(g, row, YJ_FOUND_UNSAID, "");
	if (rc == 0 && (acts & YJ_VISIT_DO_TELL))
		rc = yj_visitwatch_state(g, row->n);
	g->visits.known = false;
	return rc;
}

static int step(struct yj_gateway *g, struct yj_visit_row *row, enum yj_visit_in in,
    const char *answer, const char *actor, const char *via, unsigned *did)
{
	struct yj_visit_rules rules = rules_of(g);
	struct yj_visit v = state_of(row), before = v;
	unsigned acts = yj_visit_step(&v, &rules, in, g->now.t);
	*did = acts;
	if (yj_visit_is_over(&before)) /* whatever a terminal says of it later */
		return 0;
	if (acts == 0 && v.there == before.there && v.due_t == before.due_t && !answer)
		return 0;
	return follow(g, row, &v, acts, NULL, answer, actor, via);
}

int yj_visits_first(struct yj_gateway *g, const struct yj_visits_ask *ask, struct yj_visit_row *row,
    const char *offer)
{
	struct yj_visit_rules rules = rules_of(g);
	struct yj_visit v;
	unsigned acts = yj_visit_begin(&v, &rules, ask->mode, ask->there, g->now.t);
	int rc = follow(g, row, &v, acts, offer, NULL, ask->actor, ask->via);
	return rc == 0 && ask->there ? yj_visitwatch_expect(g, row->n) : rc;
}

int yj_visits_step(struct yj_gateway *g, struct yj_visit_row *row, enum yj_visit_in in,
    const char *actor, const char *via)
{
	unsigned acts;
	return step(g, row, in, NULL, actor, via, &acts);
}

/* ── what a terminal says ── */

/* Somebody is there, so nobody else needs to wait for a sign of it. */
static int end_the_others(struct yj_gateway *g, const char *resident, int64_t but)
{
	struct yj_visit_row row;
	int64_t n = 0;
	int rc;
	while ((rc = yj_visit_next(g->store, resident, n, &row)) == 0) {
		n = row.n;
		if (n != but)
			rc = yj_visits_step(g, &row, YJ_VISIT_IN_SIGN, "", "");
		if (rc < 0)
			return rc;
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_visits_sign(struct yj_gateway *g, const char *resident)
{
	if (yj_visits_due(g) == INT64_MAX) /* the usual case costs nothing */
		return 0;
	return end_the_others(g, resident, 0);
}

static enum yj_visit_in input_of(enum yj_visit_state state)
{
	switch (state) {
	case YJ_VISIT_RINGING:
		return YJ_VISIT_IN_RINGING;
	case YJ_VISIT_ACCEPTED:
		return YJ_VISIT_IN_ACCEPT;
	case YJ_VISIT_DECLINED:
		return YJ_VISIT_IN_DECLINE;
	case YJ_VISIT_ENDED:
		break;
	}
	return YJ_VISIT_IN_END;
}

bool yj_visits_mode_of(const json_t *signal, enum yj_visit_mode *mode)
{
	const char *word = json_string_value(json_object_get(signal, "mode"));
	return word && yj_visit_mode_parse(word, mode) == 0;
}

/* What has changed while both talk: the answer to a new offer, another mode, a new beginning. */
static int relay(struct yj_gateway *g, struct yj_visit_row *row, const struct yj_msg_visit *m)
{
	enum yj_visit_mode now;
	int rc = 0;
	if (yj_visits_mode_of(m->signal, &now) && now != YJ_MODE_CHECK_IN && now > row->mode) {
		row->mode = now;
		rc = yj_visit_save(g->store, row, NULL, NULL);
	}
	return rc < 0 ? rc : yj_visitwatch_event(g, row->n, "signal", json_incref(m->signal));
}

/* A check-in may be answered with the red key. */
static int note_result(
    struct yj_gateway *g, struct yj_visit_row *row, const struct yj_msg_visit *m, unsigned acts)
{
	const char *word = json_string_value(json_object_get(m->signal, "result"));
	enum yj_visit_result result;
	if (!(acts & YJ_VISIT_DO_ANSWERED) || row->mode != YJ_MODE_CHECK_IN || !word || !word[0] ||
	    yj_visit_result_parse(word, &result) < 0)
		return 0;
	return yj_visits_result(g, row, result, "");
}

/* "Do not answer by yourself again", said at the terminal. */
static int withdraw(
    struct yj_alert *a, const struct yj_visit_row *row, const struct yj_msg_visit *m)
{
	const char *kind = json_string_value(json_object_get(m->signal, "withdraw"));
	const struct yj_actor actor = {a->device.id, "mqtt"};
	struct yj_consents_withdrawal w = {
	    .resident = row->resident, .who = "", .by = YJ_CONSENT_BY_RESIDENT};
	if (!kind || yj_consent_parse(kind, &w.kind) < 0)
		return 0;
	int rc = yj_consents_withdraw(a->g, &w, &actor);
	if (rc == 0 && w.kind == YJ_CONSENT_AUTO_ANSWER) { /* nor in an alert */
		w.kind = YJ_CONSENT_ALERT;
		rc = yj_consents_withdraw(a->g, &w, &actor);
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* An acceptance is a key, the home's own doing, or news of a talk. Of a talk that has become a
 * check-in news may still be under way, or be told again: that is nobody's key. */
static enum yj_visit_in meaning_of(const struct yj_visit_row *row, const struct yj_msg_visit *m)
{
	enum yj_visit_in in = input_of(m->state);
	enum yj_visit_mode mode;
	bool answered = row->phase == YJ_VISIT_IS_ANSWERED;
	if (in != YJ_VISIT_IN_ACCEPT)
		return in;
	if (answered && yj_visits_mode_of(m->signal, &mode) && mode == YJ_MODE_CHECK_IN)
		return YJ_VISIT_IN_FALL;
	if (!answered && row->answered_utc_ms != INT64_MAX && json_object_size(m->signal) > 0 &&
	    !json_object_get(m->signal, "result"))
		return YJ_VISIT_IN_FALL;
	return row->auto_answer ? YJ_VISIT_IN_SELF : in;
}

int yj_visits_message(struct yj_alert *a)
{
	const struct yj_msg_visit *m = &a->event->msg.u.visit;
	struct yj_gateway *g = a->g;
	struct yj_visit_row row;
	unsigned acts = 0;
	int rc = yj_visit_find(g->store, m->session, &row);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	bool at_home = strcmp(row.device, a->device.id) == 0;
	if (at_home)
		rc = yj_visits_at_home(g, &row, &at_home);
	if (rc < 0 || !at_home) /* somebody else's, or somebody else's by now */
		return rc;
	json_t *said = json_object_get(m->signal, "answer");
	char *answer = m->state == YJ_VISIT_ACCEPTED && json_is_object(said)
			   ? json_dumps(said, JSON_COMPACT)
			   : NULL;
	bool by_itself = row.auto_answer;
	rc = step(g, &row, meaning_of(&row, m), answer, a->device.id, "mqtt", &acts);
	free(answer);
	if (rc == 0 && (acts & YJ_VISIT_DO_RELAY) && json_is_object(m->signal))
		rc = relay(g, &row, m);
	if (rc == 0)
		rc = note_result(g, &row, m, acts);
	if (rc == 0)
		rc = withdraw(a, &row, m);
	bool person =
	    (acts & YJ_VISIT_DO_DECLINED) || ((acts & YJ_VISIT_DO_ANSWERED) && !by_itself);
	if (rc == 0 && person) {
		yj_life_sign(g, a->device.id, YJ_LIFE_PRESS, INT64_MAX);
		rc = end_the_others(g, row.resident, row.n);
	}
	return rc;
}

int yj_visits_back(struct yj_gateway *g, const char *device)
{
	struct yj_visit_row row;
	if (yj_visits_due(g) == INT64_MAX)
		return 0;
	int rc = yj_visit_at(g->store, device, &row);
	return rc == 0		       ? yj_visits_step(g, &row, YJ_VISIT_IN_BACK, "", "")
	       : rc == YJ_ERR_NOTFOUND ? 0
				       : rc;
}

int yj_visits_help(struct yj_gateway *g, const struct yj_alert *a, int64_t incident)
{
	struct yj_visit_row row;
	char id[YJ_NAME_MAX + 24];
	if (!a->whose.resident[0] || !yj_kind_is_help(a->kind) || yj_visits_due(g) == INT64_MAX)
		return 0;
	int rc = yj_visit_with(g->store, a->whose.resident, &row);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	yj_incident_id(g->store, incident, id, sizeof id);
	return yj_visitwatch_event(g, row.n, "help",
	    json_pack("{s:s, s:s}", "incident", id, "kind", yj_kind_name(a->kind)));
}

/* Whoever leaves the directory has hung up, and the resident is asked all the same. */
static int check(struct yj_gateway *g, struct yj_visit_row *row)
{
	struct yj_caregiver who;
	bool talking = row->phase == YJ_VISIT_IS_ANSWERED, stand = false, at_home = false;
	int rc = yj_caregiver_find(g->store, row->caregiver, &who);
	bool gone = rc == YJ_ERR_NOTFOUND || (rc == 0 && who.gone);
	if (gone && !talking)
		return yj_visits_step(g, row, YJ_VISIT_IN_HANG_UP, "", "");
	if (rc == 0 && !gone)
		rc = yj_consents_stand(g, row->resident, row->caregiver, row->auto_answer, &stand);
	if (rc == 0 && stand)
		rc = yj_visits_at_home(g, row, &at_home);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	if (!stand || (talking && !at_home))
		return yj_visits_step(g, row, YJ_VISIT_IN_WITHDRAW, "", "");
	if (at_home || row->phase != YJ_VISIT_IS_RINGING)
		return 0;
	row->heard = false; /* it rings elsewhere now, or nowhere */
	return yj_visits_step(g, row, YJ_VISIT_IN_TICK, "", "");
}

int yj_visits_withdrawn(struct yj_gateway *g, const char *resident)
{
	struct yj_visit_row row = {.n = 0};
	int rc;
	while ((rc = yj_visit_next(g->store, resident, row.n, &row)) == 0) {
		rc = check(g, &row);
		if (rc < 0)
			return rc;
	}
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

void yj_visits_changed(struct yj_gateway *g)
{
	if (yj_visits_due(g) == INT64_MAX)
		return;
	g->visits.check = true;
	yj_dispatch_soon(g);
}

/* ── time ── */

static int look(struct yj_gateway *g)
{
	struct yj_visit_row row;
	if (g->visits.known)
		return 0;
	int rc = yj_visit_due(g->store, INT64_MAX - 1, &row);
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	g->visits.due_t = rc == 0 ? row.due_t : INT64_MAX;
	g->visits.known = true;
	return 0;
}

int64_t yj_visits_due(struct yj_gateway *g)
{
	int64_t gone = yj_visitwatch_due(g);
	if (!g->visits.expected || g->visits.check)
		return 0;
	if (look(g) < 0)
		return gone;
	return g->visits.due_t < gone ? g->visits.due_t : gone;
}

/* After a restart those who wait are given the time to come again. */
static int expect_all(struct yj_gateway *g)
{
	struct yj_visit_row row = {.n = 0};
	int rc;
	while ((rc = yj_visit_next(g->store, "", row.n, &row)) == 0)
		if (row.there && (rc = yj_visitwatch_expect(g, row.n)) < 0)
			return rc;
	g->visits.expected = rc == YJ_ERR_NOTFOUND;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

static int tick(struct yj_gateway *g, struct yj_visit_row *row)
{
	struct yj_visit_row other;
	if (row->phase == YJ_VISIT_IS_MISSED) {
		bool found;
		int rc = yj_visit_with(g->store, row->resident, &other);
		if (rc == YJ_ERR_NOTFOUND) { /* who has a visit elsewhere is busy as well */
			rc = yj_visits_aim(g, row, &found);
			if (rc == 0)
				rc = yj_visit_at(g->store, row->device, &other);
		}
		if (rc == 0)
			return put_off(g, row);
		if (rc != YJ_ERR_NOTFOUND)
			return rc;
	}
	return yj_visits_step(g, row, YJ_VISIT_IN_TICK, "", "");
}

/* A visit whose step fails by itself costs itself alone: it is tried again later. */
static int guarded_tick(struct yj_gateway *g, struct yj_visit_row *row)
{
	struct yj_visit_row before = *row;
	int rc = yj_store_mark(g->store);
	if (rc < 0)
		return rc;
	yj_effects_mark(g);
	size_t counted = yj_metrics_mark(&g->metrics);
	rc = tick(g, row);
	if (rc == 0)
		return yj_store_keep(g->store);
	yj_store_undo(g->store);
	yj_effects_undo(g);
	yj_metrics_undo(&g->metrics, counted);
	if (yj_dispatch_store_failed(rc))
		return rc;
	yj_log(YJ_LOG_ERR, "event=visit_failed visit=%s error=%s store=\"%s\"", before.id,
	    yj_err_name(rc), yj_store_error(g->store));
	before.due_t = g->now.t + AGAIN_MS;
	return yj_visit_save(g->store, &before, NULL, NULL);
}

int yj_visits_run(struct yj_gateway *g)
{
	struct yj_visit_row row;
	int64_t n;
	int rc = g->visits.expected ? 0 : expect_all(g);
	if (rc == 0 && g->visits.check)
		rc = yj_visits_withdrawn(g, "");
	if (rc == 0)
		g->visits.check = false;
	while (rc == 0 && (n = yj_visitwatch_gone(g)) != 0) {
		rc = yj_visit_load(g->store, n, &row);
		if (rc == 0)
			rc = yj_visits_step(g, &row, YJ_VISIT_IN_GONE, "", "");
		else if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	for (int i = 0; rc == 0 && i < AT_ONCE; i++) {
		rc = yj_visit_due(g->store, g->now.t, &row);
		if (rc == YJ_ERR_NOTFOUND) {
			rc = 0;
			break;
		}
		if (rc == 0)
			rc = guarded_tick(g, &row);
	}
	g->visits.known = false;
	return rc;
}

void yj_visits_forget(struct yj_gateway *g)
{
	g->visits.known = false;
	g->visits.expected = false; /* whoever was found gone is looked for again */
	g->visits.check = true;
	yj_visitwatch_forget(g);
}

void yj_visits_committed(struct yj_gateway *g)
{
	yj_visitwatch_committed(g);
}
