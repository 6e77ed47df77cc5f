/* Where devices have gone dark together: pure counting over a list of devices. */
#ifndef APP_OUTAGES_FIND_H
#define APP_OUTAGES_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_spot {
	int64_t region; /* 12 digits as a number */
	const char *id; /* borrowed */
	bool gone;	/* it went offline within the window; else it is online */
	bool known;	/* gone, and a member of an outage that lasts */
	bool marked;	/* out: gone, and of the outage that is found */
};

struct yj_outage_limits {
	int share_pct; /* of the devices of a region that are there or have just gone */
	int least;     /* so many at least */
};

/* Sorts the spots and gives each outage once: the spots of a county, township or village (digits:
 * 6, 9 or 12) in one piece, those of the outage marked. A village is dark when enough of its
 * devices have gone. Two dark villages of a township are one outage of the township, three
 * townships with dark villages one of the county; so is a township or county of which enough has
 * gone without any one place of it being dark. A non-zero answer of `each` ends it and is returned;
 * else 0. */
int yj_outages_find(struct yj_spot *v, size_t n, const struct yj_outage_limits *limits,
    int (*each)(void *ctx, const struct yj_spot *v, size_t n, int digits), void *ctx) YJ_MUST_CHECK;

/* The region without the digits behind the first so many: 511781103201, 9: 511781103000. */
int64_t yj_region_cut(int64_t region, int digits);

#endif
