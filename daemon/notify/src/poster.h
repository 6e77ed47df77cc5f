/* Inside of the channels that speak through libcurl. */
#ifndef NOTIFY_POSTER_H
#define NOTIFY_POSTER_H

#include <curl/curl.h>
#include <event2/event.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "notify/posters.h"
#include "notify/template.h"
#include "proto/limits.h"

#define POSTER_DOWN_AFTER 3 /* failures in a row */

struct post;

/* What one type of channel adds to the common engine. */
struct poster_kind {
	enum yj_form form;
	/* Checks conf->u and keeps what it needs in *own. 0, YJ_ERR_INVAL with *why, YJ_ERR_NOMEM.
	 */
	int (*open)(const struct yj_poster_conf *conf, void **own, struct yj_poster_why *why);
	void (*close)(void *own); /* wipes secrets; NULL is fine */
	/* Fills in body, headers and the options of post->easy. Any error is final for the
	 * delivery. */
	int (*prepare)(const void *own, const struct yj_delivery *delivery, struct post *post);
	/* Fills in outcome, retry_ms, words and ref of post->result, and post->alive. status is 0
	 * without a complete answer, which only `mail` asks to see. */
	void (*judge)(const void *own, struct post *post, CURLcode code, long status);
	bool mail;
};
extern const struct poster_kind yj_kind_webhook, yj_kind_sms_aliyun, yj_kind_sms_http,
    yj_kind_email, yj_kind_wecom, yj_kind_dingtalk, yj_kind_feishu;

struct poster { /* an endpoint */
	struct yj_posters *all;
	const struct poster_kind *kind;
	void *own;
	struct yj_channel channel;
	char name[YJ_CHANNEL_NAME_MAX + 1];
	char *ca_file; /* NULL: the system's */
	int64_t timeout_ms;
	int attempts;
	int n_posts;	   /* under way */
	int window;	   /* as many at once, 1 to YJ_POSTER_EACH_MAX */
	int n_failures;	   /* in a row */
	int64_t failed_ms; /* the last one, monotonic */
};

enum mail_step { /* what the server was told last */
	MAIL_GREETING,
	MAIL_EHLO,
	MAIL_STARTTLS,
	MAIL_AUTH,
	MAIL_FROM,
	MAIL_TO,
	MAIL_DATA,
	MAIL_LETTER,
};
struct mail_talk { /* what has been said in an SMTP session */
	enum mail_step step;
	int code;	/* of the last reply; 0: none yet */
	bool asked_tls; /* the URL begins without it */
	bool in_tls;
	bool starttls; /* was offered */
	bool odd;      /* the last reply decided: nothing after it counts */
	bool taken;    /* 250 after the letter */
};

struct letters;

struct letter_thread {		 /* letters.c */
	STAILQ_ENTRY(post) link; /* in ended, under its lock */
	struct letters *letters;
	pthread_t id;
	bool running; /* or ended and not yet looked at; the loop's */
	atomic_bool given_up;
	int64_t until_ms; /* monotonic; the attempt's end */
	pthread_mutex_t lock;
	curl_socket_t fd; /* under lock */
	CURLcode code;
};

struct post {			/* one request, or letter, under way */
	TAILQ_ENTRY(post) link; /* in under_way or finished */
	struct poster *poster;	/* NULL in finished */
	CURL *easy;		/* NULL in finished */
	struct curl_slist *headers, *receivers;
	char *body;
	size_t body_len, body_at;
	json_t *guarded; /* strings that must not be repeated */
	int attempt;
	yj_sent_cb done;
	void *ctx;
	struct yj_sent_result result;
	bool alive; /* it answered, be it with a refusal */
	char error[CURL_ERROR_SIZE];
	char reply[YJ_POSTER_REPLY_MAX + 1];
	size_t reply_kept;
	bool headers_complete; /* the empty line after them has come */
	struct mail_talk talk;
	struct letter_thread thread;
};
TAILQ_HEAD(post_list, post);

struct letters {
	pthread_mutex_t lock;
	STAILQ_HEAD(, post) ended; /* under lock */
	int wake_fd;
	struct event *woken;
	int n_running;
};

struct yj_posters {
	struct event_base *base;
	CURLM *multi;
	struct event *timer; /* libcurl's */
	struct event *later; /* answers what is in finished */
	struct poster **v;   /* sorted by name */
	size_t n;
	struct post_list under_way;
	struct post_list finished; /* with a result, to be answered from the loop */
	struct post_list leaving;  /* letters whose thread is still to end; done may be NULL */
	struct letters letters;
	int n_posts;
	int64_t rest_ms;
};

/* poster.c */
int64_t yj_poster_now_ms(void);
/* 0 with *out; YJ_ERR_INVAL with *why; YJ_ERR_NOMEM. */
int yj_poster_new(struct yj_posters *all, const struct yj_poster_conf *conf, struct poster **out,
    struct yj_poster_why *why) YJ_MUST_CHECK;
void yj_poster_free(struct poster *poster);
/* Ends a post for whom nobody waits any more, or, with a result that stands already, who does. */
void yj_poster_drop(struct yj_posters *all, struct post *post, bool answer);
/* A transfer has ended. */
void yj_poster_ended(struct yj_posters *all, struct post *post, CURLcode code);
/* For open(): what is wrong with `key`. Returns YJ_ERR_INVAL. */
int yj_poster_wrong(struct yj_poster_why *why, const char *key, const char *text);

/* multi.c: the multi handle on the loop. 0 or YJ_ERR_NOMEM. */
int yj_multi_open(struct yj_posters *all) YJ_MUST_CHECK;
void yj_multi_close(struct yj_posters *all);

/* letters.c: mail, off the loop. 0 or YJ_ERR_NOMEM. */
int yj_letters_open(struct yj_posters *all) YJ_MUST_CHECK;
void yj_letters_close(struct yj_posters *all); /* no thread is left */
int yj_letter_begin(struct yj_posters *all, struct post *post, int64_t timeout_ms) YJ_MUST_CHECK;
void yj_letter_give_up(struct post *post); /* it ends soon, and comes to yj_poster_ended */
void yj_letter_join(struct post *post);	   /* given up: waits for its thread, a second at most */
void yj_letter_hang_up(struct post *post); /* from its thread: nothing more is to be said */

/* post.c: building one. */
int yj_post_new(const struct poster *poster, const struct yj_delivery *delivery, yj_sent_cb done,
    void *ctx, struct post **out) YJ_MUST_CHECK;
void yj_post_free(struct post *post);
/* 0 or YJ_ERR_NOMEM each. value is one line. */
int yj_post_header(struct post *post, const char *name, const char *value) YJ_MUST_CHECK;
int yj_post_header_line(struct post *post, const char *line) YJ_MUST_CHECK;
/* An HTTP request; takes body (malloc'd, NULL: none). */
int yj_post_http(struct post *post, const char *method, const char *url, const char *content_type,
    char *body) YJ_MUST_CHECK;
/* Keeps a string from being repeated in words. Out of memory, everything is. */
void yj_post_guard(struct post *post, const char *text);

/* webhook.c: yj_template_parse, whose mistake becomes *why. */
int yj_post_template(const char *key, const char *text, enum yj_escape escape,
    struct yj_template **out, struct yj_poster_why *why) YJ_MUST_CHECK;

/* judge.c */
/* No answer: RETRY with libcurl's words. */
void yj_judge_silence(struct post *post, CURLcode code);
/* By the status alone; `good` is what 2xx means. */
void yj_judge_status(struct post *post, long status, enum yj_sent good);
/* A flow limit: RETRY, not before 30 s. */
void yj_judge_limit(struct post *post);
void yj_judge_again(struct post *post);
/* words = head, and ": " text unless that might repeat something guarded. */
void yj_judge_words(struct post *post, const char *head, const char *text);
/* The answer as JSON, a new reference; NULL if it is none. */
json_t *yj_judge_json(const struct post *post);

/* url.c */
bool yj_url_valid(const char *url, const char *const schemes[]); /* NULL-terminated */
extern const char *const yj_url_http[], *const yj_url_mail[];
/* Host as libcurl will name it in `Host:`; malloc'd, NULL when it cannot be told. */
char *yj_url_host(const char *url);
/* text with %XX for all but letters, digits and -._~; malloc'd or NULL. */
char *yj_url_encode(const char *text);

/* lines.c: header lines of the configuration, checked and as templates. */
struct header_lines;
int yj_header_lines_new(const char *text, struct header_lines **out,
    struct yj_poster_why *why) YJ_MUST_CHECK; /* NULL text: *out is NULL */
void yj_header_lines_free(struct header_lines *lines);
int yj_header_lines_add(const struct header_lines *lines, const struct yj_delivery *delivery,
    struct post *post) YJ_MUST_CHECK;

/* mac.c: base64 and hexadecimal HMAC-SHA256. 0 or YJ_ERR_NOMEM. */
int yj_mac_base64(const void *key, size_t key_len, const void *text, size_t len,
    char out[YJ_ROBOT_SIGN_LEN]) YJ_MUST_CHECK;
int yj_mac_hex(
    const void *key, size_t key_len, const void *text, size_t len, char out[65]) YJ_MUST_CHECK;
int yj_sha256_hex(const void *text, size_t len, char out[65]) YJ_MUST_CHECK;

/* pointer.c: what stands at a JSON pointer, borrowed; a string on the way that is JSON is looked
 * into and then lives in *inner, a new reference. NULL: nothing stands there. */
json_t *yj_pointer_get(json_t *root, const char *pointer, json_t **inner);
bool yj_pointer_valid(const char *pointer);
/* A scalar as text: in cap bytes, "" for anything else. */
const char *yj_pointer_text(const json_t *value, char *out, size_t cap);

/* sign.c */
bool yj_webhook_secret_valid(const char *secret);

/* body.c: the JSON body of a page, to be freed; NULL when memory is short or the page incomplete.
 */
char *yj_webhook_body(const struct yj_msg_inbox *page);

/* mail.c: a letter as RFC 5322 says; malloc'd, NULL when memory is short. */
char *yj_mail_letter(const char *from, const struct yj_delivery *delivery, int64_t utc_s);
bool yj_mail_address_valid(const char *address);

/* Copies text that may be NULL. false: memory is short. */
bool yj_keep(const char *text, char **out);
void yj_wipe(char *secret); /* and frees */

#endif
