#include "beds_incident.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "notices.h"
#include "space.h"
#include "turn.h"

#define TEXT_MAX 512 /* of an incident */

static bool is_en(const struct yj_gateway *g)
{
	return strcmp(g->config->gateway.language, "en") == 0;
}

int yj_bed_finding_of(struct yj_gateway *g, const char *device, struct yj_bed_finding *out)
{
	memset(out, 0, sizeof *out);
	out->g = g;
	int rc = yj_device_find(g->store, device, &out->device);
	if (rc == 0 && (out->device.gone || out->device.revoked))
		rc = YJ_ERR_NOTFOUND;
	if (rc == 0)
		rc = yj_whose_find(g->store, &out->device, &out->whose);
	return rc < 0 ? rc : yj_bed_place(g->store, device, out->whose.resident, &out->place);
}

int yj_bed_log(const struct yj_bed_finding *f, enum yj_event_type type)
{
	struct yj_log_event e = yj_event_of(type);
	char subject[YJ_NAME_MAX + 16];
	bool bed = f->place.bed[0] && !f->place.elsewhere;
	if (!yj_space_spare(f->g))
		return 0;
	snprintf(subject, sizeof subject, "%s/%s", bed ? "bed" : "device",
	    bed ? f->place.bed : f->device.id);
	e.subject = subject;
	e.device = f->device.id;
	e.resident = f->place.elsewhere ? "" : f->whose.resident;
	e.region = f->whose.region;
	return yj_gateway_log(f->g, &e);
}

/* Opens or joins, unless it is nobody's, or its resident lies elsewhere. */
static int found(
    const struct yj_bed_finding *f, enum yj_kind kind, const char *text, int64_t *incident)
{
	struct yj_alert a = {.g = f->g, .device = f->device, .known = true, .whose = f->whose};
	*incident = 0;
	if (!f->whose.assigned || f->place.elsewhere)
		return 0;
	a.kind = kind;
	a.text = text;
	return yj_calls_found(&a, incident);
}

static void say_duration(char *buf, size_t cap, int64_t ms, bool en)
{
	long long s = (long long)ms / 1000;
	if (s >= 60 && s % 60 == 0)
		snprintf(buf, cap, en ? "%lld min" : "%lld分钟", s / 60);
	else
		snprintf(buf, cap, en ? "%lld s" : "%lld秒", s);
}

int yj_bed_exit(const struct yj_bed_finding *f, int64_t return_ms)
{
	char text[TEXT_MAX], after[32];
	int64_t incident;
	bool en = is_en(f->g);
	say_duration(after, sizeof after, return_ms, en);
	snprintf(text, sizeof text,
	    en ? "out of bed at night, not back within %s" : "夜间离床，%s未归", after);
	return found(f, YJ_KIND_BED_EXIT, text, &incident);
}

/* ── back in bed ── */

static void say_back(const struct yj_gateway *g, char *buf, size_t cap)
{
	time_t s = (time_t)(g->now.utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&s, &tm);
	if (!g->now.utc_known)
		snprintf(buf, cap, "%s", is_en(g) ? "back in bed" : "已回到床上");
	else
		snprintf(buf, cap, is_en(g) ? "back in bed at %02d:%02d" : "%02d:%02d已回到床上",
		    tm.tm_hour, tm.tm_min);
}

static int tell_people(
    const struct yj_bed_finding *f, const struct yj_incident *inc, const char *what)
{
	char text[YJ_NOTICE_TEXT_MAX];
	struct yj_names names = {0};
	struct yj_about about = {0};
	int rc = yj_about_get(f->g->store, &inc->whose, inc->device, inc->n, &about);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof text,
	    is_en(f->g) ? "%.200s: %s; the incident stays open until somebody ends it"
			: "%.200s%s；事件由响应人员确认后结束",
	    about.name ? about.name : "", what);
	yj_about_done(&about);
	rc = yj_people_of(f->g->store, inc->n, false, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		rc = yj_notices_tell(f->g, YJ_NOTICE_OTHER, names.v[i], text, false, NULL);
		if (rc == YJ_ERR_NOTFOUND) /* has left the directory */
			rc = 0;
	}
	yj_names_done(&names);
	return rc;
}

int yj_bed_back(const struct yj_bed_finding *f)
{
	struct yj_gateway *g = f->g;
	struct yj_incident inc;
	char said[TEXT_MAX], text[TEXT_MAX], back[64];
	if (!f->whose.assigned || f->place.elsewhere)
		return 0;
	int rc = yj_incident_find_open(g->store, f->whose.subject, YJ_KIND_BED_EXIT, &inc);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	say_back(g, back, sizeof back);
	rc = yj_incident_text(g->store, inc.n, said, sizeof said);
	if (rc == 0)
		rc = yj_incident_note_add(g->store, inc.n, "", back, g->now.utc_ms);
	if (rc < 0)
		return rc;
	snprintf(
	    text, sizeof text, "%.400s%s%s", said, said[0] ? is_en(g) ? "; " : "；" : "", back);
	struct yj_turn turn = {
	    .inc = &inc,
	    .in = {.type = YJ_IN_NOTE, .who = "", .code = YJ_NOTE_OTHER},
	    .actor = {"", ""},
	    .text = text,
	    .device = f->device.id,
	};
	rc = yj_turn_run(g, &turn, NULL);
	return rc < 0 ? rc : tell_people(f, &inc, back);
}

/* ── vitals ── */

int yj_bed_vitals(
    const struct yj_bed_finding *f, unsigned vitals, const double values[YJ_VITAL_COUNT])
{
	static const struct {
		const char *zh, *en;
	} words[YJ_VITAL_COUNT] = {
	    [YJ_VITAL_HR] = {"心率异常", "heart rate out of range"},
	    [YJ_VITAL_RR] = {"呼吸异常", "breathing rate out of range"},
	    [YJ_VITAL_SPO2] = {"血氧异常", "SpO2 out of range"},
	};
	char text[TEXT_MAX] = "";
	int64_t incident;
	bool en = is_en(f->g);
	for (int i = 0; i < YJ_VITAL_COUNT; i++) {
		size_t n = strlen(text);
		if (vitals & (1U << i))
			snprintf(text + n, sizeof text - n, "%s%s", n ? en ? ", " : "，" : "",
			    en ? words[i].en : words[i].zh);
	}
	int rc = found(f, YJ_KIND_VITAL, text, &incident);
	for (int i = 0; rc == 0 && incident && i < YJ_VITAL_COUNT; i++)
		if (vitals & (1U << i))
			rc = yj_bed_vital_put(
			    f->g->store, incident, (enum yj_vital)i, values[i], f->g->now.utc_ms);
	return rc;
}

/* ── who should not lie there ── */

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static void say_wrong(const json_t *wrong, bool en, char *buf, size_t cap)
{
	const char *bed = text_of(wrong, "bed"), *device = text_of(wrong, "device");
	bool unassigned = strcmp(text_of(wrong, "what"), "unassigned") == 0;
	char where[2 * YJ_NAME_MAX];
	if (bed[0])
		snprintf(where, sizeof where, en ? "bed %s" : "床位%s", bed);
	else
		snprintf(where, sizeof where, en ? "bed sensor %s" : "床位传感器%s", device);
	if (unassigned)
		snprintf(buf, cap,
		    en ? "Somebody lies in %s, which is assigned to nobody"
		       : "%s有人卧床，但未登记入住老人",
		    where);
	else
		snprintf(buf, cap,
		    en ? "Somebody lies in %s, but resident %s has another bed too"
		       : "%s有人卧床，但老人%s另有床位",
		    where, text_of(wrong, "resident"));
}

int yj_bed_wrong(const struct yj_bed_finding *f, bool tell, bool *is)
{
	struct yj_gateway *g = f->g;
	json_t *list = NULL;
	char text[YJ_NOTICE_TEXT_MAX];
	size_t i;
	const json_t *wrong;
	int rc = yj_read_beds_wrong(g->store, f->device.id, g->now.utc_ms, &list);
	*is = false;
	json_array_foreach(list, i, wrong)
	{
		if (rc < 0 || *is || !json_is_string(json_object_get(wrong, "since")))
			continue;
		*is = true;
		if (!tell)
			continue;
		say_wrong(wrong, is_en(g), text, sizeof text);
		rc = yj_notices_tell_roles(
		    g, YJ_NOTICE_OTHER, 1U << YJ_ROLE_OPERATOR | 1U << YJ_ROLE_MAINTENANCE, text);
	}
	json_decref(list);
	return rc;
}
