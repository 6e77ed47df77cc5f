/* The channels to people: made from the configuration, found by name. `mqtt` is none of them: the
 * lanes publish for it. */
#ifndef APP_CHANNELS_H
#define APP_CHANNELS_H

#include "gateway.h"

struct yj_channels;

/* NULL when memory is short or libcurl cannot start. */
struct yj_channels *yj_channels_new(struct yj_gateway *g);
void yj_channels_free(struct yj_channels *channels);

/* Would they take this configuration? 0, YJ_ERR_INVAL with `why` for people and the line of the
 * file, or YJ_ERR_NOMEM. */
int yj_channels_check(
    const struct yj_config *config, int *line, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Takes over g->config: at start and at a reload. Channels that stay by name keep their health and
 * what is under way. 0, or a yj_err with `why` for people; then nothing has changed. */
int yj_channels_set(struct yj_gateway *g, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Borrowed until the next set; NULL: mqtt, or no such channel. */
const struct yj_channel *yj_channels_find(struct yj_gateway *g, const char *name);

/* Is this channel known to be down (or not configured)? */
bool yj_channels_down(struct yj_gateway *g, const char *name);

/* Is it a robot's in a group, where many may read over its shoulder? */
bool yj_channels_in_group(struct yj_gateway *g, const char *name);

#endif
