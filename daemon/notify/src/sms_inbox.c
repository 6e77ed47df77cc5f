/* What comes in through the modem: texts of people and reports of the centre. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sms_file.h"
#include "spool.h"

#define SLICE 16		      /* files a turn of the loop */
#define KEPT_TEXT_MS (7 * 86400000LL) /* then what nobody takes is set aside */
#define KEPT_REPORT_MS 86400000LL

/* 3GPP TS 23.040, 9.2.3.15: 0 has arrived; 1 and 2 tell nothing of that, 32 to 63 are tries. */
#define STATUS_RECEIVED 0
#define STATUS_FAILED_FROM 64

void yj_sms_inbox_look(struct yj_sms_spool *spool)
{
	spool->inbox_changed = true;
	event_active(spool->inbox, EV_TIMEOUT, 0);
}

static void look_in(struct yj_sms_spool *spool, int64_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	int64_t at_ms = yj_sms_now_ms() + ms;
	if (event_pending(spool->again, EV_TIMEOUT, NULL) && spool->again_at_ms <= at_ms)
		return;
	spool->again_at_ms = at_ms;
	event_add(spool->again, &tv);
}

void yj_sms_inbox_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	yj_sms_inbox_look(arg);
}

/* smsd's own: parts that are being put together, its test of the folder, locks. */
static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);
	return len >= n && strcmp(name + len - n, end) == 0;
}

static bool is_smsds_own(const char *name)
{
	return ends_with(name, "-concatenated") || ends_with(name, ".LOCK");
}

/* ---- what is passed over for now ---- */

static uint64_t hash_of(const struct yj_sms_found *file)
{
	char text[64];
	snprintf(text, sizeof text, "%llu %lld", (unsigned long long)file->inode,
	    (long long)file->mtime_ns);
	uint64_t hash = yj_sms_hash(yj_sms_hash(YJ_SMS_HASH_BEGIN, file->name), text);
	return hash ? hash : 1;
}

static struct passed *find_passed(struct yj_sms_spool *spool, uint64_t file)
{
	for (size_t i = 0; i < YJ_SMS_PASSED_MAX; i++) {
		if (spool->passed[i].file == file)
			return &spool->passed[i];
	}
	return NULL;
}

/* For how long it is passed over, in ms; 0: not at all; INT64_MAX: for good. */
static int64_t passed_for(struct yj_sms_spool *spool, const struct yj_sms_found *file)
{
	struct passed *p = find_passed(spool, hash_of(file));
	if (!p)
		return 0;
	if (p->until_ms == INT64_MAX)
		return INT64_MAX;
	int64_t left_ms = p->until_ms - yj_sms_now_ms();
	if (left_ms <= 0)
		p->file = 0;
	return left_ms > 0 ? left_ms : 0;
}

/* A full table forgets what would be looked at first anyhow. */
static void pass(struct yj_sms_spool *spool, const struct yj_sms_found *file, int64_t until_ms)
{
	struct passed *p = &spool->passed[0];
	for (size_t i = 0; i < YJ_SMS_PASSED_MAX && p->file; i++) {
		if (!spool->passed[i].file || spool->passed[i].until_ms < p->until_ms)
			p = &spool->passed[i];
	}
	*p = (struct passed){.file = hash_of(file), .until_ms = until_ms};
}

static void note(struct yj_sms_spool *spool, const char *what)
{
	if (spool->note)
		spool->note(spool->ctx, what);
}

/* ---- one file ---- */

static void take_away(struct yj_sms_spool *spool, const struct yj_sms_found *file)
{
	if (yj_sms_remove(spool->incoming, file->name))
		return;
	pass(spool, file, INT64_MAX);
	note(spool, "sms_not_removed");
}

static void put_aside(struct yj_sms_spool *spool, const struct yj_sms_found *file)
{
	bool dropped = false;
	if (yj_sms_set_aside(spool->incoming, file->name, spool->bad, &dropped) < 0) {
		pass(spool, file, INT64_MAX);
		note(spool, "sms_not_removed");
		return;
	}
	note(spool, dropped ? "sms_dropped" : "sms_set_aside");
}

static int offer_text(struct yj_sms_spool *spool, const struct yj_sms_found *file,
    const struct yj_sms_incoming *incoming)
{
	char id[YJ_MSGID_MAX + 1];
	/* smsd draws six letters, which may come again one day */
	snprintf(id, sizeof id, "%.80s/%lld", file->name, (long long)(file->mtime_ns / 1000000));
	struct yj_back back = {
	    .type = YJ_BACK_TEXT,
	    .channel = spool->name,
	    .ref = "",
	    .id = id,
	    .from = incoming->from,
	    .text = incoming->text,
	    .words = "",
	};
	return spool->back(spool->ctx, &back);
}

/* A report may lie there together with what it is about: first the gateway shall have on disk by
 * which reference that goes, also after a start, when it asks for what was under way. */
static int64_t report_waits_ms(const struct yj_sms_spool *spool)
{
	int64_t begun_ms = spool->begun_ms + spool->pace.settle_ms;
	int64_t told_ms = spool->told_ms ? spool->told_ms + spool->pace.settle_ms / 5 : 0;
	return (begun_ms > told_ms ? begun_ms : told_ms) - yj_sms_now_ms();
}

static int offer_report(struct yj_sms_spool *spool, const struct yj_sms_found *file,
    const struct yj_sms_incoming *incoming)
{
	char id[YJ_MSGID_MAX + 1], ref[YJ_REF_MAX + 1];
	if (incoming->status != STATUS_RECEIVED && incoming->status < STATUS_FAILED_FROM)
		return 0;
	snprintf(id, sizeof id, "%.80s/%lld", file->name, (long long)(file->mtime_ns / 1000000));
	yj_sms_ref(incoming->reference, incoming->modem, incoming->from, ref, sizeof ref);
	struct yj_back back = {
	    .type = incoming->status == STATUS_RECEIVED ? YJ_BACK_RECEIPT : YJ_BACK_FAILED,
	    .channel = spool->name,
	    .ref = ref,
	    .id = id,
	    .from = "",
	    .text = "",
	    .words = incoming->words,
	};
	return spool->back(spool->ctx, &back);
}

/* These return after how many ms the file is looked at again; 0: never. */

static int64_t pass_until(struct yj_sms_spool *spool, const struct yj_sms_found *file, int64_t ms)
{
	pass(spool, file, yj_sms_now_ms() + ms);
	return ms;
}

static int64_t refuse(struct yj_sms_spool *spool, const struct yj_sms_found *file, int64_t kept_ms)
{
	if (yj_sms_age_ms(spool->incoming, file->name) <= kept_ms)
		return pass_until(spool, file, spool->pace.refuse_ms);
	put_aside(spool, file);
	return 0;
}

static bool is_young(const struct yj_sms_spool *spool, const struct yj_sms_found *file)
{
	return yj_sms_age_ms(spool->incoming, file->name) < spool->pace.young_ms;
}

static int64_t read_file(
    struct yj_sms_spool *spool, const struct yj_sms_found *file, const char *bytes, size_t len)
{
	struct yj_sms_incoming incoming;
	int rc = 0;
	bool whole = !is_young(spool, file);
	enum yj_sms_kind kind = yj_sms_read(bytes, len, whole, &incoming);
	switch (kind) {
	case YJ_SMS_TEXT:
		rc = offer_text(spool, file, &incoming);
		break;
	case YJ_SMS_REPORT:
		if (report_waits_ms(spool) > 0)
			return pass_until(spool, file, report_waits_ms(spool));
		rc = offer_report(spool, file, &incoming);
		break;
	case YJ_SMS_INCOMPLETE:
		if (!whole)
			return spool->pace.look_ms;
		put_aside(spool, file);
		return 0;
	case YJ_SMS_GARBAGE:
		put_aside(spool, file);
		return 0;
	}
	free(incoming.text);
	if (rc < 0)
		return refuse(spool, file, kind == YJ_SMS_TEXT ? KEPT_TEXT_MS : KEPT_REPORT_MS);
	take_away(spool, file);
	return 0;
}

static int64_t take_file(struct yj_sms_spool *spool, const struct yj_sms_found *file)
{
	char *bytes;
	size_t len;
	if (is_smsds_own(file->name))
		return 0;
	int64_t again_ms = passed_for(spool, file);
	if (again_ms > 0)
		return again_ms == INT64_MAX ? 0 : again_ms;
	switch (yj_sms_load(spool->incoming, file->name, &bytes, &len)) {
	case 0:
		again_ms = read_file(spool, file, bytes, len);
		free(bytes);
		return again_ms;
	case YJ_ERR_NOTFOUND:
		return 0;
	case YJ_ERR_BADMSG:
		put_aside(spool, file);
		return 0;
	case YJ_ERR_DENIED: /* somebody's permissions are wrong: an answer must not be lost by it */
		if (is_young(
			spool, file)) /* smsd makes a file first and opens it to the group then */
			return spool->pace.look_ms;
		note(spool, "sms_not_readable");
		return pass_until(spool, file, spool->pace.scan_ms);
	default:
		return pass_until(spool, file, spool->pace.refuse_ms);
	}
}

/* ---- all of them, in slices ---- */

static void begin_scan(struct yj_sms_spool *spool)
{
	free(spool->found);
	spool->found = NULL;
	spool->n_found = spool->at_found = 0;
	spool->inbox_changed = false;
	/* what cannot be read now the next scan may find */
	if (yj_sms_list(spool->incoming, &spool->found, &spool->n_found) < 0)
		spool->n_found = 0;
}

void yj_sms_inbox_turn(evutil_socket_t fd, short what, void *arg)
{
	struct yj_sms_spool *spool = arg;
	int64_t again_ms = 0;
	(void)fd;
	(void)what;
	if (spool->at_found == spool->n_found && spool->inbox_changed)
		begin_scan(spool);
	for (int i = 0; spool->found && i < SLICE && spool->at_found < spool->n_found; i++) {
		int64_t ms = take_file(spool, &spool->found[spool->at_found++]);
		if (ms > 0 && (again_ms == 0 || ms < again_ms))
			again_ms = ms;
	}
	if (spool->at_found < spool->n_found || spool->inbox_changed)
		event_active(spool->inbox, EV_TIMEOUT, 0);
	if (again_ms > 0)
		look_in(spool, again_ms);
}
