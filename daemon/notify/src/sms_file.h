/* The form of smsd's files: headers "Name: value", an empty line, the text. No I/O. */
#ifndef NOTIFY_SMS_FILE_H
#define NOTIFY_SMS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

#define YJ_SMS_NUMBER_MAX 32

/* A value, without spaces around it, cut to cap; "" and false if there is no such header. */
bool yj_sms_header(const char *bytes, size_t len, const char *name, char *buf, size_t cap);

/* Where the text begins; len if the empty line has not come. */
size_t yj_sms_body(const char *bytes, size_t len);

enum yj_sms_kind {
	YJ_SMS_TEXT,	   /* somebody says something */
	YJ_SMS_REPORT,	   /* a status report */
	YJ_SMS_INCOMPLETE, /* the end has not been written yet */
	YJ_SMS_GARBAGE,	   /* neither, and never will be */
};

struct yj_sms_incoming {
	char from[YJ_SMS_NUMBER_MAX + 1]; /* as smsd wrote it */
	char modem[33];
	int reference;	/* REPORT: the message's, 0 to 255 */
	int status;	/* REPORT: TP-ST of 3GPP TS 23.040, 9.2.3.15 */
	char words[96]; /* REPORT: smsd's own for it */
	char *text;	/* TEXT: UTF-8, to be freed; else NULL */
};

/* Reads a file of incoming. `whole`: nothing more will be written, and what there is counts, be it
 * shorter than it says. Short of memory it says YJ_SMS_INCOMPLETE, for that passes. out->text is
 * NULL but for YJ_SMS_TEXT. */
enum yj_sms_kind yj_sms_read(
    const char *bytes, size_t len, bool whole, struct yj_sms_incoming *out);

/* A number as smsd wants it: international digits, or "s" and a short code. 0; YJ_ERR_NOTFOUND for
 * one that cannot be a number. */
int yj_sms_number(const char *phone, const char *country, char *buf, size_t cap) YJ_MUST_CHECK;

/* By which a report finds its message: the reference (0 to 255 in turn) with a hash of the modem
 * and the end of the number, which reads the same nationally and internationally. */
void yj_sms_ref(int reference, const char *modem, const char *number, char *buf, size_t cap);

/* Words of smsd or the network, printable, with long numbers blotted out. */
void yj_sms_words(const char *from, char *buf, size_t cap);

/* A whole number of at most 9 digits at the beginning of a text; -1: there is none. */
long yj_sms_count(const char *text);

/* FNV-1a, to be chained; 64 bits are plenty against chance, it is no protection. */
#define YJ_SMS_HASH_BEGIN 14695981039346656037ULL
uint64_t yj_sms_hash(uint64_t hash, const char *text);

#endif
