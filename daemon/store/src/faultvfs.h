/* A shim over SQLite's file layer that fails writes on purpose. Only in tests and in builds with
 * planted faults; never in a build for production. Counted are writes, syncs, truncations and
 * deletions of every file of every database of the process, from the last plan on. */
#ifndef STORE_FAULTVFS_H
#define STORE_FAULTVFS_H

#include <stdbool.h>

enum yj_fault_kind {
	YJ_FAULT_IOERR, /* an I/O error; of a write the first half has been written */
	YJ_FAULT_FULL,	/* no space: nothing is written; all else works */
};

/* Makes it the default file layer. Once per process, before anything is opened. 0 or a code of
 * SQLite. */
int yj_faultvfs_install(void);

/* From now on the at-th operation (the first is 1; 0: none) and those behind it fail, `times` of
 * them (negative: all). Counting begins anew. */
void yj_faultvfs_plan(enum yj_fault_kind kind, long at, long times);
long yj_faultvfs_count(void);

/* Installs it if $YJ_PLANT_IO names a file. Whenever that file is there it is read, taken away, and
 * carried out as the plan from then on: "N" (the N-th operation fails), "N:K" (K from there on),
 * "N:forever", "0" (none); with " full" behind it as on a full disk. */
void yj_faultvfs_from_environment(void);

#endif
