/* Who may visit, how a visit begins, and what the caller has to say. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consents.h"
#include "effects.h"
#include "life.h"
#include "rounds.h"
#include "visits.h"
#include "visits_inside.h"
#include "visitwatch.h"
#include "visitwords.h"

#define LATELY_MS 600000 /* who was seen so long ago is looked after now */

const char *yj_visits_no_word(enum yj_visits_no no)
{
	static const char *const words[] = {"", "unknown_resident", "not_yours", "no_consent",
	    "no_terminal", "busy", "too_long", "too_fast"};
	return words[no];
}

/* Was this person asked in an incident of the resident's that is not closed, or do they go there?
 */
static int was_asked(
    struct yj_gateway *g, const struct yj_whose *whose, const char *caregiver, bool *asked)
{
	int64_t ns[32];
	size_t n = 0;
	int rc = yj_incident_open_of(g->store, whose->resident, ns, sizeof ns / sizeof ns[0], &n);
	*asked = false;
	for (size_t i = 0; rc == 0 && i < n && !*asked; i++) {
		struct yj_person p;
		rc = yj_person_get(g->store, ns[i], caregiver, &p);
		*asked = rc == 0 && p.status != YJ_PERSON_INFORMED;
		if (rc == YJ_ERR_NOTFOUND)
			rc = 0;
	}
	return rc;
}

static int find_people(
    struct yj_gateway *g, const char *resident, const char *caregiver, struct yj_visits_may *may)
{
	int rc = yj_whose_resident(g->store, resident, &may->whose);
	if (rc == 0)
		rc = yj_caregiver_find(g->store, caregiver, &may->who);
	if (rc == 0 && may->who.gone)
		rc = YJ_ERR_NOTFOUND;
	if (rc == YJ_ERR_NOTFOUND) {
		may->no = YJ_VISITS_UNKNOWN;
		rc = 0;
	}
	return rc;
}

static int find_terminal(
    struct yj_gateway *g, const char *resident, const char *before, struct yj_visits_may *may)
{
	char id[YJ_NAME_MAX + 1];
	int rc = yj_visit_terminal(g->store, resident, before, id, &may->online);
	if (rc == 0)
		rc = yj_device_find(g->store, id, &may->terminal);
	if (rc == YJ_ERR_NOTFOUND) {
		may->no = YJ_VISITS_NO_TERMINAL;
		rc = 0;
	}
	return rc;
}

/* before: the terminal that was rung before, or "". */
static int may_at(struct yj_gateway *g, const char *resident, const char *caregiver,
    const char *before, struct yj_visits_may *may)
{
	struct yj_consents_verdict verdict = {.why = ""};
	bool asked = false;
	memset(may, 0, sizeof *may);
	int rc = find_people(g, resident, caregiver, may);
	if (rc < 0 || may->no)
		return rc;
	rc = find_terminal(g, resident, before, may);
	bool no_terminal = may->no != YJ_VISITS_YES;
	if (rc == 0)
		rc = was_asked(g, &may->whose, caregiver, &asked);
	if (rc == 0)
		rc = yj_consents_judge(g, &may->whose, &may->who, &may->terminal, asked, &verdict);
	if (rc < 0)
		return rc;
	may->auto_answer = verdict.auto_answer && !no_terminal ? verdict.rests_on : 0;
	if (!verdict.may_visit) /* that there is no terminal is not everybody's business */
		may->no = strcmp(verdict.why, "no_consent") == 0 ? YJ_VISITS_NO_CONSENT
								 : YJ_VISITS_NOT_YOURS;
	return 0;
}

int yj_visits_may(
    struct yj_gateway *g, const char *resident, const char *caregiver, struct yj_visits_may *may)
{
	return may_at(g, resident, caregiver, "", may);
}

int yj_visits_at_home(struct yj_gateway *g, const struct yj_visit_row *row, bool *at_home)
{
	char id[YJ_NAME_MAX + 1];
	int rc = yj_visit_terminal(g->store, row->resident, row->device, id, NULL);
	*at_home = rc == 0 && strcmp(id, row->device) == 0;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

int yj_visits_aim(struct yj_gateway *g, struct yj_visit_row *row, bool *found)
{
	struct yj_visits_may may;
	struct yj_visit_row other;
	int rc = may_at(g, row->resident, row->caregiver, row->device, &may);
	*found = false;
	if (rc == 0 && may.no == YJ_VISITS_UNKNOWN) /* the caregiver is no more, the resident is */
		rc = find_terminal(g, row->resident, row->device, &may);
	row->auto_answer =
	    row->mode != YJ_MODE_CHECK_IN && row->there && rc == 0 ? may.auto_answer : 0;
	if (rc < 0 || !may.terminal.id[0])
		return rc;
	rc = yj_visit_at(g->store, may.terminal.id, &other);
	if (rc == 0 && other.n != row->n)
		return 0;
	if (rc < 0 && rc != YJ_ERR_NOTFOUND)
		return rc;
	*found = true;
	snprintf(row->device, sizeof row->device, "%s", may.terminal.id);
	return 0;
}

/* Is somebody there already? */
static int find_busy(struct yj_gateway *g, struct yj_visits_may *may)
{
	int rc = yj_visit_with(g->store, may->whose.resident, &may->busy);
	if (rc == YJ_ERR_NOTFOUND)
		rc = yj_visit_at(g->store, may->terminal.id, &may->busy);
	if (rc == 0)
		may->no = YJ_VISITS_BUSY;
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

/* One link cannot keep the disk busy. */
static int find_haste(struct yj_gateway *g, struct yj_visits_may *may)
{
	int64_t n;
	int rc = yj_visit_count_since(g->store, may->who.id, g->now.utc_ms - 60000, &n);
	if (rc == 0 && n >= YJ_VISITS_PER_MIN)
		may->no = YJ_VISITS_TOO_FAST;
	return rc;
}

/* 128 random bits: whoever does not know it cannot name it. */
static int fresh_id(char id[YJ_VISIT_ID_MAX + 1])
{
	unsigned char random[16];
	if (RAND_bytes(random, sizeof random) != 1)
		return YJ_ERR_IO;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	return 0;
}

static int fill(struct yj_gateway *g, const struct yj_visits_ask *ask,
    const struct yj_visits_may *may, struct yj_visit_row *row)
{
	memset(row, 0, sizeof *row);
	row->incident = ask->incident;
	row->auto_answer = ask->mode != YJ_MODE_CHECK_IN && ask->there ? may->auto_answer : 0;
	row->started_utc_ms = g->now.utc_ms;
	row->retry_utc_ms = row->answered_utc_ms = row->ended_utc_ms = INT64_MAX;
	snprintf(row->resident, sizeof row->resident, "%s", may->whose.resident);
	snprintf(row->caregiver, sizeof row->caregiver, "%s", may->who.id);
	snprintf(row->device, sizeof row->device, "%s", may->terminal.id);
	snprintf(row->region, sizeof row->region, "%s", may->whose.region);
	return fresh_id(row->id);
}

static int log_denied(
    struct yj_gateway *g, const struct yj_visits_ask *ask, const struct yj_visits_may *may)
{
	struct yj_log_event e = yj_event_of(YJ_EV_USER_DENIED);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "resident/%s", may->whose.resident);
	e.subject = subject;
	e.resident = may->whose.resident;
	e.caregiver = may->who.id;
	e.region = may->whose.region;
	e.actor = ask->actor;
	e.via = ask->via;
	e.more = json_pack("{s:s}", "reason", yj_visits_no_word(may->no));
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

int yj_visits_begin(struct yj_gateway *g, const struct yj_visits_ask *ask,
    struct yj_visits_may *may, struct yj_visit_row *row)
{
	int rc = yj_visits_may(g, ask->resident, ask->caregiver, may);
	if (rc == 0 && may->no == YJ_VISITS_YES)
		rc = find_busy(g, may);
	if (rc == 0 && (may->no == YJ_VISITS_NOT_YOURS || may->no == YJ_VISITS_NO_CONSENT))
		return log_denied(g, ask, may);
	if (rc == 0 && may->no == YJ_VISITS_YES)
		rc = find_haste(g, may);
	if (rc < 0 || may->no)
		return rc;
	char *offer = ask->offer ? json_dumps(ask->offer, JSON_COMPACT) : NULL;
	rc = ask->offer && !offer ? YJ_ERR_NOMEM : fill(g, ask, may, row);
	if (rc == 0)
		rc = yj_visits_first(g, ask, row, offer);
	free(offer);
	if (rc == YJ_ERR_FULL) {
		may->no = YJ_VISITS_TOO_LONG;
		return YJ_ERR_INVAL; /* what was written is undone */
	}
	return rc;
}

int yj_visits_signal(struct yj_gateway *g, struct yj_visit_row *row, json_t *signal)
{
	json_t *said = json_object_get(signal, "offer");
	enum yj_visit_mode mode = row->mode;
	const struct yj_msg_down_visit down = {
	    .session = row->id, .action = YJ_VISIT_SIGNAL, .auto_answer = -1, .signal = signal};
	if (yj_visits_mode_of(signal, &mode) && mode < row->mode) {
		/* it only falls: whoever answered a voice did not answer a camera */
		mode = row->mode;
		if (json_object_set_new(signal, "mode", json_string(yj_visit_mode_name(mode))) < 0)
			return YJ_ERR_NOMEM;
	}
	int rc = yj_effects_visit(g, row->device, &down);
	if (rc < 0)
		return rc;
	if (mode == YJ_MODE_CHECK_IN)
		return yj_visits_step(g, row, YJ_VISIT_IN_FALL, "page", "http");
	char *offer = json_is_object(said) ? json_dumps(said, JSON_COMPACT) : NULL;
	if (mode != row->mode || offer) {
		row->mode = mode;
		rc = yj_visit_save(g->store, row, offer, NULL);
	}
	free(offer);
	return rc;
}

/* How it was, by how it ended: nobody says for somebody who did not tap that they are well. */
static bool found(const struct yj_visit_row *row, enum yj_visit_result *result)
{
	bool seen = row->answered_utc_ms != INT64_MAX;
	*result = YJ_FOUND_UNSAID;
	switch ((enum yj_visit_phase)row->phase) {
	case YJ_VISIT_IS_DECLINED:
		*result = YJ_FOUND_REFUSED;
		return true;
	case YJ_VISIT_IS_UNANSWERED:
		*result = YJ_FOUND_NOT_HOME;
		return true;
	case YJ_VISIT_IS_ENDED:
		if (row->mode == YJ_MODE_CHECK_IN) { /* its key, not a voice before it */
			*result = YJ_FOUND_WELL;
			seen = seen && row->reason == YJ_VISIT_WHY_ANSWERED;
		}
		return seen && !row->auto_answer;
	case YJ_VISIT_IS_RINGING:
	case YJ_VISIT_IS_ANSWERED:
	case YJ_VISIT_IS_MISSED:
	case YJ_VISIT_IS_CANCELLED:
		break;
	}
	return false;
}

int yj_visits_ledger(struct yj_gateway *g, const struct yj_visit_row *row,
    enum yj_visit_result result, const char *note)
{
	static const struct {
		enum yj_visit_method method;
		unsigned counts;
	} ways[] = {
	    [YJ_MODE_VIDEO] = {YJ_METHOD_VIDEO, 1U << YJ_AS_VISIT},
	    [YJ_MODE_VOICE] = {YJ_METHOD_PHONE, 1U << YJ_AS_VISIT},
	    [YJ_MODE_CHECK_IN] = {YJ_METHOD_DEVICE, 1U << YJ_AS_CHECKIN},
	};
	char source[YJ_VISIT_ID_MAX + 8];
	enum yj_visit_result by_itself;
	bool counts = found(row, &by_itself);
	if (!counts && result == YJ_FOUND_UNSAID)
		return 0;
	snprintf(source, sizeof source, "visit/%s", row->id);
	const struct yj_seen_in seen = {
	    .resident = row->resident,
	    .caregiver = row->caregiver,
	    .method = ways[row->mode].method,
	    .result = result == YJ_FOUND_UNSAID ? by_itself : result,
	    .counts = ways[row->mode].counts,
	    .source = source,
	    .note = note,
	    .utc_ms = row->answered_utc_ms != INT64_MAX ? row->answered_utc_ms : g->now.utc_ms,
	};
	return yj_rounds_seen(g, &seen);
}

int yj_visits_result(
    struct yj_gateway *g, struct yj_visit_row *row, enum yj_visit_result result, const char *note)
{
	int rc = yj_visit_result_set(g->store, row->n, yj_visit_result_name(result));
	if (rc == 0)
		rc = yj_visits_ledger(g, row, result, note);
	bool lately =
	    row->ended_utc_ms == INT64_MAX || g->now.utc_ms - row->ended_utc_ms < LATELY_MS;
	if (rc == 0 && lately && row->answered_utc_ms != INT64_MAX &&
	    (result == YJ_FOUND_WELL || result == YJ_FOUND_NEEDS))
		yj_life_cared(g, row->resident);
	return rc;
}
