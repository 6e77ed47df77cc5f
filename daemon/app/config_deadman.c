/* The dead man's ping, and whose pings are waited for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define EVERY_MIN_MS 1000
#define EVERY_MAX_MS 3600000LL
#define WITHIN_MAX_MS 86400000LL

static void read_topic(struct yj_yaml *y, yaml_node_t *node, const char *what, char **dst)
{
	static const char expected[] = "a topic without + and #";
	yj_config_read_string(y, node, what, expected, dst);
	if (*dst && (strpbrk(*dst, "+#") || (*dst)[0] == '$' || strlen(*dst) >= YJ_TOPIC_MAX))
		yj_yaml_error(y, yj_yaml_line(node), "%s is no topic, expected %s", what, expected);
}

/* Of the gateway of this name, unless the file says another one. */
static void standard_topic(struct yj_yaml *y, const char *gateway, char **dst)
{
	char topic[YJ_TOPIC_MAX];
	if (*dst)
		return;
	snprintf(topic, sizeof topic, "yj/v1/gw/%s/alive", gateway);
	yj_config_keep(y, topic, dst);
}

static void read_peer(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"gateway", true}, {"within", false}, {"topic", false}};
	yaml_node_t *v[N(keys)];
	struct yj_config_peer *peer = &c->deadman.watch[c->deadman.n_watch];
	if (!yj_yaml_map(y, node, "an entry of deadman.watch", keys, N(keys), v))
		return;
	c->deadman.n_watch++;
	peer->within_ms = 180000;
	yj_config_read_name(y, v[0], "deadman.watch.gateway", peer->gateway);
	yj_yaml_duration(
	    y, v[1], "deadman.watch.within", EVERY_MIN_MS, WITHIN_MAX_MS, &peer->within_ms);
	read_topic(y, v[2], "deadman.watch.topic", &peer->topic);
	standard_topic(y, peer->gateway, &peer->topic);
	if (peer->gateway[0] && strcmp(peer->gateway, c->gateway.id) == 0)
		yj_yaml_error(y, yj_yaml_line(v[0]),
		    "deadman.watch.gateway is this gateway, expected another one's id");
	for (size_t i = 0; i + 1 < c->deadman.n_watch; i++)
		if (strcmp(c->deadman.watch[i].gateway, peer->gateway) == 0)
			yj_yaml_error(y, yj_yaml_line(v[0]),
			    "gateway \"%s\" is watched already, expected each once", peer->gateway);
}

void yj_config_read_deadman(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"url", false}, {"every", false}, {"topic", false}, {"watch", false}};
	yaml_node_t *v[N(keys)];
	c->deadman.every_ms = 60000;
	if (!node || !yj_yaml_map(y, node, "deadman", keys, N(keys), v))
		return;
	c->deadman.on = true;
	yj_config_read_url(y, v[0], "deadman.url", &c->deadman.url);
	yj_yaml_duration(
	    y, v[1], "deadman.every", EVERY_MIN_MS, EVERY_MAX_MS, &c->deadman.every_ms);
	read_topic(y, v[2], "deadman.topic", &c->deadman.topic);
	standard_topic(y, c->gateway.id, &c->deadman.topic);
	int n = v[3] ? yj_yaml_list(y, v[3], "deadman.watch", 0, YJ_PEERS_MAX) : 0;
	if (n <= 0)
		return;
	c->deadman.watch = calloc((size_t)n, sizeof c->deadman.watch[0]);
	if (!c->deadman.watch) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++)
		read_peer(y, yj_yaml_item(y, v[3], i), c);
}

void yj_config_deadman_done(struct yj_config *c)
{
	for (size_t i = 0; i < c->deadman.n_watch; i++)
		free(c->deadman.watch[i].topic);
	free(c->deadman.watch);
	free(c->deadman.url);
	free(c->deadman.topic);
}
