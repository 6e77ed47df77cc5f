#include "turn_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define REPEAT_MS 250 /* of a datagram, doubled each time */

struct yj_turn_line {
	int fd;
	enum yj_turn_way way;
	SSL_CTX *ctx;
	SSL *ssl;
	uint8_t held[YJ_STUN_MAX]; /* of a stream: what has come of the next message */
	size_t n_held;
};

/* ── the URL ── */

static const struct {
	const char *scheme;
	bool relay;
	enum yj_turn_way way;
	const char *port;
} schemes[] = {
    {"turn:", true, YJ_TURN_UDP, "3478"},
    {"turns:", true, YJ_TURN_TLS, "5349"},
    {"stun:", false, YJ_TURN_UDP, "3478"},
    {"stuns:", false, YJ_TURN_TLS, "5349"},
};

/* HOST, HOST:PORT or [ADDRESS]:PORT */
static int read_place(const char *s, size_t len, const char *port, struct yj_turn_url *out)
{
	bool bracket = len > 0 && s[0] == '[';
	const char *end = bracket ? memchr(s, ']', len) : memchr(s, ':', len);
	const char *host = bracket ? s + 1 : s;
	size_t n = end ? (size_t)(end - host) : len;
	if (bracket && !end)
		return YJ_ERR_INVAL;
	const char *rest = end ? end + bracket : s + len;
	size_t n_rest = len - (size_t)(rest - s);
	if (n == 0 || n >= sizeof out->host)
		return YJ_ERR_INVAL;
	snprintf(out->host, sizeof out->host, "%.*s", (int)n, host);
	snprintf(out->port, sizeof out->port, "%s", port);
	if (n_rest == 0)
		return 0;
	if (rest[0] != ':' || n_rest < 2 || n_rest > 6 ||
	    strspn(rest + 1, "0123456789") < n_rest - 1)
		return YJ_ERR_INVAL;
	snprintf(out->port, sizeof out->port, "%.*s", (int)(n_rest - 1), rest + 1);
	return 0;
}

int yj_turn_url_read(const char *text, struct yj_turn_url *out)
{
	static const char by_tcp[] = "?transport=tcp", by_udp[] = "?transport=udp";
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = strlen(schemes[i].scheme);
		if (strncmp(text, schemes[i].scheme, n) != 0)
			continue;
		size_t len = strcspn(text + n, "?");
		const char *query = text + n + len;
		out->relay = schemes[i].relay;
		out->way = schemes[i].way;
		if (strcmp(query, by_tcp) == 0 && out->way == YJ_TURN_UDP)
			out->way = YJ_TURN_TCP;
		else if (*query && strcmp(query, by_tcp) != 0 &&
			 (strcmp(query, by_udp) != 0 || out->way != YJ_TURN_UDP))
			return YJ_ERR_INVAL;
		return read_place(text + n, len, schemes[i].port, out);
	}
	return YJ_ERR_INVAL;
}

/* ── connecting ── */

static int say(char why[YJ_TURN_WHY_MAX], const char *what, const char *more)
{
	snprintf(why, YJ_TURN_WHY_MAX, "%s%s%s", what, more ? ": " : "", more ? more : "");
	return YJ_ERR_IO;
}

/* The socket's own time-outs bound connect, send and the steps of TLS. */
static int socket_to(const struct addrinfo *to)
{
	struct timeval wait = {.tv_sec = YJ_TURN_WAIT_MS / 1000};
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
	    connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
		int err = errno == EINPROGRESS ? ETIMEDOUT : errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static int connect_to(struct yj_turn_line *line, const struct yj_turn_url *url, char *why)
{
	struct addrinfo *list = NULL,
			hints = {.ai_flags = AI_ADDRCONFIG,
			    .ai_socktype = line->way == YJ_TURN_UDP ? SOCK_DGRAM : SOCK_STREAM};
	int rc = getaddrinfo(url->host, url->port, &hints, &list);
	if (rc != 0)
		return say(why, "no such host", gai_strerror(rc));
	for (struct addrinfo *a = list; a && line->fd < 0; a = a->ai_next)
		line->fd = socket_to(a);
	freeaddrinfo(list);
	return line->fd < 0 ? say(why, "no connection", strerror(errno)) : 0;
}

static int refuse_tls(struct yj_turn_line *line, char *why)
{
	long verdict = line->ssl ? SSL_get_verify_result(line->ssl) : X509_V_OK;
	if (verdict != X509_V_OK)
		return say(
		    why, "its certificate is not good", X509_verify_cert_error_string(verdict));
	unsigned long err = ERR_get_error();
	return say(why, "no TLS", err ? ERR_reason_error_string(err) : "it broke off");
}

static int secure(struct yj_turn_line *line, const char *host, const char *ca_file, char *why)
{
	unsigned char address[sizeof(struct in6_addr)];
	bool number =
	    inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	line->ctx = SSL_CTX_new(TLS_client_method());
	if (!line->ctx)
		return refuse_tls(line, why);
	if (ca_file ? SSL_CTX_load_verify_locations(line->ctx, ca_file, NULL) != 1
		    : SSL_CTX_set_default_verify_paths(line->ctx) != 1)
		return say(why, "the authorities cannot be read", ca_file);
	SSL_CTX_set_verify(line->ctx, SSL_VERIFY_PEER, NULL);
	line->ssl = SSL_new(line->ctx);
	if (!line->ssl || SSL_set_fd(line->ssl, line->fd) != 1)
		return refuse_tls(line, why);
	if (number ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(line->ssl), host) != 1
		   : SSL_set1_host(line->ssl, host) != 1 ||
			 SSL_set_tlsext_host_name(line->ssl, host) != 1)
		return refuse_tls(line, why);
	return SSL_connect(line->ssl) == 1 ? 0 : refuse_tls(line, why);
}

int yj_turn_line_open(const struct yj_turn_url *url, const char *ca_file, struct yj_turn_line **out,
    char why[YJ_TURN_WHY_MAX])
{
	struct yj_turn_line *line = calloc(1, sizeof *line);
	if (!line) {
		say(why, "out of memory", NULL);
		return YJ_ERR_NOMEM;
	}
	line->fd = -1;
	line->way = url->way;
	int rc = connect_to(line, url, why);
	if (rc == 0 && url->way == YJ_TURN_TLS)
		rc = secure(line, url->host, ca_file, why);
	if (rc < 0) {
		yj_turn_line_close(line);
		return rc;
	}
	*out = line;
	return 0;
}

void yj_turn_line_close(struct yj_turn_line *line)
{
	if (!line)
		return;
	SSL_free(line->ssl);
	SSL_CTX_free(line->ctx);
	if (line->fd >= 0)
		close(line->fd);
	free(line);
}

int64_t yj_turn_line_certificate(const struct yj_turn_line *line)
{
	struct tm end = {0};
	X509 *own = line->ssl ? SSL_get0_peer_certificate(line->ssl) : NULL;
	if (!own || ASN1_TIME_to_tm(X509_get0_notAfter(own), &end) != 1)
		return 0;
	return (int64_t)timegm(&end) * 1000;
}

/* ── messages ── */

int yj_turn_line_send(struct yj_turn_line *line, const struct yj_stun *m)
{
	size_t sent = 0;
	if (m->full)
		return YJ_ERR_IO;
	while (sent < m->len) {
		const uint8_t *rest = m->bytes + sent;
		ssize_t n = line->ssl ? SSL_write(line->ssl, rest, (int)(m->len - sent))
				      : send(line->fd, rest, m->len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			return YJ_ERR_IO;
		sent += (size_t)n;
	}
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A whole message out of what is held, if there is one: 1, 0 or YJ_ERR_IO. A datagram is whole or
 * nothing, and what is no message is somebody else's. */
static int take_held(struct yj_turn_line *line, struct yj_stun *out)
{
	int len = yj_stun_length(line->held, line->n_held);
	if (len <= 0 || (size_t)len > line->n_held) {
		if (line->way == YJ_TURN_UDP)
			line->n_held = 0;
		return len < 0 && line->way != YJ_TURN_UDP ? YJ_ERR_IO : 0;
	}
	memset(out, 0, sizeof *out);
	memcpy(out->bytes, line->held, (size_t)len);
	out->len = (size_t)len;
	line->n_held -= (size_t)len;
	memmove(line->held, line->held + len, line->n_held);
	return 1;
}

int yj_turn_line_read(struct yj_turn_line *line, int timeout_ms, struct yj_stun *out)
{
	int64_t end = now_ms() + timeout_ms;
	for (;;) {
		int rc = take_held(line, out);
		if (rc != 0)
			return rc < 0 ? rc : 0;
		struct pollfd p = {.fd = line->fd, .events = POLLIN};
		int64_t left = end - now_ms();
		if ((!line->ssl || SSL_pending(line->ssl) == 0) &&
		    (left <= 0 || poll(&p, 1, (int)left) <= 0))
			return YJ_ERR_NOTFOUND;
		uint8_t *to = line->held + line->n_held;
		size_t room = sizeof line->held - line->n_held;
		ssize_t n =
		    line->ssl ? SSL_read(line->ssl, to, (int)room) : recv(line->fd, to, room, 0);
		if (n <= 0)
			return YJ_ERR_IO;
		line->n_held += (size_t)n;
	}
}

int yj_turn_line_ask(
    struct yj_turn_line *line, const struct yj_stun *request, struct yj_stun *answer)
{
	int64_t now = now_ms(), end = now + YJ_TURN_WAIT_MS, repeat_at = now;
	int64_t every = line->way == YJ_TURN_UDP ? REPEAT_MS : YJ_TURN_WAIT_MS;
	for (; now < end; now = now_ms()) {
		if (now >= repeat_at) {
			if (yj_turn_line_send(line, request) < 0)
				return YJ_ERR_IO;
			repeat_at = now + every;
			every *= 2;
		}
		int64_t until = repeat_at < end ? repeat_at : end;
		int rc = yj_turn_line_read(line, (int)(until - now), answer);
		if (rc == YJ_ERR_IO || (rc == 0 && yj_stun_same_id(request, answer)))
			return rc;
	}
	return YJ_ERR_IO;
}
