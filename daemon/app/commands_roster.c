/* Rosters, as operators set them. */
#include <string.h>

#include "command.h"
#include "commands.h"
#include "proto/time.h"
#include "rosters.h"
#include "store/roster.h"

static int log_groups(struct yj_command *c, const json_t *groups)
{
	size_t i;
	const json_t *group;
	int rc = 0;
	json_array_foreach(groups, i, group)
	{
		const char *name = json_string_value(json_object_get(group, "group"));
		if (rc == 0)
			rc =
			    yj_commands_directory_changed(c->g, c->user, "rosters", name, "set", 1);
	}
	return rc;
}

#define AHEAD_MS (14LL * 86400000)
#define GAPS_MAX 50 /* of one group that are told */

static int add_gaps(struct yj_command *c, const char *name, json_t *list)
{
	struct yj_gap gaps[GAPS_MAX];
	size_t n = 0;
	int64_t now = c->g->now.utc_ms;
	int rc = yj_roster_gaps(c->g->store, name, now, now + AHEAD_MS, gaps, GAPS_MAX, &n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		char from[YJ_RFC3339_LEN], until[YJ_RFC3339_LEN];
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s}", "group", name, "from",
			      yj_rfc3339_format(gaps[i].from_utc_ms, from), "until",
			      yj_rfc3339_format(gaps[i].until_utc_ms, until)));
	}
	return rc;
}

static int answer_groups(struct yj_command *c, const json_t *groups, bool check)
{
	size_t i;
	const json_t *group;
	json_t *names = json_array(), *gaps = json_array();
	int rc = 0;
	json_array_foreach(groups, i, group)
	{
		json_t *name = json_object_get(group, "group");
		json_array_append(names, name);
		if (rc == 0 && !check)
			rc = add_gaps(c, json_string_value(name), gaps);
	}
	c->data = json_pack("{s:b, s:b, s:o, s:o, s:s}", "ok", 1, "checked", check, "groups", names,
	    "gaps", gaps, "zone", c->g->config->gateway.timezone);
	return rc < 0 ? rc : c->data ? 0 : YJ_ERR_NOMEM;
}

static int do_set(struct yj_command *c)
{
	const json_t *groups = json_object_get(c->args, "groups");
	bool check = json_is_true(json_object_get(c->args, "check"));
	int rc = yj_rosters_set(c->g->store, groups, check, c->g->now.utc_ms, c->user, c->why);
	if (rc == YJ_ERR_INVAL)
		return yj_command_refuse(c, "invalid", c->why);
	if (rc == 0 && !check) {
		rc = log_groups(c, groups);
		if (rc == 0)
			rc = yj_rosters_report(c->g);
		yj_rosters_changed(c->g);
	}
	return rc < 0 ? rc : answer_groups(c, groups, check);
}

static int do_remove(struct yj_command *c)
{
	const char *group = yj_command_text(c, "group");
	int rc = yj_roster_remove(c->g->store, group, c->why);
	if (rc == YJ_ERR_NOTFOUND)
		return yj_command_refuse(c, "unknown", "there is no such roster");
	if (rc == YJ_ERR_DENIED)
		return yj_command_refuse(c, "in_use", c->why);
	if (rc == 0)
		rc = yj_commands_directory_changed(c->g, c->user, "rosters", group, "removed", 1);
	return rc < 0 ? rc : yj_command_done(c);
}

const struct yj_command_entry yj_commands_roster[] = {
    {"roster.set", do_set, false},
    {"roster.remove", do_remove, false},
    {NULL, NULL, false},
};
