/* Messages of STUN, by the vectors of RFC 5769, and URLs of relays. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stun.h"
#include "turn_line.h"

/* 2.4: a request with long-term credentials, from its beginning to the proof of the password. */
static void test_signed_request(void **state)
{
	(void)state;
	static const uint8_t id[12] = {
	    0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e};
	static const uint8_t mac[20] = {0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8,
	    0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66};
	static const char realm[] = "example.org", nonce[] = "f//499k954d6OL34oL9FSTvy64sA";
	struct yj_stun_login login = {
	    .user = "マトリックス", .password = "TheMatrIX", .realm_len = 11, .nonce_len = 28};
	memcpy(login.realm, realm, login.realm_len);
	memcpy(login.nonce, nonce, login.nonce_len);
	struct yj_stun m;
	size_t len = 0;
	yj_stun_begin(&m, YJ_STUN_BINDING, id);
	yj_stun_sign(&m, &login);
	assert_false(m.full);
	assert_int_equal(m.len, 20 + 0x60);
	const uint8_t *value = yj_stun_get(&m, YJ_STUN_INTEGRITY, &len);
	assert_non_null(value);
	assert_int_equal(len, sizeof mac);
	assert_memory_equal(value, mac, sizeof mac);
}

static void read_whole(struct yj_stun *m, const uint8_t *bytes, size_t len)
{
	memset(m, 0, sizeof *m);
	assert_int_equal(yj_stun_length(bytes, len), len);
	memcpy(m->bytes, bytes, len);
	m->len = len;
}

/* 2.2 and 2.3, but for what proves them: the address that the server saw. */
static void test_addresses(void **state)
{
	(void)state;
	static const uint8_t four[] = {0x01, 0x01, 0x00, 0x1c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
	    0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 't',
	    'e', 's', 't', ' ', 'v', 'e', 'c', 't', 'o', 'r', ' ', 0x00, 0x20, 0x00, 0x08, 0x00,
	    0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
	static const uint8_t six[] = {0x01, 0x01, 0x00, 0x18, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
	    0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x00, 0x20, 0x00, 0x14,
	    0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
	    0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};
	struct yj_stun m, back;
	struct sockaddr_storage address;
	char text[INET6_ADDRSTRLEN];
	read_whole(&m, four, sizeof four);
	assert_int_equal(yj_stun_get_address(&m, YJ_STUN_MAPPED, &address), 0);
	const struct sockaddr_in *in = (const void *)&address;
	assert_string_equal(inet_ntop(AF_INET, &in->sin_addr, text, sizeof text), "192.0.2.1");
	assert_int_equal(ntohs(in->sin_port), 32853);
	read_whole(&m, six, sizeof six);
	assert_int_equal(yj_stun_get_address(&m, YJ_STUN_MAPPED, &address), 0);
	const struct sockaddr_in6 *in6 = (const void *)&address;
	assert_string_equal(inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text),
	    "2001:db8:1234:5678:11:2233:4455:6677");
	assert_int_equal(ntohs(in6->sin6_port), 32853);
	/* and the way back */
	yj_stun_begin(&back, YJ_STUN_BINDING | YJ_STUN_DONE, six + 8);
	yj_stun_put_address(&back, YJ_STUN_MAPPED, (const void *)&address);
	assert_int_equal(back.len, sizeof six);
	assert_memory_equal(back.bytes, six, sizeof six);
}

static void test_refusal(void **state)
{
	(void)state;
	static const uint8_t id[12], value[] = {0, 0, 4, 86, 'f', 'u', 'l', 'l'};
	struct yj_stun m;
	yj_stun_begin(&m, YJ_STUN_ALLOCATE | YJ_STUN_REFUSED, id);
	assert_int_equal(yj_stun_refusal(&m), 0);
	yj_stun_put(&m, YJ_STUN_ERROR, value, sizeof value);
	assert_int_equal(yj_stun_refusal(&m), 486);
}

/* Whatever a server sends: nothing is read beyond it. */
static void test_messages_that_are_none(void **state)
{
	(void)state;
	static const uint8_t id[12];
	struct yj_stun m;
	struct sockaddr_storage address;
	size_t len = 0;
	uint8_t bytes[YJ_STUN_MAX] = {0};
	assert_int_equal(yj_stun_length(bytes, 19), 0);
	assert_int_equal(yj_stun_length(bytes, 20), YJ_ERR_BADMSG); /* no cookie */
	yj_stun_begin(&m, YJ_STUN_BINDING, id);
	m.bytes[2] = 0xff;
	m.bytes[3] = 0xfc;
	assert_int_equal(
	    yj_stun_length(m.bytes, m.len), YJ_ERR_BADMSG); /* longer than any of ours */
	yj_stun_begin(&m, YJ_STUN_BINDING, id);
	yj_stun_put(&m, YJ_STUN_MAPPED, "\0\1abcd", 6);
	assert_int_equal(yj_stun_get_address(&m, YJ_STUN_MAPPED, &address), YJ_ERR_BADMSG);
	m.bytes[YJ_STUN_HEADER + 3] = 200; /* says that it is longer than the message */
	assert_null(yj_stun_get(&m, YJ_STUN_MAPPED, &len));
	yj_stun_begin(&m, YJ_STUN_BINDING, id);
	yj_stun_put(&m, YJ_STUN_REALM, bytes, sizeof bytes);
	assert_true(m.full);
	assert_int_equal(m.len, YJ_STUN_HEADER);
}

static void test_urls(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host, *port; /* host NULL: none of ours */
		enum yj_turn_way way;
		bool relay;
	} cases[] = {
	    {"turn:a.example.org", "a.example.org", "3478", YJ_TURN_UDP, true},
	    {"turn:a:1?transport=udp", "a", "1", YJ_TURN_UDP, true},
	    {"turn:a:1?transport=tcp", "a", "1", YJ_TURN_TCP, true},
	    {"turns:a:443", "a", "443", YJ_TURN_TLS, true},
	    {"turns:a?transport=tcp", "a", "5349", YJ_TURN_TLS, true},
	    {"stun:[2001:db8::1]:99", "2001:db8::1", "99", YJ_TURN_UDP, false},
	    {"stuns:[::1]", "::1", "5349", YJ_TURN_TLS, false},
	    {"turns:a?transport=udp", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:a?transport=sctp", NULL, NULL, YJ_TURN_UDP, false},
	    {"http://a", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn::3478", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:[::1", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:a:", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:a:12x", NULL, NULL, YJ_TURN_UDP, false},
	    {"turn:a:123456", NULL, NULL, YJ_TURN_UDP, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct yj_turn_url url;
		int rc = yj_turn_url_read(cases[i].text, &url);
		assert_int_equal(rc, cases[i].host ? 0 : YJ_ERR_INVAL);
		if (rc < 0)
			continue;
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.port, cases[i].port);
		assert_int_equal(url.way, cases[i].way);
		assert_int_equal(url.relay, cases[i].relay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signed_request),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_refusal),
	    cmocka_unit_test(test_messages_that_are_none),
	    cmocka_unit_test(test_urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
