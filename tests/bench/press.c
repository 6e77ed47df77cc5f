#include "press.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int presses_init(struct presses *p, size_t first, size_t n)
{
	*p = (struct presses){.first = first, .n = n};
	p->v = calloc(n ? n : 1, sizeof *p->v);
	return p->v ? 0 : -1;
}

void presses_done(struct presses *p)
{
	free(p->v);
}

/* The number in what follows `before` and one letter, e.g. b000017. */
static struct press *find(struct presses *p, const char *text, const char *before)
{
	const char *at = strstr(text, before);
	if (!at)
		return NULL;
	size_t number = strtoul(at + strlen(before) + 1, NULL, 10);
	if (number < p->first || number - p->first >= p->n)
		return NULL;
	struct press *one = &p->v[number - p->first];
	return one->sent_ns ? one : NULL;
}

void presses_heard(struct presses *p, const char *topic, const char *payload, int64_t now_ns)
{
	bool inbox = strncmp(topic, "yj/v1/cg/", 9) == 0;
	if (!strstr(payload, inbox ? "\"state\":\"open\"" : "\"state\":\"received\""))
		return;
	struct press *one =
	    inbox ? find(p, payload, "\"resident\":{\"id\":\"") : find(p, topic, "yj/v1/dev/");
	int64_t *when = !one ? NULL : inbox ? &one->paged_ns : &one->received_ns;
	if (!when || *when) {
		p->strays++;
		return;
	}
	*when = now_ns;
	if (inbox)
		p->paged++;
	else
		p->received++;
	if (one->paged_ns && one->received_ns)
		p->both++;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void print_spread(const char *name, int64_t *v, size_t n)
{
	if (n == 0)
		return;
	qsort(v, n, sizeof *v, by_value);
	printf(", \"%s\": {\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"max\": %.1f}", name,
	    (double)v[n / 2] / 1e3, (double)v[n * 90 / 100] / 1e3, (double)v[n * 99 / 100] / 1e3,
	    (double)v[n - 1] / 1e3);
}

void presses_print(const struct presses *p)
{
	int64_t first = INT64_MAX, last = 0;
	size_t n_paged = 0, n_received = 0;
	int64_t *paged = calloc(p->n + 1, sizeof *paged);
	int64_t *received = calloc(p->n + 1, sizeof *received);
	for (size_t i = 0; paged && received && i < p->n; i++) {
		const struct press *one = &p->v[i];
		if (!one->sent_ns)
			continue;
		if (one->sent_ns < first)
			first = one->sent_ns;
		if (one->paged_ns)
			paged[n_paged++] = one->paged_ns - one->sent_ns;
		if (one->received_ns)
			received[n_received++] = one->received_ns - one->sent_ns;
		if (one->paged_ns > last)
			last = one->paged_ns;
		if (one->received_ns > last)
			last = one->received_ns;
	}
	double seconds = last > first ? (double)(last - first) / 1e9 : 0;
	printf("{\"sent\": %zu, \"received\": %zu, \"paged\": %zu, \"done\": %zu, \"strays\": %zu, "
	       "\"seconds\": %.6f, \"per_s\": %.1f",
	    p->sent, p->received, p->paged, p->both, p->strays, seconds,
	    seconds > 0 ? (double)p->both / seconds : 0);
	if (paged && received) {
		print_spread("inbox_us", paged, n_paged);
		print_spread("received_us", received, n_received);
	}
	puts("}");
	free(paged);
	free(received);
}
