#include "rounds.h"

int yj_rounds_seen(struct yj_gateway *g, const struct yj_seen_in *entry)
{
	struct yj_whose whose;
	int rc = yj_whose_resident(g->store, entry->resident, &whose);
	if (rc < 0)
		return rc == YJ_ERR_NOTFOUND ? 0 : rc;
	return yj_ledger_put(g->store, entry, whose.region, g->now.utc_ms, "", NULL);
}
