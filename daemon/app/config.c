/* The configuration as a whole: load, release, look up, compare. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

static void tls_done(struct yj_config_tls *tls)
{
	free(tls->ca_file);
	free(tls->cert_file);
	free(tls->key_file);
}

static void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void yj_config_free(struct yj_config *config)
{
	if (!config)
		return;
	free(config->gateway.data_dir);
	free(config->gateway.language);
	free(config->gateway.timezone);
	free(config->mqtt.host);
	free(config->mqtt.username);
	free(config->mqtt.password_file);
	secret_free(config->mqtt.password);
	tls_done(&config->mqtt.tls);
	free(config->http.listen);
	free(config->http.public_url);
	free(config->http.web_dir);
	tls_done(&config->http.tls);
	free(config->ctl.socket);
	for (size_t i = 0; i < config->notify.n_default_channels; i++)
		free(config->notify.default_channels[i]);
	free(config->notify.default_channels);
	for (size_t i = 0; i < config->notify.n_night_channels; i++)
		free(config->notify.night_channels[i]);
	free(config->notify.night_channels);
	for (size_t i = 0; i < config->n_channels; i++)
		yj_config_channel_done(&config->channels[i]);
	free(config->channels);
	for (size_t i = 0; i < config->n_webhooks; i++) {
		free(config->webhooks[i].url);
		free(config->webhooks[i].body);
		free(config->webhooks[i].content_type);
		free(config->webhooks[i].headers);
		free(config->webhooks[i].ca_file);
		secret_free(config->webhooks[i].secret);
	}
	free(config->webhooks);
	free(config->turn.urls);
	secret_free(config->turn.secret);
	free(config->devices.discover);
	yj_config_mappings_done(config);
	yj_config_deadman_done(config);
	for (size_t i = 0; i < config->n_policies; i++)
		yj_policy_done(&config->policies[i]);
	free(config->policies);
	free(config);
}

int yj_config_parse(const char *name, const void *bytes, size_t len, unsigned flags,
    struct yj_config **out, char **errors)
{
	struct yj_yaml y;
	struct yj_config *c = calloc(1, sizeof(*c));
	int err = YJ_ERR_NOMEM;
	*errors = NULL;
	if (!c)
		return err;
	err = yj_yaml_load(&y, name, bytes, len);
	if (err == YJ_OK) {
		yj_config_read_sections(&y, yj_yaml_root(&y), flags, c);
		err = y.n_errors > 0 ? YJ_ERR_INVAL : y.nomem ? YJ_ERR_NOMEM : YJ_OK;
	}
	if (err != YJ_OK)
		*errors = yj_yaml_errors(&y);
	yj_yaml_done(&y);
	if (err == YJ_OK)
		*out = c;
	else
		yj_config_free(c);
	return err;
}

int yj_config_load(const char *path, unsigned flags, struct yj_config **out, char **errors)
{
	char *bytes;
	size_t len;
	const char *why;
	*errors = NULL;
	int err = yj_file_read(path, YJ_CONFIG_MAX, &bytes, &len, &why);
	if (err != YJ_OK) {
		if (asprintf(errors, "%s: %s, expected a configuration file of at most %d bytes",
			path, why, YJ_CONFIG_MAX) < 0)
			*errors = NULL;
		return err == YJ_ERR_FULL ? YJ_ERR_INVAL : err == YJ_ERR_NOMEM ? err : YJ_ERR_IO;
	}
	err = yj_config_parse(path, bytes, len, flags, out, errors);
	free(bytes);
	return err;
}

const struct yj_policy *yj_config_policy(const struct yj_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_policies; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

const struct yj_config_webhook *yj_config_webhook(const struct yj_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_webhooks; i++)
		if (strcmp(config->webhooks[i].name, name) == 0)
			return &config->webhooks[i];
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_tls(const struct yj_config_tls *a, const struct yj_config_tls *b)
{
	return a->on == b->on && same(a->ca_file, b->ca_file) && same(a->cert_file, b->cert_file) &&
	       same(a->key_file, b->key_file);
}

char *yj_config_restart_keys(const struct yj_config *old, const struct yj_config *new)
{
	const struct {
		const char *key;
		bool same;
	} keys[] = {
	    {"gateway.id", same(old->gateway.id, new->gateway.id)},
	    {"gateway.data_dir", same(old->gateway.data_dir, new->gateway.data_dir)},
	    {"gateway.language", same(old->gateway.language, new->gateway.language)},
	    {"gateway.timezone", same(old->gateway.timezone, new->gateway.timezone)},
	    {"mqtt.host", same(old->mqtt.host, new->mqtt.host)},
	    {"mqtt.port", old->mqtt.port == new->mqtt.port},
	    {"mqtt.username", same(old->mqtt.username, new->mqtt.username)},
	    {"mqtt.password_file", same(old->mqtt.password_file, new->mqtt.password_file) &&
				       same(old->mqtt.password, new->mqtt.password)},
	    {"mqtt.tls", same_tls(&old->mqtt.tls, &new->mqtt.tls)},
	    {"http.listen", same(old->http.listen, new->http.listen)},
	    {"http.public_url", same(old->http.public_url, new->http.public_url)},
	    {"http.tls", same_tls(&old->http.tls, &new->http.tls)},
	    {"ctl.socket", same(old->ctl.socket, new->ctl.socket)},
	};
	char list[512] = "";
	size_t used = 0;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!keys[i].same)
			used += (size_t)snprintf(
			    list + used, sizeof(list) - used, "%s%s", used ? "," : "", keys[i].key);
	return strdup(list);
}
