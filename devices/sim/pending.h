/* What a device has said and nobody has confirmed: a list that is repeated, and its file.
 *
 * A native device repeats a message byte for byte until it is confirmed: first after 5 s, doubling
 * up to 60 s, for as long as it takes, also across its own restart (docs/contract.md). */
#ifndef SIM_PENDING_H
#define SIM_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/limits.h"

#define SIM_PENDING_MAX 1024

struct sim_pending_item {
	struct sim_pending_item *next;
	char id[YJ_MSGID_MAX + 1];
	char topic[YJ_TOPIC_MAX];
	char *payload; /* owned, with a terminator */
	size_t len;
	int sent;	/* how often, in this process */
	int64_t due_ms; /* on the caller's clock: when to send it (again) */
};

struct sim_pending { /* in the order in which things were said */
	struct sim_pending_item *head;
	size_t count;
	int64_t first_ms; /* pause after the first sending */
	int64_t max_ms;	  /* the longest pause */
	char *path;	  /* owned; NULL: memory only */
	int lock_fd;
};

/* The pause after the sent-th sending (from 1 on). */
int64_t sim_retry_delay_ms(int sent, int64_t first_ms, int64_t max_ms);

void sim_pending_init(struct sim_pending *list, int64_t first_ms, int64_t max_ms);
void sim_pending_done(struct sim_pending *list); /* leaves the file as it is */

/* Binds the list to DIR/NAME.json (made if missing), locks it against a second process and loads
 * what an earlier run left; everything loaded is due at once. 0; YJ_ERR_IO (errno says more);
 * YJ_ERR_BUSY when another process has it; YJ_ERR_BADMSG for a damaged file; YJ_ERR_NOMEM. */
int sim_pending_open(struct sim_pending *list, const char *dir, const char *name) YJ_MUST_CHECK;

/* Adds a message, due at now_ms, and makes the file durable before it returns. The bytes are
 * copied; they are UTF-8. 0, YJ_ERR_INVAL (an id or topic that is too long), YJ_ERR_FULL,
 * YJ_ERR_NOMEM, YJ_ERR_IO; on failure the list is as before. */
int sim_pending_add(struct sim_pending *list, const char *topic, const char *id,
    const char *payload, size_t len, int64_t now_ms) YJ_MUST_CHECK;

/* Notes that an item was sent: it is due again after its pause. */
void sim_pending_sent(struct sim_pending *list, struct sim_pending_item *item, int64_t now_ms);

/* The item to be sent next, or NULL. Of several with the same time the oldest. */
struct sim_pending_item *sim_pending_first(const struct sim_pending *list);
struct sim_pending_item *sim_pending_find(const struct sim_pending *list, const char *id);

/* Removes a confirmed message, in the file too. 1 if it was there, 0 if not; YJ_ERR_IO or
 * YJ_ERR_NOMEM when the file could not be written: the item is gone from memory only. */
int sim_pending_confirm(struct sim_pending *list, const char *id) YJ_MUST_CHECK;

#endif
