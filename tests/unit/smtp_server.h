/* A small SMTP server on a thread of its own, with TLS, that does one thing wrong when told to. */
#ifndef TEST_SMTP_SERVER_H
#define TEST_SMTP_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct smtp_script {
	bool implicit_tls; /* smtps */
	bool no_starttls;  /* is not offered */
	bool auth;	   /* AUTH PLAIN is asked for, any password is good */
	/* Where it goes wrong: "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA",
	 * "letter", "QUIT"; NULL: nowhere. */
	const char *at;
	const char *reply; /* what it says there, CR LF included; NULL: nothing, for ever */
};

struct smtp_server;

/* Takes ctx. NULL on failure. script is borrowed. */
struct smtp_server *smtp_start(SSL_CTX *ctx, const struct smtp_script *script);
/* Ends what is open. Before it the caller must be done. */
void smtp_stop(struct smtp_server *server);
int smtp_port(const struct smtp_server *server);
/* What has come so far, copied: the last letter as sent; the commands, a line each; how many
 * letters. */
void smtp_letter(struct smtp_server *server, char *out, size_t cap);
void smtp_commands(struct smtp_server *server, char *out, size_t cap);
int smtp_letters(struct smtp_server *server);

#endif
