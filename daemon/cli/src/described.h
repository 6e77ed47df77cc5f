/* Devices that a mapping describes, for `device try`: from one file, or those of the configuration,
 * or those that come with us. */
#ifndef CLI_DESCRIBED_H
#define CLI_DESCRIBED_H

#include "cli.h"
#include "devices/mapping.h"

struct yj_described {
	struct yj_cli *cli;
	struct yj_mapping *one; /* --mapping, or a ready one that was asked for */
	bool alone;		/* --mapping was given: it is every family that is not ours */
	bool looked;		/* at the configuration */
	struct yj_config *config;
};

/* path: --mapping, or NULL. 0, or an exit code with the reason on stderr. */
int yj_described_open(struct yj_cli *cli, const char *path, struct yj_described *out) YJ_MUST_CHECK;
void yj_described_done(struct yj_described *d);
/* Of a name: a family of ours, or a described one. `generic` is the one whose topic it is. NULL:
 * there is none. */
const struct yj_family *yj_described_find(
    struct yj_described *d, const char *name, const char *topic);

#endif
