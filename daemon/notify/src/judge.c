/* What an answer of an endpoint, or its absence, means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poster.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 300000
#define RETRY_AFTER_MAX_S 3600
#define LIMIT_MS 30000 /* a flow limit is one of minutes at least */
#define WORDS_MAX 100  /* characters of an answer that are repeated */

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

/* May text repeat something that is guarded? */
static bool echoes(const struct post *post, const char *text)
{
	size_t i;
	json_t *value;
	if (!post->guarded || strstr(text, "\\u")) /* may be anything */
		return true;
	json_array_foreach(post->guarded, i, value)
	{
		if (strstr(text, json_string_value(value)))
			return true;
	}
	return false;
}

void yj_judge_words(struct post *post, const char *head, const char *text)
{
	char *words = post->result.words;
	size_t cap = sizeof(post->result.words);
	words[0] = '\0';
	bool said = head && !echoes(post, head);
	if (said)
		say(words, cap, head);
	if (!text || text[0] == '\0' || echoes(post, text))
		return;
	size_t len = strlen(words);
	if (said && len + 3 < cap)
		snprintf(words + len, cap - len, ": ");
	say(words, cap, text);
}

void yj_judge_again(struct post *post)
{
	post->result.outcome = YJ_SENT_RETRY;
	int64_t ms = backoff_ms(post->attempt);
	if (ms > post->result.retry_ms)
		post->result.retry_ms = ms;
}

void yj_judge_limit(struct post *post)
{
	yj_judge_again(post);
	if (post->result.retry_ms < LIMIT_MS)
		post->result.retry_ms = LIMIT_MS + backoff_ms(post->attempt);
}

void yj_judge_status(struct post *post, long status, enum yj_sent good)
{
	struct yj_sent_result *result = &post->result;
	char head[32];
	snprintf(head, sizeof(head), "HTTP %ld", status);
	if (status >= 200 && status <= 299) {
		yj_judge_words(post, head, NULL);
		result->outcome = good;
		return;
	}
	yj_judge_words(post, head, post->reply);
	if (status != 408 && status != 429 && (status < 500 || status > 599)) {
		result->outcome = YJ_SENT_FINAL;
		return;
	}
	yj_judge_again(post);
	if (status == 429 || status == 503) {
		curl_off_t after_s = 0;
		curl_easy_getinfo(post->easy, CURLINFO_RETRY_AFTER, &after_s);
		if (after_s > RETRY_AFTER_MAX_S)
			after_s = RETRY_AFTER_MAX_S;
		if (after_s * 1000 > result->retry_ms)
			result->retry_ms = after_s * 1000;
	}
}

void yj_judge_silence(struct post *post, CURLcode code)
{
	yj_judge_again(post);
	yj_judge_words(post, post->error[0] != '\0' ? post->error : curl_easy_strerror(code), NULL);
}

json_t *yj_judge_json(const struct post *post)
{
	return json_loadb(post->reply, post->reply_kept, JSON_DECODE_ANY, NULL);
}
