/* Any bytes as a configuration: refused with a reason on one line per error, each naming the file,
 * or accepted with every promise of the struct kept and policies that survive their text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "proto/topic.h"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(const struct yj_policy *policy)
{
	struct yj_policy back = {0};
	REQUIRE(yj_name_valid(policy->name));
	for (int k = 0; k < YJ_KIND_COUNT; k++)
		REQUIRE(!yj_plan_check(yj_policy_plan(policy, (enum yj_kind)k)));
	char *text = yj_policy_canonical(policy);
	REQUIRE(text);
	REQUIRE(yj_policy_from_canonical(text, &back) == YJ_OK);
	char *again = yj_policy_canonical(&back);
	REQUIRE(again && strcmp(text, again) == 0);
	free(text);
	free(again);
	yj_policy_done(&back);
}

static void check_config(const struct yj_config *c)
{
	REQUIRE(yj_name_valid(c->gateway.id));
	REQUIRE(c->gateway.data_dir && c->gateway.language && c->mqtt.host && c->mqtt.username);
	REQUIRE(c->http.listen && c->ctl.socket && c->mqtt.port > 0 && c->mqtt.port < 65536);
	REQUIRE(!c->mqtt.password);
	REQUIRE(c->notify.n_default_channels > 0 && c->notify.channel_wait_ms > 0);
	REQUIRE(c->devices.heartbeat_ms >= 1000 && c->devices.offline_after > 0);
	for (size_t i = 0; i < c->n_webhooks; i++) {
		REQUIRE(yj_config_webhook(c, c->webhooks[i].name) == &c->webhooks[i]);
		REQUIRE(c->webhooks[i].url && c->webhooks[i].timeout_ms > 0);
	}
	REQUIRE(yj_config_policy(c, "default"));
	for (size_t i = 0; i < c->n_policies; i++) {
		REQUIRE(yj_config_policy(c, c->policies[i].name) == &c->policies[i]);
		check_policy(&c->policies[i]);
	}
	char *keys = yj_config_restart_keys(c, c);
	REQUIRE(keys && !*keys);
	free(keys);
}

static void check_errors(const char *errors)
{
	REQUIRE(errors && *errors);
	for (const char *line = errors; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		REQUIRE(strncmp(line, "f:", 2) == 0);
		REQUIRE(strtol(line + 2, NULL, 10) >= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yj_config *config = NULL;
	char *errors = NULL;
	/* Files that a hostile text names are not opened here: it could name any. */
	int err = yj_config_parse("f", data, size, YJ_CONFIG_NO_FILES, &config, &errors);
	if (err == YJ_OK) {
		REQUIRE(!errors);
		check_config(config);
	} else {
		REQUIRE(err == YJ_ERR_INVAL && !config);
		check_errors(errors);
	}
	yj_config_free(config);
	free(errors);
	return 0;
}
