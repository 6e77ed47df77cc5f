#include "webhook_rig.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <time.h>

/* ---- a name server that does not answer ---- */

pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
atomic_int n_resolving;

int getaddrinfo(const char *restrict node, const char *restrict service,
    const struct addrinfo *restrict hints, struct addrinfo **restrict res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	if (node && strcmp(node, "slow.test") == 0) {
		n_resolving++;
		pthread_mutex_lock(&gate); /* held by the test */
		pthread_mutex_unlock(&gate);
		n_resolving--;
		return EAI_AGAIN;
	}
	if (node && strcmp(node, "unknown.test") == 0)
		return EAI_NONAME;
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, res);
}

/* ---- the loop ---- */

int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	f->base = event_base_new();
	f->tick = turning_tick(f->base);
	f->server = server_new();
	f->hooks = yj_posters_new(f->base);
	return f->hooks ? 0 : -1;
}

int teardown(void **state)
{
	struct fixture *f = *state;
	const char *complaint = server_complaint(f->server);
	if (complaint)
		fprintf(stderr, "server: %s\n", complaint);
	yj_posters_free(f->hooks);
	server_free(f->server);
	event_free(f->tick);
	event_base_free(f->base);
	free(f);
	return complaint ? -1 : 0;
}

void on_done(void *ctx, const struct yj_sent_result *result)
{
	struct fixture *f = ctx;
	assert_false(f->sending); /* later, not from inside */
	assert_true(result->token < TOKENS);
	f->results[result->token] = *result;
	f->n_results[result->token]++;
	f->n_all++;
}

const struct yj_msg_inbox page = {
    .id = "gw-1.d-000123",
    .incident = "i-77",
    .level = 1,
    .kind = YJ_KIND_SOS,
    .state = YJ_PAGE_OPEN,
    .resident = {.id = "r-1",
	.name = "王秀英",
	.address = "龙潭村三组12号",
	.phone = "13900001111",
	.access = "钥匙在邻居处"},
    .text = "王秀英按了呼叫按钮",
    .opened_at_ms = 1795460972123,
    .answer_by_ms = 1795461032123,
};

int hooks_set(struct yj_posters *hooks, const struct hook_conf *conf, size_t n, size_t *bad)
{
	static char names[YJ_WEBHOOKS_MAX][YJ_CHANNEL_NAME_MAX + 20];
	static struct yj_poster_conf v[YJ_WEBHOOKS_MAX];
	struct yj_poster_why why;
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "webhook:%s", conf[i].name);
		v[i] = (struct yj_poster_conf){.type = YJ_POSTER_WEBHOOK,
		    .name = names[i],
		    .timeout_ms = conf[i].timeout_ms,
		    .attempts = conf[i].attempts,
		    .u.webhook = {.url = conf[i].url, .secret = conf[i].secret}};
	}
	return yj_posters_set(hooks, v, n, bad, &why);
}

const struct yj_channel *hooks_channel(struct yj_posters *hooks, const char *name)
{
	char whole[YJ_CHANNEL_NAME_MAX + 1];
	snprintf(whole, sizeof(whole), "webhook:%s", name);
	return yj_posters_channel(hooks, whole);
}

void warm(struct fixture *f, const struct yj_channel *channel)
{
	for (int i = 0; i < YJ_POSTER_EACH_MAX; i++) {
		int before = f->n_all;
		assert_int_equal(send_page(f, channel, WARM, 1), 0);
		TURN_UNTIL(f, f->n_all > before);
	}
	f->n_all -= YJ_POSTER_EACH_MAX;
	f->n_results[WARM] = 0;
}

const struct yj_channel *endpoint(struct fixture *f, int port, const char *path, int64_t timeout_ms)
{
	char url[512];
	size_t bad;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	struct hook_conf conf = {"e", url, SERVER_SECRET, timeout_ms, 5};
	f->sending = true;
	assert_int_equal(hooks_set(f->hooks, &conf, 1, &bad), 0);
	f->sending = false;
	return hooks_channel(f->hooks, "e");
}

struct yj_delivery delivery_of(uint64_t token, int attempt)
{
	return (struct yj_delivery){.token = token,
	    .attempt = attempt,
	    .id = page.id,
	    .caregiver = "c-1",
	    .phone = "+86 138-0000-2222",
	    .email = "li@example.org",
	    .language = "zh-CN",
	    .page = &page,
	    .text = page.text,
	    .subject = "有人呼叫：王秀英",
	    .asks = true};
}

int send_page(struct fixture *f, const struct yj_channel *channel, uint64_t token, int attempt)
{
	struct yj_delivery delivery = delivery_of(token, attempt);
	f->sending = true;
	int rc = channel->send(channel->self, &delivery, on_done, f);
	f->sending = false;
	return rc;
}

struct yj_sent_result outcome_of(struct fixture *f, const char *path, int attempt)
{
	const struct yj_channel *channel = endpoint(f, server_port(f->server), path, 10000);
	int before = f->n_all;
	assert_int_equal(send_page(f, channel, 1, attempt), 0);
	TURN_UNTIL(f, f->n_all > before);
	assert_int_equal(f->n_all, before + 1);
	return f->results[1];
}
