/* Words into sound files for baresip, by a speech program (espeak-ng) as a child process. The
 * words go to its standard input, since arguments can be read by every account of the machine. */
#ifndef NOTIFY_VOICE_SPEECH_H
#define NOTIFY_VOICE_SPEECH_H

#include <event2/event.h>

#include "proto/err.h"

struct yj_speech;

struct yj_clip_want {
	const char *voice; /* of espeak-ng: cmn, en ... */
	const char *text;  /* at most YJ_VOICE_TEXT_MAX bytes */
	int times;	   /* how often it is said */
	int64_t total_ms;  /* silence follows up to this length */
};
struct yj_clip {
	const char *path;  /* borrowed for the call; NULL: there is none */
	int64_t once_ms;   /* until it has been said once */
	int64_t all_ms;	   /* until it has been said as often as wanted */
	const char *words; /* why there is none, for people */
};
typedef void (*yj_clip_cb)(void *ctx, const struct yj_clip *clip);

/* Files live in `folder`, which is made if it is not there (0700); sound files left there from
 * before are removed. program is the speech program ("espeak-ng"); both are copied. NULL when
 * memory is short. */
struct yj_speech *yj_speech_new(struct event_base *base, const char *folder, const char *program);

/* Makes a clip. 0: one callback follows, later, with ctx; it ends within 10 s. The file stays for
 * at least a minute. YJ_ERR_INVAL: text or voice cannot be spoken; YJ_ERR_NOMEM. */
int yj_speech_say(struct yj_speech *speech, const struct yj_clip_want *want, yj_clip_cb done,
    void *ctx) YJ_MUST_CHECK;

/* No callback with this ctx any more. */
void yj_speech_forget(struct yj_speech *speech, void *ctx);

/* No callbacks any more; programs are ended and files removed. NULL is fine. */
void yj_speech_free(struct yj_speech *speech);

#endif
