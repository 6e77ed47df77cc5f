/* Mail: what a letter looks like, what each reply means, and a server that goes wrong at every step
 * of the session, in which the loop never waits. */
#include <openssl/evp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "smtp_server.h"
#include "webhook_rig.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static char good_file[] = "/tmp/yj-email-XXXXXX", old_file[] = "/tmp/yj-email-XXXXXX";
static SSL_CTX *good_ctx, *old_ctx;
static double longest_s; /* turn of the loop */

static struct smtp_server *start(const struct smtp_script *script, SSL_CTX *ctx)
{
	SSL_CTX_up_ref(ctx);
	struct smtp_server *server = smtp_start(ctx, script);
	assert_non_null(server);
	return server;
}

static const struct yj_channel *mail_to(
    struct fixture *f, const char *scheme, int port, const char *ca_file, int64_t timeout_ms)
{
	char url[64];
	snprintf(url, sizeof(url), "%s://127.0.0.1:%d", scheme, port);
	struct yj_poster_conf conf = {.type = YJ_POSTER_EMAIL,
	    .name = "email",
	    .timeout_ms = timeout_ms,
	    .ca_file = ca_file,
	    .u.email = {url, "yijian@town.example", "user-name", "pass-word"}};
	struct yj_poster_why why = {0};
	size_t bad;
	assert_int_equal(yj_posters_set(f->hooks, &conf, 1, &bad, &why), 0);
	return yj_posters_channel(f->hooks, "email");
}

static struct yj_sent_result mail(struct fixture *f, const struct yj_channel *channel)
{
	int before = f->n_all;
	longest_s = 0;
	double turn = now_s();
	assert_int_equal(send_page(f, channel, 1, 1), 0);
	TURN_UNTIL(f, ({
		if (now_s() - turn > longest_s)
			longest_s = now_s() - turn;
		turn = now_s();
		f->n_all > before;
	}));
	return f->results[1];
}

static struct yj_sent_result mail_by(
    struct fixture *f, const struct smtp_script *script, int64_t timeout_ms)
{
	struct smtp_server *server = start(script, good_ctx);
	const struct yj_channel *channel = mail_to(
	    f, script->implicit_tls ? "smtps" : "smtp", smtp_port(server), good_file, timeout_ms);
	struct yj_sent_result result = mail(f, channel);
	smtp_stop(server);
	return result;
}

/* ---- a letter ---- */

static void test_letter(void **state)
{
	struct fixture *f = *state;
	static const struct smtp_script script = {.auth = true};
	struct smtp_server *server = start(&script, good_ctx);
	const struct yj_channel *channel = mail_to(f, "smtp", smtp_port(server), good_file, 10000);
	assert_int_equal(channel->form, YJ_FORM_MAIL);
	struct yj_sent_result result = mail(f, channel);
	char letter[8192], commands[2048];
	assert_int_equal(result.outcome, YJ_SENT_OK);
	assert_string_equal(result.words, "250 2.0.0 taken as 4711");
	smtp_letter(server, letter, sizeof(letter));
	smtp_commands(server, commands, sizeof(commands));
	/* nothing of it in the clear: EHLO and STARTTLS come first, then all over again */
	assert_non_null(strstr(commands, "\r\nSTARTTLS\r\nEHLO "));
	assert_non_null(strstr(commands, "AUTH PLAIN"));
	assert_non_null(strstr(commands, "MAIL FROM:<yijian@town.example>"));
	assert_non_null(strstr(commands, "RCPT TO:<li@example.org>"));
	static const char *const lines[] = {"From: <yijian@town.example>\r\n",
	    "\r\nTo: <li@example.org>\r\n",
	    "\r\nSubject: =?UTF-8?B?5pyJ5Lq65ZG85Y+r77ya546L56eA6Iux?=\r\n",
	    "\r\nMessage-ID: <gw-1.d-000123@town.example>\r\n",
	    "\r\nAuto-Submitted: auto-generated\r\n", "\r\nImportance: high\r\n",
	    "\r\nContent-Type: text/plain; charset=utf-8\r\n", " +0000\r\n",
	    "\r\nContent-Transfer-Encoding: base64\r\n",
	    "\r\n\r\n546L56eA6Iux5oyJ5LqG5ZG85Y+r5oyJ6ZKu\r\n"};
	for (size_t i = 0; i < N(lines); i++)
		if (!strstr(letter, lines[i]))
			fail_msg("no \"%s\" in %s", lines[i], letter);
	smtp_stop(server);
}

/* Names cannot add a header, a line or a receiver, and long ones fit into lines. */
static void test_odd_letters(void **state)
{
	struct fixture *f = *state;
	static const struct smtp_script script = {.implicit_tls = true};
	struct smtp_server *server = start(&script, good_ctx);
	const struct yj_channel *channel = mail_to(f, "smtps", smtp_port(server), good_file, 10000);
	struct yj_delivery d = delivery_of(1, 1);
	char subject[2000] = "a\r\nBcc: <x@y>\r\n\r\nhello ", text[4000] = "", letter[16384];
	for (int i = 0; i < 300; i++) {
		strcat(subject, "王");
		strcat(text, i % 10 ? "长" : "\n.\r\n");
	}
	d.subject = subject;
	d.text = text;
	assert_int_equal(channel->send(channel->self, &d, on_done, f), 0);
	TURN_UNTIL(f, f->n_all == 1);
	assert_int_equal(f->results[1].outcome, YJ_SENT_OK);
	smtp_letter(server, letter, sizeof(letter));
	assert_null(strstr(letter, "Bcc"));
	const char *end = strstr(letter, "\r\n\r\n");
	assert_non_null(end);
	size_t lines = 0;
	for (const char *p = letter; *p; p = strstr(p, "\r\n") + 2, lines++)
		if (strstr(p, "\r\n") - p > 76)
			fail_msg("%.*s", (int)(strstr(p, "\r\n") - p), p);
	assert_true(lines > 30);
	smtp_stop(server);
	static const char *const wrong[] = {"a", "a@", "@b", "a@b@c", "a b@c",
	    "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a@b>,<c@d", "a@b,c@d", "\"a\"@b"};
	for (size_t i = 0; i < N(wrong); i++) {
		d.email = wrong[i];
		if (channel->send(channel->self, &d, on_done, f) != YJ_ERR_INVAL)
			fail_msg("%s was taken", wrong[i]);
	}
	d.email = "";
	assert_int_equal(channel->send(channel->self, &d, on_done, f), YJ_ERR_NOTFOUND);
}

/* ---- replies ---- */

static void test_replies(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct smtp_script script;
		enum yj_sent outcome;
		const char *words;
	} cases[] = {
	    {{.at = "greeting", .reply = "421 too busy\r\n"}, YJ_SENT_RETRY, "421: too busy"},
	    {{.at = "greeting", .reply = "554 go away\r\n"}, YJ_SENT_FINAL, "554: go away"},
	    {{.at = "EHLO", .reply = "421 no\r\n"}, YJ_SENT_RETRY, "421: no"},
	    {{.at = "STARTTLS", .reply = "454 TLS not available\r\n"}, YJ_SENT_RETRY,
		"454: TLS not available"},
	    {{.no_starttls = true}, YJ_SENT_RETRY, "the server offers no STARTTLS"},
	    {{.at = "AUTH", .auth = true, .reply = "535 5.7.8 wrong\r\n"}, YJ_SENT_FINAL,
		"535: 5.7.8 wrong"},
	    {{.at = "AUTH", .auth = true, .reply = "454 4.7.0 later\r\n"}, YJ_SENT_RETRY,
		"454: 4.7.0 later"},
	    {{.at = "MAIL", .reply = "530 5.7.0 no\r\n"}, YJ_SENT_FINAL, "530: 5.7.0 no"},
	    {{.at = "RCPT", .reply = "550-5.1.1 no\r\n550 5.1.1 mailbox\r\n"}, YJ_SENT_FINAL,
		"550: 5.1.1 mailbox"},
	    {{.at = "RCPT", .reply = "550 5.1.1 <li@example.org>\r\n"}, YJ_SENT_FINAL, "550"},
	    {{.at = "RCPT", .reply = "451 4.7.1 greylisted\r\n"}, YJ_SENT_RETRY,
		"451: 4.7.1 greylisted"},
	    {{.at = "DATA", .reply = "554 no\r\n"}, YJ_SENT_FINAL, "554: no"},
	    {{.at = "letter", .reply = "552 too large\r\n"}, YJ_SENT_FINAL, "552: too large"},
	    {{.at = "letter", .reply = "452 full\r\n"}, YJ_SENT_RETRY, "452: full"},
	    {{.implicit_tls = true, .at = "letter", .reply = "452 full\r\n"}, YJ_SENT_RETRY,
		"452: full"},
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct yj_sent_result r = mail_by(f, &cases[i].script, 10000);
		if (r.outcome != cases[i].outcome || strcmp(r.words, cases[i].words) != 0 ||
		    longest_s > 1)
			fail_msg("case %zu: %d, %s, a turn of %.1f s", i, (int)r.outcome, r.words,
			    longest_s);
		assert_true(r.outcome == YJ_SENT_FINAL || r.retry_ms >= 500);
	}
}

/* A server that falls silent, wherever that is, costs its own attempt and nobody's turn. */
static void test_silence(void **state)
{
	struct fixture *f = *state;
	static const char *const places[] = {
	    "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "letter"};
	for (size_t i = 0; i < N(places); i++) {
		struct smtp_script script = {.at = places[i], .auth = true};
		struct yj_sent_result r = mail_by(f, &script, 400);
		if (r.outcome != YJ_SENT_RETRY || !strstr(r.words, "timed out") || longest_s > 1)
			fail_msg("%s: %d, %s, a turn of %.1f s", places[i], (int)r.outcome, r.words,
			    longest_s);
	}
	/* the letter was taken: what comes after QUIT is waited for by nobody */
	struct smtp_script script = {.at = "QUIT"};
	double begin = now_s();
	struct yj_sent_result r = mail_by(f, &script, 10000);
	assert_int_equal(r.outcome, YJ_SENT_OK);
	assert_true(longest_s < 1 && now_s() - begin < 5);
}

static void test_broken(void **state)
{
	struct fixture *f = *state;
	struct yj_sent_result r = mail(f, mail_to(f, "smtp", server_dead_port(), good_file, 10000));
	assert_int_equal(r.outcome, YJ_SENT_RETRY);
	assert_non_null(strstr(r.words, "connect"));
	assert_in_range(r.retry_ms, 500, 1000);
	static const struct smtp_script garbage[] = {
	    {.at = "greeting", .reply = "\x01\x02 nonsense\r\n"},
	    {.at = "EHLO", .reply = "\xff\xfe nonsense\r\n"},
	    {.at = "letter", .reply = "nonsense\r\n"},
	    {.at = "letter", .reply = "299 nonsense\r\n"}};
	for (size_t i = 0; i < N(garbage); i++) {
		r = mail_by(f, &garbage[i], 400);
		if (r.outcome != YJ_SENT_RETRY || longest_s > 1)
			fail_msg("case %zu: %d, %s, a turn of %.1f s", i, (int)r.outcome, r.words,
			    longest_s);
	}
}

static void test_certificates(void **state)
{
	struct fixture *f = *state;
	static const struct smtp_script scripts[] = {{0}, {.implicit_tls = true}};
	for (size_t i = 0; i < N(scripts); i++) {
		struct smtp_server *server = start(&scripts[i], old_ctx);
		const char *scheme = scripts[i].implicit_tls ? "smtps" : "smtp";
		const struct yj_channel *channel =
		    mail_to(f, scheme, smtp_port(server), old_file, 10000);
		struct yj_sent_result r = mail(f, channel);
		assert_int_equal(r.outcome, YJ_SENT_RETRY);
		assert_non_null(strstr(r.words, "certificate has expired"));
		assert_true(longest_s < 1);
		smtp_stop(server);
		/* valid, but nobody vouches for it */
		server = start(&scripts[i], good_ctx);
		r = mail(f, mail_to(f, scheme, smtp_port(server), NULL, 10000));
		assert_int_equal(r.outcome, YJ_SENT_RETRY);
		assert_non_null(strstr(r.words, "certificate"));
		assert_int_equal(smtp_letters(server), 0);
		smtp_stop(server);
	}
}

/* A letter under way can be given up, and the whole channel, at once. */
static void test_gives_up(void **state)
{
	struct fixture *f = *state;
	static const struct smtp_script script = {.at = "RCPT"};
	struct smtp_server *server = start(&script, good_ctx);
	const struct yj_channel *channel = mail_to(f, "smtp", smtp_port(server), good_file, 60000);
	char commands[2048] = "";
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send_page(f, channel, 5, 1), 0);
		TURN_UNTIL(f, (smtp_commands(server, commands, sizeof(commands)),
				  strstr(commands, "RCPT") != NULL));
		double begin = now_s();
		if (i == 0)
			channel->cancel(channel->self, 5);
		else
			yj_posters_free(f->hooks);
		assert_true(now_s() - begin < 1);
	}
	f->hooks = NULL;
	assert_int_equal(f->n_all, 0);
	smtp_stop(server);
}

static int make_certificates(void **state)
{
	(void)state;
	close(mkstemp(good_file));
	close(mkstemp(old_file));
	good_ctx = selfsigned_ctx_aged(good_file, false);
	old_ctx = selfsigned_ctx_aged(old_file, true);
	return good_ctx && old_ctx ? 0 : -1;
}

static int drop_certificates(void **state)
{
	(void)state;
	SSL_CTX_free(good_ctx);
	SSL_CTX_free(old_ctx);
	unlink(good_file);
	unlink(old_file);
	return 0;
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_letter),
	    TEST(test_odd_letters),
	    TEST(test_replies),
	    TEST(test_silence),
	    TEST(test_broken),
	    TEST(test_certificates),
	    TEST(test_gives_up),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("email", tests, make_certificates, drop_certificates);
}
