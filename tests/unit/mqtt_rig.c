#include "mqtt_rig.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int names_asked;
static sem_t slow_name;

void names_let(void)
{
	sem_post(&slow_name);
}

int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
	    dlsym(RTLD_NEXT, "getaddrinfo");
	struct in6_addr addr;
	bool numeric =
	    inet_pton(AF_INET, node, &addr) == 1 || inet_pton(AF_INET6, node, &addr) == 1;
	if (numeric || (hints != NULL && (hints->ai_flags & AI_NUMERICHOST)))
		return real(node, service, hints, out);
	__atomic_add_fetch(&names_asked, 1, __ATOMIC_SEQ_CST);
	if (strcmp(node, "slow.test") == 0)
		while (sem_wait(&slow_name) != 0)
			;
	if (strcmp(node, "nowhere.test") == 0)
		return EAI_NONAME;
	return real("127.0.0.1", service, hints, out);
}

int64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void nap(int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

void run(const char *fmt, ...)
{
	char cmd[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, args);
	va_end(args);
	assert_int_equal(system(cmd), 0);
}

int listen_on(int *fd, int backlog)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*fd >= 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(*fd, backlog), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin_port);
}

void broker_init(struct broker *b)
{
	int fd;
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/yj-mqtt-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->port = listen_on(&fd, 1);
	close(fd);
}

static bool listens(int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return rc == 0;
}

void broker_start(struct broker *b, const char *extra)
{
	char path[128], log[128];
	snprintf(path, sizeof(path), "%s/mosquitto.conf", b->dir);
	snprintf(log, sizeof(log), "%s/log", b->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
	    "per_listener_settings false\nlistener %d 127.0.0.1\nset_tcp_nodelay true\n"
	    "max_inflight_messages 1000\nmax_queued_messages 100000\n"
	    "persistence true\npersistence_location %s/\n",
	    b->port, b->dir);
	if (geteuid() == 0)
		fprintf(f, "user root\n");
	for (const char *s = extra; *s != '\0'; s++) {
		if (s[0] == '@')
			fputs(b->dir, f);
		else
			fputc(*s, f);
	}
	fclose(f);
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (freopen(log, "a", stdout) == NULL || dup2(1, 2) < 0)
			_exit(126);
		execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
		execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
		_exit(127);
	}
	int64_t end = now_ms() + 10000;
	while (!listens(b->port) || (b->plain_port != 0 && !listens(b->plain_port))) {
		assert_true(now_ms() < end);
		assert_int_equal(waitpid(b->pid, NULL, WNOHANG), 0);
		nap(2);
	}
}

void broker_start_both(struct broker *b)
{
	char extra[512];
	int fd;
	b->plain_port = listen_on(&fd, 1);
	close(fd);
	snprintf(extra, sizeof(extra), TLS_CONF "listener %d 127.0.0.1\n", b->plain_port);
	broker_start(b, extra);
}

struct yj_link_conf tls_conf(const struct broker *b, const char *host, const char *ca, bool client)
{
	static char paths[3][128];
	snprintf(paths[0], sizeof(paths[0]), "%s/%s", b->dir, ca);
	snprintf(paths[1], sizeof(paths[1]), "%s/client.crt", b->dir);
	snprintf(paths[2], sizeof(paths[2]), "%s/client.key", b->dir);
	return (struct yj_link_conf){.host = host,
	    .ca_file = paths[0],
	    .cert_file = client ? paths[1] : NULL,
	    .key_file = client ? paths[2] : NULL,
	    .backoff_min_ms = 50};
}

void broker_end(struct broker *b, int sig)
{
	if (b->pid <= 0)
		return;
	kill(b->pid, sig);
	waitpid(b->pid, NULL, 0);
	b->pid = 0;
}

void broker_done(struct broker *b)
{
	broker_end(b, SIGKILL);
	run("rm -rf '%s'", b->dir);
}

void broker_certificates(struct broker *b)
{
	static const char *const script =
	    "cd '%s' && exec >/dev/null 2>&1 && "
	    "ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2' && "
	    "for ca in ca other; do openssl req -x509 $ec -keyout $ca.key -out $ca.crt "
	    "-subj /CN=$ca || exit 1; done && "
	    "printf 'subjectAltName=DNS:broker.test' >server.ext && "
	    "printf 'basicConstraints=CA:FALSE' >client.ext && "
	    "for c in server client; do "
	    "openssl req $ec -keyout $c.key -out $c.csr -subj /CN=gateway && "
	    "openssl x509 -req -in $c.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
	    "-extfile $c.ext -out $c.crt || exit 1; done";
	run(script, b->dir);
}

static void on_peer_connect(struct mosquitto *m, void *ctx, int rc)
{
	struct peer *p = ctx;
	(void)m;
	pthread_mutex_lock(&p->lock);
	p->up = rc == 0;
	pthread_mutex_unlock(&p->lock);
}

static void on_peer_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *qos)
{
	(void)mid;
	(void)n;
	(void)qos;
	on_peer_connect(m, ctx, 0);
}

static void on_peer_publish(struct mosquitto *m, void *ctx, int mid)
{
	struct peer *p = ctx;
	(void)m;
	(void)mid;
	pthread_mutex_lock(&p->lock);
	p->sent_acked++;
	pthread_mutex_unlock(&p->lock);
}

static void on_peer_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *msg)
{
	struct peer *p = ctx;
	(void)m;
	pthread_mutex_lock(&p->lock);
	if (p->got_n < (int)(sizeof(p->got) / sizeof(p->got[0])))
		snprintf(p->got[p->got_n++], sizeof(p->got[0]), "%s %.*s", msg->topic,
		    msg->payloadlen, msg->payload == NULL ? "" : (char *)msg->payload);
	pthread_mutex_unlock(&p->lock);
}

/* Subscribed when it returns. */
void peer_start(struct peer *p, const struct broker *b, const char *filter)
{
	int port = b->plain_port != 0 ? b->plain_port : b->port;
	memset(p, 0, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	mosquitto_lib_init();
	p->mosq = mosquitto_new(NULL, true, p);
	mosquitto_max_inflight_messages_set(p->mosq, 1000);
	mosquitto_message_callback_set(p->mosq, on_peer_message);
	mosquitto_publish_callback_set(p->mosq, on_peer_publish);
	if (filter == NULL)
		mosquitto_connect_callback_set(p->mosq, on_peer_connect);
	else
		mosquitto_subscribe_callback_set(p->mosq, on_peer_subscribe);
	assert_int_equal(mosquitto_connect(p->mosq, "127.0.0.1", port, 60), 0);
	if (filter != NULL)
		assert_int_equal(mosquitto_subscribe(p->mosq, NULL, filter, 1), 0);
	assert_int_equal(mosquitto_loop_start(p->mosq), 0);
	int64_t end = now_ms() + 10000;
	for (bool up = false; !up;) {
		assert_true(now_ms() < end);
		pthread_mutex_lock(&p->lock);
		up = p->up;
		pthread_mutex_unlock(&p->lock);
		nap(2);
	}
}

static int locked(struct peer *p, const int *n)
{
	pthread_mutex_lock(&p->lock);
	int v = *n;
	pthread_mutex_unlock(&p->lock);
	return v;
}

int peer_got(struct peer *p)
{
	return locked(p, &p->got_n);
}

int peer_acked(struct peer *p)
{
	return locked(p, &p->sent_acked);
}

bool peer_has(struct peer *p, const char *line)
{
	bool has = false;
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < p->got_n; i++)
		has |= strcmp(p->got[i], line) == 0;
	pthread_mutex_unlock(&p->lock);
	return has;
}

void peer_publish(struct peer *p, const char *topic, int qos, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	assert_int_equal(mosquitto_publish(p->mosq, NULL, topic, n, text, qos, false), 0);
}

void peer_stop(struct peer *p)
{
	mosquitto_disconnect(p->mosq);
	mosquitto_loop_stop(p->mosq, true);
	mosquitto_destroy(p->mosq);
	pthread_mutex_destroy(&p->lock);
}

static void on_message(void *ctx, const struct yj_link_msg *msg)
{
	struct rec *r = ctx;
	r->messages++;
	r->again += msg->again;
	r->batch[r->batch_n++] = atoi(msg->payload) % REC_MAX;
	errno = EAGAIN; /* what an owner may leave behind */
}

static int on_commit(void *ctx)
{
	struct rec *r = ctx;
	int n = r->batch_n;
	r->commits++;
	r->batch_n = 0;
	if (n > r->batch_max)
		r->batch_max = n;
	if (r->on_commit != NULL)
		r->on_commit(r);
	if (r->commit_fails_left > 0) {
		r->commit_fails_left--;
		return YJ_ERR_FULL;
	}
	for (int i = 0; i < n; i++)
		r->seen[r->batch[i]] = 1;
	r->committed += n;
	return 0;
}

static void on_published(void *ctx, uint64_t token, int code)
{
	struct rec *r = ctx;
	r->token[r->published % 1024] = token;
	r->code[r->published % 1024] = code;
	r->published++;
}

static void on_state(void *ctx, enum yj_link_state state, bool session_lost, const char *why)
{
	struct rec *r = ctx;
	r->up = state == YJ_LINK_UP;
	r->ups += r->up;
	r->downs += !r->up;
	r->lost_sessions += session_lost;
	snprintf(r->why, sizeof(r->why), "%s", why);
}

static void on_subscribed(void *ctx, const char *filter, int code)
{
	struct rec *r = ctx;
	(void)filter;
	r->subscribed++;
	r->sub_code = code;
}

static void on_log(void *ctx, int level, const char *line)
{
	struct rec *r = ctx;
	size_t used = strlen(r->log);
	snprintf(r->log + used, sizeof(r->log) - used, "%d %s\n", level, line);
	if (getenv("YJ_VERBOSE") != NULL)
		fprintf(stderr, "%d %s\n", level, line);
}

static void on_tick(evutil_socket_t fd, short what, void *ctx)
{
	struct rec *r = ctx;
	(void)fd;
	(void)what;
	int64_t now = now_ms();
	if (r->ticks++ > 0 && now - r->last_tick_ms > r->gap_ms)
		r->gap_ms = now - r->last_tick_ms;
	r->last_tick_ms = now;
}

struct rec *rec_new(const struct broker *b, struct yj_link_conf conf)
{
	static const struct yj_link_ops ops = {.message = on_message,
	    .commit = on_commit,
	    .published = on_published,
	    .state = on_state,
	    .subscribed = on_subscribed,
	    .log = on_log};
	const char *why = "?";
	struct rec *r = calloc(1, sizeof(*r));
	assert_non_null(r);
	if (conf.host == NULL)
		conf.host = "127.0.0.1";
	if (conf.port == 0)
		conf.port = b->port;
	if (conf.client_id == NULL)
		conf.client_id = "yj.test";
	if (conf.receive_maximum == 0)
		conf.receive_maximum = YJ_BATCH_MAX;
	r->base = event_base_new();
	r->tick = event_new(r->base, -1, EV_PERSIST, on_tick, r);
	event_add(r->tick, &(struct timeval){.tv_usec = 20000});
	if (yj_link_new(r->base, &conf, &ops, r, &r->link, &why) != 0)
		fail_msg("yj_link_new: %s", why);
	return r;
}

void rec_start(struct rec *r)
{
	assert_int_equal(yj_link_start(r->link, false), 0);
}

void rec_turn(struct rec *r)
{
	event_base_loop(r->base, EVLOOP_ONCE);
}

int rec_distinct(const struct rec *r)
{
	int n = 0;
	for (int i = 0; i < REC_MAX; i++)
		n += r->seen[i];
	return n;
}

void rec_free(struct rec *r)
{
	yj_link_free(r->link);
	event_free(r->tick);
	event_base_free(r->base);
	free(r);
}
