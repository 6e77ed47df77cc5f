/* Inside of config: what its files share. */
#ifndef APP_CONFIG_INTERNAL_H
#define APP_CONFIG_INTERNAL_H

#include "config.h"
#include "config_yaml.h"

#define YJ_SECRET_MAX 4096 /* bytes of a password or secret file */

/* Fill the config from the tree; what is wrong is noted in y, and the config stays releasable. */
void yj_config_read_sections(
    struct yj_yaml *y, yaml_node_t *root, unsigned flags, struct yj_config *c);
void yj_config_read_policies(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);

void yj_config_read_channels(
    struct yj_yaml *y, yaml_node_t *const nodes[], unsigned flags, struct yj_config *c);

/* devices.mappings, and inlets, which name them. */
void yj_config_read_mappings(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c);
void yj_config_read_inlets(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c);
void yj_config_mappings_done(struct yj_config *config);
void yj_config_default_devices(struct yj_config *config);
void yj_config_read_devices(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c);
void yj_config_read_deadman(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_beds(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_vitals(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_inactivity(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_visits(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_rounds(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c);
void yj_config_read_turn(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c);
void yj_config_deadman_done(struct yj_config *config);
void yj_config_channel_done(struct yj_config_channel *channel);

/* "22:00" as minutes after midnight; -1: it is none. */
int yj_config_minutes(const char *s);
/* "22:00-06:00" as two of them. */
void yj_config_read_span(
    struct yj_yaml *y, yaml_node_t *node, const char *what, int *from_min, int *until_min);

/* Single values; what is wrong is noted in y, and what is not set is left alone. */
void yj_config_keep(struct yj_yaml *y, const char *s, char **dst); /* takes over a copy */
void yj_config_read_string(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst);
void yj_config_read_name(
    struct yj_yaml *y, yaml_node_t *node, const char *what, char name[YJ_NAME_MAX + 1]);
/* The path of a file that must be readable. */
void yj_config_read_file(
    struct yj_yaml *y, yaml_node_t *node, const char *what, unsigned flags, char **dst);
/* The path of a file that holds one line (path may be NULL), and that line. */
void yj_config_read_secret(struct yj_yaml *y, yaml_node_t *node, const char *what, unsigned flags,
    char **path, char **secret);
/* Texts of a list, a line each; one text alone is a list of one. And a text of several lines. */
void yj_config_read_list(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst);
void yj_config_read_block(
    struct yj_yaml *y, yaml_node_t *node, const char *what, const char *expected, char **dst);
void yj_config_read_url(struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst);
/* The same with {{placeholders}} behind the host. */
void yj_config_read_url_template(
    struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst);

/* Reads a regular file of at most max bytes into malloc'd memory with a terminator that *len (may
 * be NULL) does not count. 0; YJ_ERR_NOTFOUND, YJ_ERR_IO, YJ_ERR_FULL (too long), YJ_ERR_NOMEM;
 * *why is then a reason (static, or valid until the next call into libc). Never blocks on a pipe or
 * device. */
int yj_file_read(
    const char *path, size_t max, char **bytes, size_t *len, const char **why) YJ_MUST_CHECK;
/* Could it be read? */
bool yj_file_readable(const char *path, const char **why);

#endif
