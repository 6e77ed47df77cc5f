/* Mail. libcurl speaks SMTP, and once a letter is taken or refused it says QUIT and waits for an
 * answer, inside of the loop, for up to two minutes. So the replies are read along here, and as
 * soon as one has decided about the letter the socket is shut: QUIT fails at once. */
#include "notify/email.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct post *post = arg;
	(void)purpose;
	curl_socket_t fd = socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
	post->talk.fd = fd;
	return fd;
}

/* Is there nothing left to hope for from this session? */
static bool is_over(const struct mail_talk *talk)
{
	if (talk->code >= 400 || talk->taken)
		return true;
	/* the second reply is that to EHLO */
	return talk->n_replies == 2 && talk->asked_tls && !talk->starttls;
}

/* libcurl hands over one line of the server. */
static size_t on_line(char *line, size_t one, size_t len, void *arg)
{
	struct post *post = arg;
	struct mail_talk *talk = &post->talk;
	(void)one;
	if (len < 4 || line[0] < '2' || line[0] > '5')
		return len;
	if (talk->n_replies == 1 && len >= 12 && strncasecmp(line + 4, "STARTTLS", 8) == 0)
		talk->starttls = true;
	if (line[3] != ' ' && line[3] != '\r' && line[3] != '\n')
		return len; /* more lines of this reply follow */
	talk->n_replies++;
	talk->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	talk->taken = talk->sending && talk->code == 250;
	talk->sending = talk->code == 354;
	size_t keep = len < YJ_POSTER_REPLY_MAX ? len : YJ_POSTER_REPLY_MAX;
	memcpy(post->reply, line, keep);
	post->reply[keep] = '\0';
	if (is_over(talk))
		shutdown(talk->fd, SHUT_RDWR);
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
	post->talk = (struct mail_talk){.fd = CURL_SOCKET_BAD, .asked_tls = mail->plain};
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
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, post);
	/* a session that is kept would be ended, with QUIT, whenever its place is needed */
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
	if (talk->n_replies == 2 && talk->asked_tls && !talk->starttls && talk->code < 400) {
		yj_judge_again(post);
		yj_judge_words(post, "the server offers no STARTTLS", NULL);
		return;
	}
	if (talk->code < 400) {
		yj_judge_silence(post, code);
		return;
	}
	char number[8];
	snprintf(number, sizeof(number), "%d", talk->code);
	yj_judge_words(post, number, post->reply + 4);
	post->alive = talk->code >= 500;
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
