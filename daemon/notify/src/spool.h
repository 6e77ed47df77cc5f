/* Inside of the channel that goes through smsd's spool. */
#ifndef NOTIFY_SPOOL_H
#define NOTIFY_SPOOL_H

#include <event2/event.h>
#include <sys/queue.h>

#include "notify/sms_spool.h"
#include "proto/limits.h"
#include "sms_folder.h"

struct page {
	TAILQ_ENTRY(page) link;
	char name[2 * YJ_NAME_MAX + 64]; /* of the file */
	char number[40];		 /* as in its To */
	int attempt;
	int64_t since_ms; /* monotonic: when smsd was to have it */
	bool decided;	  /* result says how, without looking */
	yj_sent_cb done;
	void *ctx;
	struct yj_sent_result result;
};
TAILQ_HEAD(page_list, page);

/* What of incoming is not looked at for now: refused, or taken but not removable. */
struct passed {
	uint64_t file; /* hash of name, inode and time; 0: free */
	int64_t until_ms;
};

struct yj_sms_spool {
	struct yj_channel channel;
	char name[YJ_NAME_MAX + 16];
	char *outgoing, *checked, *sent, *failed, *incoming, *draft, *bad, *country;
	bool report;
	int attempts;
	int64_t take_max_ms;
	struct yj_sms_spool_pace pace;
	yj_back_cb back;
	yj_sms_note_cb note;
	void *ctx;

	struct page_list pages; /* oldest first */
	int n_pages;
	int n_failures;					/* in a row */
	int64_t failed_ms, moved_ms, begun_ms, told_ms; /* told: a result, to the gateway */

	int inotify;
	int watch_sent, watch_failed, watch_incoming; /* -1: none */
	struct event *watcher;			      /* on inotify */
	struct event *timer;			      /* the next look or scan */
	struct event *inbox;			      /* the next slice of `found` */
	struct event *again;			      /* incoming, for what was left there */
	int64_t scan_at_ms, again_at_ms;

	struct yj_sms_found *found; /* what a scan of incoming found, */
	size_t n_found, at_found;   /* and how far it is done */
	bool inbox_changed;	    /* during that */
	struct passed passed[YJ_SMS_PASSED_MAX];
};

int64_t yj_sms_now_ms(void);

/* sms_inbox.c: goes through incoming soon, in small steps. */
void yj_sms_inbox_look(struct yj_sms_spool *spool);
void yj_sms_inbox_turn(evutil_socket_t fd, short what, void *arg);  /* of `inbox` */
void yj_sms_inbox_again(evutil_socket_t fd, short what, void *arg); /* of `again` */

/* sms_watch.c: inotify, and what it may have missed. 0 or YJ_ERR_NOMEM. */
int yj_sms_watch_open(struct yj_sms_spool *spool) YJ_MUST_CHECK;
void yj_sms_watch_close(struct yj_sms_spool *spool);
/* The timer again, for whatever is next. */
void yj_sms_watch_arm(struct yj_sms_spool *spool);

/* sms_spool.c: what became of the pages under way. Calls back. */
void yj_sms_pages_look(struct yj_sms_spool *spool);
/* Removes old files of our own that nobody asks about any more. */
void yj_sms_pages_sweep(struct yj_sms_spool *spool);

#endif
