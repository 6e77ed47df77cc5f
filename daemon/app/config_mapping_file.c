/* devices.mappings: which files describe devices, ours among them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_internal.h"
#include "config_mapping.h"

#define FILE_MAX 262144

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);
	return len >= n && strcmp(s + len - n, end) == 0;
}

/* Beside the program that runs, so that an installation may stand anywhere. */
static bool beside_program(const char *name, char path[YJ_MAPPING_PATH_MAX])
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(exe, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	int len =
	    snprintf(path, YJ_MAPPING_PATH_MAX, "%s/share/yijian/mappings/%.64s.yaml", exe, name);
	return len < YJ_MAPPING_PATH_MAX && access(path, R_OK) == 0;
}

void yj_mapping_path(const char *entry, char path[YJ_MAPPING_PATH_MAX])
{
	if (strchr(entry, '/') || ends_with(entry, ".yaml") || ends_with(entry, ".yml"))
		snprintf(path, YJ_MAPPING_PATH_MAX, "%s", entry);
	else if (!beside_program(entry, path))
		snprintf(path, YJ_MAPPING_PATH_MAX, YJ_MAPPINGS_DIR "/%.64s.yaml", entry);
}

int yj_mapping_load(const char *path, struct yj_yaml *y, struct yj_mapping **out, const char **why)
{
	char *bytes;
	size_t len;
	memset(y, 0, sizeof *y);
	int rc = yj_file_read(path, FILE_MAX, &bytes, &len, why);
	if (rc < 0)
		return rc == YJ_ERR_NOMEM ? rc : YJ_ERR_IO;
	rc = yj_mapping_parse(y, path, bytes, len, out);
	free(bytes);
	return rc;
}

/* What is wrong in the file, at the line that names it. */
static void pass_on(struct yj_yaml *y, yaml_node_t *node, const struct yj_yaml *file)
{
	for (size_t i = 0; i < file->n_errors; i++)
		yj_yaml_error(y, yj_yaml_line(node), "devices.mappings: %s:%d: %s", file->name,
		    file->errors[i].line > 0 ? file->errors[i].line : 1, file->errors[i].text);
	y->nomem = y->nomem || file->nomem;
}

static void read_one(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const char expected[] = "the path of a mapping, or ctwing, onenet";
	char path[YJ_MAPPING_PATH_MAX];
	const char *s = NULL, *why = "";
	struct yj_mapping *m = NULL;
	struct yj_yaml file;
	if (!yj_yaml_text(y, node, "an entry of devices.mappings", expected, &s))
		return;
	yj_mapping_path(s, path);
	int rc = yj_mapping_load(path, &file, &m, &why);
	if (rc == YJ_ERR_IO)
		yj_yaml_error(y, yj_yaml_line(node), "devices.mappings: %s: %s, expected %s", path,
		    why, expected);
	else if (rc == YJ_ERR_NOMEM)
		y->nomem = true;
	else
		pass_on(y, node, &file);
	yj_yaml_done(&file);
	if (m && yj_config_mapping(c, m->name)) {
		yj_yaml_error(y, yj_yaml_line(node),
		    "devices.mappings: \"%s\" is there already, expected each name once", m->name);
		yj_mapping_free(m);
	} else if (m) {
		c->devices.mappings[c->devices.n_mappings++] = m;
	}
}

void yj_config_read_mappings(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	int n = yj_yaml_list(y, node, "devices.mappings", 0, YJ_MAPPINGS_MAX);
	if (n <= 0 || ((flags & YJ_CONFIG_NO_FILES) && !(flags & YJ_CONFIG_MAPPINGS)))
		return;
	c->devices.mappings = calloc((size_t)n, sizeof(struct yj_mapping *));
	if (!c->devices.mappings) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++)
		read_one(y, yj_yaml_item(y, node, i), c);
}

const struct yj_mapping *yj_config_mapping(const struct yj_config *c, const char *name)
{
	for (size_t i = 0; c->devices.mappings && i < c->devices.n_mappings; i++) {
		const struct yj_mapping *m = c->devices.mappings[i];
		if (m && strcmp(m->name, name) == 0)
			return m;
	}
	return NULL;
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void yj_config_mappings_done(struct yj_config *c)
{
	for (size_t i = 0; i < c->n_inlets; i++) {
		wipe(c->inlets[i].secret);
		wipe(c->inlets[i].aes_key);
		free(c->inlets[i].header);
		free(c->inlets[i].query);
	}
	free(c->inlets);
	for (size_t i = 0; i < c->devices.n_mappings; i++)
		yj_mapping_free(c->devices.mappings[i]);
	free(c->devices.mappings);
}
