/* Channel email: a letter per page over SMTP (RFC 5321), in TLS always: smtp:// is raised by
 * STARTTLS, or fails; smtps:// begins with it. Plain text in UTF-8 (RFC 2045, base64), a
 * Message-ID with the delivery's id, Auto-Submitted (RFC 3834).
 *   250 after the letter                       YJ_SENT_OK
 *   4xx, no answer, no TLS                     YJ_SENT_RETRY
 *   5xx (a mailbox that does not exist, ...)   YJ_SENT_FINAL
 * The provider's words are its last reply. Each letter is sent on a thread of its own, for
 * libcurl's SMTP waits within its calls; all callbacks come in the loop as ever. */
#ifndef NOTIFY_EMAIL_H
#define NOTIFY_EMAIL_H

#include "notify/channel.h"

struct yj_email_conf {
	const char *url;      /* smtp://HOST[:PORT] or smtps://HOST[:PORT] */
	const char *from;     /* an address */
	const char *username; /* NULL: without */
	const char *password;
};

#endif
