#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels.h"
#include "deadman.h"
#include "dispatch.h"
#include "families.h"
#include "lanes.h"
#include "life.h"
#include "plans.h"
#include "rosters.h"
#include "store/directory.h"
#include "store/foreign.h"

int yj_reload_read(const char *path, struct yj_config **out, char **errors)
{
	struct yj_config *config = NULL;
	char why[YJ_WHY_MAX];
	int line = 1;
	int rc = yj_config_load(path, 0, &config, errors);
	if (rc < 0)
		return rc;
	rc = yj_channels_check(config, &line, why);
	if (rc < 0) {
		yj_config_free(config);
		if (asprintf(errors, "%s:%d: %s", path, line, why) < 0)
			*errors = NULL;
		return rc;
	}
	*out = config;
	return 0;
}

json_t *yj_reload_channel_names(const struct yj_config *config)
{
	json_t *list = json_array();
	for (size_t i = 0; i < config->n_webhooks; i++)
		json_array_append_new(list, json_string(config->webhooks[i].name));
	for (size_t i = 0; i < config->n_channels; i++)
		if (config->channels[i].type >= YJ_CHANNEL_WECOM)
			json_array_append_new(list, json_string(config->channels[i].name));
	return list;
}

static int store_webhook_names(struct yj_gateway *g)
{
	json_t *list = yj_reload_channel_names(g->config);
	char *text = json_dumps(list, JSON_COMPACT);
	int rc = text ? yj_store_meta_set(g->store, "webhooks", text) : YJ_ERR_NOMEM;
	free(text);
	json_decref(list);
	return rc;
}

/* So that a family that was mistyped in devices.csv is no silent device. */
static int store_family_names(struct yj_gateway *g)
{
	json_t *list = json_array();
	const struct yj_family *family;
	for (size_t i = 0; (family = yj_family_at(i)); i++)
		json_array_append_new(list, json_string(family->name));
	char *text = json_dumps(list, JSON_COMPACT);
	int rc = text ? yj_store_meta_set(g->store, "families", text) : YJ_ERR_NOMEM;
	free(text);
	json_decref(list);
	return rc;
}

int yj_reload_store(struct yj_gateway *g, const char *actor)
{
	int rc = yj_plans_configure(g->store, g->config);
	if (rc == 0)
		rc = store_webhook_names(g);
	if (rc == 0)
		rc = store_family_names(g);
	if (rc == 0)
		rc = yj_store_meta_set(g->store, "timezone", g->config->gateway.timezone);
	yj_rosters_changed(g);
	yj_life_changed(g, NULL);
	if (rc < 0)
		return rc;
	struct yj_log_event e = yj_event_of(YJ_EV_CONFIG_LOADED);
	char subject[YJ_NAME_MAX + 16];
	snprintf(subject, sizeof subject, "gateway/%s", g->config->gateway.id);
	e.subject = subject;
	e.actor = actor;
	e.more = json_pack("{s:i, s:i, s:b}", "policies", (int)g->config->n_policies, "webhooks",
	    (int)g->config->n_webhooks, "fallback", (g->trouble & YJ_TROUBLE_CONFIG) != 0);
	rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

static void complain(char **errors, const char *what, const char *name, const char *user)
{
	size_t cap = strlen(what) + strlen(name) + strlen(user) + 64;
	*errors = malloc(cap);
	if (*errors)
		snprintf(*errors, cap, "%s %s is not in the new file, but %s names it", what, name,
		    user);
}

/* Does the directory name something that the new configuration drops? */
static int check_names(struct yj_gateway *g, const struct yj_config *new, char **errors)
{
	json_t *used = NULL, *value;
	const char *name;
	int rc = yj_dir_names_used(g->store, &used);
	if (rc < 0)
		return rc;
	json_object_foreach(json_object_get(used, "policies"), name, value)
	{
		if (rc == 0 && !yj_config_policy(new, name)) {
			complain(errors, "policy", name, json_string_value(value));
			rc = YJ_ERR_INVAL;
		}
	}
	json_object_foreach(json_object_get(used, "webhooks"), name, value)
	{
		bool robot = strchr(name, ':') != NULL;
		bool there = robot ? yj_config_channel(new, name) != NULL
				   : yj_config_webhook(new, name) != NULL;
		if (rc == 0 && !there) {
			complain(
			    errors, robot ? "robot" : "webhook", name, json_string_value(value));
			rc = YJ_ERR_INVAL;
		}
	}
	json_decref(used);
	return rc;
}

struct dropped {
	const struct yj_config *new;
	char **errors;
};

static int is_described(void *ctx, const char *family, const char *address)
{
	struct dropped *d = ctx;
	(void)address;
	if (yj_family_builtin(family) || yj_config_mapping(d->new, family))
		return 0;
	if (!*d->errors)
		complain(d->errors, "mapping", family, "devices.csv");
	return YJ_ERR_INVAL;
}

/* A device whose mapping is gone would be silent for good. */
static int check_families(struct yj_gateway *g, const struct yj_config *new, char **errors)
{
	struct dropped d = {new, errors};
	return yj_foreign_in_use(g->store, is_described, &d);
}

static void use_mappings(const struct yj_config *c)
{
	yj_families_use(c->devices.mappings, c->devices.n_mappings);
}

static int apply(struct yj_gateway *g, void *arg)
{
	return yj_reload_store(g, *(const char **)arg);
}

/* What only a restart can change stays as it is. */
static void keep_running_parts(struct yj_config *new, struct yj_config *old)
{
#define SWAP(section)                                                                              \
	do {                                                                                       \
		__typeof__(new->section) tmp = new->section;                                       \
		new->section = old->section;                                                       \
		old->section = tmp;                                                                \
	} while (0)
	SWAP(gateway);
	SWAP(mqtt);
	SWAP(http);
	SWAP(ctl);
#undef SWAP
}

int yj_reload(struct yj_gateway *g, const char *actor, char **errors, char **restart)
{
	struct yj_config *new = NULL;
	*errors = *restart = NULL;
	int rc = yj_reload_read(g->config_path, &new, errors);
	if (rc == 0)
		rc = check_names(g, new, errors);
	if (rc == 0)
		rc = check_families(g, new, errors);
	if (rc == 0) {
		*restart = yj_config_restart_keys(g->config, new);
		rc = *restart ? 0 : YJ_ERR_NOMEM;
	}
	if (rc < 0) {
		yj_log(YJ_LOG_ERR, "event=reload_refused why=%s", YJ_Q(*errors));
		yj_config_free(new);
		return rc;
	}
	struct yj_config *old = g->config;
	keep_running_parts(new, old);
	unsigned trouble = g->trouble & YJ_TROUBLE_CONFIG;
	char why[YJ_WHY_MAX] = "";
	g->config = new;
	use_mappings(new);
	yj_gateway_trouble(g, YJ_TROUBLE_CONFIG, false);
	rc = yj_channels_set(g, why); /* changes nothing if it fails, so it comes first */
	if (rc == 0)
		rc = yj_dispatch_do(g, apply, &actor);
	if (rc < 0) {
		keep_running_parts(old, new);
		g->config = old;
		use_mappings(old);
		yj_gateway_trouble(g, YJ_TROUBLE_CONFIG, trouble != 0);
		char again[YJ_WHY_MAX];
		if (yj_channels_set(g, again) < 0)
			yj_log(YJ_LOG_ERR, "event=channels_not_restored why=%s", YJ_Q(again));
		*errors = why[0] ? strdup(why) : NULL;
		yj_log(YJ_LOG_ERR, "event=reload_refused why=%s", yj_err_name(rc));
		yj_config_free(new);
		return rc;
	}
	yj_config_free(old);
	yj_lanes_restart(g);
	yj_families_changed(g);
	yj_families_refresh(g);
	if (yj_deadman_set(g) < 0)
		yj_log(YJ_LOG_ERR, "event=deadman_not_changed");
	if (yj_config_save_good(g->config_path, g->config->gateway.data_dir) < 0)
		yj_log(YJ_LOG_WARN, "event=last_good_not_saved");
	yj_log(YJ_LOG_INFO, "event=config_loaded needs_restart=%s", YJ_Q(*restart));
	return 0;
}
