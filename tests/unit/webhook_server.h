/* Endpoints for the webhook tests: real HTTP servers on a loop of their own, good and bad. */
#ifndef TEST_WEBHOOK_SERVER_H
#define TEST_WEBHOOK_SERVER_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define SERVER_SECRET "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

struct server;

struct server *server_new(void);
void server_free(struct server *server);
/* Does what is to be done now, without waiting. */
void server_turn(struct server *server);

/* The HTTP server's port. Its paths: /ok (200 after checking the signature, else 400), /unsigned
 * (200 if there is no signature), /hang (never answers), /status/N[/TEXT] with Retry-After as set
 * and TEXT as its body (N 3xx: Location /ok), /echo/N (the request as its body), /huge/N (1 MiB).
 */
int server_port(const struct server *server);
/* The port of a TCP server that reads a little and then does as told. */
enum manner { CLOSES, SAYS_GARBAGE, CUTS_HEADERS, CUTS_BODY, CUTS_500, TRICKLES, SAYS_NOTHING };
int server_bad_port(const struct server *server, enum manner manner);
/* A port where nobody listens. */
int server_dead_port(void);
/* A TLS server with a certificate that nobody vouches for. */
int server_tls_port(const struct server *server);

/* Answers every request so, whatever its path, method and type; body NULL: as above again. */
void server_set_answer(struct server *server, int status, const char *body);
/* The TLS server goes on with another certificate; takes ctx. */
void server_set_tls(struct server *server, SSL_CTX *ctx);
/* Path and query of the last request, and its method. */
const char *server_last_path(const struct server *server);
const char *server_last_method(const struct server *server);

void server_set_retry_after(struct server *server, const char *value); /* borrowed; NULL: none */
int server_count(const struct server *server, const char *path);       /* good requests so far */
int server_hanging(const struct server *server);
const char *server_last_body(const struct server *server);
/* A header of the last request, "" if it had none. */
const char *server_last_header(const struct server *server, const char *name);
/* What was wrong with a request, or NULL. */
const char *server_complaint(const struct server *server);

#endif
