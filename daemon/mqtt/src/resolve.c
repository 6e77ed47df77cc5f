#include "resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Belongs to the resolver until it abandons the job, then to the thread. */
struct job {
	pthread_mutex_t lock; /* over done and abandoned */
	bool done;
	bool abandoned;
	int wake_fd;
	int gai;
	struct addrs addrs;
	char host[256];
};

struct resolver {
	struct event_base *base;
	const char *host;
	resolver_done *done;
	void *ctx;
	struct job *job; /* NULL: none under way */
	struct event *wake;
};

static int look_up(const char *host, int flags, struct addrs *out)
{
	const struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	int gai = getaddrinfo(host, NULL, &hints, &list);
	if (gai != 0)
		return gai;
	struct addrs got = {0};
	for (const struct addrinfo *a = list; a != NULL && got.n < ADDRS_MAX; a = a->ai_next) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, got.text[got.n], sizeof(got.text[0]),
			NULL, 0, NI_NUMERICHOST) == 0)
			got.n++;
	}
	freeaddrinfo(list);
	*out = got;
	return got.n > 0 ? 0 : EAI_NONAME;
}

int addrs_numeric(const char *host, struct addrs *out)
{
	return look_up(host, AI_NUMERICHOST, out) == 0 ? 0 : YJ_ERR_INVAL;
}

static void job_free(struct job *job)
{
	pthread_mutex_destroy(&job->lock);
	close(job->wake_fd);
	free(job);
}

static void *job_run(void *arg)
{
	struct job *job = arg;
	job->gai = look_up(job->host, AI_ADDRCONFIG, &job->addrs);
	pthread_mutex_lock(&job->lock);
	bool mine = job->abandoned;
	job->done = true;
	uint64_t one = 1;
	/* An eventfd that was just made takes a 1. */
	ssize_t n = write(job->wake_fd, &one, sizeof(one));
	(void)n;
	pthread_mutex_unlock(&job->lock);
	if (mine)
		job_free(job);
	return NULL;
}

static void job_leave(struct job *job)
{
	pthread_mutex_lock(&job->lock);
	bool mine = job->done;
	job->abandoned = true;
	pthread_mutex_unlock(&job->lock);
	if (mine)
		job_free(job);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	struct resolver *r = ctx;
	struct job *job = r->job;
	pthread_mutex_lock(&job->lock); /* the thread is out of the job after this */
	pthread_mutex_unlock(&job->lock);
	struct addrs addrs = job->addrs;
	const char *why = job->gai == 0 ? NULL : gai_strerror(job->gai);
	event_free(r->wake);
	r->wake = NULL;
	r->job = NULL;
	job_free(job);
	r->done(r->ctx, &addrs, why);
}

struct resolver *resolver_new(
    struct event_base *base, const char *host, resolver_done *done, void *ctx)
{
	struct resolver *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->base = base;
	r->host = host;
	r->done = done;
	r->ctx = ctx;
	return r;
}

/* Signals are the loop's business. */
static int thread_start(struct job *job)
{
	sigset_t all, old;
	pthread_t thread;
	pthread_attr_t attr;
	if (pthread_attr_init(&attr) != 0)
		return YJ_ERR_NOMEM;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&thread, &attr, job_run, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : YJ_ERR_NOMEM;
}

int resolver_start(struct resolver *r)
{
	if (r->job != NULL)
		return 0;
	int rc = YJ_ERR_NOMEM;
	struct event *wake = NULL;
	struct job *job = calloc(1, sizeof(*job));
	if (job == NULL)
		return YJ_ERR_NOMEM;
	strncpy(job->host, r->host, sizeof(job->host) - 1);
	pthread_mutex_init(&job->lock, NULL);
	job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->wake_fd < 0) {
		rc = YJ_ERR_IO;
		goto out;
	}
	wake = event_new(r->base, job->wake_fd, EV_READ, on_wake, r);
	if (wake == NULL || event_add(wake, NULL) != 0)
		goto out;
	rc = thread_start(job);
	if (rc != 0)
		goto out;
	r->job = job;
	r->wake = wake;
	return 0;
out:
	if (wake != NULL)
		event_free(wake);
	pthread_mutex_destroy(&job->lock);
	if (job->wake_fd >= 0)
		close(job->wake_fd);
	free(job);
	return rc;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	if (r->wake != NULL)
		event_free(r->wake);
	if (r->job != NULL)
		job_leave(r->job);
	free(r);
}
