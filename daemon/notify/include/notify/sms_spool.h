/* Channel sms, driver smstools: pages as files in the spool of Debian's smsd (smstools 3.1), which
 * sends them through a GSM modem; what handsets send and the centre's status reports come back the
 * same way. Needs no internet. The form of the files: smstools3.kekekasvi.com, "SMS file format".
 *
 * A page is the file yj-ID-HASH, ID being the delivery's id and HASH of what it is about, so that
 * neither a repeat nor a restart sends one twice. It is written in {spool}/yijian and renamed into
 * outgoing; smsd takes it, and leaves it in sent or failed.
 *   in sent    YJ_SENT_OK, with a ref if a status report was asked for
 *   in failed  YJ_SENT_RETRY with smsd's words; YJ_SENT_FINAL if the network knows no such number
 *   in neither for take_max_ms without any progress: YJ_SENT_RETRY, and it is taken out of
 *              outgoing, for it would be old news when smsd comes back
 * A cancelled page is taken out of outgoing too.
 *
 * The channel is down while outgoing cannot be written, while nothing has moved for
 * YJ_SMS_STALL_MS with something under way, and for 60 s after three failures in a row or a page
 * that smsd did not send.
 *
 * Everything in incoming belongs to the gateway. A text or report is removed once the callback has
 * taken it; refused, it is offered again after some seconds; garbage is moved to
 * {spool}/yijian-bad. Only regular files are read, links are not followed. Files of our own in sent
 * and failed are removed some minutes later. */
#ifndef NOTIFY_SMS_SPOOL_H
#define NOTIFY_SMS_SPOOL_H

#include <event2/event.h>

#include "notify/channel.h"

#define YJ_SMS_STALL_MS 20000

struct yj_sms_spool_conf {
	const char *name;  /* of the channel: "sms", "sms:2" */
	const char *spool; /* the folder that has the others; absolute */
	/* NULL: the folder of that name below spool. Outgoing must be on spool's file system. */
	const char *outgoing, *checked, *sent, *failed, *incoming;
	const char *country; /* digits put before national numbers; NULL: 86 */
	bool report;	     /* ask the centre for status reports */
	int attempts;
	int64_t take_max_ms; /* 0: 60 s */
};

/* Something operators should know: `what` is one of sms_set_aside (garbage was moved),
 * sms_not_removed (a file stays: permissions), sms_not_readable (a file cannot be opened),
 * sms_dropped (yijian-bad is full). */
typedef void (*yj_sms_note_cb)(void *ctx, const char *what);

struct yj_sms_spool;

/* Watches the spool, which need not be there yet. All strings are copied; base is borrowed; note
 * may be NULL. NULL when memory is short or conf has no name or spool. */
struct yj_sms_spool *yj_sms_spool_new(struct event_base *base, const struct yj_sms_spool_conf *conf,
    yj_back_cb back, yj_sms_note_cb note, void *ctx);

/* Borrowed until yj_sms_spool_free. */
const struct yj_channel *yj_sms_spool_channel(struct yj_sms_spool *spool);

/* No callbacks any more; files stay where they are. NULL is fine. Not from inside a callback. */
void yj_sms_spool_free(struct yj_sms_spool *spool);

/* Other times, all in ms and at least 1; 0 leaves one as it is. */
struct yj_sms_spool_pace {
	int64_t look_ms;   /* between looks at what is under way, beside inotify */
	int64_t scan_ms;   /* between looks at everything */
	int64_t refuse_ms; /* before what was refused is offered again */
	int64_t stall_ms;  /* without movement: down */
	int64_t rest_ms;   /* down after failures */
	int64_t keep_ms;   /* own files in sent and failed */
	int64_t
	    settle_ms;	  /* reports wait so long after a start, and a fifth of it after a result */
	int64_t young_ms; /* an incomplete file may still be written for so long */
};
void yj_sms_spool_set_pace(struct yj_sms_spool *spool, const struct yj_sms_spool_pace *pace);

#endif
