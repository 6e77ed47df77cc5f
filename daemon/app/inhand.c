#include "inhand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fnv.h"
#include "lanes.h"
#include "plant.h"
#include "ways.h"

#define MAGIC 0x594a4831u
#define OFTEN_MS (5LL * 60 * 1000)
#define ITEM_MAX 64
#define WEIGHT_CRASH 2 /* a fatal signal of our own */
#define WEIGHT_KILL 1  /* from outside, in steps of one */
#define WEIGHT_ASIDE 4
#define WEIGHT_RAW 8
#define SUSPECTS_MAX 64
#define DESK_AGAIN_MS                                                                              \
	(5LL * 60 * 1000) /* the desk hears of an incident set aside until it answers              \
			   */

struct page { /* the file */
	uint32_t magic;
	uint32_t running; /* 1 from open to a clean close */
	volatile uint32_t fatal_signal;
	uint32_t careful;
	int64_t unclean_utc_ms[2]; /* the two newest unclean ends, newest first */
	char item[ITEM_MAX];
};

struct yj_inhand {
	struct page *page;
	char aside[SUSPECTS_MAX][ITEM_MAX]; /* what is to be set aside when it comes again */
	unsigned n_raw; /* the first of them, which crashed the daemon even while set aside */
	unsigned n_aside;
	struct page last; /* as the run before left it */
	bool unclean;
};

static struct page *handler_page;

static void on_fatal(int signal_number)
{
	if (handler_page)
		handler_page->fatal_signal = (uint32_t)signal_number;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void catch_fatal(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
	struct sigaction sa = {.sa_handler = on_fatal, .sa_flags = SA_NODEFER};
	static char stack[16384]; /* an overflow of the ordinary one is a crash to be stamped too */
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	if (sigaltstack(&other, NULL) == 0)
		sa.sa_flags |= SA_ONSTACK;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &sa, NULL);
}

static int64_t wall_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int yj_inhand_open(const char *data_dir, struct yj_inhand **out, bool *unclean, bool *often)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/in-hand", data_dir);
	struct yj_inhand *h = calloc(1, sizeof *h);
	if (!h)
		return YJ_ERR_NOMEM;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	/* its block is allocated now: writing to a hole of a full disk would be a SIGBUS */
	if (fd < 0 || posix_fallocate(fd, 0, sizeof(struct page)) != 0) {
		if (fd >= 0)
			close(fd);
		free(h);
		return YJ_ERR_IO;
	}
	h->page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (h->page == MAP_FAILED) {
		free(h);
		return YJ_ERR_IO;
	}
	h->last = *h->page;
	h->last.item[ITEM_MAX - 1] = '\0';
	h->unclean = h->last.magic == MAGIC && h->last.running;
	struct page fresh = {.magic = MAGIC, .running = 1};
	int64_t now = wall_ms();
	if (h->last.magic == MAGIC)
		memcpy(fresh.unclean_utc_ms, h->last.unclean_utc_ms, sizeof fresh.unclean_utc_ms);
	if (h->unclean) {
		fresh.unclean_utc_ms[1] = fresh.unclean_utc_ms[0];
		fresh.unclean_utc_ms[0] = now;
	}
	int64_t apart = now - fresh.unclean_utc_ms[1];
	*unclean = h->unclean;
	*often = h->unclean && fresh.unclean_utc_ms[1] && apart >= 0 && apart < OFTEN_MS;
	fresh.careful = *often;
	*h->page = fresh;
	handler_page = h->page;
	catch_fatal();
	*out = h;
	return 0;
}

void yj_inhand_close(struct yj_inhand *h, bool clean)
{
	if (!h)
		return;
	if (clean) {
		h->page->running = 0;
		memset(h->page->unclean_utc_ms, 0, sizeof h->page->unclean_utc_ms);
	}
	handler_page = NULL;
	munmap(h->page, sizeof *h->page);
	free(h);
}

static int load_aside(void *ctx, const char *item)
{
	struct yj_inhand *h = ctx;
	if (h->n_aside < SUSPECTS_MAX)
		snprintf(h->aside[h->n_aside++], ITEM_MAX, "%s", item);
	return 0;
}

static int judge(struct yj_gateway *g)
{
	struct yj_inhand *h = g->inhand;
	int rc = 0;
	bool crashed = h->last.fatal_signal != 0;
	if (h->unclean && h->last.item[0] && (crashed || h->last.careful)) {
		int64_t times = 0;
		for (int i = 0; rc == 0 && i < (crashed ? WEIGHT_CRASH : WEIGHT_KILL); i++)
			rc = yj_suspect_bump(g->store, h->last.item, g->now.utc_ms, &times);
		yj_log(YJ_LOG_ERR, "event=crashed_with item=%s signal=%u weight=%lld", h->last.item,
		    (unsigned)h->last.fatal_signal, (long long)times);
	}
	if (rc == 0)
		rc = yj_suspects_over(g->store, WEIGHT_RAW, load_aside, h);
	h->n_raw = h->n_aside;
	return rc < 0 ? rc : yj_suspects_over(g->store, WEIGHT_ASIDE, load_aside, h);
}

int yj_inhand_judge(struct yj_gateway *g)
{
	int rc = yj_store_begin(g->store);
	if (rc < 0)
		return rc;
	rc = judge(g);
	if (rc == 0)
		return yj_store_commit(g->store);
	yj_store_rollback(g->store);
	return rc;
}

static enum yj_aside take(struct yj_inhand *h, const char *item)
{
	memcpy(h->page->item, item, strlen(item) + 1);
	for (unsigned i = 0; i < h->n_aside; i++)
		if (strcmp(h->aside[i], item) == 0)
			return i < h->n_raw ? YJ_ASIDE_RAW : YJ_ASIDE_REFUSE;
	return YJ_ASIDE_NOT;
}

enum yj_aside yj_inhand_message(struct yj_gateway *g, const struct yj_raw *raw)
{
	char item[ITEM_MAX];
	uint64_t h = yj_fnv(yj_fnv_text(raw->topic), raw->payload, raw->len);
	snprintf(item, sizeof item, "m:%016" PRIx64 ":%zu", h, raw->len);
	enum yj_aside aside = take(g->inhand, item);
	if (aside != YJ_ASIDE_RAW)
		yj_plant_message(raw->payload, raw->len, aside != YJ_ASIDE_NOT);
	return aside;
}

bool yj_inhand_incident(struct yj_gateway *g, int64_t n)
{
	char item[ITEM_MAX];
	snprintf(item, sizeof item, "i:%" PRId64, n);
	bool aside = take(g->inhand, item) != YJ_ASIDE_NOT;
	if (!aside)
		yj_plant_incident(n);
	return aside;
}

static enum yj_aside take_delivery(struct yj_gateway *g, int64_t n)
{
	char item[ITEM_MAX];
	snprintf(item, sizeof item, "o:%" PRId64, n);
	return take(g->inhand, item);
}

bool yj_inhand_delivery(struct yj_gateway *g, int64_t n)
{
	bool aside = take_delivery(g, n) != YJ_ASIDE_NOT;
	if (!aside)
		yj_plant_delivery(n);
	return aside;
}

enum yj_aside yj_inhand_result(struct yj_gateway *g, int64_t n)
{
	enum yj_aside aside = take_delivery(g, n);
	if (aside != YJ_ASIDE_RAW)
		yj_plant_result(n, aside != YJ_ASIDE_NOT);
	return aside;
}

void yj_inhand_none(struct yj_gateway *g)
{
	g->inhand->page->item[0] = '\0';
}

/* Of an incident, or, with 0, of `subject`. */
static int log_aside(struct yj_gateway *g, const char *what, int64_t incident, const char *subject)
{
	yj_log(YJ_LOG_ERR, "event=set_aside what=%s subject=%s", what, subject);
	struct yj_log_event e = yj_event_of(YJ_EV_GATEWAY_POISON);
	e.incident = incident;
	e.subject = subject;
	e.more = json_pack("{s:s}", "what", what);
	int rc = e.more ? yj_gateway_log(g, &e) : YJ_ERR_NOMEM;
	json_decref(e.more);
	return rc;
}

int yj_inhand_log(struct yj_gateway *g, const char *what, const char *subject)
{
	return log_aside(g, what, 0, subject);
}

/* Everybody at the desk hears of it, in words that need nothing of the incident but its number. */
static int page_desk(struct yj_gateway *g, int64_t n)
{
	struct yj_names desk = {0};
	int rc = yj_people_desk(g->store, &desk);
	for (size_t i = 0; rc == 0 && i < desk.n; i++) {
		struct yj_caregiver who;
		struct yj_outbox_row row = {
		    .due_t = g->now.t,
		    .incident = n,
		    .say = YJ_PAGE_OPEN,
		    .said = "!",
		};
		rc = yj_caregiver_find(g->store, desk.v[i], &who);
		if (rc < 0)
			break;
		snprintf(row.target, sizeof row.target, "%s", desk.v[i]);
		struct yj_ways ways;
		yj_ways_get(g, &who, &ways);
		snprintf(row.channel, sizeof row.channel, "%s", ways.v[0]);
		rc = yj_outbox_add(g->store, &row, g->now.utc_ms);
		struct yj_person p = {.status = YJ_PERSON_ASKED};
		snprintf(p.caregiver, sizeof p.caregiver, "%s", desk.v[i]);
		if (rc == 0)
			rc = yj_person_put(g->store, n, &p);
	}
	yj_names_done(&desk);
	yj_lanes_wake(g);
	return rc;
}

int yj_inhand_poison_incident(struct yj_gateway *g, int64_t n)
{
	char id[YJ_NAME_MAX + 24], subject[YJ_NAME_MAX + 40];
	yj_incident_id(g->store, n, id, sizeof id);
	snprintf(subject, sizeof subject, "incident/%s", id);
	int rc = yj_incident_poison(g->store, n, g->now.t + DESK_AGAIN_MS);
	if (rc == 0)
		rc = log_aside(g, "incident", n, subject);
	return rc < 0 ? rc : page_desk(g, n);
}

int yj_inhand_poison_delivery(struct yj_gateway *g, const struct yj_outbox_row *row)
{
	char id[YJ_NAME_MAX + 24], subject[YJ_NAME_MAX + 40];
	yj_delivery_id(g->store, row->n, id, sizeof id);
	snprintf(subject, sizeof subject, "delivery/%s", id);
	int rc = yj_outbox_poison(g->store, row->n);
	return rc < 0 ? rc : yj_inhand_log(g, "delivery", subject);
}
