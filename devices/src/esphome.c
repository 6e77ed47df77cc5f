/* ESPHome: PREFIX/TYPE/OBJECT/state, PREFIX/status, PREFIX/debug; the prefix (topic_prefix, by
 * default the node's name) may have several levels. https://esphome.io/components/mqtt.html
 *
 * State messages are retained by default, sent with QoS 0 unless `qos` says otherwise, and sent
 * again, live, whenever the node is connected anew. Names of objects are the installer's. */
#include <stdio.h>
#include <string.h>

#include "entity.h"
#include "families.h"
#include "feedback.h"
#include "topics.h"

static struct yj_text before(const char *topic, const char *end)
{
	return (struct yj_text){topic, (size_t)(end - topic)};
}

/* The last slash before `end`, or NULL. */
static const char *slash(const char *topic, const char *end)
{
	while (end > topic && *--end != '/')
		;
	return end >= topic && *end == '/' && end > topic ? end : NULL;
}

struct place { /* PREFIX/TYPE/OBJECT/WHAT */
	struct yj_text node, type, object, what;
};

static bool find_place(const char *topic, struct place *p)
{
	const char *end = topic + strlen(topic);
	const char *c = slash(topic, end), *b = c ? slash(topic, c) : NULL;
	const char *a = b ? slash(topic, b) : NULL;
	if (!a)
		return false;
	p->node = before(topic, a);
	p->type = (struct yj_text){a + 1, (size_t)(b - a - 1)};
	p->object = (struct yj_text){b + 1, (size_t)(c - b - 1)};
	p->what = (struct yj_text){c + 1, (size_t)(end - c - 1)};
	return yj_entity_domain(p->type);
}

/* PREFIX of PREFIX/status and PREFIX/debug. */
static bool find_node(const char *topic, const char *what, struct yj_text *node)
{
	node->at = topic;
	return yj_ends_with(topic, strlen(topic), what, &node->len) && node->len > 0;
}

static bool owns(const char *topic)
{
	struct place p;
	struct yj_text node;
	return find_place(topic, &p) || find_node(topic, "/status", &node) ||
	       find_node(topic, "/debug", &node);
}

static void take_status(struct yj_report *r, struct yj_text payload)
{
	if (yj_text_is(payload, "online"))
		r->says = YJ_SAYS_ONLINE;
	else if (yj_text_is(payload, "offline"))
		r->says = YJ_SAYS_OFFLINE;
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct yj_text text = {payload, len}, node;
	struct place p;
	if (find_place(topic, &p)) {
		struct yj_report *r = yj_report_add(out);
		yj_report_name(r, p.node.at, p.node.len);
		if (yj_text_is(p.what, "state"))
			yj_entity_take(d, r, p.type, p.object, text);
		return;
	}
	if (find_node(topic, "/status", &node) || find_node(topic, "/debug", &node)) {
		struct yj_report *r = yj_report_add(out);
		yj_report_name(r, node.at, node.len);
		if (topic[node.len + 1] == 's')
			take_status(r, text);
	}
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	char filter[YJ_ADDRESS_MAX + 16];
	size_t levels = 0;
	for (const char *p = address ? address : ""; *p; p++)
		levels += *p == '/';
	if (levels == 0) {
		add(ctx, "+/+/+/state");
		add(ctx, "+/status");
		return;
	}
	/* one for all prefixes of as many levels below the first */
	size_t used = strcspn(address, "/");
	if (used + 2 * levels > YJ_ADDRESS_MAX)
		return;
	memcpy(filter, address, used);
	for (; levels > 0; levels--) {
		filter[used++] = '/';
		filter[used++] = '+';
	}
	snprintf(filter + used, sizeof filter - used, "/+/+/state");
	add(ctx, filter);
	snprintf(filter + used, sizeof filter - used, "/status");
	add(ctx, filter);
}

/* ── what a node shows: "switch/OBJECT", "light/OBJECT", "button/OBJECT" of its own, or
 * with another node's prefix before ── */

static const struct yj_shown onoff[] = {
    [YJ_HOME_RECEIVED] = {"ON"},
    [YJ_HOME_ANSWERED] = {"ON"},
    [YJ_HOME_SEARCHING] = {NULL},
    [YJ_HOME_ARRIVED] = {"ON"},
    [YJ_HOME_CLOSED] = {"OFF"},
};
static const struct yj_shown light[] = {
    [YJ_HOME_RECEIVED] = {"{\"state\":\"ON\",\"flash\":2}"},
    [YJ_HOME_ANSWERED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_SEARCHING] = {"{\"state\":\"ON\",\"flash\":10}"},
    [YJ_HOME_ARRIVED] = {"{\"state\":\"ON\"}"},
    [YJ_HOME_CLOSED] = {"{\"state\":\"OFF\"}"},
};
static const struct yj_shown button[] = {
    [YJ_HOME_RECEIVED] = {"PRESS"},
    [YJ_HOME_ANSWERED] = {"PRESS"},
    [YJ_HOME_SEARCHING] = {NULL},
    [YJ_HOME_ARRIVED] = {NULL},
    [YJ_HOME_CLOSED] = {NULL},
};
static const struct {
	const char *type;
	const struct yj_shown *shown;
} types[] = {{"switch", onoff}, {"light", light}, {"button", button}};

static int tell(const struct yj_to *to, const struct yj_msg_down_call *down, struct yj_wire *out)
{
	const char *end = to->feedback + strlen(to->feedback);
	const char *object = slash(to->feedback, end);
	const char *type = object ? slash(to->feedback, object) : NULL;
	if (!object || !object[1])
		return YJ_ERR_NOTFOUND;
	struct yj_text word = {type ? type + 1 : to->feedback, 0};
	word.len = (size_t)(object - word.at);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (!yj_text_is(word, types[i].type))
			continue;
		if (type)
			return yj_shown_put(
			    &types[i].shown[down->state], out, "%s/command", to->feedback);
		return yj_shown_put(
		    &types[i].shown[down->state], out, "%s/%s/command", to->address, to->feedback);
	}
	return YJ_ERR_NOTFOUND;
}

const struct yj_family yj_esphome_family = {
    .name = "esphome",
    .heartbeat_ms = 0,
    .owns = owns,
    .read = read,
    .filters = filters,
    .tell = tell,
};
