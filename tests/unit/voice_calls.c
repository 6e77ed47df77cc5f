/* Calls of the voice channel, as a scripted peer tells of them. The same with real telephones is in
 * tests/e2e/test_voice.py. */
#include <sys/stat.h>

#include "voice_rig.h"

/* ---- calls ---- */

static void keyed(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	talk(f, conf_of(f));
	assert_string_equal(f->results[0].ref, OURS);
	assert_int_equal(heard(&f->peer[0], "dial sip:13900001111@192.0.2.1"), 1);
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	peer_event(&f->peer[0], "CALL_DTMF_END", OURS, "");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "2");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	TURN_UNTIL(f, f->n_backs == 2);
	assert_int_equal(f->backs[0].type, YJ_BACK_RECEIPT);
	assert_int_equal(f->backs[1].type, YJ_BACK_TEXT);
	assert_int_equal(f->backs[1].token, 7);
	assert_string_equal(f->backs[1].text, "1");
	assert_string_equal(f->backs[1].ref, OURS);
	assert_string_equal(f->backs[1].id, OURS ".1");
	/* the thanks, then the end */
	TURN_UNTIL(f, heard(&f->peer[0], "ausrc ") == 2);
	assert_string_not_equal(f->peer[0].heard[0], f->peer[0].heard[2]);
	assert_int_equal(stat(strchr(f->peer[0].heard[2], '/'), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	turn_for(f, 0.1);
	assert_int_equal(f->n_backs, 2);
	assert_int_equal(f->n_results, 1);
	send_page(f, 8);
}

static void other_keys(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "9");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "*");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "7");
	TURN_UNTIL(f, heard(&f->peer[0], "ausrc ") == 3);
	assert_string_equal(f->peer[0].heard[0], f->peer[0].heard[2]);
	TURN_UNTIL(f, f->n_backs == 1);
	assert_int_equal(f->backs[0].type, YJ_BACK_RECEIPT);
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "3");
	TURN_UNTIL(f, f->n_backs == 2);
	assert_string_equal(f->backs[1].text, "3");
}

static void news_takes_no_answer(void **state)
{
	struct fixture *f = *state;
	set(f, conf_of(f), 1);
	TURN_UNTIL(f, try_send(f, 7, "13900001111", false) == 0);
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 1);
	peer_event(&f->peer[0], "CALL_ESTABLISHED", OURS, "");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	TURN_UNTIL(f, f->n_backs == 1);
	assert_int_equal(f->backs[0].type, YJ_BACK_RECEIPT);
	/* and it ends when it has been said, long before talk_for */
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	assert_int_equal(f->n_backs, 1);
}

static void key_that_cannot_be_stored_yet(void **state)
{
	struct fixture *f = *state;
	f->refuse_backs = 1;
	talk(f, conf_of(f));
	double begin = now_s();
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	TURN_UNTIL(f, f->refuse_backs == 0);
	turn_for(f, 0.2);
	assert_int_equal(heard(&f->peer[0], "ausrc "), 1); /* no thanks before it is stored */
	TURN_UNTIL(f, f->n_backs == 2);
	assert_true(now_s() - begin > 2.9);
	assert_string_equal(f->backs[1].text, "1");
	TURN_UNTIL(f, heard(&f->peer[0], "ausrc ") == 2);
}

static void key_outlives_its_call(void **state)
{
	struct fixture *f = *state;
	f->refuse_backs = 1;
	talk(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "2");
	peer_event(&f->peer[0], "CALL_CLOSED", OURS, "Connection reset by peer");
	f->peer[0].n_calls = 0;
	TURN_UNTIL(f, f->n_backs == 2);
	assert_string_equal(f->backs[1].text, "2");
	assert_int_equal(heard(&f->peer[0], "ausrc "), 1);
}

static void time_to_talk_ends(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.talk_for_ms = 300;
	talk(f, conf);
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	turn_for(f, 0.1);
	assert_int_equal(f->n_backs, 0);
	assert_int_equal(f->n_results, 1);
}

static void hung_up_at_once(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_CLOSED", OURS, "Connection reset by peer");
	TURN_UNTIL(f, f->n_backs == 1);
	assert_int_equal(f->backs[0].type, YJ_BACK_FAILED);
	assert_int_equal(f->backs[0].token, 7);
	assert_string_equal(f->backs[0].ref, OURS);
}

static void hung_up_later(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	turn_for(f, 3.2);
	peer_event(&f->peer[0], "CALL_CLOSED", OURS, "Connection reset by peer");
	f->peer[0].n_calls = 0;
	send_page(f, 8);
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 2);
	assert_int_equal(f->n_backs, 0);
}

static void gone_while_talking(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	turn_for(f, 3.2);
	peer_drop(&f->peer[0]);
	TURN_UNTIL(f, f->n_backs == 1);
	assert_int_equal(f->backs[0].type, YJ_BACK_FAILED);
	assert_int_equal(f->n_results, 1);
}

static void vanished(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.look_ms = 100;
	dial(f, conf);
	peer_event(&f->peer[0], "CALL_RINGING", OURS, "");
	turn_for(f, 0.3);
	assert_int_equal(f->n_results, 0);
	f->peer[0].n_calls = 0; /* and no CALL_CLOSED */
	expect_result(f, YJ_SENT_RETRY, "gone");
}

static void words_begin_anew_after_early_sound(void **state)
{
	struct fixture *f = *state;
	dial(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_PROGRESS", OURS, "");
	turn_for(f, 0.1);
	assert_int_equal(heard(&f->peer[0], "ausrc "), 1);
	peer_event(&f->peer[0], "CALL_ESTABLISHED", OURS, "");
	TURN_UNTIL(f, heard(&f->peer[0], "ausrc ") == 2);
	assert_string_equal(f->peer[0].heard[0], f->peer[0].heard[2]);
}

/* ---- somebody else answers ---- */

static void cancelled_while_ringing(void **state)
{
	struct fixture *f = *state;
	dial(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_RINGING", OURS, "");
	turn_for(f, 0.05);
	cancel(f, 8); /* unknown */
	turn_for(f, 0.05);
	assert_int_equal(heard(&f->peer[0], "hangup"), 0);
	cancel(f, 7);
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	send_page(f, 8);
	assert_int_equal(f->n_results, 0);
}

static void cancelled_before_dialling(void **state)
{
	struct fixture *f = *state;
	set(f, conf_of(f), 1);
	send_page(f, 7);
	cancel(f, 7);
	assert_int_equal(try_send(f, 8, "13900002222", true), 0);
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 1);
	assert_int_equal(heard(&f->peer[0], "dial sip:13900002222@"), 1);
	assert_int_equal(f->n_results, 0);
}

static void cancelled_while_talking(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	cancel(f, 7);
	TURN_UNTIL(f, heard(&f->peer[0], "ausrc ") == 2);
	assert_string_not_equal(f->peer[0].heard[0], f->peer[0].heard[2]);
	/* a key in the last words still counts */
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	TURN_UNTIL(f, f->n_backs == 2);
	assert_string_equal(f->backs[1].text, "1");
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
}

static void cancelled_after_the_key(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "1");
	TURN_UNTIL(f, f->n_backs == 2);
	cancel(f, 7); /* as the gateway does with all pages of the incident */
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	assert_int_equal(heard(&f->peer[0], "ausrc "), 2); /* the thanks alone */
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the gateway does */
	const struct CMUnitTest tests[] = {
	    T(keyed),
	    T(other_keys),
	    T(news_takes_no_answer),
	    T(key_that_cannot_be_stored_yet),
	    T(key_outlives_its_call),
	    T(time_to_talk_ends),
	    T(hung_up_at_once),
	    T(hung_up_later),
	    T(gone_while_talking),
	    T(vanished),
	    T(words_begin_anew_after_early_sound),
	    T(cancelled_while_ringing),
	    T(cancelled_before_dialling),
	    T(cancelled_while_talking),
	    T(cancelled_after_the_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
