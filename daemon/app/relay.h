/* The relay as browsers are told of it (docs/turn.md): homes and telephones stand behind the NAT of
 * their carriers, where two browsers often reach each other only through a server. */
#ifndef APP_RELAY_H
#define APP_RELAY_H

#include "gateway.h"

/* A list of RTCIceServer from the section `turn` of the configuration: the stun: URLs, then the
 * turn: and turns: ones with credentials under `name`, which says nothing of a person (a visit's
 * id, a random word). An empty list where no relay is configured. They last for `turn.lifetime`,
 * but at least for a visit of `max_duration` that begins now, as coturn asks for them again and
 * again. *until_utc_ms: a visit that begins by then can last its whole time with them (0: for
 * ever). 0 and a new reference, or YJ_ERR_INVAL (name), YJ_ERR_IO, YJ_ERR_NOMEM. */
int yj_relay_servers(
    struct yj_gateway *g, const char *name, json_t **out, int64_t *until_utc_ms) YJ_MUST_CHECK;

/* The same of a configuration, at a time. */
int yj_relay_servers_at(const struct yj_config *config, const char *name, int64_t utc_ms,
    json_t **out, int64_t *until_utc_ms) YJ_MUST_CHECK;

#endif
