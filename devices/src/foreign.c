/* What families write their findings with. */
#include "devices/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decoder.h"

struct yj_decoder *yj_decoder_new(void)
{
	return malloc(sizeof(struct yj_decoder));
}

void yj_decoder_free(struct yj_decoder *decoder)
{
	free(decoder);
}

/* As much as fits, in whole bytes: names are compared, never shown cut. */
static void copy(char *to, size_t cap, const char *from, size_t len)
{
	if (len == SIZE_MAX)
		len = strlen(from);
	if (len >= cap)
		len = cap - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

void yj_readings_none(struct yj_readings *r)
{
	*r = (struct yj_readings){
	    .battery_pct = -1,
	    .battery_low = -1,
	    .mains = -1,
	    .in_bed = -1,
	    .hr = -1,
	    .rr = -1,
	    .spo2_pct = -1,
	};
}

void yj_readings_fault(struct yj_readings *readings, enum yj_fault fault, bool on)
{
	readings->faults_known |= fault;
	readings->faults = on ? readings->faults | fault : readings->faults & ~(unsigned)fault;
}

void yj_readings_rssi(struct yj_readings *readings, double dbm)
{
	if (dbm >= -150 && dbm < 0)
		readings->rssi_dbm = (int16_t)dbm;
}

void yj_readings_battery(struct yj_readings *readings, double pct)
{
	if (pct >= 0 && pct <= 100)
		readings->battery_pct = pct;
}

struct yj_report *yj_report_add(struct yj_reports *reports)
{
	if (reports->n == YJ_REPORTS_MAX)
		return NULL;
	struct yj_report *r = &reports->v[reports->n++];
	r->address[0] = r->route[0] = r->dedup_field[0] = r->dedup[0] = r->id[0] = '\0';
	r->announced = NULL;
	r->base = YJ_BASE_IGNORE;
	r->repeat = YJ_REPEAT_NONE;
	r->why = YJ_REASON_NONE;
	r->says = YJ_SAYS_NOTHING;
	r->hearsay = false;
	r->ts_ms = INT64_MAX;
	r->n_signs = 0;
	yj_readings_none(&r->readings);
	return r;
}

void yj_report_name(struct yj_report *report, const char *address, size_t len)
{
	copy(report->address, sizeof report->address, address, len);
}

struct yj_sign *yj_report_sign(struct yj_report *report, enum yj_sign_type type)
{
	if (report->n_signs == YJ_SIGNS_MAX)
		return NULL;
	struct yj_sign *s = &report->signs[report->n_signs++];
	*s = (struct yj_sign){.type = type};
	return s;
}

struct yj_sign *yj_report_press(struct yj_report *report, const char *key)
{
	struct yj_sign *s = yj_report_sign(report, YJ_SIGN_PRESS);
	if (s) {
		copy(s->key, sizeof s->key, key, SIZE_MAX);
		report->readings.life = true;
	}
	return s;
}

void yj_report_state(struct yj_report *report, enum yj_kind kind, const char *field, bool on)
{
	struct yj_sign *s = yj_report_sign(report, YJ_SIGN_STATE);
	if (!s)
		return;
	s->kind = kind;
	s->on = on;
	copy(s->field, sizeof s->field, field, SIZE_MAX);
}

void yj_report_change(struct yj_report *report, const char *field, size_t len, bool on)
{
	struct yj_sign *s = yj_report_sign(report, YJ_SIGN_CHANGE);
	if (!s)
		return;
	s->on = on;
	copy(s->field, sizeof s->field, field, len);
}

void yj_report_dedup(struct yj_report *report, enum yj_repeat repeat, const char *field,
    const char *value, size_t len)
{
	report->repeat = repeat;
	copy(report->dedup_field, sizeof report->dedup_field, field, SIZE_MAX);
	copy(report->dedup, sizeof report->dedup, value, len);
}

void yj_report_within(struct yj_report *report, const char *session)
{
	int room = (int)(sizeof report->id - 2 - strlen(report->dedup));
	snprintf(report->id, sizeof report->id, "%.*s.%s", room, session, report->dedup);
}

void yj_report_error(struct yj_report *report, enum yj_reason why)
{
	report->base = YJ_BASE_ERROR;
	report->why = why;
	report->says = YJ_SAYS_NOTHING;
	report->n_signs = 0;
	yj_readings_none(&report->readings);
}
