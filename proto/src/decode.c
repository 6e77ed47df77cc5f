/* The fields of the native messages: one short function per message, in the order of the
 * contract's table. */
#include "decode.h"

#include <float.h>
#include <limits.h>

#include "reader.h"

/* Words: parse is one of proto/words.h, out keeps its value where the field is absent. */
#define OPT_WORD(r, key, parse, out)                                                               \
	do {                                                                                       \
		const char *word_ = yj_opt_text((r), (key));                                       \
		if (!word_ || (parse)(word_, (out)) != 0)                                          \
			break;                                                                     \
	} while (0)
#define NEED_WORD(r, key, parse, out)                                                              \
	do {                                                                                       \
		const char *word_ = yj_opt_text((r), (key));                                       \
		if (!word_ || (parse)(word_, (out)) != 0)                                          \
			yj_reader_refuse((r), (key));                                              \
	} while (0)

static void read_pos(const struct yj_reader *r, struct yj_pos *pos)
{
	struct yj_reader in = {.object = yj_opt_object(r, "pos")};
	struct yj_pos p = {.set = true, .acc_m = -1};
	if (!yj_get_real(&in, "lat", -90, 90, &p.lat) ||
	    !yj_get_real(&in, "lon", -180, 180, &p.lon)) {
		*pos = (struct yj_pos){.acc_m = -1};
		return;
	}
	p.acc_m = yj_opt_real(&in, "acc", DBL_MAX);
	p.ts_ms = yj_opt_ms(&in, "ts");
	*pos = p;
}

static void read_call(struct yj_reader *r, struct yj_msg_call *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
	NEED_WORD(r, "button", yj_kind_parse, &m->button);
	if (!yj_kind_is_button(m->button))
		yj_reader_refuse(r, "button");
	m->text = yj_opt_text(r, "text");
	read_pos(r, &m->pos);
}

static void read_alarm(struct yj_reader *r, struct yj_msg_alarm *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
	NEED_WORD(r, "kind", yj_kind_parse, &m->kind);
	if (!yj_kind_is_alarm(m->kind))
		yj_reader_refuse(r, "kind");
	m->has_value = yj_get_real(r, "value", -DBL_MAX, DBL_MAX, &m->value);
	m->text = yj_opt_text(r, "text");
	read_pos(r, &m->pos);
}

static void read_well(struct yj_reader *r, struct yj_msg_well *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
}

static void read_cancel(struct yj_reader *r, struct yj_msg_cancel *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
	m->ref = yj_opt_id(r, "ref");
}

static void read_heartbeat(struct yj_reader *r, struct yj_msg_heartbeat *m)
{
	int64_t rssi = 0;
	m->ts_ms = yj_need_ms(r, "ts");
	m->battery_pct = yj_opt_count(r, "battery", 100);
	m->has_rssi = yj_get_int(r, "rssi", -200, 50, &rssi);
	m->rssi_dbm = (int)rssi;
	m->mains = yj_opt_bool(r, "mains");
	m->fw = yj_opt_text(r, "fw");
}

static void read_vital(struct yj_reader *r, struct yj_msg_vital *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
	m->hr = yj_opt_real(r, "hr", 1000);
	m->rr = yj_opt_real(r, "rr", 1000);
	m->spo2_pct = yj_opt_real(r, "spo2", 100);
	m->in_bed = yj_opt_bool(r, "in_bed");
}

static void read_checkin(struct yj_reader *r, struct yj_msg_checkin *m)
{
	m->id = yj_need_id(r, "id");
	m->ts_ms = yj_need_ms(r, "ts");
	m->caregiver = yj_need_text(r, "caregiver");
	if (m->caregiver && !yj_name_valid(m->caregiver))
		yj_reader_refuse(r, "caregiver");
	NEED_WORD(r, "method", yj_checkin_method_parse, &m->method);
	m->type = YJ_CHECKIN_VISIT;
	OPT_WORD(r, "type", yj_checkin_type_parse, &m->type);
}

static void read_visit(struct yj_reader *r, struct yj_msg_visit *m)
{
	m->session = yj_need_id(r, "session");
	NEED_WORD(r, "state", yj_visit_state_parse, &m->state);
	m->signal = yj_opt_object(r, "signal");
}

static void read_dev_state(struct yj_reader *r, struct yj_msg_dev_state *m)
{
	m->online = yj_need_bool(r, "online");
	m->ts_ms = yj_opt_ms(r, "ts");
	(void)yj_get_int(r, "session", 1, INT64_MAX, &m->session);
}

static void read_down_call(struct yj_reader *r, struct yj_msg_down_call *m)
{
	m->id = yj_need_id(r, "id");
	m->incident = yj_opt_id(r, "incident");
	NEED_WORD(r, "state", yj_home_state_parse, &m->state);
	m->by = yj_opt_text(r, "by");
	m->text = yj_need_text(r, "text");
}

static void read_down_visit(struct yj_reader *r, struct yj_msg_down_visit *m)
{
	m->session = yj_need_id(r, "session");
	NEED_WORD(r, "action", yj_visit_action_parse, &m->action);
	m->from = yj_opt_text(r, "from");
	m->auto_answer = yj_opt_bool(r, "auto_answer");
	m->signal = yj_opt_object(r, "signal");
}

static void read_resident(struct yj_reader *r, struct yj_msg_inbox *m)
{
	struct yj_reader in = {.object = yj_opt_object(r, "resident")};
	if (!in.object) {
		yj_reader_refuse(r, "resident");
		return;
	}
	const struct {
		const char *key, *path;
		const char **to;
	} needed[] = {
	    {"id", "resident.id", &m->resident.id},
	    {"name", "resident.name", &m->resident.name},
	    {"address", "resident.address", &m->resident.address},
	    {"phone", "resident.phone", &m->resident.phone},
	};
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		*needed[i].to = yj_opt_text(&in, needed[i].key);
		if (!*needed[i].to)
			yj_reader_refuse(r, needed[i].path);
	}
	m->resident.access = yj_opt_text(&in, "access");
	m->resident.health = yj_opt_text(&in, "health");
}

/* What a notice is without. */
static void read_about(struct yj_reader *r, struct yj_msg_inbox *m)
{
	int64_t level = 0;
	if (!yj_get_int(r, "level", 0, INT_MAX, &level))
		yj_reader_refuse(r, "level");
	m->level = (int)level;
	NEED_WORD(r, "kind", yj_kind_parse, &m->kind);
	read_resident(r, m);
}

static void read_inbox(struct yj_reader *r, struct yj_msg_inbox *m)
{
	m->id = yj_need_id(r, "id");
	m->incident = yj_need_id(r, "incident");
	NEED_WORD(r, "state", yj_page_state_parse, &m->state);
	if (m->state == YJ_PAGE_NOTICE)
		m->resident.id = m->resident.name = m->resident.address = m->resident.phone = "";
	else
		read_about(r, m);
	m->text = yj_need_text(r, "text");
	m->opened_at_ms = yj_need_ms(r, "opened_at");
	m->answer_by_ms = yj_opt_ms(r, "answer_by");
	m->url = yj_opt_text(r, "url");
}

/* Later than any limit is as good as at the limit. */
static int opt_minutes(const struct yj_reader *r, const char *key)
{
	int64_t v = -1;
	(void)yj_get_int(r, key, 0, INT64_MAX, &v);
	return v > INT_MAX ? INT_MAX : (int)v;
}

static void read_reply(struct yj_reader *r, struct yj_msg_reply *m)
{
	m->id = yj_need_id(r, "id");
	m->incident = yj_need_id(r, "incident");
	NEED_WORD(r, "action", yj_reply_action_parse, &m->action);
	m->ts_ms = yj_need_ms(r, "ts");
	OPT_WORD(r, "how", yj_how_parse, &m->how);
	m->eta_min = opt_minutes(r, "eta");
	OPT_WORD(r, "outcome", yj_outcome_parse, &m->outcome);
	OPT_WORD(r, "code", yj_note_code_parse, &m->code);
	m->note = yj_opt_text(r, "note");
}

static void read_result(struct yj_reader *r, struct yj_msg_result *m)
{
	m->id = yj_need_id(r, "id");
	m->ok = yj_need_bool(r, "ok");
	m->reason = yj_opt_text(r, "reason");
	m->by = yj_opt_text(r, "by");
}

static void read_gw_state(struct yj_reader *r, struct yj_msg_gw_state *m)
{
	m->online = yj_need_bool(r, "online");
	m->version = yj_need_text(r, "version");
	m->degraded = yj_opt_text(r, "degraded");
	m->ts_ms = yj_need_ms(r, "ts");
}

const char *yj_message_read(struct yj_message *m)
{
	struct yj_reader reader = {.object = m->doc};
	struct yj_reader *r = &reader;
	switch (m->type) {
	case YJ_TOPIC_CALL:
		read_call(r, &m->u.call);
		break;
	case YJ_TOPIC_ALARM:
		read_alarm(r, &m->u.alarm);
		break;
	case YJ_TOPIC_WELL:
		read_well(r, &m->u.well);
		break;
	case YJ_TOPIC_CANCEL:
		read_cancel(r, &m->u.cancel);
		break;
	case YJ_TOPIC_HEARTBEAT:
		read_heartbeat(r, &m->u.heartbeat);
		break;
	case YJ_TOPIC_VITAL:
		read_vital(r, &m->u.vital);
		break;
	case YJ_TOPIC_CHECKIN:
		read_checkin(r, &m->u.checkin);
		break;
	case YJ_TOPIC_VISIT:
		read_visit(r, &m->u.visit);
		break;
	case YJ_TOPIC_DEV_STATE:
		read_dev_state(r, &m->u.dev_state);
		break;
	case YJ_TOPIC_DOWN_CALL:
		read_down_call(r, &m->u.down_call);
		break;
	case YJ_TOPIC_DOWN_VISIT:
		read_down_visit(r, &m->u.down_visit);
		break;
	case YJ_TOPIC_INBOX:
		read_inbox(r, &m->u.inbox);
		break;
	case YJ_TOPIC_REPLY:
		read_reply(r, &m->u.reply);
		break;
	case YJ_TOPIC_RESULT:
		read_result(r, &m->u.result);
		break;
	case YJ_TOPIC_GW_STATE:
		read_gw_state(r, &m->u.gw_state);
		break;
	case YJ_TOPIC_LOG:
		yj_reader_refuse(r, "type"); /* not a message of this codec */
		break;
	}
	return reader.bad;
}
