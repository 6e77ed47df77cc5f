/* What a visit says: to its terminal, to the log, and in an alarm. Within the caller's transaction.
 */
#ifndef APP_VISITWORDS_H
#define APP_VISITWORDS_H

#include "visits.h"

/* Rings. offer: JSON text, NULL for none. 0; YJ_ERR_FULL: it does not fit into a message. */
int yj_visitwords_ring(
    struct yj_gateway *g, const struct yj_visit_row *row, const char *offer) YJ_MUST_CHECK;
int yj_visitwords_end(struct yj_gateway *g, const struct yj_visit_row *row) YJ_MUST_CHECK;

int yj_visitwords_log(struct yj_gateway *g, const struct yj_visit_row *row, enum yj_event_type type,
    const char *actor, const char *via) YJ_MUST_CHECK;

/* "呼叫3次无人应答（张医生探视）" */
void yj_visitwords_alarm(const struct yj_gateway *g, const struct yj_visit_row *row,
    const char *caller, char *buf, size_t cap);

const char *yj_visitwords_reason(int reason); /* "caller" … */

#endif
