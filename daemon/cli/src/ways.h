/* Over which channels people are reached, for the store's reading functions. Without a
 * configuration only those that they name themselves. */
#ifndef CLI_WAYS_H
#define CLI_WAYS_H

#include "cli.h"
#include "store/read.h"

/* All that a person has by day or by night. */
struct yj_reaching yj_ways_all(struct yj_cli *cli);

/* Those of a moment; it is borrowed for as long as the result is used. */
struct yj_moment {
	const struct yj_cli *cli;
	int64_t utc_ms;
};
struct yj_reaching yj_ways_at(struct yj_moment *moment);

#endif
