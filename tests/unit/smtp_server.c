#include "smtp_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct smtp_server {
	const struct smtp_script *script;
	SSL_CTX *ctx;
	int listener, port;
	pthread_t thread;
	pthread_mutex_t lock;
	/* under lock */
	int open_fd; /* -1: none */
	bool stopping;
	char letter[16384], commands[4096];
	int n_letters;
};

struct session {
	struct smtp_server *server;
	int fd;
	SSL *ssl; /* NULL: in the clear */
	char buffer[16384];
	size_t n;
};

static bool say(struct session *s, const char *text)
{
	int len = (int)strlen(text);
	return s->ssl ? SSL_write(s->ssl, text, len) == len
		      : send(s->fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static bool more(struct session *s)
{
	size_t room = sizeof(s->buffer) - 1 - s->n;
	long got = s->ssl ? SSL_read(s->ssl, s->buffer + s->n, (int)room)
			  : recv(s->fd, s->buffer + s->n, room, 0);
	if (got <= 0)
		return false;
	s->n += (size_t)got;
	s->buffer[s->n] = '\0';
	return true;
}

/* Everything up to and with `end`, in out. */
static bool read_to(struct session *s, const char *end, char *out, size_t cap)
{
	char *at;
	s->buffer[s->n] = '\0';
	while ((at = strstr(s->buffer, end)) == NULL)
		if (!more(s))
			return false;
	size_t len = (size_t)(at - s->buffer) + strlen(end);
	snprintf(out, cap, "%.*s", (int)len, s->buffer);
	memmove(s->buffer, s->buffer + len, s->n - len);
	s->n -= len;
	return true;
}

/* false: the session is over. */
static bool step(struct session *s, const char *where, const char *good)
{
	const struct smtp_script *script = s->server->script;
	if (!script->at || strcmp(script->at, where) != 0)
		return say(s, good);
	if (!script->reply) {
		while (more(s))
			s->n = 0;
		return false;
	}
	say(s, script->reply);
	/* as the client sees fit */
	while (more(s))
		s->n = 0;
	return false;
}

static bool begin_tls(struct session *s)
{
	s->ssl = SSL_new(s->server->ctx);
	SSL_set_fd(s->ssl, s->fd);
	return SSL_accept(s->ssl) == 1;
}

static bool take_letter(struct session *s)
{
	char letter[sizeof(s->buffer)];
	if (!step(s, "DATA", "354 go on\r\n") || !read_to(s, "\r\n.\r\n", letter, sizeof(letter)))
		return false;
	pthread_mutex_lock(&s->server->lock);
	snprintf(s->server->letter, sizeof(s->server->letter), "%s", letter);
	s->server->n_letters++;
	pthread_mutex_unlock(&s->server->lock);
	return step(s, "letter", "250 2.0.0 taken as 4711\r\n");
}

static bool one_command(struct session *s)
{
	const struct smtp_script *script = s->server->script;
	char line[1024];
	if (!read_to(s, "\r\n", line, sizeof(line)))
		return false;
	pthread_mutex_lock(&s->server->lock);
	strncat(s->server->commands, line,
	    sizeof(s->server->commands) - strlen(s->server->commands) - 1);
	pthread_mutex_unlock(&s->server->lock);
	if (strncasecmp(line, "EHLO", 4) == 0) {
		char reply[256];
		snprintf(reply, sizeof(reply), "250-test\r\n%s%s250 8BITMIME\r\n",
		    script->no_starttls || s->ssl ? "" : "250-STARTTLS\r\n",
		    script->auth ? "250-AUTH PLAIN\r\n" : "");
		return step(s, "EHLO", reply);
	}
	if (strncasecmp(line, "STARTTLS", 8) == 0)
		return step(s, "STARTTLS", "220 go on\r\n") && begin_tls(s);
	if (strncasecmp(line, "AUTH", 4) == 0)
		return say(s, "334 \r\n") && read_to(s, "\r\n", line, sizeof(line)) &&
		       step(s, "AUTH", "235 welcome\r\n");
	if (strncasecmp(line, "MAIL", 4) == 0)
		return step(s, "MAIL", "250 ok\r\n");
	if (strncasecmp(line, "RCPT", 4) == 0)
		return step(s, "RCPT", "250 ok\r\n");
	if (strncasecmp(line, "DATA", 4) == 0)
		return take_letter(s);
	if (strncasecmp(line, "QUIT", 4) == 0)
		return step(s, "QUIT", "221 bye\r\n") && false;
	return say(s, "502 what\r\n");
}

static void serve(struct smtp_server *server, int fd)
{
	struct session *s = calloc(1, sizeof(*s));
	s->server = server;
	s->fd = fd;
	if ((!server->script->implicit_tls || begin_tls(s)) &&
	    step(s, "greeting", "220 test ESMTP\r\n")) {
		while (one_command(s))
			;
	}
	SSL_free(s->ssl);
	free(s);
}

static void *run(void *arg)
{
	struct smtp_server *server = arg;
	for (;;) {
		int fd = accept(server->listener, NULL, NULL);
		pthread_mutex_lock(&server->lock);
		bool stopping = server->stopping;
		server->open_fd = fd;
		pthread_mutex_unlock(&server->lock);
		if (!stopping && fd >= 0)
			serve(server, fd);
		pthread_mutex_lock(&server->lock);
		server->open_fd = -1;
		pthread_mutex_unlock(&server->lock);
		if (fd >= 0)
			close(fd);
		if (stopping || fd < 0)
			return NULL;
	}
}

struct smtp_server *smtp_start(SSL_CTX *ctx, const struct smtp_script *script)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	struct smtp_server *server = calloc(1, sizeof(*server));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->script = script;
	server->ctx = ctx;
	server->open_fd = -1;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_mutex_init(&server->lock, NULL);
	if (bind(server->listener, (struct sockaddr *)&sin, len) < 0 ||
	    listen(server->listener, 8) < 0 ||
	    getsockname(server->listener, (struct sockaddr *)&sin, &len) < 0 ||
	    pthread_create(&server->thread, NULL, run, server) != 0)
		return NULL;
	server->port = ntohs(sin.sin_port);
	return server;
}

void smtp_stop(struct smtp_server *server)
{
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	if (server->open_fd >= 0)
		shutdown(server->open_fd, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	pthread_mutex_destroy(&server->lock);
	SSL_CTX_free(server->ctx);
	free(server);
}

int smtp_port(const struct smtp_server *server)
{
	return server->port;
}

void smtp_letter(struct smtp_server *server, char *out, size_t cap)
{
	pthread_mutex_lock(&server->lock);
	snprintf(out, cap, "%s", server->letter);
	pthread_mutex_unlock(&server->lock);
}

void smtp_commands(struct smtp_server *server, char *out, size_t cap)
{
	pthread_mutex_lock(&server->lock);
	snprintf(out, cap, "%s", server->commands);
	pthread_mutex_unlock(&server->lock);
}

int smtp_letters(struct smtp_server *server)
{
	pthread_mutex_lock(&server->lock);
	int n = server->n_letters;
	pthread_mutex_unlock(&server->lock);
	return n;
}
