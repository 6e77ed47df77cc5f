/* What became of deliveries: results of channels, kept until a transaction has written them. */
#ifndef APP_DELIVERIES_H
#define APP_DELIVERIES_H

#include "gateway.h"

struct yj_results *yj_results_new(void); /* NULL when memory is short */
void yj_results_free(struct yj_results *r);

/* A channel reports (also the broker's answer to a publish, by yj_deliveries_published). */
void yj_deliveries_report(struct yj_gateway *g, const struct yj_sent_result *result);
void yj_deliveries_published(struct yj_gateway *g, int64_t n, int code);
/* A row that crashed the daemon: it is set aside. */
void yj_deliveries_poison(struct yj_gateway *g, int64_t n);

/* A person says that they have seen what they were sent of an incident: receipts for all that has
 * left over mqtt. Within the caller's transaction. */
int yj_deliveries_seen(
    struct yj_gateway *g, const struct yj_incident *inc, const char *caregiver) YJ_MUST_CHECK;

/* The provider's report of one delivery: it has arrived, or will not. Within the caller's
 * transaction. YJ_ERR_NOTFOUND: there is none of that number. */
int yj_deliveries_receipt(
    struct yj_gateway *g, int64_t n, bool arrived, const char *words) YJ_MUST_CHECK;

/* The next channels of a page begin; a person who has none left that could reach them is lost to
 * the incident, which is stepped and saved. Within the caller's transaction. */
int yj_deliveries_pass_on(
    struct yj_gateway *g, const struct yj_outbox_row *row, struct yj_incident *inc) YJ_MUST_CHECK;

/* Writes the results, within the caller's transaction; and: it is committed, or undone. */
int yj_deliveries_write(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_deliveries_written(struct yj_gateway *g);
void yj_deliveries_undone(struct yj_gateway *g);

#endif
