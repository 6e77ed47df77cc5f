/* The control socket: who may use it, its file, and its client. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl_rig.h"

#define NOBODY 65534
#define STRANGE_GROUP 54321

/* ---- who may ---- */

/* Becomes nobody, with one supplementary group or none. */
static int drop(gid_t group)
{
	if (setgroups(group ? 1 : 0, &group) < 0 || setgid(NOBODY) < 0)
		return -1;
	return setuid(NOBODY);
}

static int stranger_is_refused(struct fixture *f)
{
	json_t *answer = NULL;
	char body[4096] = "";
	CHECK(drop(0) == 0);
	/* also in the middle of an upload that nobody reads */
	for (int i = 0; i < 2; i++) {
		CHECK(yj_ctl_ask(f->path, "echo", NULL, i ? body : NULL, sizeof(body), 5000,
			  &answer) == 0);
		CHECK(is_refusal(answer, "denied"));
		json_decref(answer);
	}
	return 0;
}

static int stranger_cannot_connect(struct fixture *f)
{
	json_t *answer = NULL;
	CHECK(drop(0) == 0);
	CHECK(yj_ctl_ask(f->path, "echo", NULL, NULL, 0, 5000, &answer) == YJ_ERR_DENIED);
	CHECK(answer == NULL);
	return 0;
}

static int member_is_served(struct fixture *f)
{
	json_t *answer = NULL;
	CHECK(drop(STRANGE_GROUP) == 0);
	CHECK(yj_ctl_ask(f->path, "echo", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(json_is_true(json_object_get(answer, "ok")));
	json_decref(answer);
	return 0;
}

static void test_strangers(void **state)
{
	struct fixture *f = *state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(f, stranger_cannot_connect), 0);
	/* whatever the file's mode, the peer itself is looked at */
	assert_int_equal(chmod(f->path, 0666), 0);
	assert_int_equal(in_child(f, stranger_is_refused), 0);
	assert_int_equal(f->n_requests, 0);
	assert_int_equal(f->n_denied, 2);
	assert_string_equal(f->denied_user, "nobody");
	/* membership in a supplementary group counts, and only that */
	assert_int_equal(chown(f->path, 0, STRANGE_GROUP), 0);
	assert_int_equal(in_child(f, stranger_is_refused), 0);
	assert_int_equal(in_child(f, member_is_served), 0);
	assert_string_equal(f->asked_by, "nobody");
	assert_int_equal(chmod(f->path, 0660), 0);
	assert_int_equal(in_child(f, member_is_served), 0);
}

/* ---- the socket file ---- */

static void test_mode(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	/* whatever the umask is */
	char path[100];
	snprintf(path, sizeof(path), "%s/other", f->folder);
	static const mode_t masks[] = {0, 0777, 022};
	for (size_t i = 0; i < 3; i++) {
		mode_t old = umask(masks[i]);
		struct yj_ctl *other = NULL;
		assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &other), 0);
		assert_int_equal(umask(old), masks[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0660);
		yj_ctl_free(other);
	}
}

static void test_live_and_stale(void **state)
{
	struct fixture *f = *state;
	struct yj_ctl *other = NULL;
	assert_int_equal(yj_ctl_new(f->base, f->path, &ops, f, &other), YJ_ERR_EXISTS);
	assert_null(other);
	assert_int_equal(in_child(f, child_asks), 0); /* and the live one goes on */

	/* a dead one: bound by somebody who is no more */
	char path[100];
	snprintf(path, sizeof(path), "%s/dead", f->folder);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	strcpy(addr.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	json_t *answer = NULL;
	assert_int_equal(yj_ctl_ask(path, "echo", NULL, NULL, 0, 1000, &answer), YJ_ERR_BUSY);
	assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &other), 0);

	/* a successor's socket is not removed by the one before it */
	assert_int_equal(unlink(path), 0);
	struct yj_ctl *successor = NULL;
	assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &successor), 0);
	yj_ctl_free(other);
	assert_int_equal(access(path, F_OK), 0);
	yj_ctl_free(successor);
	assert_int_equal(access(path, F_OK), -1);
	yj_ctl_free(NULL);
}

static void test_bad_paths(void **state)
{
	struct fixture *f = *state;
	struct yj_ctl *other = NULL;
	json_t *answer = NULL;
	char path[200];
	snprintf(path, sizeof(path), "%s/file", f->folder);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "data", 4), 4);
	close(fd);
	assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &other), YJ_ERR_EXISTS);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4); /* untouched */
	unlink(path);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &other), YJ_ERR_INVAL);
	assert_int_equal(yj_ctl_ask(path, "echo", NULL, NULL, 0, 1000, &answer), YJ_ERR_INVAL);
	snprintf(path, sizeof(path), "%s/no/such", f->folder);
	assert_int_equal(yj_ctl_new(f->base, path, &ops, f, &other), YJ_ERR_IO);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(yj_ctl_ask(path, "echo", NULL, NULL, 0, 1000, &answer), YJ_ERR_BUSY);
	assert_null(answer);
}

/* ---- the client against a bad server ---- */

/* A server that says `text` to the first peer and closes, or hangs. */
static int bad_server(const char *path, const char *text, bool hang, pid_t *pid)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	strcpy(addr.sun_path, path);
	unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 5), 0);
	fflush(NULL);
	*pid = fork();
	if (*pid == 0) {
		int peer = accept(fd, NULL, NULL);
		char buf[512];
		(void)!recv(peer, buf, sizeof(buf), 0);
		(void)!send(peer, text, strlen(text), MSG_NOSIGNAL);
		while (hang)
			pause();
		_exit(0);
	}
	close(fd);
	return 0;
}

static void test_client_of_a_bad_server(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		bool hang;
		int rc;
	} cases[] = {
	    {"", false, YJ_ERR_IO},
	    {"", true, YJ_ERR_IO},
	    {"{\"ok\":true", false, YJ_ERR_BADMSG},
	    {"{\"ok\":true", true, YJ_ERR_IO},
	    {"rubbish\n", false, YJ_ERR_BADMSG},
	    {"{\"data\":1}\n", false, YJ_ERR_BADMSG},
	    {"[]\n", false, YJ_ERR_BADMSG},
	    {"{\"ok\":true,\"data\":1}\n", true, 0},
	};
	char path[100];
	snprintf(path, sizeof(path), "%s/bad", f->folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid;
		json_t *answer = NULL;
		bad_server(path, cases[i].text, cases[i].hang, &pid);
		errno = 0;
		bool times_out = cases[i].hang && cases[i].rc < 0;
		int rc = yj_ctl_ask(path, "echo", NULL, NULL, 0, times_out ? 200 : 10000, &answer);
		assert_int_equal(errno == ETIMEDOUT, times_out);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		unlink(path);
		if (rc != cases[i].rc)
			fail_msg("case %zu gave %d", i, rc);
		assert_int_equal(answer != NULL, rc == 0);
		json_decref(answer);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_strangers),
	    TEST(test_mode),
	    TEST(test_live_and_stale),
	    TEST(test_bad_paths),
	    TEST(test_client_of_a_bad_server),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("ctl_access", tests, NULL, NULL);
}
