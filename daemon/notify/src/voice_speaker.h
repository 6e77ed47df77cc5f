/* One run of a speech program (espeak-ng) as a child process that never holds up the loop. The
 * words go to its standard input, since arguments can be read by every account of the machine. */
#ifndef NOTIFY_VOICE_SPEAKER_H
#define NOTIFY_VOICE_SPEAKER_H

#include <event2/event.h>
#include <stdint.h>

struct yj_speaker;

/* bytes: what the program wrote, borrowed for the call; words: why there is nothing, or NULL. The
 * callback frees the speaker. */
typedef void (*yj_speaker_cb)(void *ctx, const uint8_t *bytes, size_t len, const char *words);

/* Starts it. One callback follows, later, within 10 s or so, when the program ends, takes too long
 * or writes more than YJ_VOICE_SPEECH_MAX. text is at most YJ_VOICE_TEXT_MAX bytes. NULL: it cannot
 * be started. */
struct yj_speaker *yj_speaker_new(struct event_base *base, const char *program, const char *voice,
    const char *text, yj_speaker_cb done, void *ctx);

/* Ends the program if it still runs. NULL is fine. */
void yj_speaker_free(struct yj_speaker *speaker);

#endif
