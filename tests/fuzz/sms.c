/* A file of smsd's inbox, and a telephone number: a text is UTF-8 without zeros, a report has
 * numbers in their ranges, words are printable, a number is digits or a short code. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sms_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_utf8(const char *text)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	while (*s) {
		size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
		uint32_t c = n == 1 ? *s : *s & (0xffU >> (n + 1));
		assert(n == 1 || (*s >= 0xc2 && *s <= 0xf4));
		for (size_t i = 1; i < n; i++) {
			assert((s[i] & 0xc0) == 0x80);
			c = c << 6 | (s[i] & 0x3f);
		}
		assert(c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c >= 0xe000));
		s += n;
	}
}

static void check_printable(const char *words)
{
	for (; *words; words++)
		assert(*words >= ' ' && *words <= '~');
}

static void check_number(const char *bytes)
{
	char number[40];
	if (yj_sms_number(bytes, "86", number, sizeof number) < 0)
		return;
	size_t digits = strspn(number + (number[0] == 's'), "0123456789");
	assert(digits >= 3 && digits == strlen(number) - (number[0] == 's'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + 1), words[16], ref[65];
	if (!bytes)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	bytes[size] = '\0';
	for (int whole = 0; whole < 2; whole++) {
		struct yj_sms_incoming in;
		enum yj_sms_kind kind = yj_sms_read(bytes, size, whole, &in);
		assert((kind == YJ_SMS_TEXT) == (in.text != NULL));
		if (kind == YJ_SMS_TEXT) {
			assert(in.from[0] && strlen(in.text) <= size * 3);
			check_utf8(in.text);
		}
		if (kind == YJ_SMS_REPORT) {
			assert(in.reference >= 0 && in.reference <= 255);
			assert(in.status >= 0 && in.status <= 255);
			check_printable(in.words);
			yj_sms_ref(in.reference, in.modem, in.from, ref, sizeof ref);
		}
		free(in.text);
	}
	yj_sms_words(bytes, words, sizeof words);
	check_printable(words);
	check_number(bytes);
	free(bytes);
	return 0;
}
