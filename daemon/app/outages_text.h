/* What a page says of an outage's homes. */
#ifndef APP_OUTAGES_TEXT_H
#define APP_OUTAGES_TEXT_H

#include "gateway.h"

#define YJ_OUTAGE_TEXT_MAX 480

/* How many homes, and the first of them with address and phone, those of high risk first; the rest
 * is in `incident show`. 0 or a yj_err. */
int yj_outages_text(struct yj_gateway *g, int64_t incident, char *buf, size_t cap) YJ_MUST_CHECK;

#endif
