/* Reading the event log piece by piece and writing it out, so that no read of the database waits
 * for whoever reads our output. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "store/log.h"

struct yj_events {
	struct yj_log_filter filter; /* after_seq moves on with what was written */
	int64_t until_utc_ms;	     /* newer ones are left out; 0: none are */
	bool json;		     /* CloudEvents, else a line for people */
	bool color;
	int64_t count; /* written so far */
};

/* Writes all that pass the filter (with filter.newest: the newest filter.limit, oldest first) and
 * flushes. 0, a yj_err, or YJ_ERR_IO with errno when `out` cannot be written. */
int yj_events_write(struct yj_store *s, struct yj_events *events, FILE *out) YJ_MUST_CHECK;

/* One event as a line for people: TIME  TYPE  SUBJECT  SUMMARY. */
void yj_event_line(FILE *out, const struct yj_log_row *row, bool color);

#endif
