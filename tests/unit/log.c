/* The process log: one line per call, never waiting for its reader. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static int real_stderr = -1, ours = -1;

/* stderr becomes one end of a pair, we read the other. */
static void take(int fds[2])
{
	real_stderr = dup(STDERR_FILENO);
	assert_true(real_stderr >= 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	ours = fds[0];
	assert_int_equal(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
}

static void take_pipe(void)
{
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	take(fds);
}

static int give_back(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	yj_log_level_set(YJ_LOG_INFO);
	if (real_stderr >= 0) {
		dup2(real_stderr, STDERR_FILENO);
		close(real_stderr);
		close(ours);
	}
	real_stderr = ours = -1;
	return 0;
}

/* All that was written; what a write put into a pipe is there at once. */
static const char *written(void)
{
	static char buf[1 << 20];
	size_t n = 0;
	ssize_t got;
	while ((got = read(ours, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	return buf;
}

static void journal_is(const struct stat *st)
{
	char id[64];
	snprintf(id, sizeof(id), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", id, 1), 0);
}

static void test_line(void **state)
{
	(void)state;
	take_pipe();
	errno = EPIPE;
	yj_log(YJ_LOG_WARN, "event=x incident=%d why=%m", 7);
	assert_int_equal(errno, EPIPE);
	const char *line = written();
	assert_int_equal(line[4], '-');
	assert_int_equal(line[23], 'Z');
	assert_string_equal(line + 24, " level=warn event=x incident=7 why=Broken pipe\n");
}

static void test_levels(void **state)
{
	(void)state;
	take_pipe();
	yj_log(YJ_LOG_DEBUG, "a");
	assert_string_equal(written(), "");
	yj_log_level_set(YJ_LOG_DEBUG);
	yj_log(YJ_LOG_DEBUG, "b");
	assert_non_null(strstr(written(), " level=debug b\n"));
	yj_log_level_set(YJ_LOG_ERR);
	yj_log(YJ_LOG_WARN, "c");
	assert_string_equal(written(), "");
	yj_log(YJ_LOG_ERR, "d");
	assert_non_null(strstr(written(), " level=err d\n"));
}

static void test_journal(void **state)
{
	struct stat st;
	(void)state;
	take_pipe();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	journal_is(&st);
	yj_log_level_set(YJ_LOG_DEBUG);
	yj_log(YJ_LOG_ERR, "a");
	yj_log(YJ_LOG_WARN, "b");
	yj_log(YJ_LOG_INFO, "c");
	yj_log(YJ_LOG_DEBUG, "d");
	assert_string_equal(written(), "<3>a\n<4>b\n<6>c\n<7>d\n");
	/* stderr is not the journal's any more. */
	st.st_ino++;
	journal_is(&st);
	yj_log(YJ_LOG_ERR, "e");
	assert_non_null(strstr(written(), " level=err e\n"));
}

static void test_stays_one_line(void **state)
{
	char text[3 * YJ_LOG_LINE_MAX];
	(void)state;
	take_pipe();
	yj_log(YJ_LOG_INFO, "a=%s", "1\nlevel=err b=2\r\033[1m");
	assert_non_null(strstr(written(), " a=1?level=err b=2??[1m\n"));
	memset(text, 0, sizeof(text));
	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "中", 3);
	for (int shift = 0; shift < 3; shift++) { /* cut at any byte of a character */
		yj_log(YJ_LOG_INFO, "%.*s%s", shift, "aa", text);
		const char *line = written();
		size_t n = strlen(line);
		assert_true(n <= YJ_LOG_LINE_MAX && n > YJ_LOG_LINE_MAX - 10);
		assert_string_equal(line + n - 4, "...\n");
		assert_int_equal(
		    (n - 4 - strlen("2026-11-23T18:49:32.123Z level=info ") - (size_t)shift) % 3,
		    0);
	}
}

static void test_quote(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"plain", "plain"},
	    {"gw-1/x:2,3", "gw-1/x:2,3"},
	    {"中文", "中文"},
	    {"", "\"\""},
	    {NULL, "\"\""},
	    {"two words", "\"two words\""},
	    {"a=b", "\"a=b\""},
	    {"say \"x\"\\", "\"say \\\"x\\\"\\\\\""},
	    {"a\nb\tc\x7f", "\"a\\nb\\x09c\\x7f\""},
	};
	char small[8];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(YJ_Q(cases[i].in), cases[i].out);
	assert_string_equal(yj_log_quote(small, sizeof(small), "1234567"), "1234567");
	assert_string_equal(yj_log_quote(small, sizeof(small), "12345678"), "\"12345\"");
	assert_string_equal(yj_log_quote(small, sizeof(small), "a b\n\n"), "\"a b\\n\"");
	assert_string_equal(yj_log_quote(small, sizeof(small), "1 中中"), "\"1 \"");
}

static void reader_sleeps(void)
{
	char line[1000];
	int sent = 0;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (; sent < 2000; sent++) /* 2 MB into a buffer of a tenth of that: must not hang */
		yj_log(YJ_LOG_INFO, "n=%d %s", sent, line);
	int lines = 0;
	for (const char *c = written(); *c; c++)
		lines += *c == '\n';
	assert_true(lines > 0 && lines < sent);
	yj_log(YJ_LOG_INFO, "awake");
	char want[64];
	snprintf(want, sizeof(want), "event=log-dropped lines=%d\n", sent - lines);
	const char *now = written();
	assert_non_null(strstr(now, " level=warn event=log-dropped"));
	/* A socket may have cut the line that did not fit: its end was still sent. */
	assert_non_null(strstr(now, want));
	assert_non_null(strstr(now, " level=info awake\n"));
	yj_log(YJ_LOG_INFO, "again");
	assert_null(strstr(written(), "dropped"));
}

static void test_sleeping_reader_of_a_pipe(void **state)
{
	(void)state;
	take_pipe();
	reader_sleeps();
}

static void test_sleeping_reader_of_a_socket(void **state)
{
	int fds[2];
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	take(fds);
	reader_sleeps();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_line, give_back),
	    cmocka_unit_test_teardown(test_levels, give_back),
	    cmocka_unit_test_teardown(test_journal, give_back),
	    cmocka_unit_test_teardown(test_stays_one_line, give_back),
	    cmocka_unit_test_teardown(test_quote, give_back),
	    cmocka_unit_test_teardown(test_sleeping_reader_of_a_pipe, give_back),
	    cmocka_unit_test_teardown(test_sleeping_reader_of_a_socket, give_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
