/* The client's side: one request, one answer. */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "proto/limits.h"

static int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits for the events. 0, or YJ_ERR_IO when the time is up. until_ms 0: no limit. */
static int wait_for(int fd, short events, int64_t until_ms)
{
	for (;;) {
		int left = -1;
		if (until_ms != 0) {
			int64_t ms = until_ms - now_ms();
			if (ms <= 0) {
				errno = ETIMEDOUT;
				return YJ_ERR_IO;
			}
			left = ms > INT32_MAX ? INT32_MAX : (int)ms;
		}
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return YJ_ERR_IO;
	}
}

/* Connects: *out is the socket, not blocking. */
static int dial(const char *path, int64_t until_ms, int *out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len >= sizeof(addr.sun_path))
		return YJ_ERR_INVAL;
	memcpy(addr.sun_path, path, len + 1);
	for (;;) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return YJ_ERR_IO;
		if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
			*out = fd;
			return 0;
		}
		int why = errno;
		close(fd);
		errno = why;
		if (why == EACCES || why == EPERM)
			return YJ_ERR_DENIED;
		if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
			return YJ_ERR_BUSY;
		if (why != EAGAIN && why != EINTR)
			return YJ_ERR_IO;
		/* the queue of the socket is full, and nothing can be polled for that */
		if (until_ms != 0 && now_ms() >= until_ms)
			return YJ_ERR_BUSY;
		nanosleep(&(struct timespec){.tv_nsec = 10000000L}, NULL);
	}
}

/* Sends all. 1: the peer reads no more, but may have said why; 0; or YJ_ERR_IO. */
static int send_all(int fd, const char *bytes, size_t len, int64_t until_ms)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 1;
		if (n < 0 && errno == EAGAIN) {
			int rc = wait_for(fd, POLLOUT, until_ms);
			if (rc < 0)
				return rc;
		} else if (n < 0 && errno != EINTR) {
			return YJ_ERR_IO;
		}
	}
	return 0;
}

struct text {
	char *bytes;
	size_t len;
	size_t cap;
};

/* Reads up to the end of a line, which *end then names. */
static int read_line(int fd, int64_t until_ms, struct text *text, size_t *end)
{
	for (;;) {
		if (text->cap - text->len < 4096) {
			size_t cap = text->cap ? text->cap * 2 : 16384;
			char *grown = realloc(text->bytes, cap);
			if (!grown)
				return YJ_ERR_NOMEM;
			text->bytes = grown;
			text->cap = cap;
		}
		ssize_t n = recv(fd, text->bytes + text->len, text->cap - text->len, 0);
		if (n > 0) {
			char *line_end = memchr(text->bytes + text->len, '\n', (size_t)n);
			text->len += (size_t)n;
			if (line_end) {
				*end = (size_t)(line_end - text->bytes);
				return 0;
			}
			if (text->len > YJ_CTL_ANSWER_MAX)
				return YJ_ERR_BADMSG;
		} else if (n == 0) {
			errno = ECONNRESET;
			return text->len > 0 ? YJ_ERR_BADMSG : YJ_ERR_IO;
		} else if (errno == EAGAIN) {
			int rc = wait_for(fd, POLLIN, until_ms);
			if (rc < 0)
				return rc;
		} else if (errno != EINTR) {
			return YJ_ERR_IO;
		}
	}
}

/* The request line with its end, to be freed. */
static int write_request(
    const char *cmd, json_t *args, const void *body, size_t body_len, char **out)
{
	int rc = YJ_ERR_NOMEM;
	char *line = NULL;
	json_t *request = json_object();
	if (!request || json_object_set_new(request, "cmd", json_string(cmd)) < 0)
		goto out;
	if (args && json_object_set(request, "args", args) < 0)
		goto out;
	if (body && json_object_set_new(request, "body", json_integer((json_int_t)body_len)) < 0)
		goto out;
	line = json_dumps(request, JSON_COMPACT);
	if (!line)
		goto out;
	size_t len = strlen(line);
	if (len > YJ_CTL_LINE_MAX || body_len > YJ_IMPORT_MAX) {
		rc = YJ_ERR_INVAL;
		goto out;
	}
	line[len] = '\n'; /* in place of the terminator: the length is kept by the caller */
	*out = line;
	line = NULL;
	rc = (int)(len + 1);
out:
	free(line);
	json_decref(request);
	return rc;
}

int yj_ctl_ask(const char *path, const char *cmd, json_t *args, const void *body, size_t body_len,
    int timeout_ms, json_t **answer)
{
	int64_t until_ms = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	char *line = NULL;
	struct text text = {0};
	size_t end = 0;
	int fd = -1;
	int rc = write_request(cmd, args, body, body_len, &line);
	if (rc < 0)
		return rc;
	size_t line_len = (size_t)rc;
	rc = dial(path, until_ms, &fd);
	if (rc < 0)
		goto out;
	rc = send_all(fd, line, line_len, until_ms);
	if (rc == 0 && body)
		rc = send_all(fd, body, body_len, until_ms);
	if (rc < 0)
		goto out;
	/* also when it reads no more: it may have refused and said so */
	rc = read_line(fd, until_ms, &text, &end);
	if (rc < 0)
		goto out;
	json_t *object = json_loadb(text.bytes, end, 0, NULL);
	if (!json_is_boolean(json_object_get(object, "ok"))) {
		json_decref(object);
		rc = YJ_ERR_BADMSG;
		goto out;
	}
	*answer = object;
out:;
	int saved = errno;
	if (fd >= 0)
		close(fd);
	free(text.bytes);
	free(line);
	errno = saved;
	return rc;
}
