#include "voice_speaker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/err.h"
#include "proto/limits.h"

#define SPEAK_FOR_MS 10000 /* a program that takes longer is ended */
#define REAP_MS 5	   /* between looks at a program that has closed its output */

struct yj_speaker {
	yj_speaker_cb done;
	void *ctx;
	pid_t pid; /* 0: gone */
	int out;   /* its output, -1: closed */
	struct event *readable;
	struct event *timer; /* the program's end, or a look whether it has gone */
	uint8_t *bytes;
	size_t len, cap;
	int looks; /* since its output ended */
};

static void arm(struct event *timer, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(timer, &tv);
}

static void fail(struct yj_speaker *s, const char *words)
{
	s->done(s->ctx, NULL, 0, words);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct yj_speaker *s = arg;
	int status;
	(void)fd;
	(void)what;
	if (s->out >= 0) {
		fail(s, "the speech program took too long");
		return;
	}
	pid_t gone = waitpid(s->pid, &status, WNOHANG);
	if (gone == 0) { /* it has closed its output, so it is about to go */
		if (++s->looks > SPEAK_FOR_MS / REAP_MS)
			fail(s, "the speech program did not end");
		else
			arm(s->timer, REAP_MS);
		return;
	}
	s->pid = 0;
	if (gone < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail(s, "the speech program failed");
	else
		s->done(s->ctx, s->bytes, s->len, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct yj_speaker *s = arg;
	(void)what;
	if (s->len == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 65536;
		uint8_t *bytes = cap <= YJ_VOICE_SPEECH_MAX ? realloc(s->bytes, cap) : NULL;
		if (!bytes) {
			fail(s, "the spoken text is too long");
			return;
		}
		s->bytes = bytes;
		s->cap = cap;
	}
	ssize_t n = read(fd, s->bytes + s->len, s->cap - s->len);
	if (n > 0) {
		s->len += (size_t)n;
		return;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	event_free(s->readable);
	s->readable = NULL;
	close(s->out);
	s->out = -1;
	arm(s->timer, 0);
}

/* Starts the program with these ends of pipes. 0 or an errno. */
static int spawn(struct yj_speaker *s, const char *program, const char *voice, int in, int out)
{
	char *const argv[] = {(char *)(uintptr_t)program, "-v", (char *)(uintptr_t)voice, "--stdin",
	    "--stdout", NULL};
	char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	int rc = posix_spawn_file_actions_adddup2(&files, in, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attributes, &all);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
		    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnp(&s->pid, argv[0], &files, &attributes, argv, environment);
	if (rc != 0)
		s->pid = 0;
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Makes the pipes and starts it. The words fit into a pipe that nobody reads yet. */
static int start(struct yj_speaker *s, const char *program, const char *voice, const char *text)
{
	int in[2], out[2];
	size_t len = strlen(text);
	if (pipe2(in, O_CLOEXEC) < 0)
		return YJ_ERR_IO;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return YJ_ERR_IO;
	}
	bool good =
	    write(in[1], text, len) == (ssize_t)len && spawn(s, program, voice, in[0], out[1]) == 0;
	close(in[0]);
	close(in[1]);
	close(out[1]);
	s->out = out[0];
	evutil_make_socket_nonblocking(s->out);
	return good ? 0 : YJ_ERR_IO;
}

struct yj_speaker *yj_speaker_new(struct event_base *base, const char *program, const char *voice,
    const char *text, yj_speaker_cb done, void *ctx)
{
	struct yj_speaker *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->done = done;
	s->ctx = ctx;
	s->out = -1;
	s->timer = evtimer_new(base, on_timer, s);
	if (s->timer && start(s, program, voice, text) == 0)
		s->readable = event_new(base, s->out, EV_READ | EV_PERSIST, on_readable, s);
	if (!s->readable || event_add(s->readable, NULL) < 0) {
		yj_speaker_free(s);
		return NULL;
	}
	arm(s->timer, SPEAK_FOR_MS);
	return s;
}

void yj_speaker_free(struct yj_speaker *s)
{
	if (!s)
		return;
	if (s->pid > 0) { /* whoever is killed is gone at once: there is nothing to wait for */
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	if (s->readable)
		event_free(s->readable);
	if (s->timer)
		event_free(s->timer);
	if (s->out >= 0)
		close(s->out);
	free(s->bytes);
	free(s);
}
