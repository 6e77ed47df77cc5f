#include "foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "again.h"
#include "devices/sieve.h"
#include "presence.h"
#include "proto/keys.h"
#include "readings.h"
#include "store/bed.h"
#include "store/foreign.h"

struct yj_foreign {
	struct yj_decoder *decoder;
	struct yj_reports reports;
	uint32_t n; /* ids of this run */
};

struct yj_foreign *yj_foreign_new(void)
{
	struct yj_foreign *f = calloc(1, sizeof *f);
	if (f)
		f->decoder = yj_decoder_new();
	if (f && !f->decoder) {
		free(f);
		return NULL;
	}
	return f;
}

void yj_foreign_free(struct yj_foreign *f)
{
	if (!f)
		return;
	yj_decoder_free(f->decoder);
	free(f);
}

/* ── what the sieve remembers ── */

static int recall(
    void *ctx, const char *device, const char *field, char value[YJ_MEMORY_MAX + 1], int64_t *t)
{
	struct yj_gateway *g = ctx;
	return yj_foreign_recall(g->store, device, field, value, YJ_MEMORY_MAX + 1, t);
}

/* What is idle does no harm when it comes twice, and is not worth a write. */
static int remember(
    void *ctx, const char *device, const char *field, const char *value, int64_t t, bool idle)
{
	struct yj_gateway *g = ctx;
	return idle ? 0 : yj_foreign_remember(g->store, device, field, value, t);
}

/* ── one report ── */

struct one {
	struct yj_gateway *g;
	const struct yj_family *family;
	const struct yj_raw *raw;
	const struct yj_report *report;
	size_t part; /* which report of the message */
	struct yj_foreign_device device;
	const char *id;
	bool bed; /* a bed's sensor: "nobody lies there" is a reading, and no alarm yet */
};

/* A message's id: what tells repeats where that is unique for good, else one of our own, for the
 * sieve has taken repeats out. */
static void make_id(const struct one *o, size_t sign, char id[YJ_MSGID_MAX + 1])
{
	const struct yj_report *r = o->report;
	if (r->repeat == YJ_REPEAT_ID && r->dedup[0])
		snprintf(id, YJ_MSGID_MAX + 1, "%s.%zu", r->id[0] ? r->id : r->dedup, sign);
	else
		snprintf(id, YJ_MSGID_MAX + 1, "%lld.%u", (long long)o->g->now.utc_ms,
		    (unsigned)o->g->foreign->n++);
}

/* What a native device would have said. false: nothing at all. */
static bool translate(
    const struct one *o, const struct yj_sign *sign, const char *id, struct yj_event *event)
{
	struct yj_message *m = &event->msg;
	int64_t ts_ms = o->report->ts_ms != INT64_MAX ? o->report->ts_ms : o->g->now.utc_ms;
	bool call = sign->type == YJ_SIGN_PRESS ||
		    (sign->type == YJ_SIGN_STATE && sign->kind == YJ_KIND_SOS);
	if (call) {
		enum yj_kind button = sign->emergency ? sign->kind : YJ_KIND_SOS;
		if (!sign->emergency && sign->type == YJ_SIGN_PRESS &&
		    !yj_keys_button(o->device.keys, sign->key, &button))
			return false;
		m->type = YJ_TOPIC_CALL;
		m->u.call.id = id;
		m->u.call.ts_ms = ts_ms;
		m->u.call.button = button;
	} else if (sign->type == YJ_SIGN_CANCEL) {
		/* somebody is back in bed: that takes no call back */
		if (sign->kind != YJ_KIND_SOS && sign->kind != YJ_KIND_FALL)
			return false;
		m->type = YJ_TOPIC_CANCEL;
		m->u.cancel.id = id;
		m->u.cancel.ts_ms = ts_ms;
	} else {
		m->type = YJ_TOPIC_ALARM;
		m->u.alarm.id = id;
		m->u.alarm.ts_ms = ts_ms;
		m->u.alarm.kind = sign->kind;
	}
	event->has_type = true;
	event->topic_type = m->type;
	return true;
}

static struct yj_event event_of(const struct one *o)
{
	struct yj_event event = {.family = o->family, .verdict = YJ_EVENT_MESSAGE};
	snprintf(event.speaker, sizeof event.speaker, "%s", o->report->address);
	return event;
}

static int alarm(const struct one *o, size_t i)
{
	char id[YJ_MSGID_MAX + 1];
	struct yj_event event = event_of(o);
	make_id(o, i, id);
	if (!translate(o, &o->report->signs[i], id, &event))
		return 0;
	return yj_alerts_message(o->g, &event, o->raw);
}

static int unreadable(const struct one *o)
{
	struct yj_event event = event_of(o);
	event.verdict = YJ_EVENT_REFUSED;
	event.why.reason = o->report->why;
	return yj_alerts_refused(o->g, &event, o->raw, o->report->why);
}

static bool is_exit(const struct yj_sign *sign)
{
	return sign->kind == YJ_KIND_BED_EXIT &&
	       (sign->type == YJ_SIGN_STATE || sign->type == YJ_SIGN_ALARM);
}

static bool has_exit(const struct yj_report *r)
{
	for (size_t i = 0; i < r->n_signs; i++)
		if (is_exit(&r->signs[i]))
			return true;
	return false;
}

/* Is somebody in bed? A condition says so each time, an alarm once. */
static void read_exits(const struct one *o, const struct yj_sifted *sifted, struct yj_readings *r)
{
	for (size_t i = 0; r->in_bed < 0 && i < o->report->n_signs; i++) {
		const struct yj_sign *sign = &o->report->signs[i];
		if (is_exit(sign) && sign->type == YJ_SIGN_STATE)
			r->in_bed = !sign->on;
	}
	for (size_t i = 0; r->in_bed < 0 && i < sifted->n; i++)
		if (is_exit(&o->report->signs[sifted->signs[i]]))
			r->in_bed = 0;
}

static void readings(const struct one *o, const char *device, const struct yj_sifted *sifted)
{
	struct yj_readings r = o->report->readings;
	if (o->report->says != YJ_SAYS_NOTHING)
		yj_presence_said(o->g, device, o->report->says == YJ_SAYS_ONLINE, o->raw->retained);
	if (o->raw->retained)
		return;
	if (o->report->says == YJ_SAYS_NOTHING && !o->report->hearsay)
		yj_presence_seen(o->g, device);
	if (o->bed)
		read_exits(o, sifted, &r);
	r.life = r.life || sifted->changed;
	yj_readings_take(o->g, device, &r);
}

static int known(struct one *o, const char *device)
{
	struct yj_gateway *g = o->g;
	struct yj_memory memory = {.ctx = g, .get = recall, .put = remember};
	struct yj_sifted sifted = {0};
	int rc = yj_foreign_get(g->store, device, &o->device);
	if (rc != 0)
		return rc;
	if (o->report->base == YJ_BASE_ERROR) {
		if (o->report->readings.faults_known && !o->raw->retained)
			yj_readings_take(g, device, &o->report->readings);
		return unreadable(o);
	}
	bool again = false;
	if (o->report->n_signs > 0 && !o->raw->retained)
		rc = yj_again(g, device, o->raw, o->part, &again);
	if (rc < 0 || again)
		return rc;
	rc = yj_sieve(&memory, device, o->report, o->raw->retained, g->now.t, &sifted);
	if (rc < 0)
		return rc;
	if (o->report->route[0] && strcmp(o->report->route, o->device.route) != 0)
		rc = yj_foreign_route(g->store, device, o->report->route);
	if (rc == 0 && has_exit(o->report))
		rc = yj_bed_is_sensor(g->store, device, &o->bed);
	if (rc == 0 && !sifted.repeated)
		readings(o, device, &sifted);
	for (size_t i = 0; rc == 0 && i < sifted.n; i++)
		if (!o->bed || !is_exit(&o->report->signs[sifted.signs[i]]))
			rc = alarm(o, sifted.signs[i]);
	return rc;
}

/* Nobody has registered it: it is listed, with the most serious of what it would have been. */
static int unknown(struct one *o)
{
	struct yj_ram *ram = yj_ram_new();
	struct yj_sifted sifted;
	if (!ram)
		return YJ_ERR_NOMEM;
	struct yj_memory memory = yj_ram_memory(ram);
	int rc = yj_sieve(
	    &memory, o->report->address, o->report, o->raw->retained, o->g->now.t, &sifted);
	yj_ram_free(ram);
	if (rc < 0)
		return rc;
	bool serious = sifted.fact >= YJ_FACT_CANCEL;
	return yj_foreign_seen(o->g->store, o->family->name, o->report->address, o->g->now.utc_ms,
	    yj_sifted_name(&sifted), serious, o->raw->topic, o->raw->payload, o->raw->len);
}

/* By its address; one of the air also where another family has it, which then is its family. */
static int find(struct one *o, struct yj_device *device)
{
	const char *address = o->report->address;
	int rc = yj_device_find_address(o->g->store, o->family->name, address, device);
	bool shared = o->family->shares && o->family->shares(address);
	const struct yj_family *f;
	for (size_t i = 0; shared && rc == YJ_ERR_NOTFOUND && (f = yj_family_at(i)); i++) {
		if (f == o->family || !f->shares || !f->shares(address))
			continue;
		rc = yj_device_find_address(o->g->store, f->name, address, device);
		if (rc == 0)
			o->family = f;
	}
	return rc;
}

static int one_report(struct one *o)
{
	struct yj_device device;
	if (!o->report->address[0]) /* it says nothing, or it cannot be read whose it is */
		return o->report->base == YJ_BASE_ERROR ? unreadable(o) : 0;
	const struct yj_family *announced =
	    o->report->announced ? yj_family_find(o->report->announced) : NULL;
	if (announced)
		o->family = announced;
	int rc = find(o, &device);
	if (rc == 0 && announced) /* it has said nothing itself */
		return 0;
	if (rc == YJ_ERR_NOTFOUND)
		return unknown(o);
	return rc < 0 ? rc : known(o, device.id);
}

/* A cloud pushes many messages at once. */
static size_t raw_max(const struct yj_raw *raw)
{
	return raw->family ? YJ_HTTP_BODY_MAX : YJ_PAYLOAD_MAX;
}

int yj_foreign_message(
    struct yj_gateway *g, const struct yj_family *family, const struct yj_raw *raw)
{
	struct yj_foreign *f = g->foreign;
	int rc = 0;
	size_t part = 0;
	bool more = true;
	/* what families know is far shorter: lists of all devices and the like */
	for (size_t next = 0; rc == 0 && more && raw->len <= raw_max(raw);) {
		more = yj_family_read(
		    family, f->decoder, raw->topic, raw->payload, raw->len, &next, &f->reports);
		for (size_t i = 0; rc == 0 && i < f->reports.n; i++) {
			struct one o = {.g = g,
			    .family = family,
			    .raw = raw,
			    .report = &f->reports.v[i],
			    .part = part++};
			rc = one_report(&o);
		}
	}
	return rc;
}

int yj_foreign_poisoned(
    struct yj_gateway *g, const struct yj_family *family, const struct yj_raw *raw)
{
	struct yj_foreign *f = g->foreign;
	size_t next = 0;
	(void)yj_family_read(family, f->decoder, raw->topic, "", 0, &next, &f->reports);
	if (f->reports.n == 0)
		return 0;
	struct yj_event event = {.family = family, .verdict = YJ_EVENT_REFUSED, .has_type = true};
	event.topic_type = YJ_TOPIC_CALL;
	snprintf(event.speaker, sizeof event.speaker, "%s", f->reports.v[0].address);
	return yj_alerts_refused(g, &event, raw, YJ_REASON_POISON);
}
