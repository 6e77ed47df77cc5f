/* When somebody of whom nothing was heard is to be looked after. Pure: the clock and the zone are
 * the caller's.
 *
 * All silence counts, that of the night too: an evening without a sign followed by a night is as
 * long as it is. But nobody is missed within the quiet hours, nor in the getting-up time after
 * them, in which people still sleep: a silence that is long enough by then is looked after at the
 * end of that time. So whoever was heard last earlier is never looked after later. */
#ifndef CORE_INACTIVITY_H
#define CORE_INACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

struct yj_quiet {	 /* minutes of the day by the wall clock */
	int from, until; /* the same: there are none */
	int after;	 /* getting-up time, minutes; with the rest less than a day */
};

/* For how many minutes of the wall clock nobody is missed yet; 0: not at all. */
int yj_quiet_left(const struct yj_quiet *quiet, int minute);

/* minute: of the day, or -1 while nobody knows the time, when no hour is a quiet one. */
bool yj_inactivity_is_due(
    int64_t silent_ms, int64_t limit_ms, const struct yj_quiet *quiet, int minute);

/* The moment (ms, UTC) at which a silence that is long enough at `enough_utc_ms` is looked after.
 * minute_of reads the wall clock, whose changes (summer time) count. */
int64_t yj_inactivity_due(
    int64_t enough_utc_ms, const struct yj_quiet *quiet, int (*minute_of)(int64_t utc_ms));

/* How long to listen, after a time in which nobody could be heard, before anybody is missed. */
int64_t yj_inactivity_grace_ms(int64_t limit_ms);

#endif
