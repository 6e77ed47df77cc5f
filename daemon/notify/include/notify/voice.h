/* Channel voice: a telephone call that speaks the alert and takes a key for an answer.
 *
 * Calls are made by Debian's baresip over its control connection (module ctrl_tcp); speech is made
 * by espeak-ng. A baresip carries one call at a time, so a line is a baresip: there are as
 * many lines as control addresses. What happens to a delivery:
 *   picked up                          YJ_SENT_OK, with baresip's id of the call as ref (a mailbox
 *                                      picks up too, so this is no receipt)
 *   busy, declined, no answer          YJ_SENT_RETRY with the telephone's words, after retry_ms
 *   no such number (404, 410, 484, 604)  YJ_SENT_FINAL
 *   baresip cannot be reached, does not answer, or goes away; no speech
 *                                      YJ_SENT_RETRY
 * and then, over the hook:
 *   any key                            YJ_BACK_RECEIPT, once
 *   1, 2, 3, where an answer is asked  YJ_BACK_TEXT with the token and that key, once in a call;
 * when it is on disk the call says so and ends 9 or *                             the words once
 * more the call ended by itself, or within 3 s, without a key  YJ_BACK_FAILED Without a free line:
 * YJ_ERR_BUSY. cancel hangs up a call that rings; one that was picked up is told that it is no
 * longer needed, and then ends. When it connects, calls that baresip still has from before are hung
 * up, and incoming calls always, so that no line stays blocked. */
#ifndef NOTIFY_VOICE_H
#define NOTIFY_VOICE_H

#include <event2/event.h>

#include "notify/channel.h"

struct yj_voice_conf {		    /* all copied; 0 or NULL: the default */
	const char *const *control; /* IP:PORT of each line's baresip; ["127.0.0.1:4444"] */
	size_t n_control;	    /* up to YJ_VOICE_LINES_MAX */
	const char *dial;	    /* sip:{phone}@HOST; {phone} is digits and a leading + */
	const char *folder;	    /* for sound files that baresip can read; absolute, no spaces */
	const char *speaker;	    /* the speech program; "espeak-ng" */
	const char *voice;	    /* its voice for zh-CN; "cmn" */
	int64_t ring_for_ms;	    /* 30 s */
	int64_t talk_for_ms;	    /* 90 s */
	int64_t retry_ms;	    /* between attempts; 30 s */
	int64_t answer_ms;	    /* baresip answers a command within; 5 s */
	int64_t look_ms;	    /* between looks whether it is there; 10 s */
	int attempts;		    /* 2 */
};

/* NULL, or what is wrong with it: a literal that begins with the name of a setting. */
const char *yj_voice_check(const struct yj_voice_conf *conf);

struct yj_voice;

/* Nothing is configured yet. back is called from the loop, never from inside a call to this
 * room. NULL when memory is short. */
struct yj_voice *yj_voice_new(struct event_base *base, yj_back_cb back, void *ctx);

/* Takes over a configuration (at start and at a reload). Lines whose address stays keep their call,
 * others end theirs, which is then RETRY or FAILED. conf NULL: no lines. With another folder or
 * speech program all lines begin anew. 0; YJ_ERR_INVAL with *why set to what is wrong, a literal;
 * YJ_ERR_NOMEM. On failure nothing changes. */
int yj_voice_set(
    struct yj_voice *voice, const struct yj_voice_conf *conf, const char **why) YJ_MUST_CHECK;

/* The channel "voice", borrowed for as long as voice lives. */
const struct yj_channel *yj_voice_channel(struct yj_voice *voice);

/* No callbacks any more; calls under way are hung up as far as that can be written at once. NULL is
 * fine. */
void yj_voice_free(struct yj_voice *voice);

#endif
