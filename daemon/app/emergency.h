/* When nothing can be written (full disk, I/O errors) open incidents go on escalating all the same:
 * each that is due is stepped in a transaction that is undone, and its pages are sent at once, over
 * all channels of each person. What was stepped is kept in memory only, so that the next step
 * is the next level and nobody is paged faster than the policy says; answers still count only
 * when they can be stored. Once the store works again the incidents go on from where they stand on
 * disk, so people may be paged once more. */
#ifndef APP_EMERGENCY_H
#define APP_EMERGENCY_H

#include "gateway.h"

#define YJ_EMERGENCY_AFTER_MS 2000 /* commits have failed for so long */
#define YJ_EMERGENCY_MAX 1024	   /* incidents, those that were due first */

struct yj_emergency;
struct yj_emergency *yj_emergency_new(void); /* NULL when memory is short */
void yj_emergency_free(struct yj_emergency *e);

/* A commit has failed and everything is undone. Outside of transactions. */
void yj_emergency_run(struct yj_gateway *g);
/* Commits work again. */
void yj_emergency_over(struct yj_gateway *g);

#endif
