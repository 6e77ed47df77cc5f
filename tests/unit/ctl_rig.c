#include "ctl_rig.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void on_request(void *ctx, struct yj_ctl_call *call, const struct yj_ctl_peer *peer,
    const char *cmd, json_t *args, const void *body, size_t body_len)
{
	struct fixture *f = ctx;
	f->n_requests++;
	snprintf(f->asked_by, sizeof(f->asked_by), "%s", peer->user);
	if (strcmp(cmd, "echo") == 0) {
		yj_ctl_answer(call, json_incref(args));
	} else if (strcmp(cmd, "nothing") == 0) {
		yj_ctl_answer(call, NULL);
	} else if (strcmp(cmd, "refuse") == 0) {
		yj_ctl_refuse(call, "no_way", "text with \"quotes\" and 中文");
	} else if (strcmp(cmd, "hold") == 0) {
		f->held = call;
	} else if (strcmp(cmd, "sum") == 0) {
		json_int_t sum = 0;
		for (size_t i = 0; i < body_len; i++)
			sum = (sum * 31 + ((const unsigned char *)body)[i]) % 1000000007;
		yj_ctl_answer(call, json_pack("{s:b,s:I,s:I}", "given", body != NULL, "len",
					(json_int_t)body_len, "sum", sum));
	} else if (strcmp(cmd, "big") == 0) {
		size_t len = 8u << 20;
		char *text = malloc(len);
		memset(text, 'x', len);
		yj_ctl_answer(call, json_stringn(text, len));
		free(text);
	}
}

static void on_gone(void *ctx, struct yj_ctl_call *call)
{
	struct fixture *f = ctx;
	f->gone = call;
	f->n_gone++;
}

static void on_denied(void *ctx, const struct yj_ctl_peer *peer)
{
	struct fixture *f = ctx;
	f->n_denied++;
	snprintf(f->denied_user, sizeof(f->denied_user), "%s", peer->user);
}

const struct yj_ctl_ops ops = {on_request, on_gone, on_denied};

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	signal(SIGPIPE, SIG_IGN);
	strcpy(f->folder, "/tmp/yj-ctl-XXXXXX");
	if (!mkdtemp(f->folder) || chmod(f->folder, 0755) < 0)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/control.sock", f->folder);
	f->base = event_base_new();
	f->tick = turning_tick(f->base);
	return yj_ctl_new(f->base, f->path, &ops, f, &f->ctl);
}

int teardown(void **state)
{
	struct fixture *f = *state;
	yj_ctl_free(f->ctl);
	event_free(f->tick);
	event_base_free(f->base);
	unlink(f->path);
	int rc = rmdir(f->folder); /* nothing may be left in it */
	free(f);
	return rc;
}

int dial(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	strcpy(addr.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

bool closed(int fd, char *buf, size_t cap)
{
	size_t len = strlen(buf);
	char byte;
	for (;;) {
		ssize_t n = recv(fd, &byte, 1, 0);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return true;
		if (n < 0)
			return false;
		if (len + 1 < cap) {
			buf[len++] = byte;
			buf[len] = '\0';
		}
	}
}

bool heard(int fd, char *buf, size_t cap, const char *text)
{
	closed(fd, buf, cap);
	return strstr(buf, text) != NULL;
}

int in_child(struct fixture *f, int (*fn)(struct fixture *f))
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		_exit(fn(f));
	int status = 0;
	TURN_UNTIL(f, waitpid(pid, &status, WNOHANG) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

bool is_refusal(json_t *answer, const char *code)
{
	const char *got = json_string_value(json_object_get(answer, "code"));
	return json_is_false(json_object_get(answer, "ok")) && got && strcmp(got, code) == 0 &&
	       json_is_string(json_object_get(answer, "error"));
}

int child_asks(struct fixture *f)
{
	json_t *answer = NULL;
	json_t *args = json_pack("{s:s,s:i}", "name", "王奶奶", "n", 7);
	CHECK(yj_ctl_ask(f->path, "echo", args, NULL, 0, 5000, &answer) == 0);
	CHECK(json_is_true(json_object_get(answer, "ok")));
	CHECK(json_equal(json_object_get(answer, "data"), args));
	json_decref(answer);
	CHECK(yj_ctl_ask(f->path, "echo", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(json_object_size(json_object_get(answer, "data")) == 0);
	json_decref(answer);
	CHECK(yj_ctl_ask(f->path, "nothing", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(json_is_null(json_object_get(answer, "data")));
	json_decref(answer);
	CHECK(yj_ctl_ask(f->path, "refuse", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(is_refusal(answer, "no_way"));
	CHECK(strcmp(json_string_value(json_object_get(answer, "error")),
		  "text with \"quotes\" and 中文") == 0);
	json_decref(answer);
	CHECK(yj_ctl_ask(f->path, "big", NULL, NULL, 0, 5000, &answer) == 0);
	CHECK(json_string_length(json_object_get(answer, "data")) == 8u << 20);
	json_decref(answer);
	json_decref(args);
	return 0;
}
