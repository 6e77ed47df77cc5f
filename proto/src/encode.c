/* The native messages as JSON: one short function per message, keys in the order of the contract's
 * table. */
#include <math.h>
#include <stdlib.h>

#include "proto/message.h"
#include "writer.h"

static void write_pos(struct yj_writer *w, const struct yj_pos *pos)
{
	if (!pos->set || !isfinite(pos->lat) || !isfinite(pos->lon))
		return;
	yj_put_key(w, "pos");
	yj_put_open(w);
	yj_put_real(w, "lat", pos->lat);
	yj_put_real(w, "lon", pos->lon);
	yj_put_opt_real(w, "acc", pos->acc_m);
	yj_put_opt_ms(w, "ts", pos->ts_ms);
	yj_put_close(w);
}

static void write_call(struct yj_writer *w, const struct yj_msg_call *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_text(w, "button", yj_kind_name(m->button));
	yj_put_opt_text(w, "text", m->text);
	write_pos(w, &m->pos);
}

static void write_alarm(struct yj_writer *w, const struct yj_msg_alarm *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_text(w, "kind", yj_kind_name(m->kind));
	if (m->has_value)
		yj_put_real(w, "value", m->value);
	yj_put_opt_text(w, "text", m->text);
	write_pos(w, &m->pos);
}

static void write_well(struct yj_writer *w, const struct yj_msg_well *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
}

static void write_cancel(struct yj_writer *w, const struct yj_msg_cancel *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_opt_word(w, "ref", m->ref);
}

static void write_heartbeat(struct yj_writer *w, const struct yj_msg_heartbeat *m)
{
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_opt_count(w, "battery", m->battery_pct);
	if (m->has_rssi)
		yj_put_int(w, "rssi", m->rssi_dbm);
	yj_put_opt_bool(w, "mains", m->mains);
	yj_put_opt_text(w, "fw", m->fw);
}

static void write_vital(struct yj_writer *w, const struct yj_msg_vital *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_opt_real(w, "hr", m->hr);
	yj_put_opt_real(w, "rr", m->rr);
	yj_put_opt_real(w, "spo2", m->spo2_pct);
	yj_put_opt_bool(w, "in_bed", m->in_bed);
}

static void write_checkin(struct yj_writer *w, const struct yj_msg_checkin *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_id(w, "caregiver", m->caregiver);
	yj_put_text(w, "method", yj_checkin_method_name(m->method));
	if (m->type != YJ_CHECKIN_VISIT) /* the default */
		yj_put_text(w, "type", yj_checkin_type_name(m->type));
}

static void write_visit(struct yj_writer *w, const struct yj_msg_visit *m)
{
	yj_put_id(w, "session", m->session);
	yj_put_text(w, "state", yj_visit_state_name(m->state));
	yj_put_opt_object(w, "signal", m->signal);
}

static void write_dev_state(struct yj_writer *w, const struct yj_msg_dev_state *m)
{
	yj_put_bool(w, "online", m->online);
	yj_put_opt_ms(w, "ts", m->ts_ms);
	if (m->session > 0)
		yj_put_int(w, "session", m->session);
}

static void write_down_call(struct yj_writer *w, const struct yj_msg_down_call *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_opt_word(w, "incident", m->incident);
	yj_put_text(w, "state", yj_home_state_name(m->state));
	yj_put_opt_text(w, "by", m->by);
	yj_put_text(w, "text", m->text);
}

static void write_down_visit(struct yj_writer *w, const struct yj_msg_down_visit *m)
{
	yj_put_id(w, "session", m->session);
	yj_put_text(w, "action", yj_visit_action_name(m->action));
	yj_put_opt_text(w, "from", m->from);
	yj_put_opt_bool(w, "auto_answer", m->auto_answer);
	yj_put_opt_object(w, "signal", m->signal);
}

static void write_inbox(struct yj_writer *w, const struct yj_msg_inbox *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_id(w, "incident", m->incident);
	if (m->state == YJ_PAGE_NOTICE) { /* it is about no incident and nobody */
		yj_put_text(w, "state", yj_page_state_name(m->state));
		yj_put_text(w, "text", m->text);
		yj_put_int(w, "opened_at", m->opened_at_ms);
		yj_put_opt_text(w, "url", m->url);
		return;
	}
	yj_put_int(w, "level", m->level);
	yj_put_text(w, "kind", yj_kind_name(m->kind));
	yj_put_text(w, "state", yj_page_state_name(m->state));
	yj_put_key(w, "resident");
	yj_put_open(w);
	yj_put_text(w, "id", m->resident.id);
	yj_put_text(w, "name", m->resident.name);
	yj_put_text(w, "address", m->resident.address);
	yj_put_text(w, "phone", m->resident.phone);
	yj_put_opt_text(w, "access", m->resident.access);
	yj_put_opt_text(w, "health", m->resident.health);
	yj_put_close(w);
	yj_put_text(w, "text", m->text);
	yj_put_int(w, "opened_at", m->opened_at_ms);
	yj_put_opt_ms(w, "answer_by", m->answer_by_ms);
	yj_put_opt_text(w, "url", m->url);
}

static void write_reply(struct yj_writer *w, const struct yj_msg_reply *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_id(w, "incident", m->incident);
	yj_put_text(w, "action", yj_reply_action_name(m->action));
	yj_put_int(w, "ts", m->ts_ms);
	yj_put_opt_word(w, "how", yj_how_name(m->how));
	yj_put_opt_count(w, "eta", m->eta_min);
	yj_put_opt_word(w, "outcome", yj_outcome_name(m->outcome));
	yj_put_opt_word(w, "code", yj_note_code_name(m->code));
	yj_put_opt_text(w, "note", m->note);
}

static void write_result(struct yj_writer *w, const struct yj_msg_result *m)
{
	yj_put_id(w, "id", m->id);
	yj_put_bool(w, "ok", m->ok);
	yj_put_opt_text(w, "reason", m->reason);
	yj_put_opt_text(w, "by", m->by);
}

static void write_gw_state(struct yj_writer *w, const struct yj_msg_gw_state *m)
{
	yj_put_bool(w, "online", m->online);
	yj_put_text(w, "version", m->version);
	yj_put_opt_text(w, "degraded", m->degraded);
	yj_put_int(w, "ts", m->ts_ms);
}

static void write_message(struct yj_writer *w, const struct yj_message *m)
{
	switch (m->type) {
	case YJ_TOPIC_CALL:
		write_call(w, &m->u.call);
		break;
	case YJ_TOPIC_ALARM:
		write_alarm(w, &m->u.alarm);
		break;
	case YJ_TOPIC_WELL:
		write_well(w, &m->u.well);
		break;
	case YJ_TOPIC_CANCEL:
		write_cancel(w, &m->u.cancel);
		break;
	case YJ_TOPIC_HEARTBEAT:
		write_heartbeat(w, &m->u.heartbeat);
		break;
	case YJ_TOPIC_VITAL:
		write_vital(w, &m->u.vital);
		break;
	case YJ_TOPIC_CHECKIN:
		write_checkin(w, &m->u.checkin);
		break;
	case YJ_TOPIC_VISIT:
		write_visit(w, &m->u.visit);
		break;
	case YJ_TOPIC_DEV_STATE:
		write_dev_state(w, &m->u.dev_state);
		break;
	case YJ_TOPIC_DOWN_CALL:
		write_down_call(w, &m->u.down_call);
		break;
	case YJ_TOPIC_DOWN_VISIT:
		write_down_visit(w, &m->u.down_visit);
		break;
	case YJ_TOPIC_INBOX:
		write_inbox(w, &m->u.inbox);
		break;
	case YJ_TOPIC_REPLY:
		write_reply(w, &m->u.reply);
		break;
	case YJ_TOPIC_RESULT:
		write_result(w, &m->u.result);
		break;
	case YJ_TOPIC_GW_STATE:
		write_gw_state(w, &m->u.gw_state);
		break;
	case YJ_TOPIC_LOG:
		w->failed = true;
		break;
	}
}

char *yj_message_encode(const struct yj_message *m, size_t *len)
{
	struct yj_writer w = {.buf = malloc(512), .cap = 512};
	if (!w.buf)
		return NULL;
	yj_put_open(&w);
	write_message(&w, m);
	yj_put_close(&w);
	yj_put(&w, "", 1); /* the terminator */
	if (w.failed) {
		free(w.buf);
		return NULL;
	}
	if (len)
		*len = w.len - 1;
	return w.buf;
}
