/* The sentences for homes and people, in zh-CN and en. Returned buffers are the caller's. */
#ifndef APP_TEXTS_H
#define APP_TEXTS_H

#include <stddef.h>

#include "notify/channel.h"
#include "proto/limits.h"
#include "proto/message.h"

/* What a home is told; calling: people are being called because of it. Static. */
const char *yj_text_received(const char *language, bool test, bool calling);

/* What a home is told of `state`; by: name of who did it, "" if unknown; remote: they have heard of
 * it but do not come. */
void yj_text_home(const char *language, enum yj_home_state state, const char *by, bool remote,
    char *buf, size_t cap);

struct yj_text_page {
	enum yj_page_state state;
	enum yj_kind kind;
	const char *name, *address, *others, *place; /* of the resident; "" if unknown */
	const char *status, *status_until; /* a word of the directory, and a date; "" if usual */
	const char *by;			   /* name of who did it, for news */
	const char *said;		   /* what the resident or device said, "" if nothing */
	bool drill, late;
	bool info;   /* told only, not asked */
	int minutes; /* since it opened */
	/* for other forms than the full one */
	const char *fixed;		     /* these words and no others, or NULL */
	const char *village;		     /* name of the region, "" if unknown */
	const char *phone, *access, *health; /* NULL where this receiver is not told */
	const char *url;		     /* of the answer page, or NULL */
	const char *code;		     /* by which an answer names the incident */
	bool asks;			     /* an answer is wanted */
	bool of_institution;		     /* the name is an institution's */
};
/* What a caregiver reads; what does not fit is cut off between characters. */
void yj_text_page(const char *language, const struct yj_text_page *p, char *buf, size_t cap);

/* The same in the form that a channel wants; an SMS has at most 70 UCS-2 units. */
void yj_text_form(
    const char *language, enum yj_form form, const struct yj_text_page *p, char *buf, size_t cap);
/* The subject of a letter. */
void yj_text_subject(const char *language, const struct yj_text_page *p, char *buf, size_t cap);
/* A surname: the first character of a Chinese name, two of the compound ones, the last word of
 * another. */
void yj_text_surname(const char *name, char *buf, size_t cap);
/* UCS-2 units of a text in UTF-8. */
size_t yj_text_units(const char *s);

/* What somebody who answered by SMS is told. */
struct yj_text_answer {
	bool taken, understood, going, remote, declined;
	bool closed;	/* it has ended */
	bool unknown;	/* the number they gave is none of theirs */
	const char *by; /* who was first, "" if nobody else was */
	int choices;	/* how many incidents it could have been about */
	int64_t code;	/* of one of them */
};
void yj_text_answer(
    const char *language, const struct yj_text_answer *answer, char *buf, size_t cap);

/* For the desk: an incident was set aside. Static. */
const char *yj_text_poisoned(const char *language);
/* A test of a person's channels, to be confirmed; fits an SMS. */
const char *yj_text_verify(const char *language);
/* Another gateway has been silent for so many minutes, or is heard again. */
void yj_text_peer(
    const char *language, const char *gateway, int minutes, bool silent, char *buf, size_t cap);

/* Since when nothing was heard of somebody (ms, UTC; INT64_MAX while nobody knows the time), and
 * for how long, in the wall clock's time; offline: none of their devices can be heard now. */
void yj_text_silence(const char *language, int64_t since_utc_ms, int64_t minutes, bool offline,
    char *buf, size_t cap);
/* What is answered to a text that says that a resident is away or back. */
enum yj_text_trip {
	YJ_TRIP_AWAY,	  /* name, until */
	YJ_TRIP_BACK,	  /* name */
	YJ_TRIP_HOW_LONG, /* name */
	YJ_TRIP_NO_DATE,
	YJ_TRIP_WHICH, /* name: several */
	YJ_TRIP_NOBODY,
	YJ_TRIP_DENIED,
};
void yj_text_trip(const char *language, enum yj_text_trip what, const char *name, const char *until,
    char *buf, size_t cap);
/* There was a sign after all, while people look. */
void yj_text_heard(const char *language, const char *name, char *buf, size_t cap);

/* The kind in people's words. Static. */
const char *yj_text_kind(const char *language, enum yj_kind kind);

#endif
