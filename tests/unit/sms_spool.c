/* Pages through smsd's spool. */
#include "sms_rig.h"

#include <sys/stat.h>
#include <unistd.h>

#define PHONE "138 0000 0001"

static void test_a_page_is_written_sent_and_named(void **state)
{
	struct fixture *f = *state;
	char name[256];
	begin(f, 0);
	assert_int_equal(send_page(f, 5, "gw-1-d7", PHONE), 0);
	snprintf(name, sizeof name, "%s", only(f, "outgoing"));
	assert_memory_equal(name, "yj-gw-1-d7-", 11);
	assert_string_equal(read_file(f, "outgoing", name),
	    "To: 8613800000001\nAlphabet: UTF-8\nReport: yes\nPriority: High\nValidity: 4 hour\n\n"
	    "王秀英求助\n石门村二组");
	assert_int_equal(count(f, "yijian"), 0);
	assert_false(f->channel->is_down(f->channel->self));
	smsd_leaves(f, "sent", "Modem: GSM1\nMessage_id: 42\n");
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_OK);
	assert_int_equal(f->results[0].token, 5);
	assert_memory_equal(f->results[0].ref, "42-", 3);
	assert_true(there(f, "sent", name)); /* for a question after a crash */
	turn_for(f, 60);
	assert_int_equal(f->n_results, 1);
}

static void test_a_repeat_sends_nothing_twice(void **state)
{
	struct fixture *f = *state;
	static const char *const stages[] = {"outgoing", "checked", "sent"};
	char name[256];
	begin(f, 0);
	assert_int_equal(send_page(f, 1, "gw-1-d7", PHONE), 0);
	snprintf(name, sizeof name, "%s", only(f, "outgoing"));
	for (size_t i = 0; i < 3; i++) {
		if (i > 0) {
			char from[256], to[256];
			snprintf(from, sizeof from, "%s/%s/%s", f->root, stages[i - 1], name);
			snprintf(to, sizeof to, "%s/%s/%s", f->root, stages[i], name);
			end(f); /* a gateway that was killed */
			assert_int_equal(rename(from, to), 0);
			begin(f, 0);
		}
		assert_int_equal(send_page(f, 2 + i, "gw-1-d7", PHONE), 0);
		assert_int_equal(count(f, "outgoing"), i == 0 ? 1 : 0);
	}
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_OK);
	assert_int_equal(f->results[0].token, 4);
	/* another delivery, and the same number of another database, are others */
	assert_int_equal(send_page(f, 9, "gw-1-d8", PHONE), 0);
	assert_int_equal(send_page(f, 10, "gw-1-d7", "13800000002"), 0);
	assert_int_equal(count(f, "outgoing"), 2);
}

static void test_a_failure_has_smsds_words(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	send_page(f, 1, "gw-1-d7", PHONE);
	smsd_leaves(f, "failed", "Fail_reason: +CMS ERROR: 500 (8613800000001 refused)\n");
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_RETRY);
	assert_string_equal(f->results[0].words, "+CMS ERROR: 500 (# refused)");
	assert_in_range(f->results[0].retry_ms, 5000, 10000);
	assert_int_equal(count(f, "failed"), 0);
	/* the retry is written again */
	send_page(f, 1, "gw-1-d7", PHONE);
	assert_int_equal(count(f, "outgoing"), 1);
	smsd_leaves(f, "failed", "Fail_reason: +CMS ERROR: 28 (Unidentified subscriber)\n");
	TURN_UNTIL(f, f->n_results == 2);
	assert_int_equal(f->results[1].outcome, YJ_SENT_FINAL);
}

static void test_a_file_under_a_lock_is_not_read(void **state)
{
	struct fixture *f = *state;
	char name[256], lock[300];
	begin(f, 0);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.young_ms = 600000});
	send_page(f, 1, "gw-1-d7", PHONE);
	snprintf(name, sizeof name, "%s", only(f, "outgoing"));
	snprintf(lock, sizeof lock, "%s.LOCK", name);
	write_text(f, "sent", lock, "");
	smsd_leaves(f, "sent", "Modem: GSM1\n");
	turn_for(f, 80);
	assert_int_equal(f->n_results, 0);
	snprintf(name, sizeof name, "%s/sent/%s", f->root, lock);
	unlink(name);
	TURN_UNTIL(f, f->n_results == 1);
	assert_string_equal(f->results[0].ref, ""); /* smsd gave no reference */
}

static void test_a_dead_smsd_is_known_to_be_down(void **state)
{
	struct fixture *f = *state;
	begin(f, 400);
	yj_sms_spool_set_pace(
	    f->spool, &(struct yj_sms_spool_pace){.stall_ms = 100, .rest_ms = 300});
	send_page(f, 1, "gw-1-d7", PHONE);
	assert_false(f->channel->is_down(f->channel->self));
	TURN_UNTIL(f, f->channel->is_down(f->channel->self));
	assert_int_equal(f->n_results, 0);
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_RETRY);
	assert_string_equal(f->results[0].words, "smsd does not take it");
	assert_true(f->channel->is_down(f->channel->self));
	assert_int_equal(count(f, "outgoing"), 0); /* no old news when smsd comes back */
	TURN_UNTIL(f, !f->channel->is_down(f->channel->self));
}

static void test_a_modem_that_hangs(void **state)
{
	struct fixture *f = *state;
	begin(f, 200);
	send_page(f, 1, "gw-1-d7", PHONE);
	smsd_leaves(f, "checked", "");
	TURN_UNTIL(f, f->n_results == 1);
	assert_string_equal(f->results[0].words, "smsd has not sent it");
	assert_int_equal(count(f, "checked"), 1); /* it is smsd's */
	/* the retry waits for the same file */
	send_page(f, 1, "gw-1-d7", PHONE);
	assert_int_equal(count(f, "outgoing"), 0);
}

static void test_three_failures_are_down_until_a_success(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	for (int i = 0; i < 3; i++) {
		char id[16];
		assert_false(f->channel->is_down(f->channel->self));
		snprintf(id, sizeof id, "d%d", i);
		send_page(f, 1, id, PHONE);
		smsd_leaves(f, "failed", "Fail_reason: no network\n");
		TURN_UNTIL(f, f->n_results == i + 1);
	}
	assert_true(f->channel->is_down(f->channel->self));
	send_page(f, 1, "d9", PHONE);
	smsd_leaves(f, "sent", "");
	TURN_UNTIL(f, f->n_results == 4);
	assert_false(f->channel->is_down(f->channel->self));
}

static void test_a_spool_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	char path[128], away[128];
	snprintf(path, sizeof path, "%s/outgoing", f->root);
	snprintf(away, sizeof away, "%s/away", f->root);
	assert_int_equal(rename(path, away), 0);
	begin(f, 0);
	assert_true(f->channel->is_down(f->channel->self));
	assert_int_equal(send_page(f, 1, "gw-1-d7", PHONE), 0);
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_RETRY);
	assert_non_null(strstr(f->results[0].words, "No such file"));
	assert_int_equal(rename(away, path), 0);
	assert_false(f->channel->is_down(f->channel->self));
	assert_int_equal(send_page(f, 1, "gw-1-d7", PHONE), 0);
	assert_int_equal(count(f, "outgoing"), 1);
}

static void test_cancelled_it_is_taken_back(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	send_page(f, 1, "d1", PHONE);
	f->channel->cancel(f->channel->self, 2);
	assert_int_equal(count(f, "outgoing"), 1);
	f->channel->cancel(f->channel->self, 1);
	assert_int_equal(count(f, "outgoing"), 0);
	turn_for(f, 60);
	assert_int_equal(f->n_results, 0);
}

/* What smsd has taken goes out all the same, and that is told. */
static void test_cancelled_too_late_it_goes_on(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	send_page(f, 1, "d1", PHONE);
	smsd_leaves(f, "checked", "");
	f->channel->cancel(f->channel->self, 1);
	turn_for(f, 60);
	assert_int_equal(f->n_results, 0);
	char name[256], from[256], to[256];
	snprintf(name, sizeof name, "%s", only(f, "checked"));
	snprintf(from, sizeof from, "%s/checked/%s", f->root, name);
	snprintf(to, sizeof to, "%s/sent/%s", f->root, name);
	assert_int_equal(rename(from, to), 0);
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_OK);
}

static void test_no_number_no_odd_id_and_only_so_many(void **state)
{
	struct fixture *f = *state;
	begin(f, 0);
	assert_int_equal(send_page(f, 1, "d1", ""), YJ_ERR_NOTFOUND);
	assert_int_equal(send_page(f, 1, "d1", "none"), YJ_ERR_NOTFOUND);
	assert_int_equal(send_page(f, 1, "../d1", PHONE), YJ_ERR_INVAL);
	assert_int_equal(send_page(f, 1, "", PHONE), YJ_ERR_INVAL);
	for (int i = 0; i < 64; i++) {
		char id[16];
		snprintf(id, sizeof id, "d%d", i);
		assert_int_equal(send_page(f, (uint64_t)i, id, PHONE), 0);
	}
	assert_int_equal(send_page(f, 99, "d99", PHONE), YJ_ERR_BUSY);
	assert_int_equal(f->channel->attempts(f->channel->self), 3);
}

static void test_numbers_as_smsd_wants_them(void **state)
{
	static const struct {
		const char *phone, *to; /* NULL: no number */
	} cases[] = {
	    {"13800000001", "8613800000001"},
	    {"138-0000-0001", "8613800000001"},
	    {"+86 138 0000 0001", "8613800000001"},
	    {"8613800000001", "8613800000001"},
	    {"008613800000001", "8613800000001"},
	    {"+4915100000000", "4915100000000"},
	    {"(0830) 1234567", "868301234567"},
	    {"12349", "s12349"},
	    {"0001", NULL},
	    {"12", NULL},
	    {"+123", NULL},
	    {"138x", NULL},
	};
	struct fixture *f = *state;
	begin(f, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char to[64];
		int rc = send_page(f, 1, "d1", cases[i].phone);
		assert_int_equal(rc, cases[i].to ? 0 : YJ_ERR_NOTFOUND);
		if (!cases[i].to)
			continue;
		snprintf(to, sizeof to, "To: %s\n", cases[i].to);
		assert_memory_equal(read_file(f, "outgoing", only(f, "outgoing")), to, strlen(to));
		f->channel->cancel(f->channel->self, 1);
	}
}

/* Somebody of smsd's group puts links where the gateway writes and reads. */
static void test_links_are_not_followed(void **state)
{
	struct fixture *f = *state;
	char name[256], link[600], other[128];
	begin(f, 0);
	send_page(f, 1, "d1", PHONE);
	snprintf(name, sizeof name, "%s", only(f, "outgoing"));
	f->channel->cancel(f->channel->self, 1);
	write_text(f, "", "precious", "precious");
	snprintf(other, sizeof other, "%s/precious", f->root);
	snprintf(link, sizeof link, "%s/yijian/%s", f->root, name);
	assert_int_equal(symlink(other, link), 0);
	send_page(f, 1, "d1", PHONE);
	assert_string_equal(read_file(f, "", "precious"), "precious");
	assert_int_equal(count(f, "outgoing"), 1);
	/* a link in sent is no page's content, though what it is named has gone out */
	snprintf(link, sizeof link, "%s/sent/%s", f->root, name);
	assert_int_equal(symlink(other, link), 0);
	TURN_UNTIL(f, f->n_results == 1);
	assert_int_equal(f->results[0].outcome, YJ_SENT_OK);
	assert_string_equal(f->results[0].ref, "");
}

static void test_old_files_of_ours_are_swept(void **state)
{
	struct fixture *f = *state;
	static const char *const folders[] = {"outgoing", "sent", "failed"};
	for (size_t i = 0; i < 3; i++) {
		write_text(f, folders[i], "yj-old", "To: 1\n\nx");
		write_text(f, folders[i], "other", "To: 1\n\nx");
		write_text(f, folders[i], "yj-new", "To: 1\n\nx");
		age(f, folders[i], "yj-old", 3600);
		age(f, folders[i], "other", 3600);
	}
	begin(f, 0);
	yj_sms_spool_set_pace(f->spool, &(struct yj_sms_spool_pace){.scan_ms = 20, .keep_ms = 200});
	f->channel = yj_sms_spool_channel(f->spool);
	turn_for(f, 20);
	assert_true(there(f, "sent", "yj-old")); /* it may still be asked for */
	for (size_t i = 0; i < 3; i++) {
		TURN_UNTIL(f, !there(f, folders[i], "yj-old"));
		assert_true(there(f, folders[i], "other"));
	}
	assert_true(there(f, "outgoing", "yj-new"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_a_page_is_written_sent_and_named),
	    T(test_a_repeat_sends_nothing_twice),
	    T(test_a_failure_has_smsds_words),
	    T(test_a_file_under_a_lock_is_not_read),
	    T(test_a_dead_smsd_is_known_to_be_down),
	    T(test_a_modem_that_hangs),
	    T(test_three_failures_are_down_until_a_success),
	    T(test_a_spool_that_is_not_there),
	    T(test_cancelled_it_is_taken_back),
	    T(test_cancelled_too_late_it_goes_on),
	    T(test_no_number_no_odd_id_and_only_so_many),
	    T(test_numbers_as_smsd_wants_them),
	    T(test_links_are_not_followed),
	    T(test_old_files_of_ours_are_swept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
