#include "voice_sound.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE_MIN 8000
#define RATE_MAX 48000
#define WAV_HEAD 44
#define CUTOFF_HZ 3700.0 /* the middle of the filter's slope */
#define HALF_MS 4	 /* half of the filter's length: makes the slope some 800 Hz wide */

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static unsigned le16(const uint8_t *p)
{
	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* The samples of a data part. */
static int read_samples(const uint8_t *bytes, size_t len, int rate, struct yj_sound *out)
{
	size_t n = len / 2;
	int16_t *samples = malloc((n ? n : 1) * sizeof *samples);
	if (!samples)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		samples[i] = (int16_t)le16(bytes + 2 * i);
	*out = (struct yj_sound){.samples = samples, .n = n, .rate = rate};
	return 0;
}

int yj_sound_read(const uint8_t *bytes, size_t len, struct yj_sound *out)
{
	if (len < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
		return YJ_ERR_BADMSG;
	int rate = 0;
	size_t at = 12;
	while (len - at >= 8) {
		const uint8_t *part = bytes + at;
		size_t size = le32(part + 4), room = len - at - 8;
		if (memcmp(part, "data", 4) == 0)
			return rate ? read_samples(part + 8, size < room ? size : room, rate, out)
				    : YJ_ERR_BADMSG;
		if (size > room)
			return YJ_ERR_BADMSG;
		if (memcmp(part, "fmt ", 4) == 0) {
			if (size < 16 || le16(part + 8) != 1 || le16(part + 10) != 1 ||
			    le16(part + 22) != 16)
				return YJ_ERR_BADMSG;
			uint32_t hz = le32(part + 12);
			if (hz < RATE_MIN || hz > RATE_MAX)
				return YJ_ERR_BADMSG;
			rate = (int)hz;
		}
		size += size & 1; /* parts begin at even places */
		if (size > room)
			break;
		at += 8 + size;
	}
	return YJ_ERR_BADMSG;
}

/* The low-pass filter at `x` samples of the input from its middle: a sinc under a Blackman window.
 */
static double filter_at(double x, double cutoff, double half)
{
	double a = M_PI * x / half; /* -pi to pi over the window */
	if (fabs(a) >= M_PI)
		return 0.0;
	double window = 0.42 + 0.5 * cos(a) + 0.08 * cos(2.0 * a);
	double w = 2.0 * M_PI * cutoff * x;
	return 2.0 * cutoff * (fabs(w) < 1e-9 ? 1.0 : sin(w) / w) * window;
}

static int gcd(int a, int b)
{
	while (b) {
		int c = a % b;
		a = b;
		b = c;
	}
	return a;
}

static int16_t clip(double v)
{
	return (int16_t)(v > 32767.0 ? 32767 : v < -32768.0 ? -32768 : lrint(v));
}

/* Output k lies at k * down / up of the input: there are only `up` different places between two
 * samples, so the filter is worked out once for each. */
int yj_sound_for_phone(const struct yj_sound *in, struct yj_sound *out)
{
	if (in->rate < RATE_MIN || in->rate > RATE_MAX)
		return YJ_ERR_INVAL;
	int common = gcd(in->rate, YJ_PHONE_RATE);
	size_t up = (size_t)(YJ_PHONE_RATE / common), down = (size_t)(in->rate / common);
	size_t half = (size_t)(in->rate * HALF_MS / 1000), taps = 2 * half + 1;
	size_t n = in->n * up / down;
	float *filter = calloc(up * taps, sizeof *filter);
	int16_t *samples = malloc((n ? n : 1) * sizeof *samples);
	if (!filter || !samples) {
		free(filter);
		free(samples);
		return YJ_ERR_NOMEM;
	}
	for (size_t p = 0; p < up; p++)
		for (size_t t = 0; t < taps; t++)
			filter[p * taps + t] =
			    (float)filter_at((double)t - (double)half - (double)p / (double)up,
				CUTOFF_HZ / in->rate, (double)half);
	for (size_t k = 0; k < n; k++) {
		size_t middle = k * down / up;
		const float *f = filter + (k * down % up) * taps;
		size_t first = middle < half ? half - middle : 0;
		size_t end = middle + half < in->n ? taps : in->n - middle + half;
		double sum = 0.0;
		for (size_t t = first; t < end; t++)
			sum += (double)f[t] * in->samples[middle + t - half];
		samples[k] = clip(sum);
	}
	free(filter);
	*out = (struct yj_sound){.samples = samples, .n = n, .rate = YJ_PHONE_RATE};
	return 0;
}

static bool write_at(int fd, const void *bytes, size_t len, off_t at)
{
	const char *p = bytes;
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const struct yj_sound *sound, int times, int64_t lead_ms,
    int64_t pause_ms, int64_t total_ms)
{
	int64_t each = (int64_t)sound->n + pause_ms * sound->rate / 1000;
	int64_t lead = lead_ms * sound->rate / 1000;
	int64_t least = total_ms * sound->rate / 1000, n = lead + times * each;
	size_t len = sound->n * 2;
	if (n < least)
		n = least;
	static const uint8_t data_mark[4] = {'d', 'a', 't', 'a'};
	uint8_t head[WAV_HEAD] = "RIFF....WAVEfmt ", *data = malloc(len ? len : 1);
	put32(head + 4, (uint32_t)(WAV_HEAD - 8 + n * 2));
	put32(head + 16, 16);
	put16(head + 20, 1);
	put16(head + 22, 1);
	put32(head + 24, (uint32_t)sound->rate);
	put32(head + 28, (uint32_t)sound->rate * 2);
	put16(head + 32, 2);
	put16(head + 34, 16);
	memcpy(head + 36, data_mark, sizeof data_mark);
	put32(head + 40, (uint32_t)(n * 2));
	bool good = data && write_at(fd, head, sizeof head, 0);
	for (size_t i = 0; data && i < sound->n; i++)
		put16(data + 2 * i, (unsigned)sound->samples[i] & 0xffff);
	for (int i = 0; good && i < times; i++)
		good = write_at(fd, data, len, WAV_HEAD + 2 * (lead + i * each));
	free(data);
	/* what is not written is zero, which is silence; the mode must hold whatever the umask is
	 */
	return good && ftruncate(fd, WAV_HEAD + 2 * n) == 0 && fchmod(fd, 0640) == 0;
}

int yj_sound_write(const char *path, const struct yj_sound *sound, int times, int64_t lead_ms,
    int64_t pause_ms, int64_t total_ms)
{
	char part[4096];
	if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
		return YJ_ERR_IO;
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno == ENOSPC ? YJ_ERR_FULL : YJ_ERR_IO;
	errno = 0;
	bool good = write_all(fd, sound, times, lead_ms, pause_ms, total_ms);
	int why = errno;
	close(fd);
	if (good && rename(part, path) == 0)
		return 0;
	unlink(part);
	return why == ENOSPC ? YJ_ERR_FULL : YJ_ERR_IO;
}
