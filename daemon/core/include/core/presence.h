/* Whether a device is there: what is believed of wills, silence and coming and going. Plain values,
 * decided from the arguments alone; times are ms of the gateway's timeline. */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ── what is said: `online`, with a session or 0 ── */

enum yj_heed {
	YJ_HEED_IGNORE, /* the will of a connection that another one has followed */
	YJ_HEED_TAKE,
};
/* session: of what is said; *known: of what was believed last (0: none), updated. online: it says
 * that it is; was_online: that is what was believed. */
enum yj_heed yj_presence_heed(bool online, int64_t session, bool was_online, int64_t *known);

/* ── silence ── */

struct yj_beats {
	int64_t beat_ms;   /* heard of at least so often; 0: its silence means nothing */
	int offline_after; /* so many missed beats */
	int64_t grace_ms;  /* to be heard of again after the gateway itself heard nothing */
};
/* seen_t: last heard of, also in another run; heard_t: the gateway hears since. */
bool yj_presence_missed(const struct yj_beats *beats, int64_t seen_t, int64_t heard_t, int64_t now);

/* ── absences that the broker had kept ── */

#define YJ_KEPT_SOON_MS 8000
struct yj_kept {
	size_t absent; /* said to be away by what was kept, though they were there before */
	size_t there;  /* not said to be away */
	bool was_cut;  /* this run had a connection before and lost it */
};
/* How long after heard_t they wait to be heard of. A broker that stops says goodbye for everybody:
 * where that may have been, the whole grace; where it is only a few, not as long. */
int64_t yj_presence_kept_ms(const struct yj_kept *kept, int64_t grace_ms);

/* ── flapping ── */

#define YJ_FLAPPING_MAX 16
struct yj_flap {
	uint32_t changes_s[YJ_FLAPPING_MAX]; /* times of the newest, a ring */
	uint8_t at, n;
	bool held;
};
enum yj_flap_says {
	YJ_FLAP_TELL,	/* a change like others */
	YJ_FLAP_BEGINS, /* the one that is too many */
	YJ_FLAP_HELD,	/* not told */
};
/* A change at now. limit: so many within the window are told, 1 to YJ_FLAPPING_MAX - 1; 0: all. */
enum yj_flap_says yj_flap_change(struct yj_flap *flap, int limit, int64_t window_ms, int64_t now);
/* Nothing has changed for a window: it is steady, and need not be remembered. */
bool yj_flap_steady(const struct yj_flap *flap, int64_t window_ms, int64_t now);

#endif
