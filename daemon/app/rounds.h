/* Rounds: who is to be looked in on by when (docs/rounds.md), and the ledger of who was. */
#ifndef APP_ROUNDS_H
#define APP_ROUNDS_H

#include "gateway.h"
#include "store/ledger.h"

/* Somebody looked in on a resident, or tried to; within the caller's transaction. The same source
 * again corrects the entry. A resident whom the directory does not have is passed over. */
int yj_rounds_seen(struct yj_gateway *g, const struct yj_seen_in *entry) YJ_MUST_CHECK;

#endif
