/* Imports: checked by a worker thread with a read-only handle of its own, switched in by one
 * transaction on the loop. One at a time. */
#ifndef APP_IMPORTS_H
#define APP_IMPORTS_H

#include "gateway.h"

struct yj_imports *yj_imports_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_imports_free(struct yj_imports *imports);	 /* waits for the worker */

/* Begins; the call is answered when it is done. */
void yj_imports_begin(struct yj_gateway *g, struct yj_ctl_call *call, const char *user,
    json_t *args, const void *body, size_t len);
void yj_imports_gone(struct yj_gateway *g, struct yj_ctl_call *call);

#endif
