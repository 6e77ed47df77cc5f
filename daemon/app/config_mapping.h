/* Reading a mapping: how a device that no family knows speaks (docs/families/generic.md). */
#ifndef APP_CONFIG_MAPPING_H
#define APP_CONFIG_MAPPING_H

#include "config_yaml.h"
#include "devices/mapping.h"

/* Reads bytes, which errors call `name`. 0: *out is the caller's. YJ_ERR_INVAL: errors are noted in
 * y; YJ_ERR_NOMEM. In each case yj_yaml_done(y) releases. */
int yj_mapping_parse(struct yj_yaml *y, const char *name, const void *bytes, size_t len,
    struct yj_mapping **out) YJ_MUST_CHECK;

/* The file of an entry: a path, or the name of one that comes with us. */
#define YJ_MAPPING_PATH_MAX 4352
void yj_mapping_path(const char *entry, char path[YJ_MAPPING_PATH_MAX]);

/* Reads such a file. As yj_mapping_parse; YJ_ERR_IO with *why: it cannot be read. */
int yj_mapping_load(
    const char *path, struct yj_yaml *y, struct yj_mapping **out, const char **why) YJ_MUST_CHECK;

#endif
