/* Letters under way, each on a thread of its own. libcurl's SMTP waits within its calls: for the
 * answer to the letter, and for that to QUIT. In the loop that would be the silence of the whole
 * gateway for as long as one mail server pleases.
 *
 * A thread uses what is in its post, but neither poster, link, done, ctx nor result; the loop
 * leaves all else of the post alone until the thread has put it into `ended`. */
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "poster.h"

/* ---- in the thread ---- */

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct post *post = arg;
	(void)purpose;
	curl_socket_t fd =
	    socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	pthread_mutex_lock(&post->thread.lock);
	post->thread.fd = fd;
	pthread_mutex_unlock(&post->thread.lock);
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct post *post = arg;
	pthread_mutex_lock(&post->thread.lock);
	if (post->thread.fd == fd)
		post->thread.fd = CURL_SOCKET_BAD;
	pthread_mutex_unlock(&post->thread.lock);
	return close(fd);
}

void yj_letter_hang_up(struct post *post)
{
	pthread_mutex_lock(&post->thread.lock);
	if (post->thread.fd != CURL_SOCKET_BAD)
		shutdown(post->thread.fd, SHUT_RDWR);
	pthread_mutex_unlock(&post->thread.lock);
}

/* Not 0: libcurl gives up. It asks once a second at least, also where it forgets the time: its
 * QUIT, after an attempt that has timed out, would wait for two minutes. */
static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct post *post = arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	if (yj_poster_now_ms() < post->thread.until_ms && !atomic_load(&post->thread.given_up))
		return 0;
	yj_letter_hang_up(post);
	return 1;
}

static void *run(void *arg)
{
	struct post *post = arg;
	struct letters *letters = post->thread.letters;
	uint64_t one = 1;
	post->thread.code = curl_easy_perform(post->easy);
	pthread_mutex_lock(&letters->lock);
	STAILQ_INSERT_TAIL(&letters->ended, post, thread.link);
	(void)!write(letters->wake_fd, &one, sizeof(one));
	pthread_mutex_unlock(&letters->lock);
	return NULL;
}

/* ---- in the loop ---- */

static struct post *next_ended(struct letters *letters)
{
	pthread_mutex_lock(&letters->lock);
	struct post *post = STAILQ_FIRST(&letters->ended);
	if (post)
		STAILQ_REMOVE_HEAD(&letters->ended, thread.link);
	pthread_mutex_unlock(&letters->lock);
	if (post) {
		pthread_join(post->thread.id, NULL);
		post->thread.running = false;
		if (--letters->n_running == 0)
			event_del(letters->woken);
	}
	return post;
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
	struct yj_posters *all = arg;
	struct post *post;
	uint64_t n;
	(void)what;
	(void)!read(fd, &n, sizeof(n));
	while ((post = next_ended(&all->letters)) != NULL)
		yj_poster_ended(all, post, post->thread.code);
}

int yj_letter_begin(struct yj_posters *all, struct post *post, int64_t timeout_ms)
{
	struct letters *letters = &all->letters;
	CURL *easy = post->easy;
	sigset_t every, before;
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, post);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, post);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, post);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	post->thread.letters = letters;
	post->thread.fd = CURL_SOCKET_BAD;
	post->thread.until_ms = yj_poster_now_ms() + timeout_ms;
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	int failed = pthread_create(&post->thread.id, NULL, run, post);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return YJ_ERR_NOMEM;
	post->thread.running = true;
	if (letters->n_running++ == 0)
		event_add(letters->woken, NULL);
	return 0;
}

void yj_letter_give_up(struct post *post)
{
	atomic_store(&post->thread.given_up, true);
	yj_letter_hang_up(post);
}

void yj_letter_join(struct post *post)
{
	pthread_join(post->thread.id, NULL);
	post->thread.running = false;
}

int yj_letters_open(struct yj_posters *all)
{
	struct letters *letters = &all->letters;
	STAILQ_INIT(&letters->ended);
	pthread_mutex_init(&letters->lock, NULL);
	letters->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (letters->wake_fd < 0)
		return YJ_ERR_NOMEM;
	letters->woken =
	    event_new(all->base, letters->wake_fd, EV_READ | EV_PERSIST, on_ended, all);
	return letters->woken ? 0 : YJ_ERR_NOMEM;
}

void yj_letters_close(struct yj_posters *all)
{
	struct letters *letters = &all->letters;
	if (letters->woken)
		event_free(letters->woken);
	if (letters->wake_fd >= 0)
		close(letters->wake_fd);
	pthread_mutex_destroy(&letters->lock);
}
