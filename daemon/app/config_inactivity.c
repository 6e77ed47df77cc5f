/* The section inactivity: who is missed, and after how long. */
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT_MAX_MS (30LL * 86400000)
#define QUIET_MAX_MIN 1080 /* so some of each day is left in which people are missed */

/* "22:00-06:00", or none. */
static void read_quiet(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const char expected[] = "hours such as \"22:00-06:00\", or none";
	const char *s;
	char from[6] = "";
	if (!yj_yaml_text(y, node, "inactivity.quiet", expected, &s))
		return;
	if (strcmp(s, "none") == 0) {
		c->inactivity.quiet_from = c->inactivity.quiet_until = 0;
		return;
	}
	bool form = strlen(s) == 11 && s[5] == '-';
	if (form)
		memcpy(from, s, 5);
	int a = form ? yj_config_minutes(from) : -1, b = form ? yj_config_minutes(s + 6) : -1;
	if (a < 0 || b < 0 || a == b) {
		yj_yaml_error(
		    y, yj_yaml_line(node), "inactivity.quiet is no span, expected %s", expected);
		return;
	}
	c->inactivity.quiet_from = a;
	c->inactivity.quiet_until = b;
}

static void read_watch(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const char *const words[] = {[YJ_INACTIVITY_SENSORS] = "sensors",
	    [YJ_INACTIVITY_ALL] = "all",
	    [YJ_INACTIVITY_OFF] = "off"};
	static const char expected[] = "sensors, all or off";
	const char *s;
	if (!yj_yaml_text(y, node, "inactivity.watch", expected, &s))
		return;
	for (unsigned i = 0; i < N(words); i++) {
		if (strcmp(s, words[i]) == 0) {
			c->inactivity.watch = (unsigned)i;
			return;
		}
	}
	yj_yaml_error(
	    y, yj_yaml_line(node), "inactivity.watch is not one of ours, expected %s", expected);
}

void yj_config_read_inactivity(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"watch", false}, {"high", false},
	    {"others", false}, {"quiet", false}, {"after_quiet", false}};
	yaml_node_t *v[N(keys)];
	int64_t after_ms = 3600000;
	c->inactivity.high_ms = 12LL * 3600000;
	c->inactivity.others_ms = 24LL * 3600000;
	c->inactivity.quiet_from = 22 * 60;
	c->inactivity.quiet_until = 6 * 60;
	c->inactivity.after_quiet = 60;
	if (!node || !yj_yaml_map(y, node, "inactivity", keys, N(keys), v))
		return;
	read_watch(y, v[0], c);
	yj_yaml_duration(y, v[1], "inactivity.high", 1000, LIMIT_MAX_MS, &c->inactivity.high_ms);
	yj_yaml_duration(
	    y, v[2], "inactivity.others", 1000, LIMIT_MAX_MS, &c->inactivity.others_ms);
	read_quiet(y, v[3], c);
	yj_yaml_duration(y, v[4], "inactivity.after_quiet", 0, 6LL * 3600000, &after_ms);
	c->inactivity.after_quiet = (int)(after_ms / 60000);
	int length = (c->inactivity.quiet_until - c->inactivity.quiet_from + 1440) % 1440;
	if (length && length + c->inactivity.after_quiet > QUIET_MAX_MIN)
		yj_yaml_error(y,
		    yj_yaml_line(v[3]	? v[3]
				 : v[4] ? v[4]
					: node),
		    "inactivity.quiet and after_quiet leave too little of the day, expected at "
		    "most "
		    "18h together");
}
