/* Beds with sensors: when it is night, how long somebody may be up, what is well. */
#include <stdio.h>
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS 86400000LL

void yj_config_read_beds(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"night", false}, {"return_within", false}, {"turn", false}};
	yaml_node_t *v[N(keys)];
	c->beds.night_from_min = 22 * 60;
	c->beds.night_until_min = 6 * 60;
	c->beds.return_within_ms = 15LL * 60 * 1000;
	c->beds.turn_ms = 10000;
	if (!node || !yj_yaml_map(y, node, "beds", keys, N(keys), v))
		return;
	yj_config_read_span(
	    y, v[0], "beds.night", &c->beds.night_from_min, &c->beds.night_until_min);
	yj_yaml_duration(y, v[1], "beds.return_within", 1000, DAY_MS, &c->beds.return_within_ms);
	yj_yaml_duration(y, v[2], "beds.turn", 1000, 600000, &c->beds.turn_ms);
}

static void read_range(
    struct yj_yaml *y, yaml_node_t *node, enum yj_vital vital, struct yj_vital_range *range)
{
	static const char *const expected[YJ_VITAL_COUNT] = {
	    "a range per minute such as \"40-130\"", "a range per minute such as \"8-30\"",
	    "a range in percent such as \"88-100\""};
	char what[16];
	const char *s;
	snprintf(what, sizeof what, "vitals.%s", yj_vital_name(vital));
	if (yj_yaml_text(y, node, what, expected[vital], &s) &&
	    yj_vital_range_parse(vital, s, strlen(s), range) < 0)
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is no range, expected %s", what, expected[vital]);
}

void yj_config_read_vitals(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"hr", false}, {"rr", false}, {"spo2", false},
	    {"for", false}, {"samples", false}, {"calm", false}};
	yaml_node_t *v[N(keys)];
	c->vitals.ranges[YJ_VITAL_HR] = (struct yj_vital_range){40, 130};
	c->vitals.ranges[YJ_VITAL_RR] = (struct yj_vital_range){8, 30};
	c->vitals.ranges[YJ_VITAL_SPO2] = (struct yj_vital_range){88, 100};
	c->vitals.for_ms = 60000;
	c->vitals.samples = 3;
	c->vitals.calm_ms = 5LL * 60 * 1000;
	if (!node || !yj_yaml_map(y, node, "vitals", keys, N(keys), v))
		return;
	for (int i = 0; i < YJ_VITAL_COUNT; i++)
		read_range(y, v[i], (enum yj_vital)i, &c->vitals.ranges[i]);
	yj_yaml_duration(y, v[3], "vitals.for", 1000, DAY_MS, &c->vitals.for_ms);
	yj_yaml_int(y, v[4], "vitals.samples", 2, 1000, &c->vitals.samples);
	yj_yaml_duration(y, v[5], "vitals.calm", 1000, DAY_MS, &c->vitals.calm_ms);
}
