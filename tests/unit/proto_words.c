/* The word tables are complete: every value has a word of its own that reads back as the value, the
 * words are those of the contract, in the order of the enum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/words.h"

/* One test per noun: `words`, separated by blanks, are all values from `first` on. Words that are
 * none stay unread and leave the value alone. */
#define WORD_TEST(test, type, name_of, parse, first, words)                                        \
	static void test(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		char list[] = words;                                                               \
		int v = (first);                                                                   \
		for (char *word = strtok(list, " "); word; word = strtok(NULL, " "), v++) {        \
			type back = (type)(-1);                                                    \
			assert_string_equal(name_of((type)v), word);                               \
			assert_int_equal(parse(word, &back), 0);                                   \
			assert_int_equal((int)back, v);                                            \
		}                                                                                  \
		assert_string_equal(name_of((type)v), "?");                                        \
		assert_string_equal(name_of((type)(-1)), "?");                                     \
		type kept = (type)1;                                                               \
		assert_int_equal(parse("?", &kept), YJ_ERR_NOTFOUND);                              \
		assert_int_equal(parse("SOS", &kept), YJ_ERR_NOTFOUND);                            \
		assert_int_equal(parse(" ", &kept), YJ_ERR_NOTFOUND);                              \
		assert_int_equal((int)kept, 1);                                                    \
		type none = (type)1;                                                               \
		assert_int_equal(parse("", &none), (first) == 1 ? 0 : YJ_ERR_NOTFOUND);            \
		assert_int_equal((int)none, (first) == 1 ? 0 : 1);                                 \
		if ((first) == 1)                                                                  \
			assert_string_equal(name_of((type)0), "");                                 \
	}

WORD_TEST(test_kinds, enum yj_kind, yj_kind_name, yj_kind_parse, 0,
    "sos service family fall smoke gas leak bed_exit inactivity vital wander unreadable unassigned "
    "visit_unanswered outage")
WORD_TEST(test_inc_states, enum yj_inc_state, yj_inc_state_name, yj_inc_state_parse, 0,
    "open acked arrived resolved cancelled")
WORD_TEST(test_roles, enum yj_role, yj_role_name, yj_role_parse, 0,
    "family neighbor volunteer grid village doctor care_worker nurse provider duty operator "
    "maintenance")
WORD_TEST(test_outcomes, enum yj_outcome, yj_outcome_name, yj_outcome_parse, 1,
    "helped hospital false_alarm test device_fault deceased other")
WORD_TEST(test_note_codes, enum yj_note_code, yj_note_code_name, yj_note_code_parse, 1,
    "called_120 called_119 called_110 spoke_resident no_reply called_family need_help other")
WORD_TEST(test_reply_actions, enum yj_reply_action, yj_reply_action_name, yj_reply_action_parse, 0,
    "seen ack decline arrive resolve note")
WORD_TEST(test_hows, enum yj_how, yj_how_name, yj_how_parse, 1, "going remote")
WORD_TEST(test_home_states, enum yj_home_state, yj_home_state_name, yj_home_state_parse, 0,
    "received answered searching arrived closed")
WORD_TEST(test_page_states, enum yj_page_state, yj_page_state_name, yj_page_state_parse, 0,
    "open joined remind contacted answered arrived withdrawn closed notice")
WORD_TEST(test_checkin_methods, enum yj_checkin_method, yj_checkin_method_name,
    yj_checkin_method_parse, 0, "nfc qr_static qr_rotating key")
WORD_TEST(test_checkin_types, enum yj_checkin_type, yj_checkin_type_name, yj_checkin_type_parse, 0,
    "visit on off")
WORD_TEST(test_visit_states, enum yj_visit_state, yj_visit_state_name, yj_visit_state_parse, 0,
    "ringing accepted declined ended")
WORD_TEST(test_visit_actions, enum yj_visit_action, yj_visit_action_name, yj_visit_action_parse, 0,
    "ring signal end")
WORD_TEST(test_visit_methods, enum yj_visit_method, yj_visit_method_name, yj_visit_method_parse, 0,
    "on_site video phone device")
WORD_TEST(test_visit_results, enum yj_visit_result, yj_visit_result_name, yj_visit_result_parse, 1,
    "well needs not_home refused hospital")
WORD_TEST(test_seen_as, enum yj_seen_as, yj_seen_as_name, yj_seen_as_parse, 0,
    "visit check-in on_site well")
WORD_TEST(test_device_kinds, enum yj_device_kind, yj_device_kind_name, yj_device_kind_parse, 0,
    "button terminal bed sensor")
WORD_TEST(test_bed_kinds, enum yj_bed_kind, yj_bed_kind_name, yj_bed_kind_parse, 0,
    "home institution hospital")
WORD_TEST(test_consents, enum yj_consent, yj_consent_name, yj_consent_parse, 0,
    "visit auto_answer alert night shared_room")
WORD_TEST(test_consent_bys, enum yj_consent_by, yj_consent_by_name, yj_consent_by_parse, 0,
    "resident guardian family clerk")
WORD_TEST(test_events, enum yj_event_type, yj_event_name, yj_event_parse, 0,
    "alert.received alert.duplicate alert.rejected alert.flood incident.opened incident.joined "
    "incident.notified incident.escalated incident.unreachable incident.contacted incident.noted "
    "incident.paged incident.acked incident.declined incident.arrived incident.reopened "
    "incident.withdrawn incident.resolved incident.cancelled delivery.sent delivery.delivered "
    "delivery.failed device.online device.offline device.low_battery device.enrolled "
    "device.revoked outage.began outage.ended visit.requested visit.ringing visit.answered "
    "visit.declined visit.missed visit.ended round.due round.missed resident.well checkin "
    "bed.assigned bed.released bed.in bed.out gateway.started gateway.stopped gateway.degraded "
    "gateway.recovered gateway.poison clock.stepped config.loaded directory.changed user.login "
    "user.denied")

static void test_every_event_type_is_in_the_contract(void **state)
{
	(void)state;
	FILE *file = fopen(YJ_SOURCE_DIR "/docs/contract.md", "re");
	assert_non_null(file);
	char *text = NULL;
	size_t cap = 0;
	assert_true(getdelim(&text, &cap, '\0', file) > 0);
	(void)fclose(file);
	for (int i = 0; i < YJ_EV_COUNT; i++) {
		char quoted[64];
		(void)snprintf(
		    quoted, sizeof(quoted), "`%s`", yj_event_name((enum yj_event_type)i));
		if (!strstr(text, quoted))
			fail_msg("%s is not in the contract", quoted);
	}
	free(text);
}

static void test_calls_for_help(void **state)
{
	(void)state;
	const char *help =
	    " sos fall smoke gas wander unreadable unassigned inactivity visit_unanswered ";
	const char *buttons = " sos service family ";
	const char *alarms = " fall smoke gas leak bed_exit inactivity vital wander ";
	for (int i = 0; i < YJ_KIND_COUNT; i++) {
		enum yj_kind kind = (enum yj_kind)i;
		char word[32];
		(void)snprintf(word, sizeof(word), " %s ", yj_kind_name(kind));
		assert_int_equal(yj_kind_is_help(kind), strstr(help, word) != NULL);
		assert_int_equal(yj_kind_is_button(kind), strstr(buttons, word) != NULL);
		assert_int_equal(yj_kind_is_alarm(kind), strstr(alarms, word) != NULL);
	}
	assert_false(yj_kind_is_help(YJ_KIND_COUNT));
}

static void test_reasons(void **state)
{
	(void)state;
	static const char *const words[YJ_REASON_COUNT] = {"", "topic", "size", "utf8", "json",
	    "field", "unknown_device", "revoked_device", "unbound_device", "no_call", "caregiver",
	    "poison"};
	for (int i = 0; i < YJ_REASON_COUNT; i++)
		assert_string_equal(yj_reason_name((enum yj_reason)i), words[i]);
	assert_string_equal(yj_reason_name(YJ_REASON_COUNT), "?");
}

static void test_errors_have_different_names(void **state)
{
	(void)state;
	for (int a = YJ_OK; a >= YJ_ERR_BADMSG; a--) {
		assert_string_not_equal(yj_err_name(a), "?");
		for (int b = a - 1; b >= YJ_ERR_BADMSG; b--)
			assert_string_not_equal(yj_err_name(a), yj_err_name(b));
	}
	const int unknown[] = {1, YJ_ERR_BADMSG - 1, INT32_MAX, INT32_MIN};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_string_equal(yj_err_name(unknown[i]), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_inc_states),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_note_codes),
	    cmocka_unit_test(test_reply_actions),
	    cmocka_unit_test(test_hows),
	    cmocka_unit_test(test_home_states),
	    cmocka_unit_test(test_page_states),
	    cmocka_unit_test(test_checkin_methods),
	    cmocka_unit_test(test_checkin_types),
	    cmocka_unit_test(test_visit_states),
	    cmocka_unit_test(test_visit_actions),
	    cmocka_unit_test(test_visit_methods),
	    cmocka_unit_test(test_visit_results),
	    cmocka_unit_test(test_seen_as),
	    cmocka_unit_test(test_device_kinds),
	    cmocka_unit_test(test_bed_kinds),
	    cmocka_unit_test(test_consents),
	    cmocka_unit_test(test_consent_bys),
	    cmocka_unit_test(test_events),
	    cmocka_unit_test(test_every_event_type_is_in_the_contract),
	    cmocka_unit_test(test_calls_for_help),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_errors_have_different_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
