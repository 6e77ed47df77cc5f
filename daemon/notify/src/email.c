/* Mail. Once a letter is taken or refused libcurl says QUIT and waits for an answer, for up to two
 * minutes. So the talk is followed here, and as soon as a reply has decided about the letter the
 * socket is shut: QUIT fails at once. */
#include "notify/email.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "poster.h"

struct mail {
	char *url;
	char *from;
	char *username, *password; /* NULL: without */
	bool plain;		   /* the URL begins without TLS */
};

static void mail_close(void *own)
{
	struct mail *mail = own;
	free(mail->url);
	free(mail->from);
	yj_wipe(mail->username);
	yj_wipe(mail->password);
	free(mail);
}

static int mail_open(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why)
{
	const struct yj_email_conf *c = &conf->u.email;
	if (!yj_url_valid(c->url, yj_url_mail))
		return yj_poster_wrong(why, "url", "is no smtp or smtps address");
	if (!c->from || !yj_mail_address_valid(c->from))
		return yj_poster_wrong(why, "from", "is no address");
	if (!c->username != !c->password)
		return yj_poster_wrong(why, "username", "goes with a password");
	struct mail *mail = calloc(1, sizeof(*mail));
	if (!mail)
		return YJ_ERR_NOMEM;
	mail->plain = strncasecmp(c->url, "smtps:", 6) != 0;
	if (!yj_keep(c->url, &mail->url) || !yj_keep(c->from, &mail->from) ||
	    !yj_keep(c->username, &mail->username) || !yj_keep(c->password, &mail->password)) {
		mail_close(mail);
		return YJ_ERR_NOMEM;
	}
	*own = mail;
	return 0;
}

/* ---- what the server says ---- */

/* libcurl shows what it sends. */
static int on_debug(CURL *easy, curl_infotype type, char *text, size_t len, void *arg)
{
	static const struct {
		const char *word;
		enum mail_step step;
	} words[] = {{"EHLO", MAIL_EHLO}, {"HELO", MAIL_EHLO}, {"STARTTLS", MAIL_STARTTLS},
	    {"AUTH", MAIL_AUTH}, {"MAIL", MAIL_FROM}, {"RCPT", MAIL_TO}, {"DATA", MAIL_DATA}};
	struct post *post = arg;
	(void)easy;
	for (size_t i = 0; type == CURLINFO_HEADER_OUT && i < sizeof(words) / sizeof(words[0]);
	     i++) {
		size_t n = strlen(words[i].word);
		if (len > n && strncasecmp(text, words[i].word, n) == 0)
			post->talk.step = words[i].step;
	}
	return 0;
}

/* Does a reply let the session go on? */
static bool is_expected(const struct mail_talk *talk, int code)
{
	switch (talk->step) {
	case MAIL_EHLO:
		/* libcurl would give up here too, and then say QUIT */
		return code / 100 == 2 && (!talk->asked_tls || talk->in_tls || talk->starttls);
	case MAIL_STARTTLS:
		return code == 220;
	case MAIL_AUTH:
		return code == 235 || code == 334;
	case MAIL_DATA:
		return code == 354;
	case MAIL_LETTER:
		return false;
	case MAIL_GREETING:
	case MAIL_FROM:
	case MAIL_TO:
		break;
	}
	return code / 100 == 2;
}

static void note_reply(struct post *post, int code)
{
	struct mail_talk *talk = &post->talk;
	talk->code = code;
	talk->taken = talk->step == MAIL_LETTER && code == 250;
	talk->odd = !is_expected(talk, code); /* that to the letter, too, is the last one */
	if (talk->step == MAIL_STARTTLS)
		talk->in_tls = true;
	if (talk->step == MAIL_DATA)
		talk->step = MAIL_LETTER;
	if (talk->odd)
		yj_letter_hang_up(post);
}

/* libcurl hands over one line of the server. */
static size_t on_line(char *line, size_t one, size_t len, void *arg)
{
	struct post *post = arg;
	struct mail_talk *talk = &post->talk;
	(void)one;
	if (talk->odd)
		return len; /* the answer to QUIT, which changes nothing */
	for (size_t i = 0; i < 3; i++)
		if (len < 4 || line[i] < '0' || line[i] > '9')
			return len;
	if (talk->step == MAIL_EHLO && len >= 12 && strncasecmp(line + 4, "STARTTLS", 8) == 0)
		talk->starttls = true;
	if (line[3] == '-')
		return len; /* more lines of this reply follow */
	size_t keep = len < YJ_POSTER_REPLY_MAX ? len : YJ_POSTER_REPLY_MAX;
	memcpy(post->reply, line, keep);
	post->reply[keep] = '\0';
	note_reply(post, (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
	return len;
}

static size_t on_letter(char *out, size_t one, size_t room, void *arg)
{
	struct post *post = arg;
	size_t left = post->body_len - post->body_at;
	size_t n = left < room * one ? left : room * one;
	memcpy(out, post->body + post->body_at, n);
	post->body_at += n;
	return n;
}

/* ---- the channel ---- */

static int mail_prepare(const void *own, const struct yj_delivery *delivery, struct post *post)
{
	const struct mail *mail = own;
	CURL *easy = post->easy;
	char receiver[300], sender[300];
	if (delivery->email[0] == '\0')
		return YJ_ERR_NOTFOUND;
	if (!yj_mail_address_valid(delivery->email))
		return YJ_ERR_INVAL;
	snprintf(receiver, sizeof(receiver), "<%s>", delivery->email);
	snprintf(sender, sizeof(sender), "<%s>", mail->from);
	post->talk = (struct mail_talk){.asked_tls = mail->plain};
	post->body = yj_mail_letter(mail->from, delivery, (int64_t)time(NULL));
	post->receivers = curl_slist_append(NULL, receiver);
	if (!post->body || !post->receivers)
		return YJ_ERR_NOMEM;
	post->body_len = strlen(post->body);
	yj_post_guard(post, mail->username);
	yj_post_guard(post, mail->password);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sender);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, post->receivers);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_letter);
	curl_easy_setopt(easy, CURLOPT_READDATA, post);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, post);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, post);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); /* else it shows nothing */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	if (mail->username &&
	    (curl_easy_setopt(easy, CURLOPT_USERNAME, mail->username) != CURLE_OK ||
		curl_easy_setopt(easy, CURLOPT_PASSWORD, mail->password) != CURLE_OK))
		return YJ_ERR_NOMEM;
	return curl_easy_setopt(easy, CURLOPT_URL, mail->url) == CURLE_OK ? 0 : YJ_ERR_NOMEM;
}

static void mail_judge(const void *own, struct post *post, CURLcode code, long status)
{
	const struct mail_talk *talk = &post->talk;
	(void)own;
	(void)status;
	if (talk->taken) {
		yj_judge_words(post, post->reply, NULL);
		post->result.outcome = YJ_SENT_OK;
		post->alive = true;
		return;
	}
	if (!talk->odd) {
		yj_judge_silence(post, code);
		if (code == CURLE_ABORTED_BY_CALLBACK)
			yj_judge_words(post, "timed out", NULL);
		return;
	}
	if (talk->step == MAIL_EHLO && talk->code / 100 == 2) {
		yj_judge_again(post);
		yj_judge_words(post, "the server offers no STARTTLS", NULL);
		return;
	}
	char number[8];
	snprintf(number, sizeof(number), "%d", talk->code);
	yj_judge_words(post, number, post->reply + 4);
	post->alive = talk->code / 100 == 5;
	if (post->alive)
		post->result.outcome = YJ_SENT_FINAL;
	else
		yj_judge_again(post);
}

const struct poster_kind yj_kind_email = {
    .form = YJ_FORM_MAIL,
    .open = mail_open,
    .close = mail_close,
    .prepare = mail_prepare,
    .judge = mail_judge,
    .mail = true,
};
