/* Homie 5 (homie/5/DEVICE/NODE/PROPERTY) and 3 or 4 (homie/DEVICE/…), with $state, $alert, $log and
 * other attributes. https://homieiot.github.io/specification/
 *
 * Retained properties come with QoS 2 or 1, momentary events not retained and with QoS 0. Names of
 * nodes and properties are the maker's. */
#include <string.h>

#include "decoder.h"
#include "families.h"
#include "feedback.h"
#include "names.h"
#include "topics.h"

#define LEVELS_MAX 6 /* behind the root: version, device, node, property, set */

static bool owns(const char *topic)
{
	return yj_topic_behind(topic, "homie/") != NULL;
}

/* ── attributes of a device ── */

static void take_state(struct yj_report *r, struct yj_text value)
{
	static const struct {
		const char *word;
		enum yj_says says;
	} words[] = {{"ready", YJ_SAYS_ONLINE}, {"init", YJ_SAYS_ONLINE}, {"alert", YJ_SAYS_ONLINE},
	    {"lost", YJ_SAYS_OFFLINE}, {"disconnected", YJ_SAYS_OFFLINE}};
	r->base = value.len ? YJ_BASE_HEARTBEAT : YJ_BASE_IGNORE; /* sleeping is well */
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (yj_text_is(value, words[i].word))
			r->says = words[i].says;
	if (r->says == YJ_SAYS_ONLINE) { /* of versions 3 and 4 */
		r->readings.faults_known = YJ_FAULT_TROUBLE;
		r->readings.faults = yj_text_is(value, "alert") ? YJ_FAULT_TROUBLE : 0;
	}
}

/* What it says is a text for people; that it is there says that it is so. */
static void take_alert(struct yj_report *r, struct yj_text id, bool on)
{
	char field[YJ_FIELD_MAX + 1];
	struct yj_meaning meaning = yj_name_means(id, YJ_NAMED_BINARY);
	size_t len = id.len < YJ_FIELD_MAX ? id.len : YJ_FIELD_MAX;
	memcpy(field, id.at, len);
	field[len] = '\0';
	if (meaning.means != YJ_MEANS_ALARM && meaning.means != YJ_MEANS_BATTERY_LOW &&
	    meaning.means != YJ_MEANS_TAMPER)
		meaning.means = YJ_MEANS_TROUBLE;
	r->base = YJ_BASE_HEARTBEAT;
	yj_take_field(r, meaning, field, (struct yj_text){on ? "1" : "0", 1});
}

static void take_attribute(
    struct yj_report *r, const struct yj_level *levels, size_t n, struct yj_text value)
{
	static const struct {
		const char *one, *two;
		enum yj_means means;
	} known[] = {{"$fw", "version", YJ_MEANS_FIRMWARE}, {"$stats", "battery", YJ_MEANS_BATTERY},
	    {"$stats", "uptime", YJ_MEANS_NOTHING}};
	if (n == 1 && yj_level_is(levels, "$state")) {
		take_state(r, value);
		return;
	}
	if (n == 2 && yj_level_is(levels, "$alert")) {
		take_alert(r, (struct yj_text){levels[1].at, levels[1].len}, value.len > 0);
		return;
	}
	for (size_t i = 0; n == 2 && i < sizeof known / sizeof known[0]; i++) {
		if (!yj_level_is(levels, known[i].one) || !yj_level_is(levels + 1, known[i].two))
			continue;
		struct yj_meaning meaning = {known[i].means, YJ_KIND_SOS};
		yj_take_field(r, meaning, known[i].two, value);
	}
}

/* ── properties ── */

/* Node and property together are its name: "button/action", "bed/occupied". */
static void take_property(struct yj_report *r, const struct yj_level *node, struct yj_text value)
{
	const struct yj_level *property = node + 1;
	struct yj_text name = {node->at, node->len + 1 + property->len};
	char field[YJ_FIELD_MAX + 1];
	double number;
	size_t len = name.len < YJ_FIELD_MAX ? name.len : YJ_FIELD_MAX;
	memcpy(field, name.at, len);
	field[len] = '\0';
	r->base = value.len ? YJ_BASE_HEARTBEAT : YJ_BASE_IGNORE;
	if (value.len == 0)
		return;
	bool flag = yj_text_is(value, "true") || yj_text_is(value, "false");
	enum yj_named thing = flag			       ? YJ_NAMED_BINARY
			      : yj_text_number(value, &number) ? YJ_NAMED_NUMBER
							       : YJ_NAMED_WORD;
	struct yj_meaning meaning = yj_name_means(name, thing);
	if (meaning.means == YJ_MEANS_ACTION) {
		memcpy(field, node->at, node->len < len ? node->len : len);
		field[node->len < len ? node->len : len] = '\0';
		size_t had = r->n_signs;
		yj_take_action(r, field, value);
		for (size_t i = had; i < r->n_signs; i++)
			r->signs[i].emergency = r->signs[i].emergency || yj_name_helps(name);
		return;
	}
	yj_take_field(r, meaning, field, value);
}

/* ── where it stands ── */

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct yj_level levels[LEVELS_MAX], *l = levels;
	struct yj_text value = {payload, len};
	const char *rest = yj_topic_behind(topic, "homie/");
	(void)d;
	size_t n = rest ? yj_topic_levels(rest, levels, LEVELS_MAX) : 0;
	if (n > 0 && yj_level_is(l, "5")) {
		l++;
		n--;
	}
	if (n < 2 || n > LEVELS_MAX - 1 || l->len == 0 || l->at[0] == '$')
		return;
	struct yj_report *r = yj_report_add(out);
	size_t root = (size_t)(l->at + l->len - topic);
	yj_report_name(r, l->at, l->len);
	if (root <= YJ_ROUTE_MAX) {
		memcpy(r->route, topic, root);
		r->route[root] = '\0';
	}
	if (l[1].len > 0 && l[1].at[0] == '$')
		take_attribute(r, l + 1, n - 1, value);
	else if (n == 3 && l[2].len > 0 && l[2].at[0] != '$')
		take_property(r, l + 1, value);
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	(void)address;
	add(ctx, "homie/#");
}

/* ── what a device shows: "NODE/PROPERTY" of its own or "DEVICE/NODE/PROPERTY", a boolean ── */

static const struct yj_shown boolean[] = {
    [YJ_HOME_RECEIVED] = {"true"},
    [YJ_HOME_ANSWERED] = {"true"},
    [YJ_HOME_SEARCHING] = {NULL},
    [YJ_HOME_ARRIVED] = {"true"},
    [YJ_HOME_CLOSED] = {"false"},
};

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	struct yj_level levels[3];
	const struct yj_shown *shown = &boolean[down->state];
	size_t n = yj_topic_levels(to->feedback, levels, 3);
	if (n == 3 && levels[0].len && levels[1].len && levels[2].len)
		return yj_shown_put(shown, out, "homie/5/%s/set", to->feedback);
	if (n != 2 || !levels[0].len || !levels[1].len)
		return YJ_ERR_NOTFOUND;
	if (to->route[0])
		return yj_shown_put(shown, out, "%s/%s/set", to->route, to->feedback);
	return yj_shown_put(shown, out, "homie/5/%s/%s/set", to->address, to->feedback);
}

const struct yj_family yj_homie_family = {
    .name = "homie",
    .heartbeat_ms = 0,
    .owns = owns,
    .read = read,
    .filters = filters,
    .tell = tell,
};
