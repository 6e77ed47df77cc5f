/* Over which channels somebody is reached, in order, as the configuration and the directory have
 * it: their own, or those of the configuration; an own order by night. `sms` stands for all modems
 * and providers in the order of the file. */
#ifndef APP_CONFIG_WAYS_H
#define APP_CONFIG_WAYS_H

#include "config.h"

#define YJ_WAYS_MAX 32

struct yj_ways {
	char v[YJ_WAYS_MAX][YJ_NAME_MAX + 16]; /* each once */
	size_t n;			       /* at least 1 */
};

struct yj_ways_person {		    /* as the directory has them; borrowed */
	const char *channels;	    /* ';' between; "" if they name none */
	const char *night_channels; /* "": the same by night */
	const char *phone, *email;  /* "" if unknown */
};

/* Whoever names no channel and has no telephone is not called or texted; whom nothing is left for
 * has mqtt. */
void yj_ways_list(const struct yj_config *config, const struct yj_ways_person *person, bool night,
    struct yj_ways *out);

/* By day, and then what is added by night. */
void yj_ways_every(
    const struct yj_config *config, const struct yj_ways_person *person, struct yj_ways *out);

/* Is that moment within these minutes after midnight (from > until: over midnight), by this
 * process's wall clock? */
bool yj_ways_within(int from_min, int until_min, int64_t utc_ms);
/* Is it night then, by this process's wall clock? */
bool yj_ways_is_night(const struct yj_config *config, int64_t utc_ms);

#endif
