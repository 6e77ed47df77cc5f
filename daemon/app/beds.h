/* Bed sensors: who lies in bed, who got up by night and is not back, whose heart or breath is not
 * well, and beds in which somebody lies who should not. Kept in memory, with a row in the store for
 * each change, so that what is due stays due over a restart. */
#ifndef APP_BEDS_H
#define APP_BEDS_H

#include "gateway.h"

struct yj_beds;
struct yj_beds *yj_beds_new(void); /* NULL when memory is short */
void yj_beds_free(struct yj_beds *beds);
/* At the start: what was so when the last run ended. 0 or a yj_err. */
int yj_beds_load(struct yj_gateway *g) YJ_MUST_CHECK;

/* A sensor that the directory knows has measured; within a transaction or outside of one. */
void yj_beds_take(struct yj_gateway *g, const char *device, const struct yj_readings *readings);
/* The connection on which they are heard has come up, or is lost. */
void yj_beds_heard(struct yj_gateway *g, bool up);
/* The directory has changed: whose they are is looked up again. */
void yj_beds_forget(struct yj_gateway *g);

/* Sensors on which somebody lies who should not. */
size_t yj_beds_wrong(const struct yj_gateway *g);

/* An import has changed beds: who lies where now comes into the history, in pieces. Within the
 * caller's transaction; 0 or a yj_err. */
int yj_beds_note(struct yj_gateway *g, const char *actor, const char *reason) YJ_MUST_CHECK;

/* Is the history still behind? */
bool yj_beds_noting(const struct yj_gateway *g);
/* When there is something to do; INT64_MAX: nothing. */
int64_t yj_beds_due(const struct yj_gateway *g);
/* Does it, within the caller's transaction; which then stands, or was undone. */
int yj_beds_run(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_beds_committed(struct yj_gateway *g);
void yj_beds_undone(struct yj_gateway *g);

#endif
