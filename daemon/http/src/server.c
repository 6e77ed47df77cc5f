/* Listening, TLS, beginning and end. */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "http/stream.h"

#define TIMEOUT_MS 30000
#define PACE_MS 10000

static bool is_set(const char *s)
{
	return s && s[0] != '\0';
}

/* The certificate and key of the configuration in a context. */
static int load_tls(const struct yj_http_conf *conf, SSL_CTX **out, const char **why)
{
	if (!is_set(conf->cert_file) || !is_set(conf->key_file)) {
		*why = "cert_file and key_file are set together or not at all";
		return YJ_ERR_INVAL;
	}
	if (access(conf->cert_file, R_OK) < 0 || access(conf->key_file, R_OK) < 0) {
		*why = strerror(errno);
		return YJ_ERR_INVAL;
	}
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	if (!tls)
		return YJ_ERR_NOMEM;
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	if (SSL_CTX_use_certificate_chain_file(tls, conf->cert_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, conf->key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(tls) != 1) {
		const char *reason = ERR_reason_error_string(ERR_peek_last_error());
		*why = reason ? reason : "the certificate or its key cannot be used";
		ERR_clear_error();
		SSL_CTX_free(tls);
		return YJ_ERR_INVAL;
	}
	*out = tls;
	return 0;
}

/* Out of descriptors: rest for a second instead of spinning on a socket that stays readable. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct yj_http *http = arg;
	evconnlistener_disable(listener);
	event_add(http->rest, &(struct timeval){.tv_sec = 1});
}

static void on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct yj_http *http = arg;
	(void)fd;
	(void)what;
	evconnlistener_enable(http->listener);
}

/* Replaced by evhttp's own before the loop turns. */
static void on_accept(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	(void)listener;
	(void)sa;
	(void)len;
	(void)arg;
	close(fd);
}

static int port_of(evutil_socket_t fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	memset(&ss, 0, sizeof(ss));
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

/* Reads "127.0.0.1:80" or "[::1]:80"; the port may be 0, which evutil's parser refuses. */
static bool parse_address(const char *where, struct sockaddr_storage *ss, int *len)
{
	char host[INET6_ADDRSTRLEN + 2];
	const char *colon = strrchr(where, ':');
	if (!colon || (size_t)(colon - where) >= sizeof(host))
		return false;
	size_t host_len = (size_t)(colon - where);
	size_t digits = strspn(colon + 1, "0123456789");
	long port = strtol(colon + 1, NULL, 10);
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || port > 65535)
		return false;
	memcpy(host, where, host_len);
	host[host_len] = '\0';
	memset(ss, 0, sizeof(*ss));
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		return true;
	}
	if (host_len < 2 || host[0] != '[' || host[host_len - 1] != ']')
		return false;
	host[host_len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	*len = sizeof(*v6);
	return true;
}

static int listen_at(struct yj_http *http, const char *where, const char **why)
{
	struct sockaddr_storage ss;
	int len = 0;
	if (!parse_address(where, &ss, &len)) {
		*why = "listen must be ADDRESS:PORT or [ADDRESS]:PORT, with numbers";
		return YJ_ERR_INVAL;
	}
	http->listener = evconnlistener_new_bind(http->base, on_accept, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, YJ_HTTP_CLIENTS_MAX,
	    (struct sockaddr *)&ss, len);
	if (!http->listener) {
		*why = strerror(errno);
		return YJ_ERR_IO;
	}
	evconnlistener_set_error_cb(http->listener, on_accept_error);
	http->port = port_of(evconnlistener_get_fd(http->listener));
	if (!evhttp_bind_listener(http->evhttp, http->listener)) {
		evconnlistener_free(http->listener);
		return YJ_ERR_NOMEM;
	}
	return 0;
}

static int set_up(struct yj_http *http)
{
	http->evhttp = evhttp_new(http->base);
	http->rest = evtimer_new(http->base, on_rest, http);
	http->seating = evtimer_new(http->base, yj_http_seat_fresh, http);
	if (!http->evhttp || !http->rest || !http->seating)
		return YJ_ERR_NOMEM;
	evhttp_set_allowed_methods(
	    http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
			      EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
	evhttp_set_max_headers_size(http->evhttp, YJ_HTTP_HEADERS_MAX);
	evhttp_set_max_body_size(http->evhttp, YJ_HTTP_BODY_MAX);
	evhttp_set_default_content_type(http->evhttp, NULL);
	evhttp_set_bevcb(http->evhttp, yj_http_seat_new, http);
	evhttp_set_gencb(http->evhttp, yj_http_dispatch, http);
	yj_http_set_timeout(http, TIMEOUT_MS);
	yj_stream_set_pace(http, PACE_MS);
	return yj_http_probes_add(http);
}

int yj_http_new(struct event_base *base, const struct yj_http_conf *conf,
    const struct yj_http_ops *ops, void *ctx, struct yj_http **out, const char **why)
{
	const char *reason = "out of memory";
	int rc = YJ_ERR_NOMEM;
	struct yj_http *http = calloc(1, sizeof(*http));
	if (!http)
		goto out;
	http->base = base;
	http->ops = *ops;
	http->ctx = ctx;
	rc = set_up(http);
	if (rc == 0 && (is_set(conf->cert_file) || is_set(conf->key_file)))
		rc = load_tls(conf, &http->tls, &reason);
	if (rc == 0)
		rc = listen_at(http, conf->listen ? conf->listen : "", &reason);
	if (rc < 0)
		goto out;
	*out = http;
	return 0;
out:
	yj_http_free(http);
	*why = reason;
	return rc;
}

int yj_http_port(const struct yj_http *http)
{
	return http->port;
}

void yj_http_set_timeout(struct yj_http *http, int64_t timeout_ms)
{
	struct timeval tv = {.tv_sec = (time_t)(timeout_ms / 1000),
	    .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
	http->timeout = tv;
	evhttp_set_timeout_tv(http->evhttp, &tv);
}

void yj_http_free(struct yj_http *http)
{
	if (!http)
		return;
	if (http->evhttp)
		evhttp_free(http->evhttp);
	if (http->rest)
		event_free(http->rest);
	if (http->seating)
		event_free(http->seating);
	for (int i = 0; i < http->n_routes; i++)
		free(http->routes[i].path);
	SSL_CTX_free(http->tls);
	free(http);
}
