/* What comes in through smsd's spool. */
#include "sms_rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "From: 8613800000001\nReceived: 26-11-24 12:38:20\nModem: GSM1\n"

static void say(struct fixture *f, const char *name, const char *text)
{
	char file[5000];
	snprintf(file, sizeof file, HEAD "Alphabet: ISO\nLength: %zu\n\n%s", strlen(text), text);
	write_text(f, "incoming", name, file);
}

static bool noted(struct fixture *f, const char *what)
{
	for (int i = 0; i < f->n_notes; i++) {
		if (strcmp(f->notes[i], what) == 0)
			return true;
	}
	return false;
}

static void test_a_text_is_handed_on_and_removed(void **state)
{
	struct fixture *f = *state;
	say(f, "GSM1.before", "1"); /* while the gateway was down */
	age(f, "incoming", "GSM1.before", 10);
	begin(f, 0);
	TURN_UNTIL(f, f->n_said == 1);
	say(f, "GSM1.after1", "1 12");
	TURN_UNTIL(f, f->n_said == 2);
	assert_int_equal(f->said[1].type, YJ_BACK_TEXT);
	assert_string_equal(f->said[1].from, "8613800000001");
	assert_string_equal(f->said[1].text, "1 12");
	assert_memory_equal(f->said[1].id, "GSM1.after1/", 12);
	TURN_UNTIL(f, count(f, "incoming") == 0);
	turn_for(f, 60);
	assert_int_equal(f->n_offered, 2);
	assert_int_equal(f->n_notes, 0);
}

static void test_alphabets(void **state)
{
	static const struct {
		const char *alphabet;
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
	    {"UCS2", "\x62\x11\x53\xbb", 4, "我去"},
	    {"UCS2", "\x62\x11\x53\xbb\x00", 5, "我去"},
	    {"UCS2", "\xff\x11", 2, "１"},
	    {"UCS2", "\xfe\xff\x00\x31", 4, "1"},
	    {"UCS2", "\xd8\x3d\xdc\x4d", 4, "👍"},
	    {"UCS2", "\xd8\x3d\x00\x31", 4,
		"\xef\xbf\xbd"
		"1"},
	    {"Unicode", "\x00\x0a\x00\x0a\x00\x31", 6, "\n\n1"},
	    {"UTF-8", "不在附近", 12, "不在附近"},
	    {"UTF-8", "1\xff\xc0\x80", 4, "1\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"ISO", "caf\xe9 \xa4", 6, "café €"},
	    {"GSM", "\x00\x10\x1b\x65\x5f", 5, "@Δ€§"},
	    {"ISO", "", 0, ""},
	};
	struct fixture *f = *state;
	begin(f, 0);
	for (int i = 0; i < (int)(sizeof cases / sizeof cases[0]); i++) {
		char file[512];
		int n = snprintf(file, sizeof file, HEAD "Alphabet: %s\n\n", cases[i].alphabet);
		memcpy(file + n, cases[i].bytes, cases[i].len);
		write_file(f, "incoming", "GSM1.x", file, (size_t)n + cases[i].len);
		TURN_UNTIL(f, f->n_said == i + 1 && count(f, "incoming") == 0);
		assert_string_equal(f->said[i].text, cases[i].text);
	}
}

static void test_refused_it_is_kept_and_offered_again_later(void **state)
{
	struct fixture *f = *state;
	f->refuse = 1;
	begin(f, 0);
	say(f, "GSM1.refuse", "1");
	TURN_UNTIL(f, f->n_offered == 1);
	double refused = now_s();
	assert_true(there(f, "incoming", "GSM1.refuse"));
	/* others are not held up, and do not bring it back at once */
	say(f, "GSM1.other1", "2");
	TURN_UNTIL(f, f->n_said == 1);
	assert_string_equal(f->said[0].text, "2");
	if (now_s() - refused < 0.25)
		assert_true(there(f, "incoming", "GSM1.refuse"));
	TURN_UNTIL(f, f->n_said == 2);
	assert_true(now_s() - refused > 0.25);
	assert_string_equal(f->said[1].text, "1");
	assert_int_equal(f->n_offered, 3);
}

static void test_kept_over_a_restart(void **state)
{
	struct fixture *f = *state;
	f->refuse = 1;
	begin(f, 0);
	say(f, "GSM1.keptit", "1");
	TURN_UNTIL(f, f->n_offered == 1);
	end(f);
	begin(f, 0);
	TURN_UNTIL(f, f->n_said == 1);
	assert_string_equal(f->said[0].text, "1");
}

static void test_reports_find_their_message(void **state)
{
	struct fixture *f = *state;
	static const char report[] =
	    "From: %s\nModem: GSM1\nAlphabet: ISO\nLength: 60\nUDH: no\n\nSMS STATUS REPORT\n"
	    "Message_id: 42\nDischarge_timestamp: 26-11-24 12:38:19\nStatus: %s";
	char file[512];
	static const struct {
		const char *from, *status;
		int type; /* -1: nothing is said */
		bool same;
	} cases[] = {
	    {"8613800000001", "0,Ok,short message received by the SME", YJ_BACK_RECEIPT, true},
	    {"13800000001", "0,Ok,short message received by the SME", YJ_BACK_RECEIPT, true},
	    {"13800000002", "0,Ok,short message received by the SME", YJ_BACK_RECEIPT, false},
	    {"8613800000001", "48,Temporary error", -1, true},
	    {"8613800000001", "1,Ok,forwarded but unable to confirm", -1, true},
	    {"8613800000001", "70,Error,validity period expired", YJ_BACK_FAILED, true},
	};
	begin(f, 0);
	send_page(f, 5, "gw-1-d7", "13800000001");
	smsd_leaves(f, "sent", "Modem: GSM1\nMessage_id: 42\n");
	TURN_UNTIL(f, f->n_results == 1);
	int said = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(file, sizeof file, report, cases[i].from, cases[i].status);
		write_text(f, "incoming", "GSM1.report", file);
		TURN_UNTIL(f, count(f, "incoming") == 0);
		if (cases[i].type >= 0) {
			assert_int_equal(f->n_said, ++said);
			assert_int_equal(f->said[said - 1].type, cases[i].type);
			assert_int_equal(
			    strcmp(f->said[said - 1].ref, f->results[0].ref) == 0, cases[i].same);
			assert_string_equal(f->said[said - 1].words, cases[i].status);
		}
		assert_int_equal(f->n_said, said);
	}
}

/* After a stop the page, its report and an answer lie there together. */
static void test_a_report_waits_until_its_message_is_known(void **state)
{
	struct fixture *f = *state;
	write_text(f, "incoming", "GSM1.report",
	    "From: 8613800000001\nModem: GSM1\nAlphabet: ISO\n\nSMS STATUS REPORT\n"
	    "Message_id: 42\nStatus: 0,Ok");
	begin(f, 0);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.settle_ms = 400});
	double begun = now_s();
	say(f, "GSM1.answer", "1");
	TURN_UNTIL(f, f->n_said == 1);
	assert_string_equal(f->said[0].text, "1");
	TURN_UNTIL(f, f->n_said == 2);
	assert_int_equal(f->said[1].type, YJ_BACK_RECEIPT);
	assert_true(now_s() - begun > 0.3);
}

static void test_garbage_is_set_aside_and_holds_nothing_up(void **state)
{
	struct fixture *f = *state;
	static const char huge_head[] = HEAD "Alphabet: ISO\n\n";
	char *huge = calloc(1, 70000), path[128], other[128];
	memcpy(huge, huge_head, sizeof huge_head - 1);
	write_file(f, "incoming", "a-huge", huge, 70000);
	free(huge);
	write_text(f, "incoming", "b-nobody", "Alphabet: ISO\n\n1");
	write_text(f, "incoming", "c-error", HEAD "Error: Cannot decode PDU\n\nPDU: 00");
	write_text(f, "incoming", "d-binary", HEAD "Alphabet: binary\n\nxyz");
	write_text(f, "incoming", "e-report",
	    HEAD "Alphabet: ISO\n\nSMS STATUS REPORT\nMessage_id: 4711\nStatus: 0,Ok\n");
	snprintf(path, sizeof path, "%s/incoming/f-link", f->root);
	say(f, "../precious", "somebody else's"); /* not to be read through a link */
	snprintf(other, sizeof other, "%s/precious", f->root);
	assert_int_equal(symlink(other, path), 0);
	snprintf(path, sizeof path, "%s/incoming/g-pipe", f->root);
	assert_int_equal(mkfifo(path, 0600), 0);
	write_text(f, "incoming", "h-half", "From: 8613800000001\nAlphab");
	say(f, "j-good", "1");
	begin(f, 0);
	TURN_UNTIL(f, f->n_said == 1);
	assert_string_equal(f->said[0].text, "1");
	TURN_UNTIL(f, count(f, "incoming") == 0);
	assert_int_equal(count(f, "yijian-bad"), 8);
	assert_int_equal(f->n_notes, 8);
	assert_true(noted(f, "sms_set_aside"));
	assert_int_equal(f->n_offered, 1);
}

static void test_what_is_still_written_is_waited_for(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.young_ms = 600000});
	write_text(f, "incoming", "GSM1.x", "");
	turn_for(f, 60);
	write_text(f, "incoming", "GSM1.x", HEAD "Alphabet: ISO\nLength: 4\n\n1 ");
	turn_for(f, 60);
	assert_int_equal(f->n_offered, 0);
	assert_true(there(f, "incoming", "GSM1.x"));
	write_text(f, "incoming", "GSM1.x", HEAD "Alphabet: ISO\nLength: 4\n\n1 12");
	TURN_UNTIL(f, f->n_said == 1);
	assert_string_equal(f->said[0].text, "1 12");
	/* cut short for good: what there is may be the answer */
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.young_ms = 200});
	write_text(f, "incoming", "GSM1.x", HEAD "Alphabet: ISO\nLength: 4\n\n2");
	TURN_UNTIL(f, f->n_said == 2);
	assert_string_equal(f->said[1].text, "2");
}

static void test_smsds_own_files_are_left_alone(void **state)
{
	struct fixture *f = *state;
	write_text(f, "incoming", "GSM1-concatenated", "0,1,garbage of parts\n");
	write_text(f, "incoming", "GSM1.x.LOCK", "");
	age(f, "incoming", "GSM1-concatenated", 3600);
	age(f, "incoming", "GSM1.x.LOCK", 3600);
	begin(f, 0);
	turn_for(f, 100);
	assert_int_equal(count(f, "incoming"), 2);
	assert_int_equal(f->n_notes, 0);
}

/* inotify tells nothing of a folder that was replaced, nor after its queue has overflowed. */
static void test_the_scan_finds_what_inotify_misses(void **state)
{
	struct fixture *f = *state;
	char path[128], away[128];
	begin(f, 0);
	say(f, "GSM1.first1", "1");
	TURN_UNTIL(f, f->n_said == 1);
	snprintf(path, sizeof path, "%s/incoming", f->root);
	snprintf(away, sizeof away, "%s/away", f->root);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(mkdir(path, 0770), 0);
	say(f, "GSM1.second", "2");
	turn_for(f, 60);
	assert_int_equal(f->n_said, 1);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.scan_ms = 50});
	TURN_UNTIL(f, f->n_said == 2);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.scan_ms = 600000});
	turn_for(f, 100);	    /* the scan that is armed already */
	say(f, "GSM1.third1", "3"); /* the new folder is watched */
	TURN_UNTIL(f, f->n_said == 3);
}

static void test_hundreds_in_order_of_time(void **state)
{
	struct fixture *f = *state;
	char name[32], text[16];
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "GSM1.%d", (i * 7919) % 1000);
		snprintf(text, sizeof text, "%d", i);
		say(f, name, text);
		age(f, "incoming", name, 1000 - i);
	}
	begin(f, 0);
	TURN_UNTIL(f, f->n_said == 300);
	for (int i = 0; i < 300; i++)
		assert_int_equal(atoi(f->said[i].text), i);
	assert_int_equal(count(f, "incoming"), 0);
}

static void test_permissions_lose_no_answer(void **state)
{
	struct fixture *f = *state;
	char path[128];
	if (geteuid() != 0) {
		skip();
		return;
	}
	say(f, "GSM1.closed", "1");
	say(f, "GSM1.stays1", "2");
	snprintf(path, sizeof path, "%s/incoming/GSM1.closed", f->root);
	assert_int_equal(chmod(path, 0000), 0);
	assert_int_equal(chmod(f->root, 0755), 0);
	snprintf(path, sizeof path, "%s/incoming", f->root);
	assert_int_equal(chmod(path, 0755), 0); /* readable, but nothing can be removed */
	assert_int_equal(seteuid(65534), 0);
	begin(f, 0);
	TURN_UNTIL(f, noted(f, "sms_not_readable") && noted(f, "sms_not_removed"));
	assert_int_equal(f->n_said, 1);
	assert_string_equal(f->said[0].text, "2");
	turn_for(f, 400);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(f->n_offered, 1); /* not again and again */
	assert_int_equal(count(f, "incoming"), 2);
	/* mended */
	snprintf(path, sizeof path, "%s/incoming/GSM1.closed", f->root);
	assert_int_equal(chmod(path, 0640), 0);
	end(f);
	begin(f, 0);
	TURN_UNTIL(f, count(f, "incoming") == 0);
	assert_int_equal(f->n_said, 3);
	/* the same id, by which a repeat is known */
	assert_string_equal(f->said[0].id, f->said[strcmp(f->said[1].text, "2") == 0 ? 1 : 2].id);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_a_text_is_handed_on_and_removed),
	    T(test_alphabets),
	    T(test_refused_it_is_kept_and_offered_again_later),
	    T(test_kept_over_a_restart),
	    T(test_reports_find_their_message),
	    T(test_a_report_waits_until_its_message_is_known),
	    T(test_garbage_is_set_aside_and_holds_nothing_up),
	    T(test_what_is_still_written_is_waited_for),
	    T(test_smsds_own_files_are_left_alone),
	    T(test_the_scan_finds_what_inotify_misses),
	    T(test_hundreds_in_order_of_time),
	    T(test_permissions_lose_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
