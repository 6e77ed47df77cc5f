/* The channel `voice` out of the configuration. */
#ifndef APP_TELEPHONE_H
#define APP_TELEPHONE_H

#include "gateway.h"
#include "notify/voice.h"

/* 0; YJ_ERR_INVAL with `why` for people; YJ_ERR_NOMEM. A configuration without `voice` is good. */
int yj_telephone_check(const struct yj_config *config, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* Takes over the configuration; without `voice` all lines end. As yj_telephone_check; on failure
 * nothing changes. */
int yj_telephone_set(
    struct yj_voice *voice, const struct yj_config *config, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

#endif
