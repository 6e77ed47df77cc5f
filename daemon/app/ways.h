/* Over which channels a person is reached, in order: their own, or those of the configuration; an
 * own order by night. `sms` stands for all modems and providers in the order of the file. */
#ifndef APP_WAYS_H
#define APP_WAYS_H

#include "gateway.h"

#define YJ_WAYS_MAX 32

struct yj_ways {
	char v[YJ_WAYS_MAX][YJ_NAME_MAX + 16]; /* each once */
	size_t n;			       /* at least 1 */
};

/* As of now. Whoever names no channel and has no telephone is not called or texted; whom nothing
 * is left for has mqtt. */
void yj_ways_get(struct yj_gateway *g, const struct yj_caregiver *who, struct yj_ways *out);

/* Is it night now, by the municipality's clock? Never while the time is not known. */
bool yj_ways_night(const struct yj_gateway *g);

#endif
