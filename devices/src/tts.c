/* The Things Stack v3: v3/APP@TENANT/devices/DEVICE/up|join|….
 * https://www.thethingsindustries.com/docs/integrations/data-formats/
 *
 * QoS 0 only, never retained. What is 0, false or "" is left out, f_cnt too. An uplink is one by
 * its session and f_cnt: the counter begins anew with each session. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "families.h"
#include "lorawan.h"
#include "topics.h"

#define HEARTBEAT_MS (24LL * 3600 * 1000)

struct place { /* v3/APP@TENANT/devices/DEVICE/KIND, or one level more */
	struct yj_level levels[6];
	size_t n;
};

static bool read_topic(const char *topic, struct place *at)
{
	if (!yj_topic_behind(topic, "v3/"))
		return false;
	at->n = yj_topic_levels(topic, at->levels, 6);
	return at->n >= 5 && at->n <= 6 && yj_level_is(&at->levels[2], "devices") &&
	       at->levels[3].len > 0;
}

static bool owns(const char *topic)
{
	struct place at;
	return read_topic(topic, &at);
}

/* ── what a message says ── */

static const struct yj_lora_model *find_model(const struct yj_js *js, yj_js_at up)
{
	char brand[64], name[64], text[136];
	yj_js_at ids = yj_js_get(js, up, "version_ids");
	yj_js_at attributes = yj_js_get(js, up, "attributes");
	const struct yj_lora_model *m = NULL;
	if (attributes && yj_js_copy(js, yj_js_get(js, attributes, "model"), text, sizeof text))
		m = yj_lora_model(text);
	if (m || !ids)
		return m;
	(void)yj_js_copy(js, yj_js_get(js, ids, "brand_id"), brand, sizeof brand);
	(void)yj_js_copy(js, yj_js_get(js, ids, "model_id"), name, sizeof name);
	snprintf(text, sizeof text, "%s %s", brand, name);
	return yj_lora_model(text);
}

/* Without a session (simulated ones) the moment tells them apart. */
static void take_key(const struct yj_js *js, yj_js_at up, struct yj_report *r)
{
	int64_t count = 0;
	char shown[24], session[64];
	(void)yj_js_integer(js, yj_js_get(js, up, "f_cnt"), &count);
	snprintf(shown, sizeof shown, "%" PRId64, count);
	yj_report_dedup(r, YJ_REPEAT_ID, "f_cnt", shown, SIZE_MAX);
	if (yj_js_copy(js, yj_js_get(js, up, "session_key_id"), session, sizeof session) ||
	    yj_js_copy(js, yj_js_get(js, up, "received_at"), session, sizeof session) ||
	    yj_js_copy(js, yj_js_get(js, js->tokens, "received_at"), session, sizeof session))
		yj_report_within(r, session);
	else
		r->repeat = YJ_REPEAT_NONE; /* an f_cnt alone comes again */
}

/* Percent, from the answer to the network's own question; it may be of yesterday. */
static void take_battery(const struct yj_js *js, yj_js_at up, struct yj_report *r)
{
	double pct;
	if (r->readings.battery_pct < 0 && r->base != YJ_BASE_ERROR &&
	    yj_js_number(js, yj_js_path(js, up, "last_battery_percentage", "value", NULL), &pct))
		yj_readings_battery(&r->readings, pct);
}

static void take_up(struct yj_decoder *d, yj_js_at up, struct yj_report *r, const struct place *at)
{
	const struct yj_js *js = &d->js;
	int64_t port = 0;
	struct yj_lora u = {.report = r, .model = find_model(js, up)};
	if (yj_js_integer(js, yj_js_get(js, up, "f_port"), &port) && port > 0 && port <= 255)
		u.port = (int)port;
	take_key(js, up, r);
	yj_lora_rssi(js, yj_js_get(js, up, "rx_metadata"), r);
	yj_lora_read(d, yj_js_get(js, up, "decoded_payload"), yj_js_get(js, up, "frm_payload"), &u);
	take_battery(js, up, r);
	yj_lora_route(&u, at->levels[1].at, at->levels[1].len);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct place at;
	if (!read_topic(topic, &at))
		return;
	bool up = at.n == 5 && yj_level_is(&at.levels[4], "up");
	bool join = at.n == 5 && yj_level_is(&at.levels[4], "join");
	/* an order to the server names nobody who speaks */
	if (at.n == 6 && yj_level_is(&at.levels[4], "down") &&
	    (yj_level_is(&at.levels[5], "push") || yj_level_is(&at.levels[5], "replace")))
		return;
	struct yj_report *r = yj_report_add(out);
	yj_report_name(r, at.levels[3].at, at.levels[3].len);
	if (!up && !join) {
		r->hearsay = true;
		return;
	}
	const struct yj_js *js = &d->js;
	int rc = yj_js_read(&d->js, payload, len);
	if (rc < 0 || !yj_js_is(js->tokens, YJ_JS_OBJECT)) {
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
		return;
	}
	yj_lora_time(js, yj_js_get(js, js->tokens, "received_at"), r);
	yj_js_at message = yj_js_get(js, js->tokens, "uplink_message");
	if (join)
		r->says = YJ_SAYS_ONLINE;
	else if (message)
		take_up(d, message, r, &at);
	else
		r->hearsay = true; /* uplink_normalized: the same uplink once more */
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, "v3/+/devices/+/up");
	add(ctx, "v3/+/devices/+/join");
}

/* ── talking back ── */

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	char application[YJ_ROUTE_MAX + 1];
	struct yj_lora_down what;
	int rc = yj_lora_tell(to, down->state, application, sizeof application, &what);
	if (rc < 0)
		return rc;
	int topic = snprintf(
	    out->topic, sizeof out->topic, "v3/%s/devices/%s/down/push", application, to->address);
	int len = snprintf(out->payload, sizeof out->payload,
	    "{\"downlinks\":[{\"f_port\":%d,\"frm_payload\":\"%s\",\"priority\":\"NORMAL\"}]}",
	    what.port, what.base64);
	if (strpbrk(out->topic, "+#") || topic < 0 || (size_t)topic >= sizeof out->topic ||
	    len < 0 || (size_t)len >= sizeof out->payload)
		return YJ_ERR_NOTFOUND;
	out->len = (size_t)len;
	out->qos = 1;
	return 0;
}

const struct yj_family yj_tts_family = {
    .name = "tts",
    .heartbeat_ms = HEARTBEAT_MS,
    .owns = owns,
    .read = read,
    .filters = filters,
    .tell = tell,
};
