/* Callers who watch their visits: the streams of events, what each is still to be told, and who has
 * been gone for too long. Nothing of it is on disk: a page that has lost its stream comes again and
 * hears what stands. */
#ifndef APP_VISITWATCH_H
#define APP_VISITWATCH_H

#include <event2/http.h>
#include <jansson.h>

#include "gateway.h"
#include "store/visit.h"

struct yj_visitwatch;
struct yj_visitwatch *yj_visitwatch_new(void); /* NULL when memory is short */
/* Closes all streams: while the HTTP server still stands. */
void yj_visitwatch_free(struct yj_visitwatch *w);

/* Answers the request with the events of a visit, of which the first says what stands. */
void yj_visitwatch_open(
    struct yj_gateway *g, const struct yj_visit_row *row, struct evhttp_request *req);

/* Somebody waits for this visit; they have a minute to open the stream. Called at its begin, and
 * after a restart. 0 or YJ_ERR_NOMEM. */
int yj_visitwatch_expect(struct yj_gateway *g, int64_t n) YJ_MUST_CHECK;

/* To be told once the transaction stands: what the visit is now, or another event. data is taken.
 * 0 or YJ_ERR_NOMEM. */
int yj_visitwatch_state(struct yj_gateway *g, int64_t n) YJ_MUST_CHECK;
int yj_visitwatch_event(
    struct yj_gateway *g, int64_t n, const char *name, json_t *data) YJ_MUST_CHECK;
void yj_visitwatch_committed(struct yj_gateway *g);
void yj_visitwatch_forget(struct yj_gateway *g);

/* When the first of those who left has been gone for too long (INT64_MAX: nobody), and one of them
 * by now: its visit, 0 for none. */
int64_t yj_visitwatch_due(const struct yj_gateway *g);
int64_t yj_visitwatch_gone(struct yj_gateway *g);

#endif
