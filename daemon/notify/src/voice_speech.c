#include "voice_speech.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/limits.h"
#include "voice_sound.h"
#include "voice_speaker.h"

#define KEEP_MS 120000 /* a clip, after it was last wanted */
#define LEAD_MS 700    /* people lift a telephone to their ear */
#define PAUSE_MS 1200
#define HASH_HEX 32

struct job {
	TAILQ_ENTRY(job) link;
	struct yj_speech *speech;
	yj_clip_cb done; /* NULL: forgotten */
	void *ctx;
	char *voice, *text;
	int times;
	int64_t total_ms;
	char hash[HASH_HEX + 1];
	struct yj_speaker *speaker; /* NULL: it has not begun */
	bool ready;		    /* in the cache: only the callback is due */
	const char *words;
};
TAILQ_HEAD(job_list, job);

struct kept {
	char hash[HASH_HEX + 1]; /* "": free */
	int64_t once_ms, all_ms;
	int64_t wanted_ms; /* when it was last asked for */
};

struct yj_speech {
	struct event_base *base;
	char *folder, *program;
	struct job_list jobs;
	int n_running;
	struct event *later; /* starts jobs and answers those that are ready */
	struct event *sweep;
	struct kept kept[YJ_VOICE_CLIPS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the files ---- */

static void path_of(const struct yj_speech *s, const char *hash, char *path, size_t cap)
{
	snprintf(path, cap, "%s/%s.wav", s->folder, hash);
}

static void drop_kept(struct yj_speech *s, struct kept *kept)
{
	char path[4096];
	path_of(s, kept->hash, path, sizeof path);
	unlink(path);
	kept->hash[0] = '\0';
}

static struct kept *find_kept(struct yj_speech *s, const char *hash)
{
	for (size_t i = 0; i < YJ_VOICE_CLIPS_MAX; i++)
		if (strcmp(s->kept[i].hash, hash) == 0)
			return &s->kept[i];
	return NULL;
}

/* A free place, or that of the clip that nobody has wanted for the longest time. */
static struct kept *place_for(struct yj_speech *s)
{
	struct kept *oldest = &s->kept[0];
	for (size_t i = 0; i < YJ_VOICE_CLIPS_MAX; i++) {
		if (s->kept[i].hash[0] == '\0')
			return &s->kept[i];
		if (s->kept[i].wanted_ms < oldest->wanted_ms)
			oldest = &s->kept[i];
	}
	drop_kept(s, oldest);
	return oldest;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct yj_speech *s = arg;
	int64_t now = now_ms();
	(void)fd;
	(void)what;
	for (size_t i = 0; i < YJ_VOICE_CLIPS_MAX; i++)
		if (s->kept[i].hash[0] != '\0' && s->kept[i].wanted_ms + KEEP_MS < now)
			drop_kept(s, &s->kept[i]);
}

/* Names and addresses are spoken in them: nothing stays behind. */
static void clear_folder(const struct yj_speech *s)
{
	DIR *dir = opendir(s->folder);
	struct dirent *entry;
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		size_t n = strlen(entry->d_name);
		if ((n == HASH_HEX + 4 && strcmp(entry->d_name + HASH_HEX, ".wav") == 0) ||
		    (n == HASH_HEX + 9 && strcmp(entry->d_name + HASH_HEX, ".wav.part") == 0))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}

/* ---- one job ---- */

/* It is in no list any more. */
static void job_free(struct job *job)
{
	struct yj_speech *s = job->speech;
	if (job->speaker) {
		yj_speaker_free(job->speaker);
		s->n_running--;
	}
	free(job->voice);
	free(job->text);
	free(job);
}

static void answer(struct job *job)
{
	struct yj_speech *s = job->speech;
	char path[4096];
	struct yj_clip clip = {.words = job->words};
	struct kept *kept = job->words ? NULL : find_kept(s, job->hash);
	if (kept) {
		path_of(s, kept->hash, path, sizeof path);
		clip = (struct yj_clip){path, kept->once_ms, kept->all_ms, NULL};
	} else if (!clip.words) {
		clip.words = "the spoken text has gone";
	}
	yj_clip_cb done = job->done;
	void *ctx = job->ctx;
	TAILQ_REMOVE(&s->jobs, job, link);
	job_free(job);
	event_active(s->later, EV_TIMEOUT, 0); /* the next may begin */
	if (done)
		done(ctx, &clip);
}

/* words: what went wrong, NULL: nothing. */
static void end(struct job *job, const char *words)
{
	job->words = words;
	answer(job);
}

/* What the program wrote becomes a file. NULL, or what went wrong. */
static const char *store(struct job *job, const uint8_t *bytes, size_t len)
{
	struct yj_sound spoken, phone;
	char path[4096];
	if (yj_sound_read(bytes, len, &spoken) < 0)
		return "the speech program wrote no sound";
	int rc = yj_sound_for_phone(&spoken, &phone);
	free(spoken.samples);
	if (rc < 0)
		return "the spoken text could not be changed for the telephone";
	path_of(job->speech, job->hash, path, sizeof path);
	int64_t once = LEAD_MS + yj_sound_ms(&phone);
	int64_t all = once + (yj_sound_ms(&phone) + PAUSE_MS) * (job->times - 1);
	bool empty = phone.n == 0;
	rc = empty ? 0
		   : yj_sound_write(path, &phone, job->times, LEAD_MS, PAUSE_MS,
			 all + PAUSE_MS > job->total_ms ? all + PAUSE_MS : job->total_ms);
	free(phone.samples);
	if (empty)
		return "the speech program wrote no sound";
	if (rc < 0)
		return rc == YJ_ERR_FULL ? "no space for the spoken text"
					 : "the spoken text cannot be written";
	struct kept *kept = find_kept(job->speech, job->hash);
	if (!kept)
		kept = place_for(job->speech);
	snprintf(kept->hash, sizeof kept->hash, "%s", job->hash);
	kept->once_ms = once;
	kept->all_ms = all;
	kept->wanted_ms = now_ms();
	return NULL;
}

static void on_spoken(void *ctx, const uint8_t *bytes, size_t len, const char *words)
{
	struct job *job = ctx;
	end(job, words ? words : store(job, bytes, len));
}

/* Begins what may begin, answers what is ready; whatever is called back may ask for more. */
static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct yj_speech *s = arg;
	struct job *job, *next;
	(void)fd;
	(void)what;
	for (job = TAILQ_FIRST(&s->jobs); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->speaker)
			continue;
		if (job->ready) {
			answer(job); /* and goes on in the next turn: the list may have changed */
			return;
		}
		if (s->n_running >= YJ_VOICE_SPEAKERS_MAX)
			continue;
		job->speaker =
		    yj_speaker_new(s->base, s->program, job->voice, job->text, on_spoken, job);
		if (!job->speaker) {
			end(job, "the speech program cannot be started");
			return;
		}
		s->n_running++;
	}
}

/* ---- from outside ---- */

static bool hash_of(const struct yj_clip_want *want, char hash[HASH_HEX + 1])
{
	char head[128];
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int n = snprintf(
	    head, sizeof head, "%s %d %lld ", want->voice, want->times, (long long)want->total_ms);
	bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(md, head, (size_t)n) &&
		    EVP_DigestUpdate(md, want->text, strlen(want->text)) &&
		    EVP_DigestFinal_ex(md, sum, NULL);
	EVP_MD_CTX_free(md);
	for (size_t i = 0; good && i < HASH_HEX / 2; i++)
		snprintf(hash + 2 * i, 3, "%02x", sum[i]);
	return good;
}

static bool voice_valid(const char *voice)
{
	size_t n =
	    strspn(voice, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_/");
	return n > 0 && n <= 64 && voice[n] == '\0' && voice[0] != '-';
}

int yj_speech_say(struct yj_speech *s, const struct yj_clip_want *want, yj_clip_cb done, void *ctx)
{
	if (!voice_valid(want->voice) || want->times < 1 || want->text[0] == '\0' ||
	    strlen(want->text) > YJ_VOICE_TEXT_MAX)
		return YJ_ERR_INVAL;
	struct job *job = calloc(1, sizeof *job);
	if (!job)
		return YJ_ERR_NOMEM;
	job->speech = s;
	job->done = done;
	job->ctx = ctx;
	job->times = want->times;
	job->total_ms = want->total_ms;
	job->voice = strdup(want->voice);
	job->text = strdup(want->text);
	if (!job->voice || !job->text || !hash_of(want, job->hash)) {
		job_free(job);
		return YJ_ERR_NOMEM;
	}
	struct kept *kept = find_kept(s, job->hash);
	if (kept) {
		kept->wanted_ms = now_ms();
		job->ready = true;
	}
	TAILQ_INSERT_TAIL(&s->jobs, job, link);
	event_active(s->later, EV_TIMEOUT, 0);
	return 0;
}

void yj_speech_forget(struct yj_speech *s, void *ctx)
{
	struct job *job, *next;
	for (job = TAILQ_FIRST(&s->jobs); job; job = next) {
		next = TAILQ_NEXT(job, link);
		if (job->ctx == ctx)
			job->done = NULL;
	}
}

struct yj_speech *yj_speech_new(struct event_base *base, const char *folder, const char *program)
{
	struct yj_speech *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	TAILQ_INIT(&s->jobs);
	s->base = base;
	s->folder = strdup(folder);
	s->program = strdup(program);
	s->later = evtimer_new(base, on_later, s);
	s->sweep = event_new(base, -1, EV_PERSIST, on_sweep, s);
	if (!s->folder || !s->program || !s->later || !s->sweep) {
		yj_speech_free(s);
		return NULL;
	}
	mkdir(s->folder, 0700); /* one that cannot be made shows when the first file is written */
	clear_folder(s);
	struct timeval tv = {.tv_sec = KEEP_MS / 2000};
	event_add(s->sweep, &tv);
	return s;
}

void yj_speech_free(struct yj_speech *s)
{
	if (!s)
		return;
	struct job *job;
	while ((job = TAILQ_FIRST(&s->jobs)) != NULL) {
		TAILQ_REMOVE(&s->jobs, job, link);
		job_free(job);
	}
	for (size_t i = 0; i < YJ_VOICE_CLIPS_MAX; i++)
		if (s->kept[i].hash[0] != '\0')
			drop_kept(s, &s->kept[i]);
	if (s->later)
		event_free(s->later);
	if (s->sweep)
		event_free(s->sweep);
	free(s->folder);
	free(s->program);
	free(s);
}
