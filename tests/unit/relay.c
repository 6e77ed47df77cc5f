/* What browsers are told of the relay, and that a relay with the same secret lets them in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "relay.h"
#include "relaykey.h"

#define HOUR_MS 3600000LL

/* Passwords by `openssl dgst -sha1 -hmac SECRET -binary | base64`. */
static void test_key(void **state)
{
	(void)state;
	static const struct {
		const char *secret, *name, *user, *password;
		int64_t until;
	} cases[] = {
	    {"north wind", "visit", "1440000000:visit",
		"6bN6UIYnensW91Po/aZErb3lFBY=", 1440000000999},
	    {"north wind", "0190c7a2", "1795600000:0190c7a2",
		"WTJ2/8swkAJUTsybMiQgKFPaW6A=", 1795600000000},
	};
	char user[YJ_RELAY_USER_MAX], password[YJ_RELAY_PASSWORD_MAX];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
		    yj_relay_key(cases[i].secret, cases[i].name, cases[i].until, user, password),
		    0);
		assert_string_equal(user, cases[i].user);
		assert_string_equal(password, cases[i].password);
	}
}

static void test_names_that_are_none(void **state)
{
	(void)state;
	char user[YJ_RELAY_USER_MAX], password[YJ_RELAY_PASSWORD_MAX], name[YJ_RELAY_USER_MAX];
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_int_equal(yj_relay_key("s", name, 0, user, password), YJ_ERR_INVAL);
	assert_string_equal(user, "");
	assert_int_equal(yj_relay_key("s", "a:b", 0, user, password), YJ_ERR_INVAL);
	name[sizeof name - 2] = '\0'; /* "0:" and the terminator beside it */
	assert_int_equal(yj_relay_key("s", name, 0, user, password), YJ_ERR_INVAL);
	name[sizeof name - 3] = '\0';
	assert_int_equal(yj_relay_key("s", name, 0, user, password), 0);
}

static struct yj_config config_of(const char *urls, int64_t lifetime_ms)
{
	struct yj_config c = {0};
	c.visits.max_duration_ms = 2 * HOUR_MS;
	c.turn.urls = (char *)urls;
	c.turn.secret = (char *)"north wind";
	c.turn.lifetime_ms = lifetime_ms;
	return c;
}

static void test_servers(void **state)
{
	(void)state;
	struct yj_config c = config_of("turn:a.example.org:3478\nstun:b.example.org\n"
				       "turns:a.example.org:443?transport=tcp",
	    4 * HOUR_MS);
	json_t *list, *expected;
	int64_t until;
	assert_int_equal(
	    yj_relay_servers_at(&c, "0190c7a2", 1795600000000 - 4 * HOUR_MS, &list, &until), 0);
	expected = json_pack("[{s:[s]}, {s:[s,s], s:s, s:s}]", "urls", "stun:b.example.org", "urls",
	    "turn:a.example.org:3478", "turns:a.example.org:443?transport=tcp", "username",
	    "1795600000:0190c7a2", "credential", "WTJ2/8swkAJUTsybMiQgKFPaW6A=");
	assert_true(json_equal(list, expected));
	assert_true(until == 1795600000000 - 2 * HOUR_MS);
	json_decref(list);
	json_decref(expected);
	/* a short life is still that of a whole visit, which may begin for some minutes */
	c = config_of("turn:a.example.org", 60000);
	assert_int_equal(yj_relay_servers_at(&c, "v", 1000000000000, &list, &until), 0);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "username")),
	    "1000007800:v");
	assert_true(until == 1000000600000);
	json_decref(list);
}

static void test_without_a_relay(void **state)
{
	(void)state;
	struct yj_config c = config_of(NULL, 4 * HOUR_MS);
	json_t *list;
	int64_t until = 1;
	assert_int_equal(yj_relay_servers_at(&c, "v", 1000000000000, &list, &until), 0);
	assert_int_equal(json_array_size(list), 0);
	assert_true(until == 0);
	json_decref(list);
	c = config_of("stun:b.example.org", 4 * HOUR_MS);
	c.turn.secret = NULL;
	assert_int_equal(yj_relay_servers_at(&c, "v", 1000000000000, &list, &until), 0);
	assert_int_equal(json_array_size(list), 1);
	assert_null(json_object_get(json_array_get(list, 0), "username"));
	assert_true(until == 0);
	json_decref(list);
}

static void test_a_name_that_is_none_gives_no_list(void **state)
{
	(void)state;
	struct yj_config c = config_of("turn:a.example.org", 4 * HOUR_MS);
	json_t *list = NULL;
	int64_t until;
	assert_int_equal(
	    yj_relay_servers_at(&c, "a:b", 1000000000000, &list, &until), YJ_ERR_INVAL);
	assert_null(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_key),
	    cmocka_unit_test(test_names_that_are_none),
	    cmocka_unit_test(test_servers),
	    cmocka_unit_test(test_without_a_relay),
	    cmocka_unit_test(test_a_name_that_is_none_gives_no_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
