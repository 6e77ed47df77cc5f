/* The counts of open incidents by level, written once per commit; private to the room. */
#ifndef STORE_INCIDENT_COUNTS_H
#define STORE_INCIDENT_COUNTS_H

#include "db.h"

int yj_incident_counts_flush(struct yj_store *s) YJ_MUST_CHECK;
void yj_incident_counts_forget(struct yj_store *s);

#endif
