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

#define YJ_REF_MAX 64 /* a provider's own name for what it was given */

struct yj_sent_result {
	uint64_t token; /* the delivery's */
	enum yj_sent outcome;
	int64_t retry_ms; /* for RETRY: not before; from the provider or a jittered back-off */
	char words[128];  /* the provider's own words, printable, without secrets */
	char ref[YJ_REF_MAX + 1]; /* by which a later report names it; "" if none will come */
};

/* In which form a channel wants the words; app/texts.c writes them. */
enum yj_form {
	YJ_FORM_FULL,	/* inbox and webhooks: everything, page->text */
	YJ_FORM_SMS,	/* one SMS: at most 70 UCS-2 units */
	YJ_FORM_SPEECH, /* to be spoken, without the keys, which the channel explains */
	YJ_FORM_MAIL,	/* a letter of some lines, with a subject */
	YJ_FORM_GROUP,	/* for a group's eyes: surname, village and link only */
};

struct yj_delivery { /* all borrowed for the call; none is NULL but page->... where that says so */
	uint64_t token;
	int attempt;	/* 1, 2, ... */
	const char *id; /* the delivery's, the same at every attempt */
	const char *caregiver;
	const char *phone;		 /* as the directory has it; "" if unknown */
	const char *email;		 /* "" if unknown */
	const char *language;		 /* zh-CN or en */
	const struct yj_msg_inbox *page; /* what is said, as in `inbox`; url where there is one */
	const char *text;		 /* the words in the channel's form */
	const char *subject;		 /* of a mail */
	const char *code;		 /* for an answer by SMS; NULL: none */
	bool asks;			 /* an answer is wanted: keys and links are explained */
};

typedef void (*yj_sent_cb)(void *ctx, const struct yj_sent_result *result);

struct yj_channel {
	const char *name; /* "mqtt", "webhook:NAME", "sms", "voice", ... */
	enum yj_form form;
	bool slow; /* under way for so long that it is worth while to take back what is overtaken */
	void *self;
	/* Begins sending. 0: exactly one callback follows, later, not from inside this call.
	 * YJ_ERR_BUSY: the channel takes no more now; the caller asks again soon. Other errors:
	 * final (YJ_ERR_NOTFOUND: the receiver has no number or address for it). */
	int (*send)(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx);
	/* Would send be taken now? Asked before a page is put into words; NULL: ask send. */
	bool (*has_room)(void *self);
	/* Known to be down: the next channel is started at once. */
	bool (*is_down)(void *self);
	/* How many attempts at most (RETRY after the last one is final). */
	int (*attempts)(void *self);
	/* Takes a delivery under way back, and no callback follows; where it is too late for that
	 * it goes on. Unknown token: nothing happens. */
	void (*cancel)(void *self, uint64_t token);
};

/* What comes back over a channel after the result: receipts and what people say. */
enum yj_back_type {
	YJ_BACK_RECEIPT, /* it has arrived */
	YJ_BACK_FAILED,	 /* it has not, and will not */
	YJ_BACK_TEXT,	 /* somebody says something: an SMS, or a key ("1") in a call */
};
struct yj_back { /* all borrowed */
	enum yj_back_type type;
	const char *channel;  /* "sms", "voice", ... */
	uint64_t token;	      /* of the delivery it is about; 0: not known */
	const char *ref;      /* the provider's name for that delivery; "" if not known */
	const char *delivery; /* the delivery's own id, which some repeat; NULL if not known */
	const char *id;	      /* unique name of this report or text, "" if it has none */
	const char *from;     /* TEXT: telephone number of whoever speaks; "" where token says it */
	const char *text;     /* TEXT: UTF-8 */
	const char *words;    /* the provider's own, for the record */
};
/* 0: it is on disk, and the channel may forget it. Any error: keep it and offer it again later (not
 * before some seconds have passed). */
typedef int (*yj_back_cb)(void *ctx, const struct yj_back *back);

#endif
