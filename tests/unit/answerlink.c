/* Tokens of the answer page: short, good for one delivery of one gateway, and for nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "answerlink.h"

static const unsigned char key[YJ_ANSWERLINK_KEY_LEN] = "the key of the gateway gw-1 ....";
static const unsigned char other_key[YJ_ANSWERLINK_KEY_LEN] = "the key of the gateway gw-2 ....";

static struct yj_outbox_row delivery(int64_t n)
{
	return (struct yj_outbox_row){.n = n, .incident = 7, .target = "fam1", .channel = "sms"};
}

/* Is it taken for the row's delivery? */
static bool taken(const unsigned char *with, const struct yj_outbox_row *row, const char *token)
{
	unsigned char mac[YJ_ANSWERLINK_MAC_LEN];
	int64_t n;
	return yj_answerlink_read(token, &n, mac) == 0 && n == row->n &&
	       yj_answerlink_good(with, row, mac);
}

static void test_round_trip_and_length(void **state)
{
	(void)state;
	static const struct {
		int64_t n;
		size_t length;
	} cases[] = {{1, 24}, {255, 24}, {256, 26}, {65535, 26}, {(1 << 24) - 1, 27}, {1 << 24, 28},
	    {(1LL << 40) - 1, 30}, {INT64_MAX, 34}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct yj_outbox_row row = delivery(cases[i].n);
		char token[YJ_ANSWERLINK_MAX];
		yj_answerlink_token(key, &row, token);
		assert_int_equal(strlen(token), cases[i].length);
		assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
					       "yz0123456789-_"),
		    cases[i].length);
		assert_true(taken(key, &row, token));
	}
}

static void test_bound_to_one_delivery(void **state)
{
	(void)state;
	struct yj_outbox_row row = delivery(300), other;
	char token[YJ_ANSWERLINK_MAX];
	yj_answerlink_token(key, &row, token);
	other = delivery(301);
	assert_false(taken(key, &other, token));
	other = row;
	snprintf(other.target, sizeof other.target, "fam2"); /* the number was given away again */
	assert_false(taken(key, &other, token));
	other = row;
	other.incident = 8;
	assert_false(taken(key, &other, token));
	other = row;
	other.incident = 0;
	other.notice = 7;
	assert_false(taken(key, &other, token));
	assert_false(taken(other_key, &row, token));
	assert_true(taken(key, &row, token));
}

static void test_every_changed_letter_is_refused(void **state)
{
	(void)state;
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	for (int64_t n = 1; n < 1LL << 40; n *= 37) {
		struct yj_outbox_row row = delivery(n);
		char token[YJ_ANSWERLINK_MAX], bad[YJ_ANSWERLINK_MAX + 1];
		yj_answerlink_token(key, &row, token);
		for (size_t at = 0; token[at]; at++) {
			for (size_t i = 0; letters[i]; i++) {
				strcpy(bad, token);
				bad[at] = letters[i];
				assert_int_equal(taken(key, &row, bad), letters[i] == token[at]);
			}
			strcpy(bad, token); /* and every end that was cut off */
			bad[at] = '\0';
			assert_false(taken(key, &row, bad));
		}
		snprintf(bad, sizeof bad, "%sA", token);
		assert_false(taken(key, &row, bad));
	}
}

static void test_garbage(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "A", "AQE", "../../etc/passwd", "AQEB=", "AQ%45",
	    "????????????????????????", "AAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAA",
	    "AQABAAAAAAAAAAAAAAAAAAAAAA",
	    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		unsigned char mac[YJ_ANSWERLINK_MAC_LEN];
		int64_t n = -5;
		assert_int_equal(yj_answerlink_read(bad[i], &n, mac), YJ_ERR_INVAL);
		assert_int_equal(n, -5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip_and_length),
	    cmocka_unit_test(test_bound_to_one_delivery),
	    cmocka_unit_test(test_every_changed_letter_is_refused),
	    cmocka_unit_test(test_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
