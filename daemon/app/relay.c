#include "relay.h"

#include <string.h>

#include "relaykey.h"

#define START_MS 600000 /* between being told of the relay and the first sound, at least */

static bool is_turn(const char *url)
{
	return strncmp(url, "turn", 4) == 0;
}

/* The URLs with credentials, or those without. */
static json_t *urls_of(const char *urls, bool turn)
{
	json_t *list = json_array();
	for (const char *s = urls; s && *s;) {
		size_t len = strcspn(s, "\n");
		if (is_turn(s) == turn && json_array_append_new(list, json_stringn(s, len)) < 0) {
			json_decref(list);
			return NULL;
		}
		s += len + (s[len] == '\n');
	}
	return list;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int yj_relay_servers_at(const struct yj_config *config, const char *name, int64_t utc_ms,
    json_t **out, int64_t *until_utc_ms)
{
	char user[YJ_RELAY_USER_MAX], password[YJ_RELAY_PASSWORD_MAX];
	json_t *stun = urls_of(config->turn.urls, false), *turn = urls_of(config->turn.urls, true);
	json_t *list = json_array();
	int64_t longest = config->visits.max_duration_ms;
	int64_t end = utc_ms + longer(config->turn.lifetime_ms, longest + START_MS);
	int rc = stun && turn && list ? 0 : YJ_ERR_NOMEM;
	*until_utc_ms = 0;
	if (rc == 0 && json_array_size(stun) > 0 &&
	    json_array_append_new(list, json_pack("{s:O}", "urls", stun)) < 0)
		rc = YJ_ERR_NOMEM;
	if (rc == 0 && json_array_size(turn) > 0 && config->turn.secret) {
		rc = yj_relay_key(config->turn.secret, name, end, user, password);
		if (rc == 0 &&
		    json_array_append_new(list, json_pack("{s:O, s:s, s:s}", "urls", turn,
						    "username", user, "credential", password)) < 0)
			rc = YJ_ERR_NOMEM;
		*until_utc_ms = end - longest;
	}
	json_decref(stun);
	json_decref(turn);
	if (rc < 0) {
		json_decref(list);
		return rc;
	}
	*out = list;
	return 0;
}

int yj_relay_servers(struct yj_gateway *g, const char *name, json_t **out, int64_t *until_utc_ms)
{
	return yj_relay_servers_at(g->config, name, g->now.utc_ms, out, until_utc_ms);
}
