/* ChirpStack v4, JSON: application/ID/device/DEVEUI/event/KIND.
 * https://www.chirpstack.io/docs/chirpstack/integrations/events.html
 *
 * Sent with QoS 0 unless [integration.mqtt] says qos=1, never retained. deduplicationId is one for
 * each uplink, however many gateways heard it and however often the message comes. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "families.h"
#include "lorawan.h"
#include "topics.h"

#define HEARTBEAT_MS (24LL * 3600 * 1000)

struct place { /* application/ID/device/DEVEUI/event/KIND */
	struct yj_level levels[6];
};

static bool read_topic(const char *topic, struct place *at)
{
	enum { LEVELS = 6 };
	return yj_topic_behind(topic, "application/") &&
	       yj_topic_levels(topic, at->levels, LEVELS) == LEVELS &&
	       yj_level_is(&at->levels[2], "device") && at->levels[3].len > 0;
}

static bool owns(const char *topic)
{
	struct place at;
	return read_topic(topic, &at);
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* ── what a message says ── */

static const struct yj_lora_model *find_model(const struct yj_js *js, yj_js_at device)
{
	static const char *const tags[] = {
	    "model", "Model", "device_model", "device_type", "codec", "decoder"};
	char text[128];
	const struct yj_lora_model *m = NULL;
	yj_js_at all = yj_js_get(js, device, "tags");
	for (size_t i = 0; !m && all && i < sizeof tags / sizeof tags[0]; i++)
		if (yj_js_copy(js, yj_js_get(js, all, tags[i]), text, sizeof text))
			m = yj_lora_model(text);
	if (!m && yj_js_copy(js, yj_js_get(js, device, "deviceProfileName"), text, sizeof text))
		m = yj_lora_model(text);
	return m;
}

static int port_of(const struct yj_js *js, yj_js_at at)
{
	int64_t port;
	return yj_js_integer(js, at, &port) && port >= 0 && port <= 255 ? (int)port : 0;
}

static void take_up(struct yj_decoder *d, struct yj_report *r, const struct place *at)
{
	const struct yj_js *js = &d->js;
	yj_js_at root = js->tokens;
	struct yj_lora u = {.report = r,
	    .model = find_model(js, yj_js_get(js, root, "deviceInfo")),
	    .port = port_of(js, yj_js_get(js, root, "fPort"))};
	yj_lora_rssi(js, yj_js_get(js, root, "rxInfo"), r);
	yj_lora_read(d, yj_js_get(js, root, "object"), yj_js_get(js, root, "data"), &u);
	yj_lora_route(&u, at->levels[1].at, at->levels[1].len);
}

/* Neither flag is there before 4.1 if it is false; the level is 0 where it is not known. */
static void take_status(const struct yj_js *js, struct yj_report *r)
{
	yj_js_at root = js->tokens;
	bool mains = false, unknown = false;
	double level;
	r->base = YJ_BASE_HEARTBEAT;
	(void)yj_js_bool(js, yj_js_get(js, root, "externalPowerSource"), &mains);
	(void)yj_js_bool(js, yj_js_get(js, root, "batteryLevelUnavailable"), &unknown);
	if (mains || !unknown)
		r->readings.mains = mains;
	if (!mains && !unknown && yj_js_number(js, yj_js_get(js, root, "batteryLevel"), &level))
		yj_readings_battery(&r->readings, level);
}

static void take_event(struct yj_decoder *d, struct yj_report *r, const struct place *at)
{
	const struct yj_js *js = &d->js;
	const struct yj_level *kind = &at->levels[5];
	char id[YJ_DEDUP_MAX + 1];
	if (yj_js_copy(js, yj_js_get(js, js->tokens, "deduplicationId"), id, sizeof id))
		yj_report_dedup(r, YJ_REPEAT_ID, "deduplicationId", id, SIZE_MAX);
	yj_lora_time(js, yj_js_get(js, js->tokens, "time"), r);
	if (yj_level_is(kind, "up"))
		take_up(d, r, at);
	else if (yj_level_is(kind, "join"))
		r->says = YJ_SAYS_ONLINE;
	else
		take_status(js, r);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct place at;
	if (!read_topic(topic, &at) || !yj_level_is(&at.levels[4], "event"))
		return; /* a command, one of ours perhaps */
	const struct yj_level *kind = &at.levels[5];
	struct yj_report *r = yj_report_add(out);
	yj_report_name(r, at.levels[3].at, at.levels[3].len);
	lower(r->address);
	if (!yj_level_is(kind, "up") && !yj_level_is(kind, "join") &&
	    !yj_level_is(kind, "status")) {
		r->hearsay = !yj_level_is(kind, "ack");
		return;
	}
	int rc = yj_js_read(&d->js, payload, len);
	if (rc == 0 && yj_js_is(d->js.tokens, YJ_JS_OBJECT))
		take_event(d, r, &at);
	else
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, "application/+/device/+/event/+");
}

/* ── talking back ── */

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	char eui[YJ_ADDRESS_MAX + 1], application[YJ_ROUTE_MAX + 1];
	struct yj_lora_down what;
	int rc = yj_lora_tell(to, down->state, application, sizeof application, &what);
	if (rc < 0)
		return rc;
	snprintf(eui, sizeof eui, "%s", to->address);
	lower(eui);
	int topic = snprintf(out->topic, sizeof out->topic, "application/%s/device/%s/command/down",
	    application, eui);
	int len = snprintf(out->payload, sizeof out->payload,
	    "{\"devEui\":\"%s\",\"confirmed\":false,\"fPort\":%d,\"data\":\"%s\"}", eui, what.port,
	    what.base64);
	if (strspn(eui, "0123456789abcdef") != strlen(eui) || strpbrk(application, "+#") ||
	    topic < 0 || (size_t)topic >= sizeof out->topic || len < 0 ||
	    (size_t)len >= sizeof out->payload)
		return YJ_ERR_NOTFOUND;
	out->len = (size_t)len;
	out->qos = 1;
	return 0;
}

const struct yj_family yj_chirpstack_family = {
    .name = "chirpstack",
    .heartbeat_ms = HEARTBEAT_MS,
    .owns = owns,
    .read = read,
    .filters = filters,
    .tell = tell,
};
