/* Every section of the configuration but the policies: keys, ranges, defaults. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "config_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define WAIT_MAX_MS 86400000LL

/* A zone that this machine knows. */
static void read_timezone(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const char expected[] = "a time zone such as Asia/Shanghai";
	char path[256];
	const char *s;
	struct stat st;
	if (!yj_yaml_text(y, node, "gateway.timezone", expected, &s))
		return;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", s);
	if (s[0] == '/' || strstr(s, "..") || strlen(s) > 64 || stat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		yj_yaml_error(
		    y, yj_yaml_line(node), "gateway.timezone is not known, expected %s", expected);
	else
		yj_config_keep(y, s, &c->gateway.timezone);
}

static void read_gateway(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"id", true}, {"data_dir", false}, {"language", false}, {"timezone", false}};
	yaml_node_t *v[N(keys)];
	const char *s;
	if (!yj_yaml_map(y, node, "gateway", keys, N(keys), v))
		return;
	yj_config_read_name(y, v[0], "gateway.id", c->gateway.id);
	yj_config_read_string(
	    y, v[1], "gateway.data_dir", "the path of a folder", &c->gateway.data_dir);
	read_timezone(y, v[3], c);
	if (!yj_yaml_text(y, v[2], "gateway.language", "zh-CN or en", &s))
		return;
	if (strcmp(s, "zh-CN") == 0 || strcmp(s, "en") == 0)
		yj_config_keep(y, s, &c->gateway.language);
	else
		yj_yaml_error(y, yj_yaml_line(v[2]),
		    "gateway.language is not one of ours, expected zh-CN or en");
}

/* Certificate and key come together. */
static void check_pair(struct yj_yaml *y, yaml_node_t *cert, yaml_node_t *key, const char *what)
{
	if (!cert != !key)
		yj_yaml_error(y, yj_yaml_line(cert ? cert : key),
		    "%s has %s without %s, expected both or neither", what,
		    cert ? "cert_file" : "key_file", cert ? "key_file" : "cert_file");
}

static void read_mqtt_tls(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config_tls *tls)
{
	static const struct yj_yaml_key keys[] = {
	    {"ca_file", false}, {"cert_file", false}, {"key_file", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "mqtt.tls", keys, N(keys), v))
		return;
	tls->on = true;
	yj_config_read_file(y, v[0], "mqtt.tls.ca_file", flags, &tls->ca_file);
	yj_config_read_file(y, v[1], "mqtt.tls.cert_file", flags, &tls->cert_file);
	yj_config_read_file(y, v[2], "mqtt.tls.key_file", flags, &tls->key_file);
	check_pair(y, v[1], v[2], "mqtt.tls");
}

static void read_http_tls(
    struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config_tls *tls)
{
	static const struct yj_yaml_key keys[] = {{"cert_file", false}, {"key_file", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "http.tls", keys, N(keys), v))
		return;
	yj_config_read_file(y, v[0], "http.tls.cert_file", flags, &tls->cert_file);
	yj_config_read_file(y, v[1], "http.tls.key_file", flags, &tls->key_file);
	check_pair(y, v[0], v[1], "http.tls");
	tls->on = tls->cert_file && tls->key_file;
}

static void read_mqtt(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"host", false}, {"port", false},
	    {"username", false}, {"password_file", false}, {"tls", false}};
	static const char host[] = "the name or address of the broker";
	yaml_node_t *v[N(keys)];
	if (!yj_yaml_map(y, node, "mqtt", keys, N(keys), v))
		return;
	yj_config_read_string(y, v[0], "mqtt.host", host, &c->mqtt.host);
	if (c->mqtt.host && (strpbrk(c->mqtt.host, " /@") || strlen(c->mqtt.host) > 253))
		yj_yaml_error(y, yj_yaml_line(v[0]), "mqtt.host is no host, expected %s", host);
	read_mqtt_tls(y, v[4], flags, &c->mqtt.tls);
	c->mqtt.port = c->mqtt.tls.on ? 8883 : 1883;
	yj_yaml_int(y, v[1], "mqtt.port", 1, 65535, &c->mqtt.port);
	yj_config_read_string(y, v[2], "mqtt.username", "a user name", &c->mqtt.username);
	yj_config_read_secret(
	    y, v[3], "mqtt.password_file", flags, &c->mqtt.password_file, &c->mqtt.password);
}

/* 127.0.0.1:8420 or [::1]:8420 */
static bool listen_valid(const char *s)
{
	char host[64];
	struct in6_addr addr;
	const char *colon = strrchr(s, ':');
	size_t len = colon ? (size_t)(colon - s) : 0;
	bool six = len > 2 && s[0] == '[' && s[len - 1] == ']';
	if (six) {
		s++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, s, len);
	host[len] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, host, &addr) != 1)
		return false;
	len = strlen(colon + 1);
	return len > 0 && len <= 5 && strspn(colon + 1, "0123456789") == len &&
	       strtol(colon + 1, NULL, 10) <= 65535;
}

static void read_http(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"listen", false}, {"public_url", false}, {"tls", false}, {"web_dir", false}};
	static const char expected[] = "ADDRESS:PORT such as 127.0.0.1:8420 or [::1]:8420";
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "http", keys, N(keys), v))
		return;
	yj_config_read_string(y, v[0], "http.listen", expected, &c->http.listen);
	if (c->http.listen && !listen_valid(c->http.listen))
		yj_yaml_error(
		    y, yj_yaml_line(v[0]), "http.listen is no address, expected %s", expected);
	yj_config_read_url(y, v[1], "http.public_url", &c->http.public_url);
	if (c->http.public_url && strpbrk(c->http.public_url, "?#"))
		yj_yaml_error(y, yj_yaml_line(v[1]),
		    "http.public_url has a query, expected a URL to which a path can be added");
	read_http_tls(y, v[2], flags, &c->http.tls);
	yj_config_read_string(y, v[3], "http.web_dir", "the path of a folder", &c->http.web_dir);
}

static void read_ctl(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"socket", false}};
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "ctl", keys, N(keys), v))
		return;
	yj_config_read_string(y, v[0], "ctl.socket", "the path of a socket", &c->ctl.socket);
	if (c->ctl.socket && strlen(c->ctl.socket) > max)
		yj_yaml_error(y, yj_yaml_line(v[0]),
		    "ctl.socket is too long, expected a path of at most %zu bytes", max);
}

/* webhook_room is how many entries c->webhooks has room for; a bad entry is noted and left out. */
static void read_webhook(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"name", true}, {"url", true},
	    {"secret_file", false}, {"timeout", false}, {"attempts", false}, {"body", false},
	    {"content_type", false}, {"headers", false}, {"ca_file", false}};
	static const char b64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789+/";
	yaml_node_t *v[N(keys)];
	struct yj_config_webhook *w = &c->webhooks[c->n_webhooks];
	if (!yj_yaml_map(y, node, "a webhook", keys, N(keys), v))
		return;
	w->line = yj_yaml_line(node);
	w->timeout_ms = 10000;
	w->attempts = 5;
	yj_config_read_name(y, v[0], "name of a webhook", w->name);
	if (w->name[0] && yj_config_webhook(c, w->name))
		yj_yaml_error(y, yj_yaml_line(v[0]),
		    "webhook \"%s\" is there already, expected each name once", w->name);
	c->n_webhooks++;
	yj_config_read_url(y, v[1], "url of a webhook", &w->url);
	yj_config_read_secret(y, v[2], "secret_file of a webhook", flags, NULL, &w->secret);
	yj_yaml_duration(y, v[3], "timeout of a webhook", 1, 600000, &w->timeout_ms);
	yj_yaml_int(y, v[4], "attempts of a webhook", 1, 100, &w->attempts);
	yj_config_read_block(y, v[5], "body of a webhook", "a template", &w->body);
	w->body_line = v[5] ? yj_yaml_line(v[5]) : 0;
	yj_config_read_string(y, v[6], "content_type of a webhook",
	    "a media type such as application/json", &w->content_type);
	yj_config_read_list(
	    y, v[7], "headers of a webhook", "a list of \"Name: value\"", &w->headers);
	yj_config_read_file(y, v[8], "ca_file of a webhook", flags, &w->ca_file);
	if (!w->secret)
		return;
	const char *key = strncmp(w->secret, "whsec_", 6) == 0 ? w->secret + 6 : "";
	size_t n = strspn(key, b64);
	size_t pad = strspn(key + n, "=");
	if (n == 0 || key[n + pad] || pad > 2 || (n + pad) % 4 != 0)
		yj_yaml_error(y, yj_yaml_line(v[2]),
		    "secret_file of a webhook holds no key, expected one line whsec_ and base64");
}

static void read_webhooks(struct yj_yaml *y, yaml_node_t *node, unsigned flags, struct yj_config *c)
{
	int n = node ? yj_yaml_list(y, node, "webhooks", 0, YJ_WEBHOOKS_MAX) : 0;
	if (n <= 0)
		return;
	c->webhooks = calloc((size_t)n, sizeof(c->webhooks[0]));
	if (!c->webhooks) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++)
		read_webhook(y, yj_yaml_item(y, node, i), flags, c);
}

static void read_channels(struct yj_yaml *y, yaml_node_t *node, const char *what,
    const struct yj_config *c, char ***list, size_t *count)
{
	static const char expected[] = "mqtt, or a channel of this file: sms, voice, email, "
				       "webhook:NAME, wecom, dingtalk, feishu";
	int n = yj_yaml_list(y, node, what, 1, YJ_CHANNELS_MAX);
	if (n < 0)
		return;
	*list = calloc((size_t)n, sizeof(char *));
	if (!*list) {
		y->nomem = true;
		return;
	}
	for (int i = 0; i < n; i++) {
		yaml_node_t *item = yj_yaml_item(y, node, i);
		const char *s = NULL;
		if (!yj_yaml_text(y, item, "a channel", expected, &s)) {
			if (yj_yaml_is_null(item))
				yj_yaml_error(y, yj_yaml_line(item),
				    "a channel is empty, expected %s", expected);
			continue;
		}
		if (!yj_config_has_channel(c, s))
			yj_yaml_error(
			    y, yj_yaml_line(item), "a channel is not known, expected %s", expected);
		yj_config_keep(y, s, &(*list)[*count]);
		*count += !y->nomem;
	}
}

int yj_config_minutes(const char *s)
{
	if (strlen(s) != 5 || s[2] != ':' || strspn(s, "0123456789:") != 5)
		return -1;
	int hours = (s[0] - '0') * 10 + (s[1] - '0'), minutes = (s[3] - '0') * 10 + (s[4] - '0');
	return hours > 23 || minutes > 59 || s[0] > '9' || s[1] > '9' || s[3] > '9' || s[4] > '9'
		   ? -1
		   : hours * 60 + minutes;
}

void yj_config_read_span(
    struct yj_yaml *y, yaml_node_t *node, const char *what, int *from_min, int *until_min)
{
	static const char expected[] = "times of day such as \"22:00-06:00\"";
	const char *s;
	if (!yj_yaml_text(y, node, what, expected, &s))
		return;
	char from[6] = "";
	bool form = strlen(s) == 11 && s[5] == '-';
	if (form)
		memcpy(from, s, 5);
	int a = form ? yj_config_minutes(from) : -1, b = form ? yj_config_minutes(s + 6) : -1;
	if (a < 0 || b < 0) {
		yj_yaml_error(y, yj_yaml_line(node), "%s is no night, expected %s", what, expected);
		return;
	}
	*from_min = a;
	*until_min = b;
}

static void read_time_of_day(struct yj_yaml *y, yaml_node_t *node, const char *what, int *minutes)
{
	static const char expected[] = "a time of day such as \"22:00\"";
	const char *s;
	if (!yj_yaml_text(y, node, what, expected, &s))
		return;
	int n = yj_config_minutes(s);
	if (n < 0)
		yj_yaml_error(
		    y, yj_yaml_line(node), "%s is not a time, expected %s", what, expected);
	else
		*minutes = n;
}

static void read_night(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"from", false}, {"until", false}, {"channels", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "notify.night", keys, N(keys), v))
		return;
	read_time_of_day(y, v[0], "notify.night.from", &c->notify.night_from_min);
	read_time_of_day(y, v[1], "notify.night.until", &c->notify.night_until_min);
	if (v[2])
		read_channels(y, v[2], "notify.night.channels", c, &c->notify.night_channels,
		    &c->notify.n_night_channels);
}

static void read_notify(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"channel_wait", false}, {"default_channels", false}, {"night", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "notify", keys, N(keys), v))
		return;
	yj_yaml_duration(
	    y, v[0], "notify.channel_wait", 1, WAIT_MAX_MS, &c->notify.channel_wait_ms);
	if (v[1])
		read_channels(y, v[1], "notify.default_channels", c, &c->notify.default_channels,
		    &c->notify.n_default_channels);
	read_night(y, v[2], c);
}

/* Voice, then SMS, for whoever has a telephone, as far as there are such channels; then mqtt. */
static void default_channels(struct yj_yaml *y, struct yj_config *c)
{
	static const char *const order[] = {"voice", "sms", "mqtt"};
	c->notify.default_channels = calloc(N(order), sizeof(char *));
	if (!c->notify.default_channels) {
		y->nomem = true;
		return;
	}
	for (size_t i = 0; i < N(order); i++) {
		if (!yj_config_has_channel(c, order[i]))
			continue;
		yj_config_keep(
		    y, order[i], &c->notify.default_channels[c->notify.n_default_channels]);
		c->notify.n_default_channels += !y->nomem;
	}
}

static void read_outage(struct yj_yaml *y, yaml_node_t *node, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {
	    {"share", false}, {"window", false}, {"least", false}};
	yaml_node_t *v[N(keys)];
	if (!node || !yj_yaml_map(y, node, "outage", keys, N(keys), v))
		return;
	yj_yaml_int(y, v[0], "outage.share", 1, 100, &c->outage.share_pct);
	yj_yaml_duration(y, v[1], "outage.window", 1000, WAIT_MAX_MS, &c->outage.window_ms);
	yj_yaml_int(y, v[2], "outage.least", 2, 1000000, &c->outage.least);
}

/* Strings that were not set. */
static void fill_defaults(struct yj_yaml *y, struct yj_config *c)
{
	const struct {
		char **dst;
		const char *value;
	} strings[] = {{&c->gateway.data_dir, YJ_CONFIG_DATA_DIR}, {&c->gateway.language, "zh-CN"},
	    {&c->gateway.timezone, "Asia/Shanghai"}, {&c->mqtt.host, "127.0.0.1"},
	    {&c->mqtt.username, "gateway"}, {&c->http.listen, "127.0.0.1:8420"},
	    {&c->ctl.socket, YJ_CONFIG_SOCKET}};
	for (size_t i = 0; i < N(strings); i++)
		if (!*strings[i].dst)
			yj_config_keep(y, strings[i].value, strings[i].dst);
	if (!c->notify.default_channels)
		default_channels(y, c);
}

void yj_config_read_sections(
    struct yj_yaml *y, yaml_node_t *root, unsigned flags, struct yj_config *c)
{
	static const struct yj_yaml_key keys[] = {{"gateway", true}, {"mqtt", true},
	    {"policies", true}, {"http", false}, {"ctl", false}, {"notify", false},
	    {"webhooks", false}, {"devices", false}, {"sms", false}, {"voice", false},
	    {"email", false}, {"robots", false}, {"outage", false}, {"deadman", false},
	    {"beds", false}, {"vitals", false}, {"inactivity", false}, {"inlets", false},
	    {"visits", false}, {"turn", false}, {"rounds", false}};
	yaml_node_t *v[N(keys)];
	c->notify.channel_wait_ms = 15000;
	c->notify.night_from_min = 22 * 60;
	c->notify.night_until_min = 6 * 60;
	yj_config_default_devices(c);
	c->outage.share_pct = 50;
	c->outage.window_ms = 600000;
	c->outage.least = 5;
	if (!yj_yaml_map(y, root, "the configuration", keys, N(keys), v))
		return;
	if (v[0])
		read_gateway(y, v[0], c);
	if (v[1])
		read_mqtt(y, v[1], flags, c);
	if (v[2])
		yj_config_read_policies(y, v[2], c);
	read_http(y, v[3], flags, c);
	read_ctl(y, v[4], c);
	read_webhooks(y, v[6], flags, c); /* before the channels that name them */
	yj_config_read_channels(y, &v[8], flags, c);
	read_notify(y, v[5], c);
	yj_config_read_devices(y, v[7], flags, c);
	yj_config_read_inlets(y, v[17], flags, c);
	read_outage(y, v[12], c);
	yj_config_read_deadman(y, v[13], c);
	yj_config_read_beds(y, v[14], c);
	yj_config_read_vitals(y, v[15], c);
	yj_config_read_inactivity(y, v[16], c);
	yj_config_read_visits(y, v[18], c);
	yj_config_read_turn(y, v[19], flags, c);
	yj_config_read_rounds(y, v[20], c);
	fill_defaults(y, c);
}
