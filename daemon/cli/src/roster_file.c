/* A file of rosters on its way to the gateway, which checks it: YAML becomes JSON value by value,
 * and each mapping says on which lines its values stood. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_yaml.h"
#include "proto/limits.h"
#include "roster.h"
#include "term.h"

#define NODES_MAX 100000 /* also of what aliases repeat */

struct converting {
	struct yj_yaml *y;
	size_t nodes;
	int depth; /* an alias may name what it stands in */
};

static json_t *convert(struct converting *c, const yaml_node_t *node);

static json_t *convert_list(struct converting *c, const yaml_node_t *node)
{
	json_t *list = json_array();
	const yaml_node_item_t *item = node->data.sequence.items.start;
	for (; item < node->data.sequence.items.top; item++) {
		json_t *value = convert(c, yaml_document_get_node(&c->y->doc, *item));
		if (json_array_append_new(list, value) < 0)
			break;
	}
	return list;
}

static void convert_pair(
    struct converting *c, const yaml_node_pair_t *pair, json_t *object, json_t *lines)
{
	const yaml_node_t *key = yaml_document_get_node(&c->y->doc, pair->key);
	const yaml_node_t *value = yaml_document_get_node(&c->y->doc, pair->value);
	const char *name =
	    key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : NULL;
	char told[YJ_CLIP_LEN];
	if (!name || *name == '#' || !*name)
		yj_yaml_error(c->y, yj_yaml_line(key), "a word is expected as a key");
	else if (json_object_get(object, name))
		yj_yaml_error(
		    c->y, yj_yaml_line(key), "key \"%s\" is there twice", yj_yaml_clip(name, told));
	else if (json_object_set_new(object, name, convert(c, value)) < 0)
		yj_yaml_error(c->y, yj_yaml_line(value), "not UTF-8");
	else
		json_object_set_new(lines, name, json_integer(yj_yaml_line(value)));
}

static json_t *convert_map(struct converting *c, const yaml_node_t *node)
{
	json_t *object = json_object(), *lines = json_object();
	const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	json_object_set_new(lines, "", json_integer(yj_yaml_line(node)));
	for (; pair < node->data.mapping.pairs.top; pair++)
		convert_pair(c, pair, object, lines);
	json_object_set_new(object, "#line", lines);
	return object;
}

static json_t *convert_one(struct converting *c, const yaml_node_t *node)
{
	if (yj_yaml_is_null(node))
		return json_null();
	if (node->type == YAML_MAPPING_NODE)
		return convert_map(c, node);
	if (node->type == YAML_SEQUENCE_NODE)
		return convert_list(c, node);
	json_t *text =
	    json_stringn((const char *)node->data.scalar.value, node->data.scalar.length);
	return text ? text : json_null();
}

static json_t *convert(struct converting *c, const yaml_node_t *node)
{
	if (c->nodes > NODES_MAX)
		return json_null();
	if (++c->nodes > NODES_MAX || c->depth == YJ_YAML_DEPTH_MAX) {
		c->nodes = NODES_MAX + 1; /* enough was said */
		yj_yaml_error(c->y, yj_yaml_line(node), "too long or too deep");
		return json_null();
	}
	c->depth++;
	json_t *json = convert_one(c, node);
	c->depth--;
	return json;
}

/* 0 or an exit code. */
static int read_bytes(const char *path, char **bytes, size_t *len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char *buf = malloc(YJ_CONFIG_MAX + 1);
	int rc = 0;
	if (!f || !buf) {
		rc = yj_fail(YJ_EXIT_REFUSED, "%s: %s", path, strerror(f ? ENOMEM : errno));
		goto out;
	}
	*len = fread(buf, 1, YJ_CONFIG_MAX + 1, f);
	if (ferror(f))
		rc = yj_fail(YJ_EXIT_REFUSED, "%s: %s", path, strerror(errno));
	else if (*len > YJ_CONFIG_MAX)
		rc = yj_fail(YJ_EXIT_REFUSED, "%s: longer than %d bytes", path, YJ_CONFIG_MAX);
	if (rc == 0) {
		*bytes = buf;
		buf = NULL;
	}
out:
	if (f && f != stdin)
		fclose(f);
	free(buf);
	return rc;
}

int yj_roster_file_read(const char *path, json_t **out)
{
	char *bytes = NULL, *errors = NULL;
	size_t len = 0;
	struct yj_yaml y;
	int rc = read_bytes(path, &bytes, &len);
	if (rc)
		return rc;
	json_t *json = NULL;
	if (yj_yaml_load(&y, path, bytes, len) == 0) {
		struct converting c = {.y = &y};
		json = convert(&c, yj_yaml_root(&y));
	}
	if (y.n_errors || y.nomem || !json) {
		errors = yj_yaml_errors(&y);
		yj_term_put(stderr, errors && *errors ? errors : "out of memory", true);
		fputc('\n', stderr);
		free(errors);
		json_decref(json);
		rc = YJ_EXIT_REFUSED;
	} else if (json_is_array(json)) {
		*out = json;
	} else {
		*out = json_array();
		json_array_append_new(*out, json);
	}
	yj_yaml_done(&y);
	free(bytes);
	return rc;
}
