/* What an answer of an endpoint, or its absence, means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 300000
#define RETRY_AFTER_MAX_S 3600
#define WORDS_MAX 100 /* characters of an answer that are repeated */

static int64_t backoff_ms(int attempt)
{
	int64_t ms = BACKOFF_MIN_MS;
	for (int i = 1; i < attempt && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms / 2 + (int64_t)arc4random_uniform((uint32_t)(ms / 2) + 1);
}

/* The length of the well-formed UTF-8 character at s, or 0 (RFC 3629; control characters too). */
static size_t character(const unsigned char *s)
{
	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
	size_t n = s[0] >= 0xc2 && s[0] <= 0xdf	  ? 2
		   : s[0] >= 0xe0 && s[0] <= 0xef ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if (n == 0 || (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Appends the printable characters of text, runs of others as one space. */
static void say(char words[], size_t cap, const char *text)
{
	size_t len = strlen(words);
	const unsigned char *s = (const unsigned char *)text;
	for (int i = 0; *s != '\0' && i < WORDS_MAX; i++) {
		size_t n = character(s);
		if (n == 0 || *s == ' ') {
			if (len > 0 && words[len - 1] != ' ' && len + 1 < cap)
				words[len++] = ' ';
			s++;
			continue;
		}
		if (len + n >= cap)
			break;
		memcpy(words + len, s, n);
		len += n;
		s += n;
	}
	while (len > 0 && words[len - 1] == ' ')
		len--;
	words[len] = '\0';
}

static void judge_status(struct request *request, long status)
{
	struct yj_sent_result *result = &request->result;
	snprintf(result->words, sizeof(result->words), "HTTP %ld", status);
	if (status >= 200 && status <= 299) {
		result->outcome = YJ_SENT_DELIVERED;
		return;
	}
	bool again = status == 408 || status == 429 || (status >= 500 && status <= 599);
	result->outcome = again ? YJ_SENT_RETRY : YJ_SENT_FINAL;
	if (again)
		result->retry_ms = backoff_ms(request->attempt);
	if (status == 429 || status == 503) {
		curl_off_t after_s = 0;
		curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &after_s);
		if (after_s > RETRY_AFTER_MAX_S)
			after_s = RETRY_AFTER_MAX_S;
		if (after_s * 1000 > result->retry_ms)
			result->retry_ms = after_s * 1000;
	}
	request->reply[request->reply_kept] = '\0';
	if (request->reply[0] != '\0' && !yj_webhook_echoes(request->body, request->reply)) {
		snprintf(result->words, sizeof(result->words), "HTTP %ld: ", status);
		say(result->words, sizeof(result->words), request->reply);
	}
}

void yj_webhook_judge(struct request *request, CURLcode code)
{
	struct yj_sent_result *result = &request->result;
	long status = 0;
	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && request->headers_complete) {
		judge_status(request, status);
		return;
	}
	result->outcome = YJ_SENT_RETRY;
	result->retry_ms = backoff_ms(request->attempt);
	result->words[0] = '\0';
	say(result->words, sizeof(result->words),
	    request->error[0] != '\0' ? request->error : curl_easy_strerror(code));
}
