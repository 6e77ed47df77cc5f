#include "entity.h"

#include <string.h>

static const struct domain {
	const char *name;
	enum yj_named thing;
	bool plain; /* only telemetry: what people or programs have set */
} domains[] = {
    {"binary_sensor", YJ_NAMED_BINARY, false},
    {"sensor", YJ_NAMED_NUMBER, false},
    {"text_sensor", YJ_NAMED_WORD, false},
    {"event", YJ_NAMED_EVENT, false},
    {"input_boolean", YJ_NAMED_BINARY, false},
    {"button", YJ_NAMED_EVENT, true},
    {"input_button", YJ_NAMED_EVENT, true},
    {"switch", YJ_NAMED_BINARY, true},
    {"light", YJ_NAMED_BINARY, true},
    {"fan", YJ_NAMED_BINARY, true},
    {"cover", YJ_NAMED_WORD, true},
    {"valve", YJ_NAMED_WORD, true},
    {"lock", YJ_NAMED_WORD, true},
    {"climate", YJ_NAMED_WORD, true},
    {"number", YJ_NAMED_NUMBER, true},
    {"input_number", YJ_NAMED_NUMBER, true},
    {"select", YJ_NAMED_WORD, true},
    {"input_select", YJ_NAMED_WORD, true},
    {"text", YJ_NAMED_WORD, true},
    {"input_text", YJ_NAMED_WORD, true},
    {"input_datetime", YJ_NAMED_WORD, true},
    {"date", YJ_NAMED_WORD, true},
    {"time", YJ_NAMED_WORD, true},
    {"datetime", YJ_NAMED_WORD, true},
    {"media_player", YJ_NAMED_WORD, true},
    {"alarm_control_panel", YJ_NAMED_WORD, true},
    {"update", YJ_NAMED_WORD, true},
    {"siren", YJ_NAMED_BINARY, true},
    {"camera", YJ_NAMED_WORD, true},
    {"person", YJ_NAMED_WORD, true},
    {"device_tracker", YJ_NAMED_WORD, true},
    {"automation", YJ_NAMED_BINARY, true},
    {"script", YJ_NAMED_BINARY, true},
    {"scene", YJ_NAMED_WORD, true},
    {"sun", YJ_NAMED_WORD, true},
    {"zone", YJ_NAMED_WORD, true},
    {"weather", YJ_NAMED_WORD, true},
    {"timer", YJ_NAMED_WORD, true},
    {"counter", YJ_NAMED_WORD, true},
    {"schedule", YJ_NAMED_BINARY, true},
    {"group", YJ_NAMED_WORD, true},
    {"humidifier", YJ_NAMED_WORD, true},
    {"vacuum", YJ_NAMED_WORD, true},
    {"water_heater", YJ_NAMED_WORD, true},
    {"remote", YJ_NAMED_BINARY, true},
    {"calendar", YJ_NAMED_BINARY, true},
    {"image", YJ_NAMED_WORD, true},
    {"todo", YJ_NAMED_NUMBER, true},
};

static const struct domain *find(struct yj_text name)
{
	for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++)
		if (strlen(domains[i].name) == name.len &&
		    memcmp(domains[i].name, name.at, name.len) == 0)
			return &domains[i];
	return NULL;
}

bool yj_entity_domain(struct yj_text domain)
{
	return find(domain) != NULL;
}

static void name_of(struct yj_text name, char field[YJ_FIELD_MAX + 1])
{
	size_t len = name.len < YJ_FIELD_MAX ? name.len : YJ_FIELD_MAX;
	memcpy(field, name.at, len);
	field[len] = '\0';
}

static void take_event(
    struct yj_decoder *d, struct yj_report *r, const char *field, struct yj_text state)
{
	r->base = YJ_BASE_HEARTBEAT;
	if (state.len == 0)
		return;
	int rc = yj_js_read(&d->js, state.at, state.len);
	yj_js_at type = rc == 0 ? yj_js_get(&d->js, d->js.tokens, "event_type") : NULL;
	if (rc == 0 && yj_js_is(d->js.tokens, YJ_JS_STRING))
		type = d->js.tokens;
	if (type && yj_js_is(type, YJ_JS_STRING))
		yj_take_action(
		    r, field, (struct yj_text){d->js.text + type->from, type->to - type->from});
	else
		yj_report_error(r, rc == YJ_ERR_BADMSG ? YJ_REASON_UTF8 : YJ_REASON_JSON);
}

static bool unsaid(struct yj_text state)
{
	return state.len == 0 || yj_text_is(state, "unknown") || yj_text_is(state, "nan") ||
	       yj_text_is(state, "unavailable") || yj_text_is(state, "none");
}

void yj_entity_take(struct yj_decoder *d, struct yj_report *r, struct yj_text domain,
    struct yj_text name, struct yj_text state)
{
	const struct domain *of = find(domain);
	char field[YJ_FIELD_MAX + 1];
	double n;
	name_of(name, field);
	r->base = YJ_BASE_TELEMETRY;
	if (!of || of->plain)
		return;
	if (of->thing == YJ_NAMED_EVENT) {
		take_event(d, r, field, state);
		return;
	}
	/* a sensor of Home Assistant is a word or a number */
	enum yj_named thing = of->thing;
	if (thing == YJ_NAMED_NUMBER && !unsaid(state) && !yj_text_number(state, &n))
		thing = YJ_NAMED_WORD;
	if (unsaid(state)) {
		r->base = YJ_BASE_HEARTBEAT;
		return;
	}
	struct yj_meaning meaning = yj_name_means(name, thing);
	r->base = YJ_BASE_HEARTBEAT;
	if (meaning.means == YJ_MEANS_ACTION)
		yj_take_action(r, field, state);
	else
		yj_take_field(r, meaning, field, state);
}
