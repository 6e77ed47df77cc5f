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

/* Reads a regular file of at most max bytes into malloc'd memory with a terminator that *len (may
 * be NULL) does not count. 0; YJ_ERR_NOTFOUND, YJ_ERR_IO, YJ_ERR_FULL (too long), YJ_ERR_NOMEM;
 * *why is then a reason (static, or valid until the next call into libc). Never blocks on a pipe or
 * device. */
int yj_file_read(
    const char *path, size_t max, char **bytes, size_t *len, const char **why) YJ_MUST_CHECK;
/* Could it be read? */
bool yj_file_readable(const char *path, const char **why);

#endif
