#include "conf.h"

#include <mosquitto.h>
#include <stdlib.h>
#include <string.h>

#include "proto/limits.h"

#define STRING_MAX 65535 /* of an MQTT string */

static bool is_set(const char *s)
{
	return s != NULL && s[0] != '\0';
}

static const char *check_names(const struct yj_link_conf *in)
{
	if (!is_set(in->host) || strlen(in->host) > 253)
		return "host must be 1 to 253 bytes";
	if (in->port < 1 || in->port > 65535)
		return "port must be 1 to 65535";
	if (!is_set(in->client_id) || strlen(in->client_id) > 256 ||
	    mosquitto_validate_utf8(in->client_id, (int)strlen(in->client_id)) != 0)
		return "client id must be 1 to 256 bytes of UTF-8";
	if (is_set(in->username) &&
	    (strlen(in->username) > STRING_MAX ||
		mosquitto_validate_utf8(in->username, (int)strlen(in->username)) != 0))
		return "username must be UTF-8";
	if (is_set(in->password) && strlen(in->password) > STRING_MAX)
		return "password is too long";
	if (is_set(in->cert_file) != is_set(in->key_file))
		return "cert_file and key_file go together";
	if (is_set(in->will_topic) && (strlen(in->will_topic) > YJ_TOPIC_MAX ||
					  mosquitto_pub_topic_check(in->will_topic) != 0))
		return "will topic is not a topic";
	if (is_set(in->will_payload) && strlen(in->will_payload) > STRING_MAX)
		return "will payload is too long";
	return NULL;
}

static const char *check_numbers(const struct yj_link_conf *in)
{
	if (in->receive_maximum < 1 || in->receive_maximum > YJ_BATCH_MAX)
		return "receive maximum must be 1 to 1000";
	if (in->keepalive_s != 0 && (in->keepalive_s < 5 || in->keepalive_s > 65535))
		return "keepalive must be 5 to 65535 s";
	if (in->backoff_min_ms < 0 || in->backoff_max_ms < 0 || in->connect_timeout_ms < 0)
		return "a time is negative";
	return NULL;
}

static void copy(char **out, const char *in, bool *short_of_memory)
{
	if (!is_set(in))
		return;
	*out = strdup(in);
	if (*out == NULL)
		*short_of_memory = true;
}

int conf_copy(struct conf *out, const struct yj_link_conf *in, const char **why)
{
	const char *wrong = check_names(in);
	if (wrong == NULL)
		wrong = check_numbers(in);
	if (wrong != NULL) {
		*why = wrong;
		return YJ_ERR_INVAL;
	}
	bool short_of_memory = false;
	copy(&out->host, in->host, &short_of_memory);
	copy(&out->client_id, in->client_id, &short_of_memory);
	copy(&out->username, in->username, &short_of_memory);
	copy(&out->password, in->password, &short_of_memory);
	copy(&out->ca_file, in->ca_file, &short_of_memory);
	copy(&out->cert_file, in->cert_file, &short_of_memory);
	copy(&out->key_file, in->key_file, &short_of_memory);
	copy(&out->will_topic, in->will_topic, &short_of_memory);
	copy(&out->will_payload, in->will_payload, &short_of_memory);
	out->port = in->port;
	out->tls = in->tls || out->ca_file != NULL || out->cert_file != NULL;
	out->persistent = in->persistent;
	out->batch_max = in->receive_maximum;
	out->keepalive_s = in->keepalive_s == 0 ? 30 : in->keepalive_s;
	out->backoff_min_ms = in->backoff_min_ms == 0 ? 200 : in->backoff_min_ms;
	out->backoff_max_ms = in->backoff_max_ms == 0 ? 10000 : in->backoff_max_ms;
	if (out->backoff_max_ms < out->backoff_min_ms)
		out->backoff_max_ms = out->backoff_min_ms;
	out->connect_timeout_ms = in->connect_timeout_ms == 0 ? 10000 : in->connect_timeout_ms;
	return short_of_memory ? YJ_ERR_NOMEM : 0;
}

void conf_clear(struct conf *conf)
{
	if (conf->password != NULL)
		explicit_bzero(conf->password, strlen(conf->password));
	free(conf->host);
	free(conf->client_id);
	free(conf->username);
	free(conf->password);
	free(conf->ca_file);
	free(conf->cert_file);
	free(conf->key_file);
	free(conf->will_topic);
	free(conf->will_payload);
	memset(conf, 0, sizeof(*conf));
}
