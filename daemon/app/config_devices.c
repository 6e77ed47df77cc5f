/* The section `devices`: how devices are supervised, and which are looked for. */
#include <stdio.h>
#include <string.h>

#include "config_internal.h"
#include "core/presence.h"
#include "devices/registry.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

void yj_config_default_devices(struct yj_config *c)
{
	c->devices.heartbeat_ms = 300000;
	c->devices.offline_after = 3;
	c->devices.low_battery_pct = 20;
	c->devices.grace_ms = 120000;
	c->devices.flapping = 6;
	c->devices.flapping_window_ms = 600000;
	c->devices.work_after_ms = 3600000;
}

static const char *next_line(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

static void check_discover(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, const struct yj_config *c)
{
	bool unread = (flags & YJ_CONFIG_NO_FILES) && !(flags & YJ_CONFIG_MAPPINGS);
	for (const char *p = c->devices.discover; p && !unread; p = next_line(p)) {
		char name[YJ_NAME_MAX + 1];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(p, "\n"), p);
		const struct yj_family *family = yj_family_builtin(name);
		if (!(family && yj_family_reads(family)) && !yj_config_mapping(c, name))
			yj_yaml_error(y, yj_yaml_line(node),
			    "devices.discover: \"%s\" is not a family that can be discovered",
			    name);
	}
}

void yj_config_read_devices(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"heartbeat", false}, {"offline_after", false},
	    {"low_battery", false}, {"discover", false}, {"grace", false}, {"flapping", false},
	    {"flapping_window", false}, {"work_after", false}, {"mappings", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "devices", keys, N(keys), v))
		return;
	yj_yaml_duration(
	    y, v[0], "devices.heartbeat", 1000, YJ_PLAN_MAX_MS, &c->devices.heartbeat_ms);
	yj_yaml_int(y, v[1], "devices.offline_after", 1, 1000, &c->devices.offline_after);
	yj_yaml_int(y, v[2], "devices.low_battery", 0, 100, &c->devices.low_battery_pct);
	yj_yaml_duration(y, v[4], "devices.grace", 1000, 3600000, &c->devices.grace_ms);
	yj_yaml_int(y, v[5], "devices.flapping", 0, YJ_FLAPPING_MAX - 1, &c->devices.flapping);
	yj_yaml_duration(
	    y, v[6], "devices.flapping_window", 1000, 86400000, &c->devices.flapping_window_ms);
	yj_yaml_duration(
	    y, v[7], "devices.work_after", 1000, YJ_PLAN_MAX_MS, &c->devices.work_after_ms);
	yj_config_read_list(
	    y, v[3], "devices.discover", "families of devices", &c->devices.discover);
	if (v[8])
		yj_config_read_mappings(y, v[8], flags, c);
	check_discover(y, v[3], flags, c);
}

bool yj_config_discovers(const struct yj_config *c, const char *family)
{
	size_t len = strlen(family);
	for (const char *p = c->devices.discover; p; p = next_line(p))
		if (strcspn(p, "\n") == len && strncmp(p, family, len) == 0)
			return true;
	return false;
}
