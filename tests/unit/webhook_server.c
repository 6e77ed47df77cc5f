#include "webhook_server.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "selfsigned.h"

#define MANNERS 7
#define BAD_MAX 64 /* connections of the bad servers */

struct bad {
	struct server *server;
	struct evconnlistener *listener;
	enum manner manner;
};

struct server {
	struct event_base *base;
	struct evhttp *http, *https;
	SSL_CTX *tls;
	struct bad bad[MANNERS];
	struct bufferevent *open[BAD_MAX];
	int n_open;
	int port, tls_port;
	const char *retry_after;
	struct evhttp_request *hanging[1024];
	int n_hanging;
	int n_ok, n_unsigned;
	int status; /* of every answer */
	const char *answer;
	char path[8192], method[8];
	char body[65536];
	char headers[8192]; /* "name: value\n" each */
	char value[1024];
	char complaint[256];
};

static const char *header(struct evhttp_request *req, const char *name)
{
	const char *value = evhttp_find_header(evhttp_request_get_input_headers(req), name);
	return value ? value : "";
}

static void complain(struct server *s, const char *what)
{
	if (s->complaint[0] == '\0')
		snprintf(s->complaint, sizeof(s->complaint), "%s", what);
}

/* The signature worked out on its own, with OpenSSL's base64. */
static bool signature_good(struct evhttp_request *req, const char *body)
{
	unsigned char key[64], mac[32];
	char text[70000], want[64] = "v1,";
	EVP_DecodeBlock(key, (const unsigned char *)SERVER_SECRET + 6, 32);
	int len = snprintf(text, sizeof(text), "%s.%s.%s", header(req, "webhook-id"),
	    header(req, "webhook-timestamp"), body);
	unsigned mac_len = 0;
	HMAC(EVP_sha256(), key, 24, (unsigned char *)text, (size_t)len, mac, &mac_len);
	EVP_EncodeBlock((unsigned char *)want + 3, mac, 32);
	long age = (long)time(NULL) - atol(header(req, "webhook-timestamp"));
	return strcmp(want, header(req, "webhook-signature")) == 0 && age >= 0 && age < 60 &&
	       header(req, "webhook-id")[0] != '\0';
}

static void keep(struct server *s, struct evhttp_request *req)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	ssize_t len = evbuffer_copyout(in, s->body, sizeof(s->body) - 1);
	s->body[len < 0 ? 0 : len] = '\0';
	size_t at = 0;
	struct evkeyval *h;
	for (h = evhttp_request_get_input_headers(req)->tqh_first; h; h = h->next.tqe_next)
		at += (size_t)snprintf(
		    s->headers + at, sizeof(s->headers) - at, "%s: %s\n", h->key, h->value);
	snprintf(s->path, sizeof(s->path), "%s", evhttp_request_get_uri(req));
	enum evhttp_cmd_type cmd = evhttp_request_get_command(req);
	snprintf(s->method, sizeof(s->method), "%s",
	    cmd == EVHTTP_REQ_POST  ? "POST"
	    : cmd == EVHTTP_REQ_PUT ? "PUT"
				    : "GET");
	if (header(req, "Expect")[0] != '\0')
		complain(s, "Expect");
	if (s->answer)
		return;
	if (cmd != EVHTTP_REQ_POST)
		complain(s, "not a POST");
	if (strcmp(header(req, "Content-Type"), "application/json") != 0)
		complain(s, "not JSON");
}

static void reply(
    struct server *s, struct evhttp_request *req, int status, const char *body, size_t len)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	struct evbuffer *buf = evbuffer_new();
	evbuffer_add(buf, body, len);
	if (s->retry_after)
		evhttp_add_header(out, "Retry-After", s->retry_after);
	if (status >= 300 && status <= 399)
		evhttp_add_header(out, "Location", "/ok");
	evhttp_send_reply(req, status, "Words", buf);
	evbuffer_free(buf);
}

static void on_request(struct evhttp_request *req, void *arg)
{
	struct server *s = arg;
	const char *path = evhttp_request_get_uri(req);
	int status = 0, at = 0;
	keep(s, req);
	if (s->answer) {
		reply(s, req, s->status, s->answer, strlen(s->answer));
		return;
	}
	if (strcmp(path, "/ok") == 0) {
		if (!signature_good(req, s->body)) {
			complain(s, "bad signature");
			reply(s, req, 400, "", 0);
			return;
		}
		s->n_ok++;
		reply(s, req, 200, "", 0);
	} else if (strcmp(path, "/unsigned") == 0) {
		if (header(req, "webhook-signature")[0] != '\0')
			complain(s, "signed");
		s->n_unsigned++;
		reply(s, req, 204, "", 0);
	} else if (strcmp(path, "/hang") == 0) {
		s->hanging[s->n_hanging++] = req;
	} else if (sscanf(path, "/status/%d%n", &status, &at) == 1) {
		char *text = evhttp_uridecode(path[at] ? path + at + 1 : "", 0, NULL);
		reply(s, req, status, text, strlen(text));
		free(text);
	} else if (sscanf(path, "/echo/%d", &status) == 1) {
		reply(s, req, status, s->body, strlen(s->body));
	} else if (sscanf(path, "/huge/%d", &status) == 1) {
		char *text = malloc(1u << 20);
		memset(text, 'x', 1u << 20);
		reply(s, req, status, text, 1u << 20);
		free(text);
	} else {
		complain(s, path);
		evhttp_send_error(req, 404, NULL);
	}
}

static void on_bad_read(struct bufferevent *bev, void *arg)
{
	static const char *const words[MANNERS] = {
	    [CLOSES] = "",
	    [SAYS_GARBAGE] = "\x01\x02 no such thing as HTTP \xff\r\n\r\n",
	    [CUTS_HEADERS] = "HTTP/1.1 200 OK\r\nContent-Le",
	    [CUTS_BODY] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
	    [CUTS_500] = "HTTP/1.1 500 Broken\r\nContent-Length: 100\r\n\r\nhalf",
	    [TRICKLES] = "HTTP/1.1 200 OK\r\nX-Slow: ",
	    [SAYS_NOTHING] = "",
	};
	struct bad *bad = arg;
	evbuffer_drain(bufferevent_get_input(bev), evbuffer_get_length(bufferevent_get_input(bev)));
	int fd = bufferevent_getfd(bev);
	(void)!send(fd, words[bad->manner], strlen(words[bad->manner]), MSG_NOSIGNAL);
	if (bad->manner != TRICKLES && bad->manner != SAYS_NOTHING)
		shutdown(fd, SHUT_WR);
}

static void on_bad_accept(
    struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct bad *bad = arg;
	(void)l;
	(void)sa;
	(void)len;
	struct bufferevent *bev =
	    bufferevent_socket_new(bad->server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (bad->server->n_open == BAD_MAX)
		abort();
	bad->server->open[bad->server->n_open++] = bev;
	bufferevent_setcb(bev, on_bad_read, NULL, NULL, bad);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static int port_of(evutil_socket_t fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	getsockname(fd, (struct sockaddr *)&sin, &len);
	return ntohs(sin.sin_port);
}

static struct bufferevent *make_tls(struct event_base *base, void *arg)
{
	return bufferevent_openssl_socket_new(
	    base, -1, SSL_new(arg), BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

struct server *server_new(void)
{
	struct server *s = calloc(1, sizeof(*s));
	struct sockaddr_in sin = {.sin_family = AF_INET};
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->base = event_base_new();
	s->http = evhttp_new(s->base);
	s->https = evhttp_new(s->base);
	s->tls = selfsigned_ctx();
	evhttp_set_gencb(s->http, on_request, s);
	evhttp_set_gencb(s->https, on_request, s);
	evhttp_set_bevcb(s->https, make_tls, s->tls);
	s->port = port_of(
	    evhttp_bound_socket_get_fd(evhttp_bind_socket_with_handle(s->http, "127.0.0.1", 0)));
	s->tls_port = port_of(
	    evhttp_bound_socket_get_fd(evhttp_bind_socket_with_handle(s->https, "127.0.0.1", 0)));
	for (int i = 0; i < MANNERS; i++) {
		s->bad[i].server = s;
		s->bad[i].manner = (enum manner)i;
		s->bad[i].listener = evconnlistener_new_bind(s->base, on_bad_accept, &s->bad[i],
		    LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sin, sizeof(sin));
	}
	return s;
}

void server_free(struct server *s)
{
	for (int i = 0; i < s->n_open; i++)
		bufferevent_free(s->open[i]);
	for (int i = 0; i < MANNERS; i++)
		evconnlistener_free(s->bad[i].listener);
	evhttp_free(s->http);
	evhttp_free(s->https);
	SSL_CTX_free(s->tls);
	event_base_free(s->base);
	free(s);
}

void server_turn(struct server *s)
{
	event_base_loop(s->base, EVLOOP_NONBLOCK);
}

int server_port(const struct server *s)
{
	return s->port;
}

int server_tls_port(const struct server *s)
{
	return s->tls_port;
}

int server_bad_port(const struct server *s, enum manner manner)
{
	return port_of(evconnlistener_get_fd(s->bad[manner].listener));
}

int server_dead_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		abort();
	int port = port_of(fd);
	close(fd);
	return port;
}

void server_set_retry_after(struct server *s, const char *value)
{
	s->retry_after = value;
}

void server_set_answer(struct server *s, int status, const char *body)
{
	s->status = status;
	s->answer = body;
}

void server_set_tls(struct server *s, SSL_CTX *ctx)
{
	SSL_CTX_free(s->tls);
	s->tls = ctx;
	evhttp_set_bevcb(s->https, make_tls, s->tls);
}

const char *server_last_path(const struct server *s)
{
	return s->path;
}

const char *server_last_method(const struct server *s)
{
	return s->method;
}

int server_count(const struct server *s, const char *path)
{
	return strcmp(path, "/ok") == 0 ? s->n_ok : s->n_unsigned;
}

int server_hanging(const struct server *s)
{
	return s->n_hanging;
}

const char *server_last_body(const struct server *s)
{
	return s->body;
}

const char *server_last_header(const struct server *server, const char *name)
{
	struct server *s = (struct server *)server;
	size_t len = strlen(name);
	s->value[0] = '\0';
	for (const char *line = s->headers; *line; line = strchr(line, '\n') + 1) {
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			snprintf(s->value, sizeof(s->value), "%.*s",
			    (int)strcspn(line + len + 2, "\n"), line + len + 2);
	}
	return s->value;
}

const char *server_complaint(const struct server *s)
{
	return s->complaint[0] ? s->complaint : NULL;
}
