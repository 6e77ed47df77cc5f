#include "core/presence.h"

/*
 *   known ── online, larger session ──▶ known := it           (a rebirth)
 *   online ── offline, smaller session ──▶ ignored            (the will of the one before)
 *   offline ── online, smaller session ──▶ known := it        (a device that lost its counter)
 *   online ── online, smaller session ──▶ known stays         (sent again by a client's queue)
 */
enum yj_heed yj_presence_heed(bool online, int64_t session, bool was_online, int64_t *known)
{
	if (session == 0)
		return YJ_HEED_TAKE;
	if (!online && session < *known)
		return YJ_HEED_IGNORE;
	if (session > *known || !was_online)
		*known = session;
	return YJ_HEED_TAKE;
}

bool yj_presence_missed(const struct yj_beats *b, int64_t seen_t, int64_t heard_t, int64_t now)
{
	if (b->beat_ms == 0)
		return false;
	int64_t patience = b->beat_ms * b->offline_after;
	if (seen_t >= heard_t)
		return now - seen_t > patience;
	if (patience < b->grace_ms)
		patience = b->grace_ms;
	return now - heard_t > patience;
}

int64_t yj_presence_kept_ms(const struct yj_kept *k, int64_t grace_ms)
{
	bool everybody = k->absent > 2 && k->absent >= k->there;
	return k->was_cut || everybody || grace_ms < YJ_KEPT_SOON_MS ? grace_ms : YJ_KEPT_SOON_MS;
}

static int within(const struct yj_flap *f, int64_t window_ms, int64_t now)
{
	int n = 0;
	for (int i = 0; i < f->n; i++)
		n += now / 1000 - f->changes_s[i] < window_ms / 1000;
	return n;
}

enum yj_flap_says yj_flap_change(struct yj_flap *f, int limit, int64_t window_ms, int64_t now)
{
	f->changes_s[f->at] = (uint32_t)(now / 1000);
	f->at = (uint8_t)((f->at + 1) % YJ_FLAPPING_MAX);
	if (f->n < YJ_FLAPPING_MAX)
		f->n++;
	if (f->held)
		return YJ_FLAP_HELD;
	f->held = limit > 0 && within(f, window_ms, now) > limit;
	return f->held ? YJ_FLAP_BEGINS : YJ_FLAP_TELL;
}

bool yj_flap_steady(const struct yj_flap *f, int64_t window_ms, int64_t now)
{
	return within(f, window_ms, now) == 0;
}
