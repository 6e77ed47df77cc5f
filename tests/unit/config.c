/* The configuration: defaults and values, and every complaint with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"

static void test_defaults(void **state)
{
	(void)state;
	struct yj_config *c = good(HEAD POLICIES);
	assert_string_equal(c->gateway.id, "gw-1");
	assert_string_equal(c->gateway.data_dir, "/var/lib/yijian");
	assert_string_equal(c->gateway.language, "zh-CN");
	assert_string_equal(c->mqtt.host, "127.0.0.1");
	assert_int_equal(c->mqtt.port, 1883);
	assert_string_equal(c->mqtt.username, "gateway");
	assert_null(c->mqtt.password_file);
	assert_null(c->mqtt.password);
	assert_false(c->mqtt.tls.on);
	assert_string_equal(c->http.listen, "127.0.0.1:8420");
	assert_null(c->http.public_url);
	assert_false(c->http.tls.on);
	assert_string_equal(c->ctl.socket, "/run/yijian/control.sock");
	assert_int_equal(c->notify.channel_wait_ms, 15000);
	assert_int_equal(c->notify.n_default_channels, 1);
	assert_string_equal(c->notify.default_channels[0], "mqtt");
	assert_int_equal(c->n_webhooks, 0);
	assert_int_equal(c->devices.heartbeat_ms, 300000);
	assert_int_equal(c->devices.offline_after, 3);
	assert_int_equal(c->devices.low_battery_pct, 20);
	assert_int_equal(c->n_policies, 1);
	const struct yj_plan *p = yj_policy_plan(&c->policies[0], YJ_KIND_SOS);
	assert_int_equal(p->n_levels, 1);
	assert_int_equal(p->levels[0].wait_ms, 60000);
	assert_int_equal(p->repeat_every_ms, 300000);
	assert_int_equal(p->verify_within_ms, 120000);
	assert_int_equal(p->arrive_within_ms, 30 * 60000);
	assert_int_equal(p->arrive_max_ms, 90 * 60000);
	assert_int_equal(p->resolve_within_ms, 4 * 3600000);
	assert_int_equal(p->stale_after_ms, 600000);
	assert_false(p->resident_may_cancel);
	assert_int_equal(p->n_inform, 1);
	assert_int_equal(p->inform[0].type, YJ_TARGET_ROLE);
	assert_int_equal(p->inform[0].role, YJ_ROLE_FAMILY);
	yj_config_free(c);
}

/* The text between the fence of the contract's example, as it stands there. */
static char *example(void)
{
	FILE *f = fopen(YJ_SOURCE_DIR "/docs/contract.md", "r");
	char *text = calloc(1, 1 << 20);
	assert_non_null(f);
	assert_non_null(text);
	size_t n = fread(text, 1, (1 << 20) - 1, f);
	assert_true(n > 0);
	fclose(f);
	char *begin = strstr(text, "```yaml\n");
	assert_non_null(begin);
	begin += strlen("```yaml\n");
	char *end = strstr(begin, "```");
	assert_non_null(end);
	*end = '\0';
	memmove(text, begin, strlen(begin) + 1);
	return text;
}

static void test_example_of_the_contract(void **state)
{
	(void)state;
	struct yj_config *c = NULL;
	char *errors = NULL, *text = example();
	/* The secret file of the example is not here. */
	int err = yj_config_parse("f.yaml", text, strlen(text), YJ_CONFIG_NO_FILES, &c, &errors);
	if (err != YJ_OK)
		fail_msg("%s", errors);
	assert_int_equal(c->mqtt.port, 8883);
	assert_true(c->mqtt.tls.on);
	assert_null(c->mqtt.tls.ca_file);
	assert_false(c->http.tls.on);
	assert_int_equal(c->n_webhooks, 1);
	assert_string_equal(c->webhooks[0].name, "platform");
	assert_string_equal(c->webhooks[0].url, "https://example.org/hook");
	assert_int_equal(c->webhooks[0].timeout_ms, 10000);
	assert_int_equal(c->webhooks[0].attempts, 5);
	assert_null(c->webhooks[0].secret);
	assert_ptr_equal(yj_config_webhook(c, "platform"), &c->webhooks[0]);
	assert_null(yj_config_webhook(c, "other"));
	const struct yj_policy *p = yj_config_policy(c, "default");
	assert_non_null(p);
	assert_null(yj_config_policy(c, "other"));
	const struct yj_plan *sos = yj_policy_plan(p, YJ_KIND_SOS);
	assert_int_equal(sos->n_levels, 3);
	assert_int_equal(sos->levels[0].n, 2);
	assert_int_equal(sos->levels[0].to[1].role, YJ_ROLE_GRID);
	assert_int_equal(sos->levels[1].wait_ms, 120000);
	assert_int_equal(sos->levels[2].to[0].role, YJ_ROLE_DUTY);
	const struct yj_plan *service = yj_policy_plan(p, YJ_KIND_SERVICE);
	assert_ptr_not_equal(service, sos);
	assert_int_equal(service->n_levels, 2);
	assert_int_equal(service->levels[0].wait_ms, 30 * 60000);
	assert_int_equal(service->repeat_every_ms, 4 * 3600000);
	assert_int_equal(service->arrive_max_ms, sos->arrive_max_ms);
	assert_int_equal(service->n_inform, 1);
	assert_ptr_equal(yj_policy_plan(p, YJ_KIND_VISIT_UNANSWERED), sos);
	yj_config_free(c);
	/* And with files looked at, the missing one is named with its line. */
	assert_int_equal(
	    yj_config_parse("f.yaml", text, strlen(text), 0, &c, &errors), YJ_ERR_INVAL);
	assert_non_null(strstr(errors, "f.yaml:7: secret_file"));
	free(errors);
	free(text);
}

static void test_every_value_set(void **state)
{
	(void)state;
	struct yj_config *c =
	    good("gateway:\n  id: A_b-9\n  data_dir: ./d\n  language: en\n"
		 "mqtt: {host: broker.example, port: 8884, username: me}\n"
		 "http: {listen: '[::1]:0', public_url: 'https://y.example/x'}\n"
		 "ctl: {socket: c.sock}\n"
		 "webhooks: [{name: w, url: 'http://h:1/p', timeout: 500ms, "
		 "attempts: 1}]\n"
		 "notify: {channel_wait: 2s, default_channels: [webhook:w, mqtt]}\n"
		 "devices: {heartbeat: 30s, offline_after: 1, low_battery: 0}\n"
		 "policies:\n"
		 "- name: other\n"
		 "  levels: [{notify: ['caregiver:li-1', 'group:g']}]\n"
		 "- name: default\n"
		 "  levels:\n"
		 "  - notify: [nurse]\n"
		 "    wait: 1s\n"
		 "  repeat_every: 1s\n"
		 "  inform: []\n"
		 "  verify_within: 0s\n"
		 "  arrive_within: 3s\n"
		 "  arrive_max: 3s\n"
		 "  resolve_within: 4s\n"
		 "  stale_after: 5s\n"
		 "  resident_may_cancel: true\n"
		 "  kinds:\n"
		 "  - {kind: unreadable, resolve_within: 9d}\n"
		 "  - {kind: vital, levels: [{notify: [doctor]}], "
		 "inform: [family]}\n");
	assert_string_equal(c->gateway.id, "A_b-9");
	assert_string_equal(c->gateway.data_dir, "./d");
	assert_string_equal(c->gateway.language, "en");
	assert_string_equal(c->mqtt.host, "broker.example");
	assert_int_equal(c->mqtt.port, 8884);
	assert_string_equal(c->mqtt.username, "me");
	assert_string_equal(c->http.listen, "[::1]:0");
	assert_string_equal(c->http.public_url, "https://y.example/x");
	assert_string_equal(c->ctl.socket, "c.sock");
	assert_int_equal(c->webhooks[0].timeout_ms, 500);
	assert_int_equal(c->webhooks[0].attempts, 1);
	assert_int_equal(c->notify.channel_wait_ms, 2000);
	assert_int_equal(c->notify.n_default_channels, 2);
	assert_string_equal(c->notify.default_channels[0], "webhook:w");
	assert_int_equal(c->devices.heartbeat_ms, 30000);
	assert_int_equal(c->devices.offline_after, 1);
	assert_int_equal(c->devices.low_battery_pct, 0);
	const struct yj_policy *other = yj_config_policy(c, "other");
	assert_int_equal(other->base.levels[0].to[0].type, YJ_TARGET_CAREGIVER);
	assert_string_equal(other->base.levels[0].to[0].name, "li-1");
	assert_int_equal(other->base.levels[0].to[1].type, YJ_TARGET_GROUP);
	assert_string_equal(other->base.levels[0].to[1].name, "g");
	const struct yj_policy *p = yj_config_policy(c, "default");
	assert_int_equal(p->base.levels[0].wait_ms, 1000);
	assert_int_equal(p->base.repeat_every_ms, 1000);
	assert_int_equal(p->base.n_inform, 0);
	assert_int_equal(p->base.verify_within_ms, 0);
	assert_int_equal(p->base.arrive_within_ms, 3000);
	assert_int_equal(p->base.arrive_max_ms, 3000);
	assert_int_equal(p->base.resolve_within_ms, 4000);
	assert_int_equal(p->base.stale_after_ms, 5000);
	assert_true(p->base.resident_may_cancel);
	const struct yj_plan *unreadable = yj_policy_plan(p, YJ_KIND_UNREADABLE);
	assert_int_equal(unreadable->resolve_within_ms, 9 * 86400000LL);
	assert_int_equal(unreadable->arrive_max_ms, 3000);
	assert_int_equal(unreadable->levels[0].to[0].role, YJ_ROLE_NURSE);
	assert_true(unreadable->resident_may_cancel);
	const struct yj_plan *vital = yj_policy_plan(p, YJ_KIND_VITAL);
	assert_int_equal(vital->levels[0].to[0].role, YJ_ROLE_DOCTOR);
	assert_int_equal(vital->levels[0].wait_ms, 60000);
	assert_int_equal(vital->n_inform, 1);
	yj_config_free(c);
}

static void test_empty_is_not_set(void **state)
{
	(void)state;
	struct yj_config *c =
	    good("gateway: {id: g, data_dir: , language: ~}\n"
		 "mqtt: {host: '', port: , username: null, password_file: , tls: }\n"
		 "http: {listen: , public_url: , tls: {cert_file: , key_file: }}\n"
		 "ctl:\nnotify: {channel_wait: , default_channels: }\n"
		 "webhooks:\ndevices:\n"
		 "policies: [{name: default, levels: [{notify: [duty], wait: }], "
		 "inform: , kinds: , repeat_every: , resident_may_cancel: }]\n");
	assert_string_equal(c->gateway.data_dir, "/var/lib/yijian");
	assert_string_equal(c->mqtt.host, "127.0.0.1");
	assert_int_equal(c->mqtt.port, 1883);
	assert_string_equal(c->mqtt.username, "gateway");
	assert_false(c->mqtt.tls.on);
	assert_false(c->http.tls.on);
	assert_int_equal(c->policies[0].base.levels[0].wait_ms, 60000);
	assert_int_equal(c->policies[0].base.n_inform, 1);
	yj_config_free(c);
	/* TLS with the system's authorities. */
	c = good("gateway: {id: g}\nmqtt: {tls: {ca_file: }}\n" POLICIES);
	assert_true(c->mqtt.tls.on);
	assert_int_equal(c->mqtt.port, 8883);
	yj_config_free(c);
	/* JSON is YAML, anchors may share levels, and a byte order mark is no harm. */
	c = good(
	    "\xef\xbb\xbf{\"gateway\": {\"id\": \"g\"}, \"mqtt\": {\"port\": 1}, \"policies\": "
	    "[{\"name\": \"a\", \"levels\": &l [{\"notify\": [\"duty\"], \"wait\": \"1s\"}]}, "
	    "{\"name\": \"default\", \"levels\": *l}]}");
	assert_int_equal(c->policies[1].base.levels[0].wait_ms, 1000);
	yj_config_free(c);
}

static void test_wrong_sections(void **state)
{
	static const struct {
		const char *text; /* after HEAD, before POLICIES: its first line is 3 */
		int line;
		const char *words;
	} cases[] = {
	    {"bogus: 1\n", 3, "unknown key \"bogus\""},
	    {"\n\nhttpx:\n  listen: x\n", 5, "unknown key \"httpx\""},
	    {"mqtt: {}\n", 3, "key \"mqtt\" in the configuration is repeated"},
	    {"[a]: 1\n", 3, "a list as a key"},
	    {"http: 5\n", 3, "http is a single value, expected a mapping"},
	    {"http: [1]\n", 3, "http is a list, expected a mapping"},
	    {"http:\n  listen: 8420\n", 4, "http.listen"},
	    {"http: {listen: '1.2.3.4:70000'}\n", 3, "http.listen"},
	    {"http: {listen: '1.2.3.4:'}\n", 3, "http.listen"},
	    {"http: {listen: '[1.2.3.4]:1'}\n", 3, "http.listen"},
	    {"http: {listen: '[]:1'}\n", 3, "http.listen"},
	    {"http: {listen: [1]}\n", 3, "http.listen is a list"},
	    {"http: {listen: '127.0.0.1:1', listen: '127.0.0.1:2'}\n", 3, "repeated"},
	    {"http: {public_url: ftp://x}\n", 3, "http.public_url"},
	    {"http: {public_url: 'http://'}\n", 3, "http.public_url"},
	    {"http: {public_url: 'http://a b'}\n", 3, "http.public_url"},
	    {"http: {public_url: 'https://a/?x=1'}\n", 3, "http.public_url has a query"},
	    {"http: {public_url: 'https://a/#x'}\n", 3, "http.public_url has a query"},
	    {"http: {tls: {ca_file: }}\n", 3, "unknown key \"ca_file\" in http.tls"},
	    {"http:\n  tls:\n    cert_file:\n    key: y\n", 6, "unknown key \"key\" in http.tls"},
	    {"ctl: {sock: }\n", 3, "unknown key \"sock\" in ctl, expected socket"},
	    {"ctl: {socket: "
	     "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		3, "too long"},
	    {"ctl: {socket: \"a\\nb\"}\n", 3, "control character"},
	    {"ctl: {socket: \"a\\0b\"}\n", 3, "control character"},
	    {"notify:\n  channel_wait: 15\n", 4, "channel_wait is \"15\", expected a duration"},
	    {"notify: {channel_wait: 0s}\n", 3, "from 1ms to 24h"},
	    {"notify: {default_channels: mqtt}\n", 3, "expected a list"},
	    {"notify: {default_channels: []}\n", 3, "0 entries"},
	    {"notify:\n  default_channels:\n  - mqtt\n  - pigeon\n", 6, "channel is not known"},
	    {"notify: {default_channels: ['webhook:no']}\n", 3, "channel is not known"},
	    {"notify: {default_channels: [ ]}\n", 3, "0 entries"},
	    {"notify: {default_channels: ['']}\n", 3, "a channel is empty"},
	    {"webhooks: {name: x}\n", 3, "webhooks is a mapping, expected a list"},
	    {"webhooks:\n  - {url: 'http://x'}\n", 4, "\"name\" is not set in a webhook"},
	    {"webhooks:\n  - {name: a}\n", 4, "\"url\" is not set in a webhook"},
	    {"webhooks:\n  - {name: a b, url: 'http://x'}\n", 4, "not a name"},
	    {"webhooks:\n  - {name: a, url: 'http://x'}\n  - name: a\n    url: http://y\n", 5,
		"\"a\" is there already"},
	    {"webhooks:\n  - {name: a, url: 'http://x', attempts: 0}\n", 4, "from 1 to 100"},
	    {"webhooks:\n  - {name: a, url: 'http://x', timeout: 1y}\n", 4, "duration"},
	    {"webhooks:\n  - {name: a, url: 'http://x',\n     secret_file: /nowhere/x}\n", 5,
		"secret_file of a webhook: No such file"},
	    {"webhooks: [5]\n", 3, "a webhook is a single value"},
	    {"devices: {heartbeat: 5}\n", 3, "duration"},
	    {"devices: {heartbeat: 999ms}\n", 3, "from 1s to 365d"},
	    {"devices: {heartbeat: -5m}\n", 3, "duration"},
	    {"devices: {offline_after: 0}\n", 3, "whole number from 1 to 1000"},
	    {"devices: {offline_after: 3.0}\n", 3, "whole number"},
	    {"devices: {offline_after: '3'}\n", 3, "whole number"},
	    {"devices: {low_battery: 101}\n", 3, "from 0 to 100"},
	    {"devices: {low_battery: 99999999999999999999}\n", 3, "from 0 to 100"},
	    {"devices: {low_battery: -1}\n", 3, "from 0 to 100"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		snprintf(text, sizeof(text), HEAD "%s" POLICIES, cases[i].text);
		bad_at(text, cases[i].line, cases[i].words);
	}
}

static void test_wrong_gateway_and_mqtt(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *words;
	} cases[] = {
	    {"mqtt: {}\n" POLICIES, 1, "\"gateway\" is not set in the configuration"},
	    {"gateway:\nmqtt: {}\n" POLICIES, 1, "\"gateway\" is not set"},
	    {"gateway: {id: g}\n" POLICIES, 1, "\"mqtt\" is not set"},
	    {"gateway: {id: g}\nmqtt:\n" POLICIES, 2, "\"mqtt\" is not set"},
	    {HEAD, 1, "\"policies\" is not set"},
	    {"mqtt: {}\ngateway: {data_dir: x}\n" POLICIES, 2, "\"id\" is not set in gateway"},
	    {"mqtt: {}\ngateway:\n  data_dir: x\n  id:\n" POLICIES, 4, "\"id\" is not set"},
	    {"mqtt: {}\ngateway: {id: gw.1}\n" POLICIES, 2, "gateway.id is not a name"},
	    {"mqtt: {}\ngateway: {id: [g]}\n" POLICIES, 2, "gateway.id is a list"},
	    {"mqtt: {}\ngateway: {id: g, language: fr}\n" POLICIES, 2, "expected zh-CN or en"},
	    {"gateway: {id: g}\nmqtt:\n  port: abc\n" POLICIES, 3, "mqtt.port is \"abc\""},
	    {"gateway: {id: g}\nmqtt:\n  host: h\n  port: 65536\n" POLICIES, 4, "1 to 65535"},
	    {"gateway: {id: g}\nmqtt: {host: 'a b'}\n" POLICIES, 2, "mqtt.host is no host"},
	    {"gateway: {id: g}\nmqtt: {tls: yes}\n" POLICIES, 2, "mqtt.tls is a single value"},
	    {"gateway: {id: g}\nmqtt:\n  tls:\n    ca_file: /nowhere\n" POLICIES, 4,
		"mqtt.tls.ca_file: No such file or directory"},
	    {"gateway: {id: g}\nmqtt:\n  password_file: /nowhere\n" POLICIES, 3,
		"mqtt.password_file: No such file or directory"},
	    {"gateway: {id: g}\nmqtt:\n  password_file: /\n" POLICIES, 3,
		"mqtt.password_file: not a regular file"},
	    {"5\n", 1, "the configuration is a single value"},
	    {"- a\n", 1, "the configuration is a list"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad_at(cases[i].text, cases[i].line, cases[i].words);
}

static void test_wrong_policies(void **state)
{
#define L "levels: [{notify: [duty]}]"
	static const struct {
		const char *text; /* after HEAD: its first line is 3 */
		int line;
		const char *words;
	} cases[] = {
	    {"policies: []\n", 3, "0 entries"},
	    {"policies: {name: default}\n", 3, "expected a list"},
	    {"policies:\n - {name: x, " L "}\n", 4, "no policy is named \"default\""},
	    {"policies:\n - {name: default, " L "}\n - {name: default, " L "}\n", 5,
		"\"default\" is there already"},
	    {"policies:\n - {name: default}\n", 4, "\"levels\" is not set in a policy"},
	    {"policies:\n - {name: default, levels: }\n", 4, "\"levels\" is not set"},
	    {"policies:\n - {name: default, levels: []}\n", 4, "levels has 0 entries"},
	    {"policies:\n - {name: default, levels: [family]}\n", 4, "a level is a single value"},
	    {"policies:\n - name: default\n   levels:\n   - wait: 5s\n", 6,
		"\"notify\" is not set"},
	    {"policies:\n - name: default\n   levels:\n   - notify: family\n", 6,
		"notify is a single value, expected a list"},
	    {"policies:\n - name: default\n   levels:\n   - notify: []\n", 6, "0 entries"},
	    {"policies:\n - name: default\n   levels:\n   - notify:\n     - duty\n     - boss\n", 8,
		"notify names \"boss\", expected a role, caregiver:ID or group:NAME"},
	    {"policies:\n - {name: default, levels: [{notify: ['caregiver:']}]}\n", 4, "names"},
	    {"policies:\n - {name: default, levels: [{notify: ['caregiver:a b']}]}\n", 4, "names"},
	    {"policies:\n - {name: default, levels: [{notify: [~]}]}\n", 4, "names \"\""},
	    {"policies:\n - {name: default, levels: [{notify: [[duty]]}]}\n", 4, "is a list"},
	    {"policies:\n - {name: default, levels: [{notify: [duty], wait: 60}]}\n", 4,
		"wait is \"60\", expected a duration with a unit"},
	    {"policies:\n - {name: default, levels: [{notify: [duty], wait: 0s}]}\n", 4, "wait"},
	    {"policies:\n - {name: default, levels: [{notify: [duty], wait: 366d}]}\n", 4,
		"to 365d"},
	    {"policies:\n - {name: default, levels: [{notify: [duty], wait: 60s, x: 1}]}\n", 4,
		"unknown key \"x\" in a level, expected notify or wait"},
	    {"policies:\n - {name: default, " L ",\n  repeat_every: 999ms}\n", 5,
		"repeat_every is \"999ms\""},
	    {"policies:\n - {name: default, " L ",\n  inform: [me]}\n", 5, "inform names \"me\""},
	    {"policies:\n - {name: default, " L ",\n  inform: family}\n", 5, "expected a list"},
	    {"policies:\n - {name: default, " L ",\n  arrive_within: 0s}\n", 5, "arrive_within"},
	    {"policies:\n - {name: default, " L ",\n  resolve_within: 0s}\n", 5, "resolve_within"},
	    {"policies:\n - {name: default, " L ",\n  arrive_within: 2h}\n", 5,
		"arrive_within is 2h, expected at most arrive_max, which is 90m"},
	    {"policies:\n - {name: default, " L ",\n  arrive_max: 1m}\n", 5,
		"arrive_within is 30m, expected at most arrive_max, which is 1m"},
	    {"policies:\n - {name: default, " L ",\n  resident_may_cancel: maybe}\n", 5,
		"expected true or false"},
	    {"policies:\n - {name: default, " L ",\n  resident_may_cancel: 'true'}\n", 5,
		"expected true or false"},
	    {"policies:\n - {name: default, " L ",\n  kinds: {kind: sos}}\n", 5, "expected a list"},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{" L "}]}\n", 5,
		"\"kind\" is not set"},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{kind: help}]}\n", 5,
		"kind is \"help\", expected sos, service"},
	    {"policies:\n - {name: default, " L ",\n  kinds:\n  - {kind: sos}\n  - {kind: sos}}\n",
		6, ""},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{kind: sos},\n {kind: sos}]}\n", 6,
		"kind sos is there already"},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{kind: sos, name: x}]}\n", 5,
		"unknown key \"name\" in an entry of kinds"},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{kind: sos,\n arrive_max: 1s}]}\n", 6,
		"expected at most arrive_max, which is 1s"},
	    {"policies:\n - {name: default, " L ",\n  kinds: [{kind: sos, levels: []}]}\n", 5,
		"0 entries"},
	    {"policies:\n - {name: '', " L "}\n - {name: default, " L "}\n", 4,
		"\"name\" is not set in a policy"},
	    {"policies:\n - {name: 中文, " L "}\n - {name: default, " L "}\n", 4, "not usable"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		snprintf(text, sizeof(text), HEAD "%s", cases[i].text);
		bad_at(text, cases[i].line, cases[i].words);
	}
}

static void test_not_yaml(void **state)
{
	(void)state;
	bad_at(HEAD POLICIES "x: [1\n", 6, "expected YAML");
	bad_at(HEAD "a: b: c\n", 3, "expected YAML");
	bad_at(HEAD POLICIES "---\n" HEAD, 5, "a second document");
	bad_at(HEAD "ctl: {socket: \xff}\n", 3, "UTF-8");
	bad_at(HEAD "ctl: *nothing\n", 3, "undefined alias");
	bad_at(HEAD "ctl: "
		    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n",
	    3, "nested too deep");
	char *text = calloc(1, 100000);
	assert_non_null(text);
	strcpy(text, HEAD "x: [");
	char *at = text + strlen(text);
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "&a%d 1, ", i);
	strcpy(at, "]\n");
	bad_at(text, 3, "too many anchors");
	free(text);
	/* A node inside itself. */
	bad_at("&a {gateway: {id: g}, mqtt: {}, policies: *a}\n", 1, "policies is a mapping");
}

static void test_all_errors_in_order(void **state)
{
	(void)state;
	char *errors = bad("policies: 5\nmqtt: {port: x}\ngateway: {id: ''}\nbogus: 1\n");
	const char *begins[] = {"f.yaml:1: ", "f.yaml:2: ", "f.yaml:3: ", "f.yaml:4: "};
	char *line = strtok(errors, "\n");
	for (int i = 0; i < 4; i++) {
		assert_non_null(line);
		assert_memory_equal(line, begins[i], strlen(begins[i]));
		assert_non_null(strstr(line, ", expected "));
		line = strtok(NULL, "\n");
	}
	assert_null(line);
	free(errors);
	/* No flood: a thousand wrong keys are twenty lines. */
	char *text = calloc(1, 20000), *at = text;
	assert_non_null(text);
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "k%d: 1\n", i);
	errors = bad(text);
	int lines = 1;
	for (const char *c = errors; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 20);
	free(errors);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_example_of_the_contract),
	    cmocka_unit_test(test_every_value_set),
	    cmocka_unit_test(test_empty_is_not_set),
	    cmocka_unit_test(test_wrong_sections),
	    cmocka_unit_test(test_wrong_gateway_and_mqtt),
	    cmocka_unit_test(test_wrong_policies),
	    cmocka_unit_test(test_not_yaml),
	    cmocka_unit_test(test_all_errors_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
