/* What a simulated device repeats: the schedule, the order, and the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pending.h"

struct folder {
	char path[64];
};

static int make_folder(void **state)
{
	struct folder *dir = calloc(1, sizeof(*dir));

	if (dir == NULL)
		return -1;
	snprintf(dir->path, sizeof(dir->path), "/tmp/yj-pending-XXXXXX");
	*state = dir;
	return mkdtemp(dir->path) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"d1.json", "d1.json.new", "d1.lock"};
	struct folder *dir = *state;
	char file[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir->path, names[i]);
		unlink(file);
	}
	int rc = rmdir(dir->path);
	free(dir);
	return rc;
}

static void add(struct sim_pending *list, const char *id, const char *payload, int64_t now_ms)
{
	assert_int_equal(
	    sim_pending_add(list, "yj/v1/dev/d1/up/call", id, payload, strlen(payload), now_ms), 0);
}

static void test_schedule(void **state)
{
	static const int64_t pauses_s[] = {5, 10, 20, 40, 60, 60, 60};

	(void)state;
	for (int sent = 1; sent <= 7; sent++)
		assert_int_equal(sim_retry_delay_ms(sent, 5000, 60000), pauses_s[sent - 1] * 1000);
	assert_int_equal(sim_retry_delay_ms(1000000, 5000, 60000), 60000);
	assert_int_equal(sim_retry_delay_ms(1, 5000, 5000), 5000);
}

static void test_repeats_until_confirmed(void **state)
{
	struct sim_pending list;
	struct sim_pending_item *item;
	int64_t now_ms = 1000;

	(void)state;
	sim_pending_init(&list, 5000, 60000);
	assert_null(sim_pending_first(&list));
	add(&list, "a", "{}", now_ms);
	/* the pauses of the contract, and no end */
	for (int i = 1; i < 100; i++) {
		item = sim_pending_first(&list);
		assert_non_null(item);
		assert_int_equal(item->due_ms, now_ms);
		sim_pending_sent(&list, item, now_ms);
		now_ms += sim_retry_delay_ms(i, 5000, 60000);
	}
	assert_int_equal(sim_pending_confirm(&list, "b"), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(sim_pending_confirm(&list, "a"), 1);
	assert_int_equal(sim_pending_confirm(&list, "a"), 0);
	assert_null(sim_pending_first(&list));
	sim_pending_done(&list);
}

static void test_order(void **state)
{
	struct sim_pending list;

	(void)state;
	sim_pending_init(&list, 5000, 60000);
	add(&list, "a", "{}", 100);
	add(&list, "b", "{}", 100);
	add(&list, "c", "{}", 50);
	assert_string_equal(sim_pending_first(&list)->id, "c");
	sim_pending_sent(&list, sim_pending_first(&list), 100);
	assert_string_equal(sim_pending_first(&list)->id, "a");
	sim_pending_sent(&list, sim_pending_first(&list), 200);
	assert_string_equal(sim_pending_first(&list)->id, "b");
	sim_pending_done(&list);
}

static void test_caps(void **state)
{
	struct sim_pending list;
	char id[YJ_MSGID_MAX + 2];

	(void)state;
	sim_pending_init(&list, 5000, 60000);
	memset(id, 'x', sizeof(id));
	id[YJ_MSGID_MAX + 1] = '\0';
	assert_int_equal(sim_pending_add(&list, "t", id, "{}", 2, 0), YJ_ERR_INVAL);
	for (int i = 0; i < SIM_PENDING_MAX; i++) {
		snprintf(id, sizeof(id), "%d", i);
		add(&list, id, "{}", 0);
	}
	assert_int_equal(sim_pending_add(&list, "t", "more", "{}", 2, 0), YJ_ERR_FULL);
	assert_int_equal(list.count, SIM_PENDING_MAX);
	sim_pending_done(&list);
}

static void test_file_keeps_the_bytes(void **state)
{
	static const char payload[] =
	    "{ \"id\":\"a\\u0031\", \"text\":\"老人 \\\\ \\\" \",\"ts\" :1}\n";
	struct folder *dir = *state;
	struct sim_pending list;
	struct sim_pending_item *item;
	char file[128];
	struct stat info;

	sim_pending_init(&list, 5000, 60000);
	assert_int_equal(sim_pending_open(&list, dir->path, "d1"), 0);
	add(&list, "a1", payload, 100);
	add(&list, "b", "{}", 100);
	add(&list, "c", "{}", 100);
	assert_int_equal(sim_pending_confirm(&list, "b"), 1);
	/* as after a SIGKILL: nothing more is written */
	sim_pending_done(&list);

	assert_int_equal(sim_pending_open(&list, dir->path, "d1"), 0);
	assert_int_equal(list.count, 2);
	item = sim_pending_first(&list);
	assert_string_equal(item->id, "a1");
	assert_string_equal(item->topic, "yj/v1/dev/d1/up/call");
	assert_int_equal(item->len, strlen(payload));
	assert_memory_equal(item->payload, payload, item->len);
	assert_true(item->due_ms <= 0); /* at once */
	assert_int_equal(item->sent, 0);
	assert_string_equal(item->next->id, "c");
	assert_int_equal(sim_pending_confirm(&list, "a1"), 1);
	assert_int_equal(sim_pending_confirm(&list, "c"), 1);
	sim_pending_done(&list);

	assert_int_equal(sim_pending_open(&list, dir->path, "d1"), 0);
	assert_int_equal(list.count, 0);
	sim_pending_done(&list);
	snprintf(file, sizeof(file), "%s/d1.json", dir->path);
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_one_process_at_a_time(void **state)
{
	struct folder *dir = *state;
	struct sim_pending first, second;

	sim_pending_init(&first, 5000, 60000);
	sim_pending_init(&second, 5000, 60000);
	assert_int_equal(sim_pending_open(&first, dir->path, "d1"), 0);
	assert_int_equal(sim_pending_open(&second, dir->path, "d1"), YJ_ERR_BUSY);
	sim_pending_done(&second);
	sim_pending_done(&first);
	assert_int_equal(sim_pending_open(&second, dir->path, "d1"), 0);
	sim_pending_done(&second);
}

static void test_damaged_file(void **state)
{
	static const char *const damages[] = {
	    "", "[{\"id\":\"a\"", "{}", "[{\"id\":\"a\"}]", "[1]"};
	struct folder *dir = *state;
	struct sim_pending list;
	char file[128];

	snprintf(file, sizeof(file), "%s/d1.json", dir->path);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		FILE *out = fopen(file, "we");

		assert_non_null(out);
		fputs(damages[i], out);
		fclose(out);
		sim_pending_init(&list, 5000, 60000);
		assert_int_equal(sim_pending_open(&list, dir->path, "d1"), YJ_ERR_BADMSG);
		sim_pending_done(&list);
	}
}

static void test_file_that_cannot_be_written(void **state)
{
	struct folder *dir = *state;
	struct sim_pending list;
	char blocker[128];

	sim_pending_init(&list, 5000, 60000);
	assert_int_equal(sim_pending_open(&list, dir->path, "d1"), 0);
	/* a folder stands where the new file has to go (this holds for root too) */
	snprintf(blocker, sizeof(blocker), "%s/d1.json.new", dir->path);
	assert_int_equal(mkdir(blocker, 0700), 0);
	assert_int_equal(sim_pending_add(&list, "t", "a", "{}", 2, 0), YJ_ERR_IO);
	assert_int_equal(list.count, 0);
	assert_null(sim_pending_first(&list));
	assert_int_equal(rmdir(blocker), 0);
	add(&list, "a", "{}", 0);
	sim_pending_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_schedule),
	    cmocka_unit_test(test_repeats_until_confirmed),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test_setup_teardown(test_file_keeps_the_bytes, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_one_process_at_a_time, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_damaged_file, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		test_file_that_cannot_be_written, make_folder, remove_folder),
	};

	return cmocka_run_group_tests_name("sim_pending", tests, NULL, NULL);
}
