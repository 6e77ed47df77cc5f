/* Messages of devices of other makers: read by their family, sifted, and then treated as what a
 * native device would have said. */
#ifndef APP_FOREIGN_H
#define APP_FOREIGN_H

#include "alerts.h"

struct yj_foreign;			 /* scratch memory */
struct yj_foreign *yj_foreign_new(void); /* NULL when memory is short */
void yj_foreign_free(struct yj_foreign *f);

/* One message of a family that is not the native one, within the caller's transaction, as one item
 * that can be undone alone. 0 or a yj_err. */
int yj_foreign_message(
    struct yj_gateway *g, const struct yj_family *family, const struct yj_raw *raw) YJ_MUST_CHECK;

/* One that crashed the daemon before: it is not read again, but its device may have called. */
int yj_foreign_poisoned(
    struct yj_gateway *g, const struct yj_family *family, const struct yj_raw *raw) YJ_MUST_CHECK;

#endif
