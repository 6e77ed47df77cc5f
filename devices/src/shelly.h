/* Shelly, the parts of the family. */
#ifndef DEVICES_SHELLY_H
#define DEVICES_SHELLY_H

#include "decoder.h"

/* Gen 2 and later: PREFIX/events/rpc, PREFIX/events/ble, PREFIX/status/COMPONENT, PREFIX/online. */
bool yj_shelly_rpc_owns(const char *topic);
void yj_shelly_rpc_read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out);
/* ── components ("input:2", "devicepower:0") ── */

enum yj_shelly_means {
	YJ_SHELLY_ALIVE, /* of the device itself */
	YJ_SHELLY_MEASURES,
	YJ_SHELLY_INPUT,
	YJ_SHELLY_ALARM_SMOKE,
	YJ_SHELLY_ALARM_LEAK,
	YJ_SHELLY_ALARM_GAS,
	YJ_SHELLY_POWER,
	YJ_SHELLY_WIFI,
	YJ_SHELLY_PRESENCE, /* of somebody in the room */
	YJ_SHELLY_BLU,	    /* a device behind it */
	YJ_SHELLY_BLU_PART,
};

struct yj_shelly_message {
	struct yj_decoder *d;
	struct yj_reports *out;
	const char *prefix;
	size_t prefix_len;
	int64_t ts_ms;
};

/* What text[0..len) is. false: no component that we know. */
bool yj_shelly_component(const char *text, size_t len, enum yj_shelly_means *means);
/* The kind of alarm of a component; YJ_KIND_COUNT: it tells of none. */
enum yj_kind yj_shelly_alarm(enum yj_shelly_means means);
/* The report of the device, or of a part of it (part NULL: none). A message has one of each, but
 * for events of other times (stamp, or NULL). NULL behind the last place. */
struct yj_report *yj_shelly_report(
    const struct yj_shelly_message *m, const char *part, size_t len, const char *stamp);
/* A component's object, or the part of it that has changed; an object of all of them by name. */
void yj_shelly_take(
    const struct yj_shelly_message *m, const char *name, size_t len, yj_js_at object);
void yj_shelly_status(const struct yj_shelly_message *m, yj_js_at params);
void yj_shelly_state(struct yj_report *r, enum yj_kind kind, const char *name, size_t len, bool on);
void yj_shelly_rssi(const struct yj_js *js, struct yj_report *r, yj_js_at object);
/* Unix seconds as ms; INT64_MAX before the device's clock was set. */
int64_t yj_shelly_time(const struct yj_js *js, yj_js_at ts);
/* Is text[0..len) a component with an address of its own ("bthomedevice:202")? */
bool yj_shelly_is_part(const char *text, size_t len);

/* A payload that is one word: true, 1, on, open and their opposites. */
bool yj_shelly_word(const char *payload, size_t len, bool *on);

#endif
