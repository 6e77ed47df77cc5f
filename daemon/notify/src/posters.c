/* The set of endpoints. */
#include "notify/posters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"

/* Answers what was decided without libcurl. */
static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct yj_posters *all = arg;
	struct post *post;
	(void)fd;
	(void)what;
	while ((post = TAILQ_FIRST(&all->finished)) != NULL) {
		TAILQ_REMOVE(&all->finished, post, link);
		struct yj_sent_result result = post->result;
		yj_sent_cb done = post->done;
		void *ctx = post->ctx;
		yj_post_free(post);
		done(ctx, &result);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct poster *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static int name_to_poster(const void *name, const void *item)
{
	const struct poster *const *poster = item;
	return strcmp(name, (*poster)->name);
}

static struct poster *find(struct poster *const *v, size_t n, const char *name)
{
	struct poster **found =
	    n ? bsearch(name, v, n, sizeof(struct poster *), name_to_poster) : NULL;
	return found ? *found : NULL;
}

static void free_all(struct poster **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		yj_poster_free(v[i]);
	free(v);
}

static struct poster *heir_of(const struct poster *old, struct poster *const *v, size_t n)
{
	struct poster *heir = find(v, n, old->name);
	return heir && heir->kind == old->kind ? heir : NULL;
}

/* Hands what is under way to the heirs of its endpoints, or ends it where there is none. */
static void move_posts(struct yj_posters *all, struct poster *const *v, size_t n)
{
	struct post *post, *next;
	for (post = TAILQ_FIRST(&all->under_way); post; post = next) {
		next = TAILQ_NEXT(post, link);
		struct poster *heir = heir_of(post->poster, v, n);
		if (heir) {
			post->poster->n_posts--;
			post->poster = heir;
			heir->n_posts++;
			continue;
		}
		post->result.outcome = YJ_SENT_FINAL;
		snprintf(post->result.words, sizeof(post->result.words),
		    "the endpoint is no longer configured");
		yj_poster_drop(all, post, true);
	}
}

/* Makes the endpoints of conf, sorted by name. */
static int make(struct yj_posters *all, const struct yj_poster_conf *conf, size_t n,
    struct poster ***out, size_t *bad, struct yj_poster_why *why)
{
	struct poster **v = calloc(n + 1, sizeof(struct poster *));
	if (!v)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		int rc = yj_poster_new(all, &conf[i], &v[i], why);
		for (size_t k = 0; rc == 0 && k < i; k++) {
			if (strcmp(v[k]->name, v[i]->name) == 0)
				rc = yj_poster_wrong(why, "name", "is there already");
		}
		if (rc < 0) {
			*bad = i;
			free_all(v, i + 1);
			return rc;
		}
	}
	qsort(v, n, sizeof(struct poster *), by_name);
	*out = v;
	return 0;
}

int yj_posters_set(struct yj_posters *all, const struct yj_poster_conf *conf, size_t n, size_t *bad,
    struct yj_poster_why *why)
{
	struct poster **v = NULL;
	int rc = make(all, conf, n, &v, bad, why);
	if (rc < 0)
		return rc;
	/* nothing fails from here on */
	for (size_t i = 0; i < all->n; i++) {
		struct poster *heir = heir_of(all->v[i], v, n);
		if (heir) {
			heir->window = all->v[i]->window;
			heir->n_failures = all->v[i]->n_failures;
			heir->failed_ms = all->v[i]->failed_ms;
		}
	}
	move_posts(all, v, n);
	free_all(all->v, all->n);
	all->v = v;
	all->n = n;
	return 0;
}

int yj_poster_check(const struct yj_poster_conf *conf, struct yj_poster_why *why)
{
	struct poster *poster = NULL;
	int rc = yj_poster_new(NULL, conf, &poster, why);
	yj_poster_free(poster);
	return rc;
}

const struct yj_channel *yj_posters_channel(struct yj_posters *all, const char *name)
{
	struct poster *poster = find(all->v, all->n, name);
	return poster ? &poster->channel : NULL;
}

struct yj_posters *yj_posters_new(struct event_base *base)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	struct yj_posters *all = calloc(1, sizeof(*all));
	if (!all) {
		curl_global_cleanup();
		return NULL;
	}
	all->base = base;
	all->rest_ms = 30000;
	TAILQ_INIT(&all->under_way);
	TAILQ_INIT(&all->finished);
	TAILQ_INIT(&all->leaving);
	all->letters.wake_fd = -1;
	all->later = evtimer_new(base, on_later, all);
	if (yj_letters_open(all) < 0 || !all->later || yj_multi_open(all) < 0) {
		yj_posters_free(all);
		return NULL;
	}
	return all;
}

void yj_posters_set_rest(struct yj_posters *all, int64_t rest_ms)
{
	all->rest_ms = rest_ms;
}

void yj_posters_free(struct yj_posters *all)
{
	if (!all)
		return;
	struct post *post;
	while ((post = TAILQ_FIRST(&all->under_way)) != NULL)
		yj_poster_drop(all, post, false);
	/* all of them before any is freed: in `ended` each hangs on the one before it */
	TAILQ_FOREACH(post, &all->leaving, link)
	{
		yj_letter_join(post);
	}
	while ((post = TAILQ_FIRST(&all->leaving)) != NULL) {
		TAILQ_REMOVE(&all->leaving, post, link);
		yj_post_free(post);
	}
	while ((post = TAILQ_FIRST(&all->finished)) != NULL) {
		TAILQ_REMOVE(&all->finished, post, link);
		yj_post_free(post);
	}
	free_all(all->v, all->n);
	yj_letters_close(all);
	yj_multi_close(all);
	if (all->later)
		event_free(all->later);
	free(all);
	curl_global_cleanup();
}
