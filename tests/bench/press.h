/* What a run of the load generator has sent and heard. */
#ifndef BENCH_PRESS_H
#define BENCH_PRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct press {
	int64_t sent_ns;
	int64_t received_ns; /* 0: not yet */
	int64_t paged_ns;
};

struct presses {
	struct press *v; /* of the devices first … first + n - 1 */
	size_t first, n;
	size_t sent, received, paged, both; /* how many */
	size_t strays; /* messages of devices that had not pressed, or came again */
};

/* 0, or -1 without memory. */
int presses_init(struct presses *p, size_t first, size_t n);
void presses_done(struct presses *p);

/* One message heard on a `down/call` or an inbox; finds out whose press it answers. */
void presses_heard(struct presses *p, const char *topic, const char *payload, int64_t now_ns);

/* One JSON object: counts, alerts per second from the first press to the last answer, and the
 * spread of press to inbox and press to `received`, in microseconds. */
void presses_print(const struct presses *p);

#endif
