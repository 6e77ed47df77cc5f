/* What a call consists of: frames of the control connection, sounds for the telephone, words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "voice_netstring.h"
#include "voice_sound.h"
#include "voice_words.h"

/* ---- netstrings ---- */

static void netstring_whole(void **state)
{
	struct yj_netstring frame;
	(void)state;
	assert_int_equal(yj_netstring_read("5:hello,3:abc,", 14, &frame), 1);
	assert_int_equal(frame.len, 5);
	assert_memory_equal(frame.body, "hello", 5);
	assert_int_equal(frame.used, 8);
	assert_int_equal(yj_netstring_read("0:,", 3, &frame), 1);
	assert_int_equal(frame.len, 0);
}

static void netstring_in_pieces(void **state)
{
	const char *text = "11:hello world,";
	struct yj_netstring frame;
	(void)state;
	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(yj_netstring_read(text, n, &frame), 0);
	assert_int_equal(yj_netstring_read(text, strlen(text), &frame), 1);
}

static void netstring_garbage(void **state)
{
	static const char *const bad[] = {"hello", ":,", "05:hello,", "00:,", "5:hello;", "-1:,",
	    "5 :hello,", "65537", "999999999999999999999:", "{\"event\":true}", "\n"};
	struct yj_netstring frame;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (yj_netstring_read(bad[i], strlen(bad[i]), &frame) != YJ_ERR_BADMSG)
			fail_msg("accepted: %s", bad[i]);
}

static void netstring_longest(void **state)
{
	size_t len = YJ_VOICE_FRAME_MAX + 7;
	char *text = malloc(len);
	struct yj_netstring frame;
	(void)state;
	memset(text, 'x', len);
	memcpy(text, "65536:", 6);
	text[len - 1] = ',';
	assert_int_equal(yj_netstring_read(text, len - 1, &frame), 0);
	assert_int_equal(yj_netstring_read(text, len, &frame), 1);
	assert_int_equal(frame.len, YJ_VOICE_FRAME_MAX);
	free(text);
}

/* ---- sounds ---- */

static struct yj_sound tone(int rate, double hz, double seconds)
{
	size_t n = (size_t)(rate * seconds);
	struct yj_sound sound = {.samples = malloc(n * sizeof(int16_t)), .n = n, .rate = rate};
	for (size_t i = 0; i < n; i++)
		sound.samples[i] =
		    (int16_t)lrint(10000.0 * sin(2.0 * M_PI * hz * (double)i / rate));
	return sound;
}

/* Amplitude of one frequency in the middle of a sound, by correlation. */
static double strength(const struct yj_sound *sound, double hz)
{
	double re = 0.0, im = 0.0;
	size_t from = sound->n / 4, to = sound->n * 3 / 4;
	for (size_t i = from; i < to; i++) {
		double a = 2.0 * M_PI * hz * (double)i / sound->rate;
		re += sound->samples[i] * cos(a);
		im += sound->samples[i] * sin(a);
	}
	return 2.0 * sqrt(re * re + im * im) / (double)(to - from);
}

static double loudness(const struct yj_sound *sound)
{
	double sum = 0.0;
	for (size_t i = sound->n / 4; i < sound->n * 3 / 4; i++)
		sum += (double)sound->samples[i] * sound->samples[i];
	return sqrt(sum / (double)(sound->n / 2));
}

static struct yj_sound through_phone(int rate, double hz)
{
	struct yj_sound in = tone(rate, hz, 1.0), out;
	assert_int_equal(yj_sound_for_phone(&in, &out), 0);
	free(in.samples);
	assert_int_equal(out.rate, YJ_PHONE_RATE);
	assert_true(out.n >= 7999 && out.n <= 8000);
	return out;
}

static const int rates[] = {8000, 16000, 22050, 44100, 48000};

static void voice_band_stays(void **state)
{
	static const double hz[] = {200.0, 1000.0, 2000.0, 3000.0};
	(void)state;
	for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
		for (size_t i = 0; i < sizeof hz / sizeof hz[0]; i++) {
			struct yj_sound out = through_phone(rates[r], hz[i]);
			double left = strength(&out, hz[i]);
			if (left < 9000.0 || left > 11000.0)
				fail_msg("%d/s, %.0f Hz: %.0f of 10000", rates[r], hz[i], left);
			/* and nothing comes to it */
			double all = loudness(&out) * sqrt(2.0);
			assert_true(all < left * 1.01);
			free(out.samples);
		}
}

static void what_would_fold_over_is_gone(void **state)
{
	static const double hz[] = {4300.0, 5000.0, 6000.0, 7000.0, 7900.0};
	(void)state;
	for (size_t r = 1; r < sizeof rates / sizeof rates[0]; r++)
		for (size_t i = 0; i < sizeof hz / sizeof hz[0]; i++) {
			struct yj_sound out = through_phone(rates[r], hz[i]);
			double left = loudness(&out);
			if (left > 10.0) /* 60 dB */
				fail_msg("%d/s, %.0f Hz: %.1f left", rates[r], hz[i], left);
			free(out.samples);
		}
}

static void odd_rates(void **state)
{
	static const int bad[] = {0, -1, 7999, 48001};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct yj_sound in = {.samples = NULL, .n = 0, .rate = bad[i]}, out;
		assert_int_equal(yj_sound_for_phone(&in, &out), YJ_ERR_INVAL);
	}
	struct yj_sound out = through_phone(11025, 1000.0);
	assert_true(strength(&out, 1000.0) > 9000.0);
	free(out.samples);
}

static void loud_is_not_turned_over(void **state)
{
	struct yj_sound in = tone(22050, 100.0, 0.2), out;
	(void)state;
	for (size_t i = 0; i < in.n; i++)
		in.samples[i] = in.samples[i] >= 0 ? INT16_MAX : INT16_MIN;
	assert_int_equal(yj_sound_for_phone(&in, &out), 0);
	/* 100 Hz at 8000/s: 80 samples a period, the middle of each half is at an end */
	for (size_t i = 20; i + 40 < out.n; i += 80)
		assert_true(out.samples[i] > 30000 && out.samples[i + 40] < -30000);
	free(in.samples);
	free(out.samples);
}

static uint8_t *slurp(const char *path, size_t *len)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	uint8_t *bytes = malloc((size_t)st.st_size);
	FILE *f = fopen(path, "rb");
	*len = fread(bytes, 1, (size_t)st.st_size, f);
	assert_int_equal(*len, (size_t)st.st_size);
	fclose(f);
	return bytes;
}

static void written_and_read(void **state)
{
	char path[] = "/tmp/yj-voice-XXXXXX";
	int fd = mkstemp(path);
	struct yj_sound in = tone(8000, 500.0, 0.5), out;
	struct stat st;
	size_t len;
	(void)state;
	close(fd);
	mode_t before = umask(0077);
	assert_int_equal(yj_sound_write(path, &in, 3, 1000, 500, 10000), 0);
	umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	uint8_t *bytes = slurp(path, &len);
	assert_int_equal(yj_sound_read(bytes, len, &out), 0);
	assert_int_equal(out.rate, 8000);
	assert_int_equal(out.n, 80000);
	for (size_t i = 0; i < out.n; i++) {
		size_t at = i < 8000 ? SIZE_MAX : (i - 8000) % 8000;
		bool said = i >= 8000 && i < 8000 * 4 && at < 4000;
		if (out.samples[i] != (said ? in.samples[at] : 0))
			fail_msg("sample %zu", i);
	}
	free(out.samples);
	/* cut off anywhere: refused, or what is there */
	for (size_t n = 0; n < 60; n++) {
		int rc = yj_sound_read(bytes, n, &out);
		assert_int_equal(rc, n < 44 ? YJ_ERR_BADMSG : 0);
		if (rc == 0) {
			assert_int_equal(out.n, (n - 44) / 2);
			free(out.samples);
		}
	}
	/* longer than wanted: nothing is cut off */
	assert_int_equal(yj_sound_write(path, &in, 3, 1000, 500, 100), 0);
	free(bytes);
	bytes = slurp(path, &len);
	assert_int_equal(len, 44 + 2 * 8000 * 4);
	free(bytes);
	free(in.samples);
	unlink(path);
	assert_int_equal(yj_sound_write("/nonexistent/x.wav", &out, 1, 0, 0, 0), YJ_ERR_IO);
}

static void not_what_baresip_plays(void **state)
{
	/* head of a file of one sample: 8000/s, 16 bits, one channel */
	static const uint8_t good[] =
	    "RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0"
	    "\2\0\x10\0data\2\0\0\0\x34\x12";
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {{0, 'X'}, {8, 'X'}, {20, 3}, {22, 2}, {34, 8}, {25, 0}, {27, 1}, {16, 15},
	    {12, 'X'}, {36, 'X'}};
	uint8_t bytes[sizeof good - 1];
	struct yj_sound out;
	(void)state;
	assert_int_equal(yj_sound_read(good, sizeof bytes, &out), 0);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.samples[0], 0x1234);
	free(out.samples);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		memcpy(bytes, good, sizeof bytes);
		bytes[changes[i].at] = changes[i].value;
		if (yj_sound_read(bytes, sizeof bytes, &out) != YJ_ERR_BADMSG)
			fail_msg("change %zu", i);
	}
}

/* ---- words ---- */

static void numbers(void **state)
{
	static const struct {
		const char *phone, *dialled; /* NULL: cannot be dialled */
	} v[] = {{"13900001111", "13900001111"}, {"+86 139-0000-1111", "+8613900001111"},
	    {"(0818) 522.1234", "08185221234"}, {"120", "120"}, {"", NULL}, {"12", NULL},
	    {"ask the neighbour", NULL}, {"139 0000 1111@evil", NULL}, {"1390000;x=1", NULL},
	    {"86+139", NULL}, {"139\n0000", NULL}, {"+", NULL},
	    {"11111111112222222222333333333344444444445", NULL}};
	char number[40];
	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		bool good = yj_voice_number(v[i].phone, number, sizeof number);
		if (good != (v[i].dialled != NULL) || (good && strcmp(number, v[i].dialled) != 0))
			fail_msg("%s: %s", v[i].phone, good ? number : "refused");
	}
}

static void reasons_tell_no_number(void **state)
{
	static const struct {
		const char *reason, *words;
	} v[] = {{"486 Busy Here", "486 Busy Here"}, {"", "the call ended"},
	    {"404 Not Found: 13900001111", "the call ended"},
	    {"sip:someone@example.org unreachable", "the call ended"},
	    {"Connection timed out", "Connection timed out"}, {"a\nb\tc", "a?b?c"}};
	char words[64];
	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		yj_voice_reason(v[i].reason, words, sizeof words);
		assert_string_equal(words, v[i].words);
	}
}

static void prompt_keeps_its_keys(void **state)
{
	char buf[400], text[2000] = "";
	(void)state;
	yj_voice_prompt("zh-CN", "王秀英求助", true, buf, sizeof buf);
	assert_non_null(strstr(buf, "王秀英求助"));
	assert_non_null(strstr(buf, "我去，请按1"));
	assert_non_null(strstr(buf, "去不了，请按2"));
	assert_non_null(strstr(buf, "不在附近，先打电话问，请按3"));
	yj_voice_prompt("en", "Wang Xiuying: call for help.", true, buf, sizeof buf);
	assert_non_null(strstr(buf, "Press 1 if you are going. Press 2 if you cannot. Press 3"));
	yj_voice_prompt("zh-CN", "何晓东正在赶去", false, buf, sizeof buf);
	assert_null(strstr(buf, "1"));
	while (strlen(text) + 4 < sizeof text)
		strcat(text, "山");
	yj_voice_prompt("zh-CN", text, true, buf, sizeof buf);
	assert_true(strlen(buf) < sizeof buf);
	assert_non_null(strstr(buf, "山。我去，请按1"));
	assert_non_null(strstr(buf, "请按9。"));
}

static void thanks_tell_the_number_in_digits(void **state)
{
	char buf[600];
	(void)state;
	yj_voice_thanks("zh-CN", '3', "0818-522", buf, sizeof buf);
	assert_non_null(strstr(buf, "0，8，1，8，5，2，2，"));
	yj_voice_thanks("zh-CN", '3', "", buf, sizeof buf);
	assert_non_null(strstr(buf, "请先打电话"));
	assert_null(strstr(buf, "号码"));
	yj_voice_thanks("zh-CN", '1', "0818", buf, sizeof buf);
	assert_string_equal(buf, "已记录，请尽快前往。");
	yj_voice_thanks("zh-CN", '2', "0818", buf, sizeof buf);
	assert_string_equal(buf, "好的，将联系其他人。");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(netstring_whole),
	    cmocka_unit_test(netstring_in_pieces),
	    cmocka_unit_test(netstring_garbage),
	    cmocka_unit_test(netstring_longest),
	    cmocka_unit_test(voice_band_stays),
	    cmocka_unit_test(what_would_fold_over_is_gone),
	    cmocka_unit_test(odd_rates),
	    cmocka_unit_test(loud_is_not_turned_over),
	    cmocka_unit_test(written_and_read),
	    cmocka_unit_test(not_what_baresip_plays),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(reasons_tell_no_number),
	    cmocka_unit_test(prompt_keeps_its_keys),
	    cmocka_unit_test(thanks_tell_the_number_in_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
