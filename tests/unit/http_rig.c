#include "http_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static bool is_ready(void *ctx, const char **why)
{
	struct fixture *f = ctx;
	*why = f->not_ready;
	return !f->not_ready;
}

static void write_metrics(void *ctx, struct evbuffer *out)
{
	(void)ctx;
	evbuffer_add_printf(out, "# TYPE yijian_outbox_pending gauge\nyijian_outbox_pending 3\n");
}

const struct yj_http_ops ops = {is_ready, write_metrics};

static void on_hold(void *ctx, struct evhttp_request *req)
{
	struct fixture *f = ctx;
	f->held[f->n_held++] = req;
}

static void on_post(void *ctx, struct evhttp_request *req)
{
	struct fixture *f = ctx;
	f->got = evbuffer_get_length(evhttp_request_get_input_buffer(req));
	yj_http_reply(req, 204, NULL, NULL);
}

int start(struct fixture *f, const char *cert, const char *key)
{
	const char *why = "";
	struct yj_http_conf conf = {"127.0.0.1:0", cert, key};
	if (f->http)
		yj_http_free(f->http);
	f->http = NULL;
	int rc = yj_http_new(f->base, &conf, &ops, f, &f->http, &why);
	if (rc == 0)
		rc = yj_http_route(f->http, EVHTTP_REQ_GET, "/hold", on_hold, f);
	if (rc == 0)
		rc = yj_http_route(f->http, EVHTTP_REQ_POST, "/post", on_post, f);
	if (rc < 0)
		fprintf(stderr, "%s\n", why);
	return rc;
}

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	strcpy(f->folder, "/tmp/yj-http-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->cert, sizeof(f->cert), "%s/cert.pem", f->folder);
	snprintf(f->key, sizeof(f->key), "%s/key.pem", f->folder);
	f->base = event_base_new();
	f->tick = turning_tick(f->base);
	return start(f, NULL, NULL);
}

int teardown(void **state)
{
	struct fixture *f = *state;
	yj_http_free(f->http);
	event_free(f->tick);
	event_base_free(f->base);
	unlink(f->cert);
	unlink(f->key);
	int rc = rmdir(f->folder);
	free(f);
	return rc;
}

int dial(struct fixture *f)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)yj_http_port(f->http));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

void say(struct fixture *f, int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return; /* it hears no more, but may have answered */
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
}

bool closed(int fd, char *buf, size_t cap)
{
	for (;;) {
		size_t len = strlen(buf);
		assert_true(len + 1 < cap);
		ssize_t n = recv(fd, buf + len, cap - len - 1, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return true;
		if (n < 0)
			return false;
		buf[len + (size_t)n] = '\0';
	}
}

bool heard(int fd, char *buf, size_t cap, const char *text)
{
	closed(fd, buf, cap);
	return strstr(buf, text) != NULL;
}

char answer[65536];

const char *ask_raw(struct fixture *f, const char *request, size_t len)
{
	answer[0] = '\0';
	int fd = dial(f);
	say(f, fd, request, len);
	TURN_UNTIL(f, closed(fd, answer, sizeof(answer)));
	close(fd);
	return answer;
}

const char *ask(struct fixture *f, const char *method, const char *path)
{
	char request[512];
	int len = snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method, path);
	return ask_raw(f, request, (size_t)len);
}

int status_of(const char *text)
{
	int status = 0;
	sscanf(text, "HTTP/1.%*d %d", &status);
	return status;
}

const char *body_of(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	return end ? end + 4 : "";
}
