/* The link's own copy of its configuration, checked, with the defaults filled in. */
#ifndef CONF_H
#define CONF_H

#include "mqtt/link.h"

struct conf { /* strings are owned; NULL: not set */
	char *host;
	char *client_id;
	char *username;
	char *password;
	char *ca_file;
	char *cert_file;
	char *key_file;
	char *will_topic;
	char *will_payload;
	int port;
	bool tls;
	bool persistent;
	int batch_max;
	int keepalive_s;
	int64_t backoff_min_ms;
	int64_t backoff_max_ms;
	int64_t connect_timeout_ms;
};

/* 0, YJ_ERR_INVAL (*why, static), YJ_ERR_NOMEM; *out must be zeroed and is to be cleared in any
 * case. */
int conf_copy(struct conf *out, const struct yj_link_conf *in, const char **why) YJ_MUST_CHECK;
void conf_clear(struct conf *conf);

#endif
