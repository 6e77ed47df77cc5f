/* The pages that smsd is to send. */
#include "notify/sms_spool.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sms_file.h"
#include "spool.h"

#define DOWN_AFTER 3 /* failures in a row */
#define BACKOFF_MIN_MS 10000
#define BACKOFF_MAX_MS 300000
#define PREFIX "yj-"
/* After so many times take_max_ms a page has failed even if others get through. */
#define PATIENCE 10

int64_t yj_sms_now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t backoff_ms(int attempt)
{
	int64_t ms = BACKOFF_MIN_MS;
	for (int i = 1; i < attempt && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms / 2 + (int64_t)arc4random_uniform((uint32_t)(ms / 2) + 1);
}

static void decide(struct page *page, enum yj_sent outcome, const char *words)
{
	page->decided = true;
	page->result.outcome = outcome;
	page->result.retry_ms = outcome == YJ_SENT_RETRY ? backoff_ms(page->attempt) : 0;
	yj_sms_words(words, page->result.words, sizeof page->result.words);
}

static void note_failure(struct yj_sms_spool *spool, int weight)
{
	spool->n_failures =
	    spool->n_failures + weight < DOWN_AFTER ? spool->n_failures + weight : DOWN_AFTER;
	spool->failed_ms = yj_sms_now_ms();
}

/* ---- what became of a page ---- */

/* smsd copies a file while its lock stands beside it; a lock that a crash left is no reason to wait
 * for ever. */
static bool is_being_written(struct yj_sms_spool *spool, const char *folder, const char *name)
{
	char lock[sizeof((struct page *)0)->name + 8];
	snprintf(lock, sizeof lock, "%s.LOCK", name);
	return yj_sms_there(folder, lock) && yj_sms_age_ms(folder, lock) < spool->pace.young_ms;
}

static bool look_in_sent(struct yj_sms_spool *spool, struct page *page)
{
	char *bytes = NULL, value[64], modem[33];
	size_t len = 0;
	if (!yj_sms_there(spool->sent, page->name) ||
	    is_being_written(spool, spool->sent, page->name))
		return false;
	decide(page, YJ_SENT_OK, "");
	spool->n_failures = 0;
	/* whatever cannot be read of it, it has gone out */
	if (yj_sms_load(spool->sent, page->name, &bytes, &len) < 0)
		return true;
	yj_sms_header(bytes, len, "Message_id", value, sizeof value);
	long reference = yj_sms_count(value);
	if (spool->report && reference >= 0 && reference <= 255) {
		yj_sms_header(bytes, len, "Modem", modem, sizeof modem);
		yj_sms_ref(
		    (int)reference, modem, page->number, page->result.ref, sizeof page->result.ref);
	}
	free(bytes);
	return true;
}

/* +CMS ERROR 1, 28 and 30 (3GPP TS 24.011, E-2): the network knows no such subscriber. */
static bool is_for_good(const char *reason)
{
	static const char begin[] = "CMS ERROR: ";
	const char *at = strstr(reason, begin);
	long code = at ? yj_sms_count(at + sizeof begin - 1) : -1;
	return code == 1 || code == 28 || code == 30;
}

static bool look_in_failed(struct yj_sms_spool *spool, struct page *page)
{
	char *bytes = NULL, reason[96] = "";
	size_t len = 0;
	if (!yj_sms_there(spool->failed, page->name) ||
	    is_being_written(spool, spool->failed, page->name))
		return false;
	if (yj_sms_load(spool->failed, page->name, &bytes, &len) == 0) {
		yj_sms_header(bytes, len, "Fail_reason", reason, sizeof reason);
		free(bytes);
	}
	yj_sms_remove(spool->failed, page->name);
	bool for_good = is_for_good(reason);
	decide(page, for_good ? YJ_SENT_FINAL : YJ_SENT_RETRY,
	    reason[0] ? reason : "smsd failed and gives no reason");
	if (!for_good)
		note_failure(spool, 1);
	return true;
}

static void look_at_time(struct yj_sms_spool *spool, struct page *page)
{
	int64_t now_ms = yj_sms_now_ms();
	int64_t from_ms = page->since_ms > spool->moved_ms ? page->since_ms : spool->moved_ms;
	if (now_ms - from_ms < spool->take_max_ms &&
	    now_ms - page->since_ms < spool->take_max_ms * PATIENCE)
		return;
	const char *words = "smsd took it and keeps no copy: it needs sent and failed";
	if (yj_sms_there(spool->outgoing, page->name))
		words = "smsd does not take it";
	else if (yj_sms_there(spool->checked, page->name))
		words = "smsd has not sent it";
	yj_sms_remove(spool->outgoing, page->name);
	decide(page, YJ_SENT_RETRY, words);
	note_failure(spool, DOWN_AFTER);
}

static void forget(struct yj_sms_spool *spool, struct page *page)
{
	TAILQ_REMOVE(&spool->pages, page, link);
	spool->n_pages--;
	free(page);
}

void yj_sms_pages_look(struct yj_sms_spool *spool)
{
	struct page *page, *next;
	TAILQ_FOREACH(page, &spool->pages, link)
	{
		if (page->decided)
			continue;
		if (look_in_sent(spool, page) || look_in_failed(spool, page))
			spool->moved_ms = yj_sms_now_ms();
	}
	TAILQ_FOREACH(page, &spool->pages, link)
	{
		if (!page->decided)
			look_at_time(spool, page);
	}
	for (page = TAILQ_FIRST(&spool->pages); page; page = next) {
		next = TAILQ_NEXT(page, link);
		if (!page->decided)
			continue;
		struct yj_sent_result result = page->result;
		yj_sent_cb done = page->done;
		void *ctx = page->ctx;
		forget(spool, page);
		spool->told_ms = yj_sms_now_ms();
		done(ctx, &result);
		next = TAILQ_FIRST(&spool->pages); /* it may have sent and cancelled */
	}
}

/* ---- cleaning up ---- */

static void sweep(const char *folder, int64_t older_ms, struct yj_sms_spool *spool)
{
	struct yj_sms_found *found;
	size_t n;
	if (yj_sms_list(folder, &found, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct page *page;
		bool under_way = false;
		if (strncmp(found[i].name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		TAILQ_FOREACH(page, &spool->pages, link)
		under_way |= strcmp(page->name, found[i].name) == 0;
		if (!under_way && yj_sms_age_ms(folder, found[i].name) > older_ms)
			yj_sms_remove(folder, found[i].name);
	}
	free(found);
}

void yj_sms_pages_sweep(struct yj_sms_spool *spool)
{
	sweep(spool->outgoing, spool->take_max_ms, spool);
	sweep(spool->draft, spool->take_max_ms, spool);
	/* after a start, whatever was under way is asked for once more: it must find what became of
	 * it */
	if (yj_sms_now_ms() - spool->begun_ms < spool->pace.keep_ms)
		return;
	sweep(spool->sent, spool->pace.keep_ms, spool);
	sweep(spool->failed, spool->pace.keep_ms, spool);
}

/* ---- the channel ---- */

static bool spool_is_down(void *self)
{
	struct yj_sms_spool *spool = self;
	int64_t now_ms = yj_sms_now_ms();
	struct page *oldest = TAILQ_FIRST(&spool->pages);
	if (spool->n_failures >= DOWN_AFTER && now_ms < spool->failed_ms + spool->pace.rest_ms)
		return true;
	if (oldest && now_ms - oldest->since_ms > spool->pace.stall_ms &&
	    now_ms - spool->moved_ms > spool->pace.stall_ms)
		return true;
	return access(spool->outgoing, W_OK | X_OK) < 0;
}

static int spool_attempts(void *self)
{
	return ((struct yj_sms_spool *)self)->attempts;
}

/* The file's name: the delivery's id, and a hash of all that makes it another message though a
 * database that was begun anew counts its deliveries from the start again. */
static int name_file(const struct yj_delivery *delivery, const char *number, char *buf, size_t cap)
{
	char opened[24];
	uint64_t hash = YJ_SMS_HASH_BEGIN;
	size_t len = strlen(delivery->id);
	if (len == 0 || len + sizeof PREFIX + 17 > cap)
		return YJ_ERR_INVAL;
	for (const char *p = delivery->id; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return YJ_ERR_INVAL;
	}
	snprintf(opened, sizeof opened, "%lld", (long long)delivery->page->opened_at_ms);
	hash = yj_sms_hash(hash, delivery->page->incident ? delivery->page->incident : "");
	hash = yj_sms_hash(yj_sms_hash(hash, opened), delivery->caregiver);
	hash = yj_sms_hash(hash, number);
	snprintf(buf, cap, PREFIX "%s-%016llx", delivery->id, (unsigned long long)hash);
	return 0;
}

/* The file's content, to be freed. */
static char *write_file(const struct yj_sms_spool *spool, const struct yj_delivery *delivery,
    const char *number, size_t *len)
{
	/* four hours: a telephone that was off hears of it, but not the next day */
	static const char headers[] = "To: %s\nAlphabet: UTF-8\nReport: %s\n%sValidity: 4 hour\n\n";
	size_t cap = sizeof headers + 64 + strlen(delivery->text);
	char *bytes = malloc(cap);
	if (!bytes)
		return NULL;
	size_t n = (size_t)snprintf(bytes, cap, headers, number, spool->report ? "yes" : "no",
	    delivery->asks ? "Priority: High\n" : "");
	for (const char *p = delivery->text; *p; p++) {
		if (*p != '\r')
			bytes[n++] = *p;
	}
	*len = n;
	return bytes;
}

/* Does smsd have it already? It copies forward and then removes behind, so that in this order a
 * file is never missed. */
static bool is_there(const struct yj_sms_spool *spool, const char *name)
{
	return yj_sms_there(spool->outgoing, name) || yj_sms_there(spool->checked, name) ||
	       yj_sms_there(spool->sent, name);
}

static void hand_over(struct yj_sms_spool *spool, struct page *page, const char *bytes, size_t len)
{
	char words[96];
	if (is_there(spool, page->name))
		return;
	yj_sms_remove(spool->failed, page->name);
	int rc = yj_sms_put(spool->draft, spool->outgoing, page->name, bytes, len);
	if (rc == 0 || rc == YJ_ERR_EXISTS)
		return;
	snprintf(words, sizeof words, "smsd's spool cannot be written: %s", strerror(errno));
	decide(page, YJ_SENT_RETRY, words);
	note_failure(spool, 1);
}

static int spool_send(void *self, const struct yj_delivery *delivery, yj_sent_cb done, void *ctx)
{
	struct yj_sms_spool *spool = self;
	size_t len = 0;
	if (spool->n_pages >= YJ_SMS_UNDER_WAY_MAX)
		return YJ_ERR_BUSY;
	struct page *page = calloc(1, sizeof *page);
	if (!page)
		return YJ_ERR_NOMEM;
	int rc = yj_sms_number(delivery->phone, spool->country, page->number, sizeof page->number);
	if (rc == 0)
		rc = name_file(delivery, page->number, page->name, sizeof page->name);
	char *bytes = rc == 0 ? write_file(spool, delivery, page->number, &len) : NULL;
	if (!bytes) {
		free(page);
		return rc < 0 ? rc : YJ_ERR_NOMEM;
	}
	page->attempt = delivery->attempt;
	page->since_ms = yj_sms_now_ms();
	page->done = done;
	page->ctx = ctx;
	page->result.token = delivery->token;
	hand_over(spool, page, bytes, len);
	free(bytes);
	TAILQ_INSERT_TAIL(&spool->pages, page, link);
	spool->n_pages++;
	yj_sms_watch_arm(spool);
	return 0;
}

static void spool_cancel(void *self, uint64_t token)
{
	struct yj_sms_spool *spool = self;
	struct page *page;
	TAILQ_FOREACH(page, &spool->pages, link)
	{
		if (page->result.token != token)
			continue;
		/* what smsd has taken goes out, and the record shall say so */
		if (yj_sms_there(spool->outgoing, page->name) &&
		    yj_sms_remove(spool->outgoing, page->name) && !is_there(spool, page->name))
			forget(spool, page);
		return;
	}
}

/* ---- begin and end ---- */

static char *folder_of(const char *given, const char *spool, const char *name)
{
	char *path;
	if (given && given[0])
		return strdup(given);
	return asprintf(&path, "%s/%s", spool, name) < 0 ? NULL : path;
}

static bool fill_in(struct yj_sms_spool *spool, const struct yj_sms_spool_conf *conf)
{
	snprintf(spool->name, sizeof spool->name, "%s", conf->name);
	spool->outgoing = folder_of(conf->outgoing, conf->spool, "outgoing");
	spool->checked = folder_of(conf->checked, conf->spool, "checked");
	spool->sent = folder_of(conf->sent, conf->spool, "sent");
	spool->failed = folder_of(conf->failed, conf->spool, "failed");
	spool->incoming = folder_of(conf->incoming, conf->spool, "incoming");
	spool->draft = folder_of(NULL, conf->spool, "yijian");
	spool->bad = folder_of(NULL, conf->spool, "yijian-bad");
	spool->country = strdup(conf->country && conf->country[0] ? conf->country : "86");
	spool->report = conf->report;
	spool->attempts = conf->attempts > 0 ? conf->attempts : 1;
	spool->take_max_ms = conf->take_max_ms > 0 ? conf->take_max_ms : 60000;
	spool->pace = (struct yj_sms_spool_pace){.look_ms = 1000,
	    .scan_ms = 60000,
	    .refuse_ms = 5000,
	    .stall_ms = YJ_SMS_STALL_MS < spool->take_max_ms ? YJ_SMS_STALL_MS : spool->take_max_ms,
	    .rest_ms = 60000,
	    .keep_ms = 600000,
	    .settle_ms = 5000,
	    .young_ms = 10000};
	spool->channel = (struct yj_channel){
	    .name = spool->name,
	    .form = YJ_FORM_SMS,
	    .slow = true,
	    .self = spool,
	    .send = spool_send,
	    .is_down = spool_is_down,
	    .attempts = spool_attempts,
	    .cancel = spool_cancel,
	};
	return spool->outgoing && spool->checked && spool->sent && spool->failed &&
	       spool->incoming && spool->draft && spool->bad && spool->country;
}

struct yj_sms_spool *yj_sms_spool_new(struct event_base *base, const struct yj_sms_spool_conf *conf,
    yj_back_cb back, yj_sms_note_cb note, void *ctx)
{
	if (!conf->name || !conf->name[0] || !conf->spool || !conf->spool[0])
		return NULL;
	struct yj_sms_spool *spool = calloc(1, sizeof *spool);
	if (!spool)
		return NULL;
	TAILQ_INIT(&spool->pages);
	spool->inotify = -1;
	spool->back = back;
	spool->note = note;
	spool->ctx = ctx;
	spool->begun_ms = yj_sms_now_ms();
	spool->inbox = evtimer_new(base, yj_sms_inbox_turn, spool);
	spool->again = evtimer_new(base, yj_sms_inbox_again, spool);
	if (!fill_in(spool, conf) || !spool->inbox || !spool->again ||
	    yj_sms_watch_open(spool) < 0) {
		yj_sms_spool_free(spool);
		return NULL;
	}
	return spool;
}

const struct yj_channel *yj_sms_spool_channel(struct yj_sms_spool *spool)
{
	return &spool->channel;
}

static void set_ms(int64_t *ms, int64_t to)
{
	if (to > 0)
		*ms = to;
}

void yj_sms_spool_set_pace(struct yj_sms_spool *spool, const struct yj_sms_spool_pace *pace)
{
	set_ms(&spool->pace.look_ms, pace->look_ms);
	set_ms(&spool->pace.scan_ms, pace->scan_ms);
	set_ms(&spool->pace.refuse_ms, pace->refuse_ms);
	set_ms(&spool->pace.stall_ms, pace->stall_ms);
	set_ms(&spool->pace.rest_ms, pace->rest_ms);
	set_ms(&spool->pace.keep_ms, pace->keep_ms);
	set_ms(&spool->pace.settle_ms, pace->settle_ms);
	set_ms(&spool->pace.young_ms, pace->young_ms);
	if (spool->scan_at_ms > yj_sms_now_ms() + spool->pace.scan_ms)
		spool->scan_at_ms = yj_sms_now_ms() + spool->pace.scan_ms;
	yj_sms_watch_arm(spool);
}

void yj_sms_spool_free(struct yj_sms_spool *spool)
{
	if (!spool)
		return;
	struct page *page, *next;
	for (page = TAILQ_FIRST(&spool->pages); page; page = next) {
		next = TAILQ_NEXT(page, link);
		free(page);
	}
	yj_sms_watch_close(spool);
	if (spool->inbox)
		event_free(spool->inbox);
	if (spool->again)
		event_free(spool->again);
	free(spool->found);
	free(spool->outgoing);
	free(spool->checked);
	free(spool->sent);
	free(spool->failed);
	free(spool->incoming);
	free(spool->draft);
	free(spool->bad);
	free(spool->country);
	free(spool);
}
