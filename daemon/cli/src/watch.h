/* Waiting until a database may have changed: notices of the file system, and the clock. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include <limits.h>
#include <stdbool.h>

struct yj_watch {
	int fd;	       /* inotify, -1 without */
	int watch;     /* of the folder, -1: not there */
	int settle_ms; /* look again so soon; 0: nothing is expected */
	char folder[PATH_MAX];
	const char *name; /* of the database within; borrowed from the path */
};

/* Watches a database (its file and its -wal, which come and go). path is borrowed. Never fails:
 * without notices only the clock wakes. */
void yj_watch_init(struct yj_watch *w, const char *path);

/* Returns after a change or after wait_ms, and some more times soon after a change: what is written
 * is seen by readers only a moment later, when it is safe on the disk and the shared memory says
 * so. false: whoever reads `out` is gone. */
bool yj_watch_wait(struct yj_watch *w, int wait_ms, int out);

#endif
