/* The item that is being touched stands in a small file mapped into memory, so that the next start
 * knows what a crash had in hand. An item that was there twice when the daemon crashed by its
 * own doing (a fatal signal) is set aside; kills from outside count only while going in steps
 * of one, and less. */
#ifndef APP_INHAND_H
#define APP_INHAND_H

#include "alerts.h"
#include "gateway.h"

/* Opens {data_dir}/in-hand and installs the handlers of fatal signals. *unclean: the last run did
 * not stop cleanly; *often: two such within five minutes. */
int yj_inhand_open(
    const char *data_dir, struct yj_inhand **out, bool *unclean, bool *often) YJ_MUST_CHECK;
/* What the last run had in hand is noted in the store (in a transaction of its own). */
int yj_inhand_judge(struct yj_gateway *g) YJ_MUST_CHECK;
void yj_inhand_close(struct yj_inhand *h, bool clean); /* NULL is fine */

enum yj_aside {
	YJ_ASIDE_NOT,
	YJ_ASIDE_REFUSE, /* it is refused, with as little reading as an answer to its device takes
			  */
	YJ_ASIDE_RAW,	 /* even that crashed: its bytes are kept, nothing more */
};

/* Takes an item in hand; (true:) it is to be set aside. */
enum yj_aside yj_inhand_message(struct yj_gateway *g, const struct yj_raw *raw);
bool yj_inhand_incident(struct yj_gateway *g, int64_t n);
bool yj_inhand_delivery(struct yj_gateway *g, int64_t n);
/* The same for what became of it. */
enum yj_aside yj_inhand_result(struct yj_gateway *g, int64_t n);
void yj_inhand_none(struct yj_gateway *g);

/* Sets an incident or a delivery aside, loudly, within the caller's transaction. */
int yj_inhand_poison_incident(struct yj_gateway *g, int64_t n) YJ_MUST_CHECK;
int yj_inhand_poison_delivery(struct yj_gateway *g, const struct yj_outbox_row *row) YJ_MUST_CHECK;
int yj_inhand_log(struct yj_gateway *g, const char *what, const char *subject) YJ_MUST_CHECK;

#endif
