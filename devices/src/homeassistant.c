/* Home Assistant: mqtt_statestream (BASE/DOMAIN/OBJECT/state, where BASE is to be "homeassistant"),
 * and discovery (homeassistant/COMPONENT/[NODE/]OBJECT/config, discovery.c).
 * https://www.home-assistant.io/integrations/mqtt_statestream/
 *
 * States are sent at QoS 1 and always retained; attributes and times have topics of their own
 * beside them. An event's state is the time of the last one: what it was is not said. */
#include <stdio.h>
#include <string.h>

#include "discovery.h"
#include "entity.h"
#include "families.h"
#include "proto/time.h"
#include "topics.h"

static bool owns(const char *topic)
{
	static const char *const bases[] = {"homeassistant/", "statestream/", "hass/", "ha/", NULL};
	for (size_t i = 0; bases[i]; i++)
		if (yj_topic_behind(topic, bases[i]))
			return true;
	return false;
}

#define LEVELS_MAX 8

/* The same moment told again is no further event. */
static void take_moment(struct yj_report *r, const char *object, struct yj_text state)
{
	char text[48];
	int64_t ms;
	r->base = YJ_BASE_HEARTBEAT;
	if (state.len == 0 || state.len >= sizeof text)
		return;
	memcpy(text, state.at, state.len);
	text[state.len] = '\0';
	if (yj_rfc3339_parse(text, &ms) < 0)
		return;
	struct yj_sign *s = yj_report_press(r, object);
	if (!s)
		return;
	r->ts_ms = ms;
	s->emergency = yj_name_helps((struct yj_text){object, strlen(object)});
	s->repeat = YJ_REPEAT_COUNTER;
	snprintf(s->field, sizeof s->field, "%.*s", YJ_FIELD_MAX, object);
	yj_report_dedup(r, YJ_REPEAT_NONE, "state", text, SIZE_MAX);
	/* a replay tells which moment is past: it comes again, live, when Home Assistant starts */
	struct yj_sign *past = yj_report_sign(r, YJ_SIGN_RESET);
	if (past) {
		past->repeat = YJ_REPEAT_COUNTER;
		memcpy(past->field, s->field, sizeof past->field);
	}
}

static void take_state(struct yj_decoder *d, struct yj_report *r, struct yj_text domain,
    struct yj_text object, struct yj_text state)
{
	char name[YJ_FIELD_MAX + 1];
	if (yj_text_is(state, "unavailable")) {
		r->says = YJ_SAYS_OFFLINE;
		return;
	}
	snprintf(name, sizeof name, "%.*s", (int)object.len, object.at);
	if (yj_text_is(domain, "event") || yj_text_is(domain, "input_button") ||
	    yj_text_is(domain, "button"))
		take_moment(r, name, state);
	else
		yj_entity_take(d, r, domain, object, state);
}

static void read(struct yj_decoder *d, const char *topic, const char *payload, size_t len,
    struct yj_reports *out)
{
	struct yj_level l[LEVELS_MAX];
	size_t n = yj_topic_levels(topic, l, LEVELS_MAX), before;
	if (n < 3 || n > LEVELS_MAX)
		return;
	if (yj_ends_with(topic, strlen(topic), "/config", &before) &&
	    yj_discovery_component(&l[1])) {
		yj_discovery_read(d, payload, len, out);
		return;
	}
	if (n < 4)
		return;
	/* a base may have several levels: the domain is the first that is one */
	size_t i = 1;
	while (i + 2 < n && !yj_entity_domain((struct yj_text){l[i].at, l[i].len}))
		i++;
	if (i + 3 != n || l[i + 1].len == 0)
		return;
	struct yj_text domain = {l[i].at, l[i].len}, object = {l[i + 1].at, l[i + 1].len};
	char address[YJ_TOPIC_MAX];
	struct yj_report *r = yj_report_add(out);
	snprintf(address, sizeof address, "%.*s.%.*s", (int)domain.len, domain.at, (int)object.len,
	    object.at);
	yj_report_name(r, address, SIZE_MAX);
	if (yj_level_is(&l[i + 2], "state"))
		take_state(d, r, domain, object, (struct yj_text){payload, len});
}

static void filters(const char *address, void (*add)(void *ctx, const char *filter), void *ctx)
{
	if (address) {
		add(ctx, "homeassistant/+/+/state");
		add(ctx, "statestream/+/+/state");
	} else {
		add(ctx, "homeassistant/#");
		add(ctx, "statestream/#");
	}
}

const struct yj_family yj_homeassistant_family = {
    .name = "homeassistant",
    .heartbeat_ms = 0,
    .owns = owns,
    .read = read,
    .filters = filters,
};
