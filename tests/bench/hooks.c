/* bench_hooks HANGING WANTED: an HTTP server for the bench of endpoints. Prints its port; a POST to
 * /N is answered at once, or never if N < HANGING and it was told "hang"; "answer" ends that for
 * requests to come. Says when WANTED requests to /N with N >= HANGING have come since the last
 * "count": {"last_ns": ..., "hanging": ...}, in CLOCK_MONOTONIC. Ends with its input. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long n_hanging, wanted, counted, held;
static bool hang;

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void on_request(struct evhttp_request *request, void *arg)
{
	long n = strtol(evhttp_request_get_uri(request) + 1, NULL, 10);
	(void)arg;
	if (n < n_hanging && hang) {
		held++;
		return;
	}
	evhttp_send_reply(request, 200, "OK", NULL);
	if (n < n_hanging || ++counted != wanted)
		return;
	printf("{\"last_ns\": %" PRId64 ", \"hanging\": %ld}\n", now_ns(), held);
	fflush(stdout);
}

static void on_word(evutil_socket_t fd, short what, void *arg)
{
	char words[256];
	ssize_t n = read(fd, words, sizeof(words) - 1);
	(void)what;
	if (n <= 0) {
		event_base_loopbreak(arg);
		return;
	}
	words[n] = '\0';
	if (strstr(words, "hang"))
		hang = true;
	if (strstr(words, "answer"))
		hang = false;
	counted = held = 0;
	puts("{}");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: bench_hooks HANGING WANTED\n", stderr);
		return 2;
	}
	n_hanging = strtol(argv[1], NULL, 10);
	wanted = strtol(argv[2], NULL, 10);
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	struct event *words = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_word, base);
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	if (!bound || !words ||
	    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &len) < 0)
		return 1;
	evhttp_set_gencb(http, on_request, NULL);
	event_add(words, NULL);
	printf("%d\n", ntohs(sin.sin_port));
	fflush(stdout);
	event_base_dispatch(base);
	return 0;
}
