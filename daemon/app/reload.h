/* Taking a changed configuration over while running: all of it is checked first, then policies,
 * webhooks and device settings apply at once, or nothing does. */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "gateway.h"

/* yj_config_load, and what only the channels can judge (templates). Results as there. */
int yj_reload_read(const char *path, struct yj_config **out, char **errors) YJ_MUST_CHECK;

/* 0: applied; *restart (malloc'd) names what needs a restart, "" if nothing does. Negative: nothing
 * has changed; *errors (malloc'd, may be NULL) says why. */
int yj_reload(struct yj_gateway *g, const char *actor, char **errors, char **restart) YJ_MUST_CHECK;

/* Writes policies and names of the present configuration into the store, and that it was loaded; in
 * the caller's transaction. At start. */
int yj_reload_store(struct yj_gateway *g, const char *actor) YJ_MUST_CHECK;

/* The names of webhooks, and of robots with their type, that the directory may name. New. */
json_t *yj_reload_channel_names(const struct yj_config *config);

#endif
