#include "discovery.h"

#include <stdio.h>
#include <string.h>

#include "devices/registry.h"
#include "families.h"

static const char *const components[] = {
    "device_automation", "event", "binary_sensor", "sensor", NULL};

bool yj_discovery_component(const struct yj_level *level)
{
	for (size_t i = 0; components[i]; i++)
		if (yj_level_is(level, components[i]))
			return true;
	return yj_level_is(level, "device");
}

/* A member by its name or its short form. */
static yj_js_at get(const struct yj_js *js, yj_js_at object, const char *name, const char *brief)
{
	yj_js_at at = yj_js_get(js, object, name);
	return at ? at : yj_js_get(js, object, brief);
}

/* Where an announced component speaks; "~" at its end or beginning is the base. */
static bool topic_of(
    const struct yj_js *js, yj_js_at component, yj_js_at base, char topic[YJ_TOPIC_MAX])
{
	char said[YJ_TOPIC_MAX], tilde[YJ_TOPIC_MAX];
	yj_js_at at = get(js, component, "state_topic", "stat_t");
	if (!at)
		at = get(js, component, "topic", "t");
	if (!yj_js_is(at, YJ_JS_STRING) || !yj_js_copy(js, at, said, sizeof said) || !said[0])
		return false;
	if (!yj_js_copy(js, base, tilde, sizeof tilde))
		tilde[0] = '\0';
	size_t len = strlen(said);
	int n;
	if (said[0] == '~')
		n = snprintf(topic, YJ_TOPIC_MAX, "%s%s", tilde, said + 1);
	else if (said[len - 1] == '~')
		n = snprintf(topic, YJ_TOPIC_MAX, "%.*s%s", (int)len - 1, said, tilde);
	else
		n = snprintf(topic, YJ_TOPIC_MAX, "%s", said);
	return n > 0 && n < YJ_TOPIC_MAX;
}

/* Of a device's announcement: the first of its components that is one of ours. */
static yj_js_at first_component(const struct yj_js *js, yj_js_at all)
{
	for (yj_js_at k = yj_js_first(js, all); k; k = yj_js_next(js, all, k)) {
		yj_js_at platform = get(js, k + 1, "platform", "p");
		for (size_t i = 0; components[i]; i++)
			if (yj_js_equals(js, platform, components[i]))
				return k + 1;
	}
	return NULL;
}

void yj_discovery_read(
    struct yj_decoder *d, const char *payload, size_t len, struct yj_reports *out)
{
	const struct yj_js *js = &d->js;
	char topic[YJ_TOPIC_MAX];
	if (len == 0 || yj_js_read(&d->js, payload, len) < 0)
		return;
	yj_js_at all = get(js, js->tokens, "components", "cmps");
	yj_js_at one = all ? first_component(js, all) : js->tokens;
	if (!topic_of(js, one, yj_js_get(js, js->tokens, "~"), topic))
		return;
	const struct yj_family *family = yj_family_of_topic(topic);
	if (!family || !family->read || family == &yj_homeassistant_family)
		return;
	/* the family knows whose topic it is, whatever is said there */
	family->read(d, topic, "", 0, out);
	if (out->n == 0)
		return;
	char address[YJ_ADDRESS_MAX + 1];
	memcpy(address, out->v[0].address, sizeof address);
	out->n = 0;
	struct yj_report *r = yj_report_add(out);
	yj_report_name(r, address, SIZE_MAX);
	r->announced = family->name;
}
