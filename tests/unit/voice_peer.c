/* The voice channel without a baresip, with one that misbehaves, and as it is configured. */
#include <sys/stat.h>
#include <unistd.h>

#include "voice_rig.h"

/* ---- no baresip, or none that can be used ---- */

static void refused(void **state)
{
	struct fixture *f = *state;
	peer_close(&f->peer[0]);
	set(f, conf_of(f), 1);
	assert_false(down(f)); /* not known yet */
	assert_int_equal(try_send(f, 7, "13900001111", true), YJ_ERR_BUSY);
	TURN_UNTIL(f, down(f));
	assert_int_equal(try_send(f, 7, "13900001111", true), 0);
	expect_result(f, YJ_SENT_RETRY, "Connection refused");
	/* and it is found again when it comes */
	peer_open(&f->peer[0], f->base);
	TURN_UNTIL(f, !down(f));
	assert_int_equal(try_send(f, 8, "13900001111", true), 0);
	TURN_UNTIL(f, heard(&f->peer[0], "dial sip:13900001111@192.0.2.1") == 1);
}

static void unusable(void **state, enum manner manner, const char *words)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.answer_ms = 200;
	f->peer[0].manner = manner;
	set(f, conf, 1);
	TURN_UNTIL(f, down(f));
	assert_int_equal(try_send(f, 7, "13900001111", true), 0);
	expect_result(f, YJ_SENT_RETRY, words);
	int before = f->peer[0].n_connections;
	TURN_UNTIL(f, f->peer[0].n_connections > before);
	assert_true(down(f));
	f->peer[0].manner = GOOD;
	TURN_UNTIL(f, !down(f));
}

static void silent(void **state)
{
	unusable(state, SILENT, "does not answer");
}

static void garbage(void **state)
{
	unusable(state, GARBAGE, "garbage");
}

static void half_a_frame(void **state)
{
	unusable(state, HALF_A_FRAME, "does not answer");
}

static void closes(void **state)
{
	unusable(state, CLOSES, "control");
}

static void json_that_is_none(void **state)
{
	static const char *const bad[] = {
	    "{\"event\":tru", "[1,2]", "\"hello\"", "null", "\\u0000"};
	struct fixture *f = *state;
	set(f, conf_of(f), 1);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		TURN_UNTIL(f, f->peer[0].bev && !down(f));
		TURN_UNTIL(f, try_send(f, i, "139", true) == 0);
		peer_write(&f->peer[0], bad[i]);
		TURN_UNTIL(f, f->n_results == i + 1);
		assert_non_null(strstr(f->results[i].words, "garbage"));
	}
}

static void messages_of_other_kinds(void **state)
{
	static const char *const odd[] = {"{}", "{\"event\":true}", "{\"event\":1,\"type\":7}",
	    "{\"event\":true,\"type\":[],\"id\":{},\"direction\":\"outgoing\"}",
	    "{\"event\":true,\"type\":\"CALL_DTMF_START\",\"direction\":\"outgoing\",\"id\":\"x\"}",
	    "{\"response\":true}", "{\"response\":true,\"token\":\"d999\",\"ok\":false}"};
	struct fixture *f = *state;
	talk(f, conf_of(f));
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		peer_write(&f->peer[0], odd[i]);
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "");
	peer_event(&f->peer[0], "CALL_DTMF_START", "another", "1");
	peer_event(&f->peer[0], "CALL_CLOSED", "another", "");
	peer_event(&f->peer[0], "CALL_DTMF_START", OURS, "2");
	TURN_UNTIL(f, f->n_backs == 2);
	assert_int_equal(f->backs[1].type, YJ_BACK_TEXT);
	assert_string_equal(f->backs[1].text, "2");
}

static void silent_when_told_to_dial(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.answer_ms = 300;
	f->peer[0].manner = NO_DIAL_ANSWER;
	set(f, conf, 1);
	send_page(f, 7);
	expect_result(f, YJ_SENT_RETRY, "does not answer");
	assert_true(down(f));
}

static void no_module_to_play(void **state)
{
	struct fixture *f = *state;
	f->peer[0].manner = NO_AUFILE;
	set(f, conf_of(f), 1);
	send_page(f, 7);
	expect_result(f, YJ_SENT_RETRY, "aufile is missing");
	assert_int_equal(heard(&f->peer[0], "dial"), 0);
}

/* ---- calls that do not come about ---- */

static void closed_before(void **state, const char *reason, enum yj_sent outcome, const char *words)
{
	struct fixture *f = *state;
	dial(f, conf_of(f));
	f->peer[0].n_calls = 0;
	peer_event(&f->peer[0], "CALL_CLOSED", OURS, reason);
	expect_result(f, outcome, words);
	assert_int_equal(f->n_backs, 0);
	send_page(f, 8); /* the line is free */
}

static void busy(void **state)
{
	closed_before(state, "486 Busy Here", YJ_SENT_RETRY, "486 Busy Here");
}

static void declined(void **state)
{
	closed_before(state, "603 Decline", YJ_SENT_RETRY, "603 Decline");
}

static void registrar_refuses(void **state)
{
	closed_before(state, "403 Forbidden", YJ_SENT_RETRY, "403 Forbidden");
}

static void no_such_number(void **state)
{
	closed_before(state, "404 Not Found", YJ_SENT_FINAL, "404 Not Found");
}

static void reason_with_a_number(void **state)
{
	closed_before(state, "480 sip:13900001111@x gone", YJ_SENT_RETRY, "the call ended");
}

static void nobody_picks_up(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.ring_for_ms = 300;
	dial(f, conf);
	peer_event(&f->peer[0], "CALL_RINGING", OURS, "");
	expect_result(f, YJ_SENT_RETRY, "nobody picked up");
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	send_page(f, 8);
}

static void not_even_ringing(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.ring_for_ms = 300;
	dial(f, conf);
	expect_result(f, YJ_SENT_RETRY, "no sign");
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
}

static void does_not_hang_up(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	conf.ring_for_ms = 100;
	f->peer[0].manner = NO_HANGUP;
	dial(f, conf);
	expect_result(f, YJ_SENT_RETRY, "no sign");
	/* the connection is left, and with the next one the call is cleared away */
	TURN_UNTIL(f, down(f));
	f->peer[0].manner = GOOD;
	TURN_UNTIL(f, !down(f));
	assert_int_equal(f->peer[0].n_calls, 0);
	assert_int_equal(f->n_results, 1);
	send_page(f, 8);
}

static void gone_while_ringing(void **state)
{
	struct fixture *f = *state;
	dial(f, conf_of(f));
	peer_event(&f->peer[0], "CALL_RINGING", OURS, "");
	turn_for(f, 0.05);
	peer_drop(&f->peer[0]);
	expect_result(f, YJ_SENT_RETRY, "control");
	assert_true(down(f));
}

static void no_speech(void **state, const char *script, const char *words)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	char path[100];
	snprintf(path, sizeof path, "%s-speaker", f->folder);
	conf.speaker = path;
	if (script) {
		FILE *file = fopen(path, "w");
		fprintf(file, "#!/bin/sh\n%s\n", script);
		fchmod(fileno(file), 0755);
		fclose(file);
	}
	set(f, conf, 1);
	send_page(f, 7);
	expect_result(f, YJ_SENT_RETRY, words);
	assert_int_equal(heard(&f->peer[0], "dial"), 0);
	unlink(path);
	send_page(f, 8); /* the line is free */
	TURN_UNTIL(f, f->n_results == 2);
	assert_non_null(strstr(f->results[1].words, "cannot be started"));
}

static void speaker_is_missing(void **state)
{
	no_speech(state, NULL, "cannot be started");
}

static void speaker_fails(void **state)
{
	no_speech(state, "exit 1", "failed");
}

static void speaker_writes_garbage(void **state)
{
	no_speech(state, "echo hello", "no sound");
}

static void speaker_writes_for_ever(void **state)
{
	no_speech(state, "exec cat /dev/zero", "too long");
}

static void speaker_hangs(void **state)
{
	struct fixture *f = *state;
	double begin = now_s();
	no_speech(state, "exec tail -f /dev/null", "took too long");
	assert_true(f->n_results == 2 && now_s() - begin < 22);
}

/* The words are a person's name and address: no other account may read them from the list of
 * processes. */
static void words_are_no_arguments(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	char path[100], seen[110], line[1000] = "";
	snprintf(path, sizeof path, "%s-speaker", f->folder);
	snprintf(seen, sizeof seen, "%s-seen", f->folder);
	FILE *file = fopen(path, "w");
	fprintf(file, "#!/bin/sh\n{ echo \"$@\"; cat; echo; env; ls /proc/self/fd; } >%s\nexit 1\n",
	    seen);
	fchmod(fileno(file), 0755);
	fclose(file);
	conf.speaker = path;
	set(f, conf, 1);
	send_page(f, 7);
	expect_result(f, YJ_SENT_RETRY, "failed");
	file = fopen(seen, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	assert_string_equal(line, "-v cmn --stdin --stdout\n");
	assert_non_null(fgets(line, sizeof line, file));
	assert_string_equal(line,
	    "王秀英求助。我去，请按1。去不了，请按2。不在附近，先打电话问，请按3。"
	    "再听一遍，请按9。\n");
	while (fgets(line, sizeof line, file)) {
		assert_null(strstr(line, "王秀英"));
		/* no descriptor but its own three, and the one by which ls looks */
		assert_true(line[0] < '0' || line[0] > '9' || atoi(line) <= 3);
	}
	fclose(file);
	unlink(path);
	unlink(seen);
}

/* ---- lines ---- */

static void one_call_a_line(void **state)
{
	struct fixture *f = *state;
	peer_open(&f->peer[1], f->base);
	set(f, conf_of(f), 2);
	send_page(f, 7);
	send_page(f, 8);
	assert_int_equal(try_send(f, 9, "13900001111", true), YJ_ERR_BUSY);
	assert_false(down(f));
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 1 && heard(&f->peer[1], "dial ") == 1);
	/* one of two gone is not down, but busy */
	peer_close(&f->peer[1]);
	TURN_UNTIL(f, f->n_results == 1);
	assert_false(down(f));
	assert_int_equal(try_send(f, 9, "13900001111", true), YJ_ERR_BUSY);
}

static void calls_of_before(void **state)
{
	struct fixture *f = *state;
	f->peer[0].n_calls = 3;
	set(f, conf_of(f), 1);
	send_page(f, 7);
	assert_int_equal(heard(&f->peer[0], "hangup"), 3);
	assert_int_equal(f->peer[0].n_calls, 0);
}

static void incoming_calls(void **state)
{
	struct fixture *f = *state;
	const char *incoming =
	    "{\"event\":true,\"type\":\"CALL_INCOMING\",\"direction\":\"incoming\","
	    "\"id\":\"other\"}";
	set(f, conf_of(f), 1);
	TURN_UNTIL(f, f->peer[0].bev && try_send(f, 1, "", true) == YJ_ERR_NOTFOUND &&
			  try_send(f, 6, "13900001111", true) == 0);
	cancel(f, 6);
	f->peer[0].n_calls = 1;
	peer_write(&f->peer[0], incoming);
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	send_page(f, 7);
	TURN_UNTIL(f, heard(&f->peer[0], "dial ") == 1);
	/* within a call of ours it would be ours that is hung up */
	peer_write(&f->peer[0], incoming);
	turn_for(f, 0.1);
	assert_int_equal(heard(&f->peer[0], "hangup"), 1);
}

static void receivers_without_a_number(void **state)
{
	struct fixture *f = *state;
	set(f, conf_of(f), 1);
	assert_int_equal(try_send(f, 7, "", true), YJ_ERR_NOTFOUND);
	assert_int_equal(try_send(f, 7, "1390@evil", true), YJ_ERR_NOTFOUND);
	assert_int_equal(f->channel->attempts(f->channel->self), 3);
	assert_string_equal(f->channel->name, "voice");
	assert_int_equal(f->channel->form, YJ_FORM_SPEECH);
}

/* ---- the configuration ---- */

static void reload_keeps_a_call(void **state)
{
	struct fixture *f = *state;
	struct yj_voice_conf conf = conf_of(f);
	dial(f, conf);
	conf.dial = "sip:0{phone}@192.0.2.2";
	conf.attempts = 1;
	peer_open(&f->peer[1], f->base);
	set(f, conf, 2);
	peer_event(&f->peer[0], "CALL_ESTABLISHED", OURS, "");
	expect_result(f, YJ_SENT_OK, "");
	send_page(f, 8);
	TURN_UNTIL(f, heard(&f->peer[1], "dial sip:013900001111@192.0.2.2") == 1);
	assert_int_equal(f->peer[0].n_connections, 1);
	assert_int_equal(f->channel->attempts(f->channel->self), 1);
}

static void reload_drops_a_line(void **state)
{
	struct fixture *f = *state;
	dial(f, conf_of(f));
	int old = f->peer[0].port;
	peer_open(&f->peer[1], f->base);
	f->peer[0].port = f->peer[1].port;
	set(f, conf_of(f), 1);
	f->peer[0].port = old;
	expect_result(f, YJ_SENT_RETRY, "no longer configured");
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	send_page(f, 8);
	TURN_UNTIL(f, heard(&f->peer[1], "dial ") == 1);
}

static void stop_hangs_up(void **state)
{
	struct fixture *f = *state;
	talk(f, conf_of(f));
	yj_voice_free(f->voice);
	f->voice = NULL;
	TURN_UNTIL(f, heard(&f->peer[0], "hangup") == 1);
	assert_int_equal(f->n_backs, 0);
}

static void wrong_configurations(void **state)
{
	struct fixture *f = *state;
	static const char *const control[][2] = {{"127.0.0.1", NULL}, {"localhost:4444", NULL},
	    {"127.0.0.1:0", NULL}, {"", NULL}, {"127.0.0.1:4444", "127.0.0.1:4444"}};
	static const char *const dial_[] = {NULL, "", "sip:x@y", "tel:{phone}", "{phone}",
	    "sip:{phone}{phone}@x", "sip:{phone}@x y", "sip:{phone}@x\n",
	    "sip:{phone}@x\",\"a\":\""};
	static const char *const folder[] = {NULL, "", "voice", "/tmp/a b", "/tmp/a,b"};
	static const char *const voice[] = {"", "-f", "a b"};
	const char *why = NULL;
	struct yj_voice_conf conf;
	for (size_t i = 0; i < sizeof control / sizeof control[0]; i++) {
		conf = conf_of(f);
		conf.control = control[i];
		conf.n_control = control[i][1] ? 2 : 1;
		assert_int_equal(yj_voice_set(f->voice, &conf, &why), YJ_ERR_INVAL);
		assert_non_null(strstr(why, "control"));
	}
	for (size_t i = 0; i < sizeof dial_ / sizeof dial_[0]; i++) {
		conf = conf_of(f);
		conf.dial = dial_[i];
		assert_int_equal(yj_voice_set(f->voice, &conf, &why), YJ_ERR_INVAL);
		assert_non_null(strstr(why, "dial"));
	}
	for (size_t i = 0; i < sizeof folder / sizeof folder[0]; i++) {
		conf = conf_of(f);
		conf.folder = folder[i];
		assert_int_equal(yj_voice_set(f->voice, &conf, &why), YJ_ERR_INVAL);
		assert_non_null(strstr(why, "folder"));
	}
	for (size_t i = 0; i < sizeof voice / sizeof voice[0]; i++) {
		conf = conf_of(f);
		conf.voice = voice[i];
		assert_int_equal(yj_voice_set(f->voice, &conf, &why), YJ_ERR_INVAL);
		assert_non_null(strstr(why, "voice"));
	}
	assert_int_equal(try_send(f, 7, "13900001111", true), YJ_ERR_NOTFOUND);
	assert_true(down(f));
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the gateway does */
	const struct CMUnitTest tests[] = {
	    T(refused),
	    T(silent),
	    T(garbage),
	    T(half_a_frame),
	    T(closes),
	    T(json_that_is_none),
	    T(messages_of_other_kinds),
	    T(silent_when_told_to_dial),
	    T(no_module_to_play),
	    T(busy),
	    T(declined),
	    T(registrar_refuses),
	    T(no_such_number),
	    T(reason_with_a_number),
	    T(nobody_picks_up),
	    T(not_even_ringing),
	    T(does_not_hang_up),
	    T(gone_while_ringing),
	    T(speaker_is_missing),
	    T(speaker_fails),
	    T(speaker_writes_garbage),
	    T(speaker_writes_for_ever),
	    T(speaker_hangs),
	    T(words_are_no_arguments),
	    T(one_call_a_line),
	    T(calls_of_before),
	    T(incoming_calls),
	    T(receivers_without_a_number),
	    T(reload_keeps_a_call),
	    T(reload_drops_a_line),
	    T(stop_hangs_up),
	    T(wrong_configurations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
