/* Inside of config: a YAML tree whose every complaint names file and line. */
#ifndef APP_CONFIG_YAML_H
#define APP_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "proto/err.h"

#define YJ_YAML_ERRORS_MAX 20 /* further ones are not told */
#define YJ_YAML_KEYS_MAX 24   /* keys of one mapping that can be asked for */
#define YJ_YAML_DEPTH_MAX 16
#define YJ_YAML_ANCHORS_MAX 256

struct yj_yaml_error {
	int line; /* from 1; 0: the file as a whole */
	char *text;
};

struct yj_yaml {
	const char *name; /* of the file, borrowed */
	yaml_document_t doc;
	bool loaded;
	bool nomem;
	struct yj_yaml_error errors[YJ_YAML_ERRORS_MAX];
	size_t n_errors;
};

/* Parses one document. 0; YJ_ERR_INVAL with an error noted: not YAML, not UTF-8, nested too deep,
 * several documents; YJ_ERR_NOMEM. In each case yj_yaml_done releases. */
int yj_yaml_load(struct yj_yaml *y, const char *name, const void *bytes, size_t len) YJ_MUST_CHECK;
void yj_yaml_done(struct yj_yaml *y);

yaml_node_t *yj_yaml_root(struct yj_yaml *y);  /* NULL for an empty document */
int yj_yaml_line(const yaml_node_t *node);     /* from 1; 1 for NULL */
bool yj_yaml_is_null(const yaml_node_t *node); /* not set: NULL, empty, ~ or null */

/* Notes an error, "what, expected what". */
void yj_yaml_error(struct yj_yaml *y, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Shortens what the file says for a message: one line, at most 44 bytes, whole characters. Returns
 * buf. */
#define YJ_CLIP_LEN 48
char *yj_yaml_clip(const char *s, char buf[YJ_CLIP_LEN]);
/* All errors in the order of the lines, malloc'd; NULL when memory is short. */
char *yj_yaml_errors(struct yj_yaml *y) YJ_MUST_CHECK;

struct yj_yaml_key {
	const char *name;
	bool required;
};
/* Looks up the keys of a mapping. vals[i] is the node of keys[i], NULL if it is absent or not set.
 * Unknown and repeated keys, missing required ones, and a node that is no mapping are noted.
 * `what` names the mapping in messages. False if it is no mapping at all. */
bool yj_yaml_map(struct yj_yaml *y, yaml_node_t *node, const char *what,
    const struct yj_yaml_key *keys, size_t n, yaml_node_t **vals);
/* The value of one key of a mapping (the first one), NULL if it is not there. */
yaml_node_t *yj_yaml_find(struct yj_yaml *y, yaml_node_t *node, const char *key);
/* The length of a sequence, checked to be min to max; -1 after an error was noted. */
int yj_yaml_list(struct yj_yaml *y, yaml_node_t *node, const char *what, size_t min, size_t max);
yaml_node_t *yj_yaml_item(struct yj_yaml *y, yaml_node_t *list, int i);

/* Scalars. For a node that is not set each returns false without an error and leaves *out alone;
 * so does a wrong one, after an error was noted. */
/* Borrowed from the tree; printable, no NUL. `expected` is what the message says. */
bool yj_yaml_text(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, const char **out);
bool yj_yaml_int(
    struct yj_yaml *y, yaml_node_t *node, const char *what, int min, int max, int *out);
bool yj_yaml_bool(struct yj_yaml *y, yaml_node_t *node, const char *what, bool *out);
/* min_ms and max_ms are named in the message as a duration. */
bool yj_yaml_duration(struct yj_yaml *y, yaml_node_t *node, const char *what, int64_t min_ms,
    int64_t max_ms, int64_t *out);
/* Writes a duration in the largest unit that divides it. Returns buf. */
#define YJ_DURATION_LEN 24
char *yj_duration_format(int64_t ms, char buf[YJ_DURATION_LEN]);

#endif
