/* The gateway's own timeline T (docs/design.md, "Time"). Deadlines stand on T, which only moves
 * forward: in one boot with CLOCK_BOOTTIME, over a reboot by the UTC difference. UTC is for people
 * and records.
 *
 *              UTC known at the first sample after a boot
 *    stored ──────────────────────────────────────────────▶ SETTLED: utc_ms belongs to t_ms
 *     row  │                                                  ▲
 *          │ UTC not known: T goes on by the time since boot  │ UTC becomes known: T jumps forward
 *          └────────────────▶ BEHIND: utc_ms is what UTC ─────┘ by what utc_ms lags behind it
 *                             is at least, for t_ms
 *
 * A step of UTC within a boot is told and changes nothing. Losing UTC within a boot leaves it
 * SETTLED: T and UTC go on together by CLOCK_BOOTTIME.
 *
 * Bounds. UTC is believed when it is not before the build date nor the newest event; once believed,
 * a step back is a correction and only the build date counts, until it is lost or the next start.
 * A reboot over which UTC went backwards counts as the time since boot. */
#ifndef APP_CLOCK_H
#define APP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

#define YJ_BOOT_ID_LEN 64
#define YJ_CLOCK_STEP_MS 2000	     /* a larger difference of UTC and boot time is a step */
#define YJ_CLOCK_T_FIRST_MS 86400000 /* T of the very first start: 0 is never a time */

struct yj_clock_reading { /* of the machine's clocks, all at once */
	char boot_id[YJ_BOOT_ID_LEN];
	int64_t boottime_ms; /* since boot, sleep included */
	int64_t utc_ms;
};

struct yj_clock_row { /* what is stored */
	char boot_id[YJ_BOOT_ID_LEN];
	int64_t boottime_ms;
	int64_t t_ms;	/* T at that boot time */
	int64_t utc_ms; /* UTC then; 0: it has never been known */
	bool utc_known; /* SETTLED; false: BEHIND, or never known */
};

struct yj_clock {		 /* plain and copyable */
	struct yj_clock_row row; /* as of the last sample */
	int64_t build_utc_ms;
	int64_t raw_utc_ms; /* the reading's, to see steps; with has_raw */
	bool has_raw;
	bool utc_known; /* by the last reading */
};

struct yj_clock_now {
	int64_t t_ms;	/* never less than before, also than the row started from */
	int64_t utc_ms; /* the best there is: the reading, or (not known) what it is at least */
	bool utc_known;
	int64_t step_ms; /* UTC stepped by this within the boot (clock.stepped); 0: it did not */
	int64_t jump_ms; /* T jumped by this because UTC became known; 0: it did not */
	bool save;	 /* store the row now, not only with the next refresh */
};

/* First sample after the process began. row: what is stored, NULL if nothing is. newest_utc_ms: the
 * time of the last event in the log, 0 if none. Values out of range (a damaged row) are taken as
 * the nearest possible one. Pure. */
void yj_clock_start(struct yj_clock *clock, const struct yj_clock_row *row,
    const struct yj_clock_reading *reading, int64_t build_utc_ms, int64_t newest_utc_ms,
    struct yj_clock_now *now);

/* Every further one. A reading of another boot is taken as a reboot. Pure. clock->row is then what
 * to store: at once if now->save, else every 10 s while an incident is open. */
void yj_clock_sample(struct yj_clock *clock, const struct yj_clock_reading *reading,
    int64_t newest_utc_ms, struct yj_clock_now *now);

/* Reads the machine's clocks: CLOCK_BOOTTIME, CLOCK_REALTIME and the kernel's boot id. 0; YJ_ERR_IO
 * when the boot id cannot be read. In builds with planted faults only, the environment variable
 * YJ_TEST_CLOCK may name a file that is read instead, each time anew, with lines boot_id=,
 * boottime_ms=, utc_ms=. */
int yj_clock_read(struct yj_clock_reading *out) YJ_MUST_CHECK;

/* When this program was built, for yj_clock_start. */
int64_t yj_clock_build_utc_ms(void);

#endif
