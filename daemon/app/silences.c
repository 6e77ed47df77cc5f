#include "silences.h"

#include "commands.h"
#include "store/silence.h"

static int look(struct yj_gateway *g)
{
	if (g->silences.known)
		return 0;
	int rc = yj_silence_ends(g->store, &g->silences.first_utc_ms, &g->silences.last_utc_ms);
	g->silences.known = rc == 0;
	return rc;
}

int yj_silences_match(struct yj_gateway *g, const char *device, const struct yj_whose *whose,
    enum yj_kind kind, int64_t *n)
{
	*n = 0;
	if (yj_kind_is_help(kind) || !g->now.utc_known)
		return 0;
	int rc = look(g);
	if (rc < 0 || g->silences.last_utc_ms <= g->now.utc_ms)
		return rc;
	rc = yj_silence_match(g->store, device, whose, kind, g->now.utc_ms, n);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}

void yj_silences_forget(struct yj_gateway *g)
{
	g->silences.known = false;
}

int64_t yj_silences_due(struct yj_gateway *g)
{
	if (!g->now.utc_known || look(g) < 0 || g->silences.first_utc_ms == INT64_MAX)
		return INT64_MAX;
	return g->now.t + (g->silences.first_utc_ms - g->now.utc_ms);
}

int yj_silences_sweep(struct yj_gateway *g)
{
	int64_t n;
	int rc;
	while ((rc = yj_silence_over(g->store, g->now.utc_ms, &n)) == 0) {
		char id[YJ_NAME_MAX + 24];
		yj_silence_id(g->store, n, id, sizeof id);
		rc = yj_commands_log_change(g, "", "silences", id, "ended", 1);
		if (rc < 0)
			return rc;
	}
	yj_silences_forget(g);
	return rc == YJ_ERR_NOTFOUND ? 0 : rc;
}
