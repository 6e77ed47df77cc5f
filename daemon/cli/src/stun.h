/* Messages of STUN and TURN (RFC 8489, 8656), as far as asking a relay takes them. Pure. */
#ifndef CLI_STUN_H
#define CLI_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "proto/err.h"

#define YJ_STUN_HEADER 20
#define YJ_STUN_MAX 2048

enum yj_stun_type { /* requests and indications; an answer is one of them with YJ_STUN_… */
	YJ_STUN_BINDING = 0x001,
	YJ_STUN_ALLOCATE = 0x003,
	YJ_STUN_REFRESH = 0x004,
	YJ_STUN_PERMIT = 0x008,
	YJ_STUN_SEND = 0x016,
	YJ_STUN_DATA = 0x017,
};
#define YJ_STUN_DONE 0x100
#define YJ_STUN_REFUSED 0x110

enum yj_stun_attr {
	YJ_STUN_USERNAME = 0x0006,
	YJ_STUN_INTEGRITY = 0x0008,
	YJ_STUN_ERROR = 0x0009,
	YJ_STUN_LIFETIME = 0x000d,
	YJ_STUN_PEER = 0x0012,
	YJ_STUN_PAYLOAD = 0x0013,
	YJ_STUN_REALM = 0x0014,
	YJ_STUN_NONCE = 0x0015,
	YJ_STUN_RELAYED = 0x0016,
	YJ_STUN_TRANSPORT = 0x0019,
	YJ_STUN_MAPPED = 0x0020,
};

struct yj_stun {
	uint8_t bytes[YJ_STUN_MAX];
	size_t len;
	bool full; /* something had no room */
};

struct yj_stun_login { /* what a relay asks for; lengths without a terminator */
	const char *user, *password;
	uint8_t realm[512], nonce[512];
	size_t realm_len, nonce_len;
};

/* Begins a message; id are 12 bytes that no other request has. */
void yj_stun_begin(struct yj_stun *m, unsigned type, const uint8_t id[12]);
void yj_stun_put(struct yj_stun *m, enum yj_stun_attr attr, const void *value, size_t len);
void yj_stun_put_number(struct yj_stun *m, enum yj_stun_attr attr, uint32_t value);
/* An address of IPv4 or IPv6, in the veiled form. */
void yj_stun_put_address(struct yj_stun *m, enum yj_stun_attr attr, const struct sockaddr *address);
/* Last of all: user name, realm, nonce and what proves the password. */
void yj_stun_sign(struct yj_stun *m, const struct yj_stun_login *login);

/* How long the message is that begins with these bytes; 0: not to be told yet, or YJ_ERR_BADMSG. */
int yj_stun_length(const uint8_t *bytes, size_t len);
unsigned yj_stun_type(const struct yj_stun *m);
bool yj_stun_same_id(const struct yj_stun *a, const struct yj_stun *b);
/* The value of an attribute, or NULL. */
const uint8_t *yj_stun_get(const struct yj_stun *m, enum yj_stun_attr attr, size_t *len);
/* 0 or YJ_ERR_BADMSG. */
int yj_stun_get_address(
    const struct yj_stun *m, enum yj_stun_attr attr, struct sockaddr_storage *out) YJ_MUST_CHECK;
/* The number of a refusal (401, 403 …), 0 without one. */
int yj_stun_refusal(const struct yj_stun *m);

#endif
