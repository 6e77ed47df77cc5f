/* Links to visits: each caregiver's have a generation, and those of an earlier one are revoked. */
#ifndef STORE_VISIT_LINK_H
#define STORE_VISIT_LINK_H

#include "store/store.h"

/* The generation that is good now; 0 for whose were never revoked. */
int yj_visit_generation(struct yj_store *s, const char *caregiver, int64_t *out) YJ_MUST_CHECK;
/* Begins the next one. */
int yj_visit_generation_next(struct yj_store *s, const char *caregiver) YJ_MUST_CHECK;

#endif
