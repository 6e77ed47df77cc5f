/* A channel carries one page to one person. One file per channel; app/ registers them.
 * All calls and callbacks happen in the event loop's thread. */
#ifndef NOTIFY_CHANNEL_H
#define NOTIFY_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"
#include "proto/message.h"

enum yj_sent {
	YJ_SENT_OK,	   /* handed to the provider: delivery.sent */
	YJ_SENT_DELIVERED, /* and a receipt says it arrived: delivery.delivered */
	YJ_SENT_RETRY,	   /* failed this time; worth another try after retry_ms */
	YJ_SENT_FINAL,	   /* failed for good on this channel */
};

struct yj_sent_result {
	uint64_t token; /* the delivery's */
	enum yj_sent outcome;
	int64_t retry_ms; /* for RETRY: not before; from the provider or a jittered back-off */
	char words[128];  /* the provider's own words, printable, without secrets */
};

struct yj_delivery { /* all borrowed for the call */
	uint64_t token;
	int attempt; /* 1, 2, ... */
	const char *caregiver;
	const char *language;		 /* zh-CN or en */
	const struct yj_msg_inbox *page; /* what is said */
};

typedef void (*yj_sent_cb)(void *ctx, const struct yj_sent_result *result);

struct yj_channel {
	const char *name; /* "mqtt", "webhook:NAME" */
	void *self;
	/* Begins sending. 0: exactly one callback follows, later, not from inside this call.
	 * YJ_ERR_BUSY: the channel takes no more now; the caller asks again soon. Other errors:
	 * final. */
	int (*send)(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx);
	/* Known to be down: the next channel is started at once. */
	bool (*is_down)(void *self);
	/* How many attempts at most (RETRY after the last one is final). */
	int (*attempts)(void *self);
	/* Forgets a delivery under way: no callback follows. Unknown token: nothing happens. */
	void (*cancel)(void *self, uint64_t token);
};

#endif
