#include "described.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "config_mapping.h"
#include "term.h"

static int load(const char *path, bool must, struct yj_mapping **out)
{
	struct yj_yaml y;
	const char *why = "";
	int rc = yj_mapping_load(path, &y, out, &why), code = 0;
	char *errors = rc == YJ_ERR_INVAL ? yj_yaml_errors(&y) : NULL;
	if (rc == YJ_ERR_INVAL) {
		yj_term_put(stderr, errors ? errors : "out of memory", true);
		fputc('\n', stderr);
		code = YJ_EXIT_CONFIG;
	} else if (rc < 0 && must) {
		code = yj_fail(YJ_EXIT_CONFIG, "%s: %s", path, rc == YJ_ERR_IO ? why : "no memory");
	}
	free(errors);
	yj_yaml_done(&y);
	return code;
}

int yj_described_open(struct yj_cli *cli, const char *path, struct yj_described *out)
{
	char file[YJ_MAPPING_PATH_MAX];
	*out = (struct yj_described){.cli = cli, .alone = path != NULL};
	if (!path)
		return 0;
	yj_mapping_path(path, file);
	return load(file, true, &out->one);
}

void yj_described_done(struct yj_described *d)
{
	yj_mapping_free(d->one);
	yj_config_free(d->config);
}

/* Whoever has not named a configuration may have none. */
static void look(struct yj_described *d)
{
	char *errors = NULL;
	if (d->looked)
		return;
	d->looked = true;
	if (yj_config_load(
		d->cli->config, YJ_CONFIG_NO_FILES | YJ_CONFIG_MAPPINGS, &d->config, &errors) < 0 &&
	    d->cli->config_given) {
		yj_term_put(stderr, errors ? errors : "out of memory", true);
		fputc('\n', stderr);
	}
	free(errors);
}

static const struct yj_mapping *of_topic(const struct yj_config *c, const char *topic)
{
	size_t len = strlen(YJ_INLET_TOPIC);
	for (size_t i = 0; i < c->n_inlets; i++)
		if (strncmp(topic, YJ_INLET_TOPIC, len) == 0 &&
		    strcmp(topic + len, c->inlets[i].name) == 0)
			return c->inlets[i].mapping;
	for (size_t i = 0; i < c->devices.n_mappings; i++)
		if (yj_mapping_owns(c->devices.mappings[i], topic))
			return c->devices.mappings[i];
	return NULL;
}

static const struct yj_mapping *ready(struct yj_described *d, const char *name)
{
	char path[YJ_MAPPING_PATH_MAX];
	if (strchr(name, '/') || strchr(name, '.'))
		return NULL;
	if (d->one && strcmp(d->one->name, name) == 0)
		return d->one;
	yj_mapping_path(name, path);
	if (access(path, R_OK) < 0)
		return NULL;
	yj_mapping_free(d->one);
	d->one = NULL;
	return load(path, false, &d->one) == 0 ? d->one : NULL;
}

const struct yj_family *yj_described_find(
    struct yj_described *d, const char *name, const char *topic)
{
	const struct yj_family *ours = yj_family_builtin(name);
	const struct yj_mapping *m = NULL;
	bool any = strcmp(name, "generic") == 0;
	if (ours)
		return yj_family_reads(ours) ? ours : NULL;
	if (d->alone)
		return any || strcmp(d->one->name, name) == 0 ? &d->one->family : NULL;
	look(d);
	if (d->config)
		m = any ? of_topic(d->config, topic) : yj_config_mapping(d->config, name);
	if (!m && !any)
		m = ready(d, name);
	return m ? &m->family : NULL;
}
