/* What the tests of the link share: a real mosquitto on a free loopback port, a plain client beside
 * it, a link whose callbacks are recorded, and a loop that waits for a condition with a deadline.
 */
#ifndef MQTT_RIG_H
#define MQTT_RIG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mqtt/link.h"
#include "proto/limits.h"

struct broker {
	char dir[64]; /* its configuration, persistence, certificates */
	int port;
	int plain_port; /* a second one, for a plain listener beside TLS; 0: not used */
	pid_t pid;
};

/* A new folder and port; the broker is not started. */
void broker_init(struct broker *b);
/* Writes the configuration (listener and common settings, then extra, where @ is the folder) and
 * waits until the broker listens. */
void broker_start(struct broker *b, const char *extra);
void broker_end(struct broker *b, int sig); /* sends sig, waits for its end */
void broker_done(struct broker *b);	    /* ends it and removes the folder */

/* CA, server certificate for DNS:broker.test, client certificate CN=gateway, a foreign CA. */
void broker_certificates(struct broker *b);

/* Listens on loopback and does what the test says; the port. */
int listen_on(int *fd, int backlog);

/* In extra: TLS with client certificates on port; and a plain listener too, on plain_port. */
#define ANYBODY "allow_anonymous true\n"
#define TLS_CONF                                                                                   \
	"allow_anonymous true\ncafile @/ca.crt\ncertfile @/server.crt\nkeyfile @/server.key\n"     \
	"require_certificate true\nuse_identity_as_username true\n"
void broker_start_both(struct broker *b);
/* A link's configuration for it. The strings are static, valid until the next call. */
struct yj_link_conf tls_conf(const struct broker *b, const char *host, const char *ca, bool client);

/* A plain libmosquitto client with its own thread, on plain_port if there is one. */
struct peer {
	struct mosquitto *mosq;
	pthread_mutex_t lock;
	bool up;
	int sent_acked;
	int got_n;
	char got[4096][96]; /* "topic payload" */
};
void peer_start(struct peer *p, const struct broker *b, const char *filter);
int peer_got(struct peer *p);
int peer_acked(struct peer *p);
bool peer_has(struct peer *p, const char *line);
void peer_publish(struct peer *p, const char *topic, int qos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void peer_stop(struct peer *p);

#define REC_MAX 65536

struct rec { /* one link and what it said */
	struct event_base *base;
	struct event *tick;
	struct yj_link *link;
	int ups, downs, lost_sessions;
	bool up;
	char why[200];
	int commits, commit_fails_left;
	int batch_n, batch_max;
	int messages;	       /* handed over */
	int again;	       /* of them those that the broker had sent before */
	int committed;	       /* in batches whose commit succeeded, with repetitions */
	uint8_t seen[REC_MAX]; /* by the number in the payload */
	int batch[REC_MAX];
	int published, code[1024];
	uint64_t token[1024];
	int subscribed, sub_code;
	int ticks;
	int64_t last_tick_ms, gap_ms; /* the longest time the loop was away */
	char log[16384];
	void (*on_commit)(struct rec *r);
};

/* conf's host, port and client_id are filled in if not set. */
struct rec *rec_new(const struct broker *b, struct yj_link_conf conf);
void rec_start(struct rec *r);
void rec_free(struct rec *r);
int rec_distinct(const struct rec *r);
int64_t now_ms(void);
double cpu_s(void); /* of this process */
void nap(int ms);   /* between two looks at a condition */

/* Turns the loop until cond; false after ms. */
#define UNTIL(r, ms, cond)                                                                         \
	({                                                                                         \
		int64_t end_ = now_ms() + (ms);                                                    \
		bool met_;                                                                         \
		while (!(met_ = (cond)) && now_ms() < end_)                                        \
			rec_turn(r);                                                               \
		met_;                                                                              \
	})
void rec_turn(struct rec *r); /* waits at most 20 ms */
void run(const char *fmt, ...)
    __attribute__((format(printf, 1, 2))); /* a shell command that must succeed */

/* getaddrinfo for these programs: NAME.test is 127.0.0.1 (nowhere.test is unknown), and slow.test
 * waits for names_let. names_asked counts the look-ups of names. */
extern int names_asked;
void names_let(void);

#endif
