/* Room on the disk: a reserve file that is given up when SQLite says full, and the rule below
 * YJ_SPACE_LOW free: what is no step of an incident and no alert is not written. */
#ifndef APP_SPACE_H
#define APP_SPACE_H

#include "gateway.h"

#define YJ_SPACE_LOW (256ULL << 20)
#define YJ_SPACE_RESERVE (64ULL << 20)

struct yj_space *yj_space_new(const char *data_dir); /* NULL when memory is short */
void yj_space_free(struct yj_space *space);

/* Looks at the disk, makes the reserve again when there is room; sets or clears the trouble. */
void yj_space_check(struct yj_gateway *g);
/* SQLite says full: the reserve is given up. */
void yj_space_full(struct yj_gateway *g);
/* The same before the store could be opened; false: there is no reserve. */
bool yj_space_release(const char *data_dir);
/* May lesser things be written? */
bool yj_space_spare(const struct yj_gateway *g);

#endif
