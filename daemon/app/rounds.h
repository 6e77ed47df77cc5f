/* Rounds: who is to be looked in on by when (docs/rounds.md), and the ledger of who was. Once a day
 * whoever is assigned hears of what is due and overdue, and others of what is overdue for long; in
 * pieces, so that the loop is never held. */
#ifndef APP_ROUNDS_H
#define APP_ROUNDS_H

#include "gateway.h"
#include "store/ledger.h"

struct yj_rounds *yj_rounds_new(struct yj_gateway *g); /* NULL when memory is short */
void yj_rounds_free(struct yj_rounds *r);

/* Somebody looked in on a resident, or tried to; within the caller's transaction. The same source
 * again corrects the entry. A resident whom the directory does not have is passed over. */
int yj_rounds_seen(struct yj_gateway *g, const struct yj_seen_in *entry) YJ_MUST_CHECK;

/* What rounds go by has changed for this resident, or (NULL) for anybody: the directory, a bed, an
 * incident's end, an entry that was taken back. Within a transaction or outside of one. */
void yj_rounds_changed(struct yj_gateway *g, const char *resident);

/* Is there something to do? Then begins it. Every few seconds. */
void yj_rounds_look(struct yj_gateway *g);

#endif
