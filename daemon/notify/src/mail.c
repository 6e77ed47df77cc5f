/* A letter: RFC 5322, with RFC 2045 and 2047 where it is not ASCII. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "poster.h"

#define WORD_BYTES                                                                                 \
	39 /* of text in one encoded word; "Subject: " and it are one line of 76 at most */
#define LINE_BYTES 57 /* of text in one line of base64, which has 76 characters */
#define ADDRESS_MAX 254

bool yj_mail_address_valid(const char *address)
{
	size_t len = strlen(address);
	const char *at = strrchr(address, '@');
	if (len > ADDRESS_MAX || !at || at == address || at[1] == '\0')
		return false;
	/* nothing that could end the address, or the line */
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("<>\"(),:;\\", *p))
			return false;
	return strchr(address, '@') == at;
}

/* As many bytes of text as fit into max without cutting a character. */
static size_t whole(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1);
	if (n <= max)
		return n;
	n = max;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n ? n : max;
}

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			return false;
	return strlen(text) <= 60 && !strstr(text, "=?");
}

/* A header's text, encoded where it must be: whatever it holds, it stays one header. */
static void write_words(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	for (const char *p = text; *p;) {
		char encoded[WORD_BYTES / 3 * 4 + 1];
		size_t n = whole(p, WORD_BYTES);
		EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)p, (int)n);
		fprintf(out, "%s=?UTF-8?B?%s?=", p == text ? "" : "\r\n ", encoded);
		p += n;
	}
}

static void write_body(FILE *out, const char *text)
{
	char encoded[LINE_BYTES / 3 * 4 + 1];
	unsigned char piece[LINE_BYTES];
	size_t n = 0;
	for (const char *p = text;; p++) {
		/* lines of a text end with CR LF, before they are encoded too (RFC 2045, 6.8) */
		bool breaks = *p == '\n' && (p == text || p[-1] != '\r');
		for (int k = breaks ? 0 : 1; k < 2 && *p; k++) {
			piece[n++] = k == 0 ? '\r' : (unsigned char)*p;
			if (n == sizeof(piece)) {
				EVP_EncodeBlock((unsigned char *)encoded, piece, (int)n);
				fprintf(out, "%s\r\n", encoded);
				n = 0;
			}
		}
		if (!*p)
			break;
	}
	if (n) {
		EVP_EncodeBlock((unsigned char *)encoded, piece, (int)n);
		fprintf(out, "%s\r\n", encoded);
	}
}

static void write_date(FILE *out, int64_t utc_s)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t when = (time_t)utc_s;
	struct tm tm;
	gmtime_r(&when, &tm);
	fprintf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void write_id(FILE *out, const char *id, const char *from)
{
	static const char atoms[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.";
	fputs("Message-ID: <", out);
	for (const char *p = id; *p; p++)
		fputc(strchr(atoms, *p) ? *p : '-', out);
	fprintf(out, "%s>\r\n", strrchr(from, '@'));
}

char *yj_mail_letter(const char *from, const struct yj_delivery *delivery, int64_t utc_s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	fprintf(out, "From: <%s>\r\nTo: <%s>\r\nSubject: ", from, delivery->email);
	write_words(out, delivery->subject);
	fputs("\r\n", out);
	write_date(out, utc_s);
	write_id(out, delivery->page->id, from);
	fputs("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	      "Content-Type: text/plain; charset=utf-8\r\n"
	      "Content-Transfer-Encoding: base64\r\n",
	    out);
	if (yj_kind_is_help(delivery->page->kind))
		fputs("Importance: high\r\nX-Priority: 1\r\n", out);
	fputs("\r\n", out);
	write_body(out, delivery->text);
	bool bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad) {
		free(text);
		return NULL;
	}
	return text;
}
