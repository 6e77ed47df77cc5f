/* Every golden vector of every message type, in both directions: the payload decodes to the fields
 * of the vector, or is refused as it says; the record encodes to the canonical text, byte for byte;
 * and that decodes to the same record again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/message.h"
#include "proto_vectors.h"

#define INT(v) ((json_int_t)(v))

static json_t *show_pos(const struct yj_pos *p)
{
	if (!p->set)
		return json_pack("{sb}", "set", 0);
	return json_pack("{sb sf sf sf sI}", "set", 1, "lat", p->lat, "lon", p->lon, "acc_m",
	    p->acc_m, "ts_ms", INT(p->ts_ms));
}

/* Devices' own messages as JSON, with each member of the record, also those that are not given. */
static json_t *show_up(const struct yj_message *m)
{
	const struct yj_msg_call *call = &m->u.call;
	const struct yj_msg_alarm *alarm = &m->u.alarm;
	const struct yj_msg_well *well = &m->u.well;
	const struct yj_msg_cancel *cancel = &m->u.cancel;
	const struct yj_msg_heartbeat *beat = &m->u.heartbeat;
	const struct yj_msg_vital *vital = &m->u.vital;
	const struct yj_msg_checkin *checkin = &m->u.checkin;
	const struct yj_msg_visit *visit = &m->u.visit;
	const struct yj_msg_dev_state *state = &m->u.dev_state;
	switch ((int)m->type) {
	case YJ_TOPIC_CALL:
		return json_pack("{ss sI ss ss? so}", "id", call->id, "ts_ms", INT(call->ts_ms),
		    "button", yj_kind_name(call->button), "text", call->text, "pos",
		    show_pos(&call->pos));
	case YJ_TOPIC_ALARM:
		return json_pack("{ss sI ss so ss? so}", "id", alarm->id, "ts_ms",
		    INT(alarm->ts_ms), "kind", yj_kind_name(alarm->kind), "value",
		    alarm->has_value ? json_real(alarm->value) : json_null(), "text", alarm->text,
		    "pos", show_pos(&alarm->pos));
	case YJ_TOPIC_WELL:
		return json_pack("{ss sI}", "id", well->id, "ts_ms", INT(well->ts_ms));
	case YJ_TOPIC_CANCEL:
		return json_pack("{ss sI ss?}", "id", cancel->id, "ts_ms", INT(cancel->ts_ms),
		    "ref", cancel->ref);
	case YJ_TOPIC_HEARTBEAT:
		return json_pack("{sI si so si ss?}", "ts_ms", INT(beat->ts_ms), "battery_pct",
		    beat->battery_pct, "rssi_dbm",
		    beat->has_rssi ? json_integer(beat->rssi_dbm) : json_null(), "mains",
		    beat->mains, "fw", beat->fw);
	case YJ_TOPIC_VITAL:
		return json_pack("{ss sI sf sf sf si}", "id", vital->id, "ts_ms", INT(vital->ts_ms),
		    "hr", vital->hr, "rr", vital->rr, "spo2_pct", vital->spo2_pct, "in_bed",
		    vital->in_bed);
	case YJ_TOPIC_CHECKIN:
		return json_pack("{ss sI ss ss ss}", "id", checkin->id, "ts_ms",
		    INT(checkin->ts_ms), "caregiver", checkin->caregiver, "method",
		    yj_checkin_method_name(checkin->method), "type",
		    yj_checkin_type_name(checkin->type));
	case YJ_TOPIC_VISIT:
		return json_pack("{ss ss sO?}", "session", visit->session, "state",
		    yj_visit_state_name(visit->state), "signal", visit->signal);
	case YJ_TOPIC_DEV_STATE:
		return json_pack("{sb sI sI}", "online", state->online, "ts_ms", INT(state->ts_ms),
		    "session", INT(state->session));
	}
	return NULL;
}

static json_t *show_inbox(const struct yj_msg_inbox *m)
{
	json_t *resident = json_pack("{ss ss ss ss ss? ss?}", "id", m->resident.id, "name",
	    m->resident.name, "address", m->resident.address, "phone", m->resident.phone, "access",
	    m->resident.access, "health", m->resident.health);
	return json_pack("{ss ss si ss ss so ss sI sI ss?}", "id", m->id, "incident", m->incident,
	    "level", m->level, "kind", yj_kind_name(m->kind), "state", yj_page_state_name(m->state),
	    "resident", resident, "text", m->text, "opened_at_ms", INT(m->opened_at_ms),
	    "answer_by_ms", INT(m->answer_by_ms), "url", m->url);
}

/* The rest, in the same way. */
static json_t *show(const struct yj_message *m)
{
	const struct yj_msg_down_call *call = &m->u.down_call;
	const struct yj_msg_down_visit *visit = &m->u.down_visit;
	const struct yj_msg_reply *reply = &m->u.reply;
	const struct yj_msg_result *result = &m->u.result;
	const struct yj_msg_gw_state *state = &m->u.gw_state;
	switch ((int)m->type) {
	case YJ_TOPIC_DOWN_CALL:
		return json_pack("{ss ss? ss ss? ss}", "id", call->id, "incident", call->incident,
		    "state", yj_home_state_name(call->state), "by", call->by, "text", call->text);
	case YJ_TOPIC_DOWN_VISIT:
		return json_pack("{ss ss ss? si sO?}", "session", visit->session, "action",
		    yj_visit_action_name(visit->action), "from", visit->from, "auto_answer",
		    visit->auto_answer, "signal", visit->signal);
	case YJ_TOPIC_INBOX:
		return show_inbox(&m->u.inbox);
	case YJ_TOPIC_REPLY:
		return json_pack("{ss ss ss sI ss si ss ss ss?}", "id", reply->id, "incident",
		    reply->incident, "action", yj_reply_action_name(reply->action), "ts_ms",
		    INT(reply->ts_ms), "how", yj_how_name(reply->how), "eta_min", reply->eta_min,
		    "outcome", yj_outcome_name(reply->outcome), "code",
		    yj_note_code_name(reply->code), "note", reply->note);
	case YJ_TOPIC_RESULT:
		return json_pack("{ss sb ss? ss?}", "id", result->id, "ok", result->ok, "reason",
		    result->reason, "by", result->by);
	case YJ_TOPIC_GW_STATE:
		return json_pack("{sb ss ss? sI}", "online", state->online, "version",
		    state->version, "degraded", state->degraded, "ts_ms", INT(state->ts_ms));
	}
	return show_up(m);
}

static void assert_fields(const char *name, const struct yj_message *m, const json_t *expected)
{
	json_t *got = show(m);
	json_t *want = vectors_fields(expected);
	assert_non_null(got);
	if (!json_equal(got, want)) {
		char *got_text = json_dumps(got, JSON_COMPACT);
		char *want_text = json_dumps(want, JSON_COMPACT);
		fail_msg("%s: got  %s\nwant %s", name, got_text, want_text);
	}
	json_decref(got);
	json_decref(want);
}

/* Decodes from an exact copy on the heap, so that the address sanitizer sees a byte too far. */
static int decode(enum yj_topic_type type, const char *bytes, size_t len, struct yj_message *m,
    struct yj_refusal *why)
{
	char *exact = malloc(len > 0 ? len : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, len);
	int err = yj_message_decode(type, exact, len, m, why);
	free(exact);
	return err;
}

static void check_accepted(
    enum yj_topic_type type, const json_t *vector, const char *bytes, size_t len)
{
	const char *name = json_string_value(json_object_get(vector, "name"));
	struct yj_message m = {0};
	struct yj_refusal why = {0};
	if (decode(type, bytes, len, &m, &why) != 0)
		fail_msg("%s: refused for %s %s", name, yj_reason_name(why.reason), why.field);
	assert_int_equal(m.type, type);
	assert_fields(name, &m, json_object_get(vector, "fields"));

	size_t canonical_len;
	char *canonical = vectors_bytes(json_object_get(vector, "canonical"), &canonical_len);
	size_t text_len;
	char *text = yj_message_encode(&m, &text_len);
	assert_non_null(text);
	if (text_len != canonical_len || strcmp(text, canonical) != 0)
		fail_msg("%s: encoded\n%s\nwant\n%s", name, text, canonical);
	yj_message_done(&m);
	free(text);

	assert_int_equal(decode(type, canonical, canonical_len, &m, &why), 0);
	assert_fields(name, &m, json_object_get(vector, "fields"));
	yj_message_done(&m);
	free(canonical);
}

static void check_refused(
    enum yj_topic_type type, const json_t *vector, const char *bytes, size_t len)
{
	const char *name = json_string_value(json_object_get(vector, "name"));
	json_t *want = vectors_fields(json_object_get(vector, "refused"));
	struct yj_message m;
	struct yj_message untouched;
	struct yj_refusal why;
	memset(&m, 0x5a, sizeof(m));
	memset(&untouched, 0x5a, sizeof(untouched));
	memset(&why, 0x5a, sizeof(why));
	if (decode(type, bytes, len, &m, &why) != YJ_ERR_INVAL)
		fail_msg("%s: not refused", name);
	assert_memory_equal(&m, &untouched, sizeof(m));
	json_t *got = json_pack(
	    "{ss ss ss}", "reason", yj_reason_name(why.reason), "field", why.field, "id", why.id);
	if (!json_equal(got, want))
		fail_msg("%s: %s, want %s", name, json_dumps(got, JSON_COMPACT),
		    json_dumps(want, JSON_COMPACT));
	json_decref(got);
	json_decref(want);
}

/* *state is the type's file name. */
static void test_vectors(void **state)
{
	json_t *all = vectors_load(*state);
	size_t i;
	json_t *vector;
	json_array_foreach(all, i, vector)
	{
		const char *topic = json_string_value(json_object_get(vector, "topic"));
		struct yj_topic parsed;
		assert_int_equal(yj_topic_parse(topic, strlen(topic), &parsed), 0);
		size_t len;
		char *bytes = vectors_bytes(json_object_get(vector, "payload"), &len);
		if (json_object_get(vector, "refused"))
			check_refused(parsed.type, vector, bytes, len);
		else
			check_accepted(parsed.type, vector, bytes, len);
		free(bytes);
	}
	json_decref(all);
}

#define VECTORS(file)                                                                              \
	{                                                                                          \
		"vectors of " file, test_vectors, NULL, NULL, (void *)(uintptr_t)(file)            \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    VECTORS("call"),
	    VECTORS("alarm"),
	    VECTORS("well"),
	    VECTORS("cancel"),
	    VECTORS("heartbeat"),
	    VECTORS("vital"),
	    VECTORS("checkin"),
	    VECTORS("visit"),
	    VECTORS("dev_state"),
	    VECTORS("down_call"),
	    VECTORS("down_visit"),
	    VECTORS("inbox"),
	    VECTORS("reply"),
	    VECTORS("result"),
	    VECTORS("gw_state"),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
