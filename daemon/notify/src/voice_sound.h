/* Sounds in memory: what a speech program wrote, brought to the form of a telephone call. */
#ifndef NOTIFY_VOICE_SOUND_H
#define NOTIFY_VOICE_SOUND_H

#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

#define YJ_PHONE_RATE 8000 /* samples a second on the telephone */

struct yj_sound { /* one channel, 16 bits a sample */
	int16_t *samples;
	size_t n;
	int rate; /* samples a second */
};

/* Reads a WAV file: PCM, one channel, 16 bits, 8,000 to 48,000 samples a second. A data part that
 * claims to be longer than the file ends with it, as programs write that do not know the length
 * ahead. 0: out->samples is malloc'd; YJ_ERR_BADMSG: anything else; YJ_ERR_NOMEM. */
int yj_sound_read(const uint8_t *bytes, size_t len, struct yj_sound *out) YJ_MUST_CHECK;

/* The same sound at YJ_PHONE_RATE, without what lies above the telephone's band (over 3.4 kHz it
 * falls, over 4.2 kHz 60 dB are gone). 0: out->samples is malloc'd; YJ_ERR_INVAL: a rate outside
 * the above; YJ_ERR_NOMEM. */
int yj_sound_for_phone(const struct yj_sound *in, struct yj_sound *out) YJ_MUST_CHECK;

/* Writes a WAV file `path` of mode 0640: `lead_ms` of silence, the sound `times` times with
 * `pause_ms` after each, and silence up to `total_ms` (which takes no space on the disk). It stands
 * under a name of its own until it is whole. 0 or YJ_ERR_IO, YJ_ERR_FULL; then there is no file. */
int yj_sound_write(const char *path, const struct yj_sound *sound, int times, int64_t lead_ms,
    int64_t pause_ms, int64_t total_ms) YJ_MUST_CHECK;

static inline int64_t yj_sound_ms(const struct yj_sound *sound)
{
	return (int64_t)sound->n * 1000 / sound->rate;
}

#endif
