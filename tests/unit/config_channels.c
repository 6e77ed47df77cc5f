/* The configuration's channels: sms, voice, email, robots, and who has which by default. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config_rig.h"

static void test_all_types(void **state)
{
	(void)state;
	struct yj_config *c = good(HEAD POLICIES
	    "sms:\n"
	    "- {driver: http, url: 'https://p.example/send', body: 'to={{phone}}', "
	    "limit_values: [a, b], headers: 'X-A: 1', timeout: 3s}\n"
	    "- {driver: smstools}\n"
	    "voice: {driver: baresip, dial: 'sip:{phone}@h', control: ['127.0.0.1:1', "
	    "'127.0.0.1:2'], ring_for: 20s}\n"
	    "email: {url: 'smtp://h:587', from: a@b.example}\n"
	    "robots:\n"
	    "- {type: wecom, name: v1, url: 'https://w.example/x'}\n"
	    "- {type: wecom, name: v2, url: 'https://w.example/y'}\n"
	    "- {type: feishu, name: v1, url: 'https://f.example/x'}\n");
	static const char *const names[] = {
	    "sms", "sms:2", "voice", "email", "wecom:v1", "wecom:v2", "feishu:v1"};
	assert_int_equal(c->n_channels, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(c->channels[i].name, names[i]);
	assert_string_equal(yj_config_text(&c->channels[0], "limit_values"), "a\nb");
	assert_string_equal(yj_config_text(&c->channels[0], "headers"), "X-A: 1");
	assert_int_equal(yj_config_number(&c->channels[0], "timeout"), 3000);
	assert_int_equal(yj_config_number(&c->channels[0], "attempts"), 3);
	assert_null(yj_config_text(&c->channels[1], "spool"));
	assert_int_equal(yj_config_number(&c->channels[1], "report"), 1);
	assert_int_equal(yj_config_number(&c->channels[1], "take_within"), 60000);
	assert_null(yj_config_text(&c->channels[1], "url"));
	assert_string_equal(yj_config_text(&c->channels[2], "control"), "127.0.0.1:1\n127.0.0.1:2");
	assert_ptr_equal(yj_config_channel(c, "wecom"), &c->channels[4]);
	assert_ptr_equal(yj_config_channel(c, "wecom:v2"), &c->channels[5]);
	assert_null(yj_config_channel(c, "dingtalk"));
	assert_null(yj_config_channel(c, "wecom:"));
	assert_true(yj_config_has_channel(c, "mqtt"));
	assert_false(yj_config_has_channel(c, "sms:3"));
	assert_int_equal(yj_config_line(&c->channels[0], "body"), 6);
	assert_int_equal(yj_config_line(&c->channels[1], "spool"), 7);
	yj_config_free(c);
}

static void test_url_template(void **state)
{
	(void)state;
	static const char *const urls[] = {"https://p.example/send?m={{phone}}&c={{text}}",
	    "http://p.example:80/{{phone}}", "https://p.example/send"};
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		char text[512];
		snprintf(text, sizeof text, "%ssms: {driver: http, method: GET, url: '%s'}\n",
		    HEAD POLICIES, urls[i]);
		struct yj_config *c = good(text);
		assert_string_equal(yj_config_text(&c->channels[0], "url"), urls[i]);
		yj_config_free(c);
	}
}

static void defaults_are(const char *sections, const char *expected)
{
	char text[1024], all[256] = "";
	strcpy(text, HEAD POLICIES);
	strcat(text, sections);
	struct yj_config *c = good(text);
	for (size_t i = 0; i < c->notify.n_default_channels; i++) {
		strcat(all, i ? " " : "");
		strcat(all, c->notify.default_channels[i]);
	}
	assert_string_equal(all, expected);
	yj_config_free(c);
}

static void test_defaults(void **state)
{
	(void)state;
	defaults_are("", "mqtt");
	defaults_are("sms: {driver: smstools}\n", "sms mqtt");
	defaults_are("voice: {driver: baresip, dial: 'sip:{phone}@h'}\n", "voice mqtt");
	defaults_are("sms: {driver: smstools}\nvoice: {driver: baresip, dial: 'sip:{phone}@h'}\n",
	    "voice sms mqtt");
	defaults_are("sms: {driver: smstools}\nnotify: {default_channels: [mqtt]}\n", "mqtt");
	defaults_are(
	    "email: {url: 'smtp://h', from: a@b}\nnotify: {default_channels: [email]}\n", "email");
}

static void test_night(void **state)
{
	(void)state;
	struct yj_config *c =
	    good(HEAD POLICIES "sms: {driver: smstools}\n"
			       "notify: {night: {from: '21:30', channels: [sms]}}\n");
	assert_int_equal(c->notify.night_from_min, 21 * 60 + 30);
	assert_int_equal(c->notify.night_until_min, 6 * 60);
	assert_int_equal(c->notify.n_night_channels, 1);
	assert_string_equal(c->gateway.timezone, "Asia/Shanghai");
	yj_config_free(c);
}

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text; /* after HEAD and POLICIES: its first line is 5 */
		int line;
		const char *words;
	} cases[] = {
	    {"sms: 5\n", 5, "sms"},
	    {"sms: {}\n", 5, "driver of sms is missing, expected smstools or aliyun or http"},
	    {"sms: {driver: twilio}\n", 5, "driver of sms is \"twilio\""},
	    {"sms: {driver: smstools, url: 'http://h'}\n", 5, "unknown key \"url\" in sms"},
	    {"sms: {driver: smstools, report: maybe}\n", 5, "sms.report"},
	    {"sms: {driver: smstools, take_within: 60}\n", 5, "sms.take_within"},
	    {"sms: {driver: smstools, attempts: 0}\n", 5, "sms.attempts"},
	    {"sms:\n- {driver: smstools}\n- {driver: http}\n", 7, "url"},
	    {"sms: {driver: http, url: 'http://h', body: [1]}\n", 5, "sms.body is not a text"},
	    {"sms: {driver: http, url: 'ftp://h'}\n", 5, "sms.url"},
	    {"sms: {driver: http, url: 'https://{{phone}}.example/'}\n", 5, "sms.url"},
	    {"sms: {driver: http, url: 'https://h/{phone}'}\n", 5, "sms.url"},
	    {"sms: {driver: http, url: 'https://h/{{phone'}\n", 5, "sms.url"},
	    {"sms: []\n", 5, "sms"},
	    {"voice: {driver: asterisk, dial: x}\n", 5, "driver of voice is \"asterisk\""},
	    {"voice: {driver: baresip}\n", 5, "dial"},
	    {"voice: {driver: baresip, dial: x, ring_for: 1s}\n", 5, "voice.ring_for"},
	    {"email: {url: 'smtp://h'}\n", 5, "from"},
	    {"robots: {type: wecom}\n", 5, "robots"},
	    {"robots: [{type: wecom, url: 'http://h'}]\n", 5, "name"},
	    {"robots: [{type: slack, name: a, url: 'http://h'}]\n", 5, "type of robots is"},
	    {"robots: [{type: wecom, name: 'a b', url: 'http://h'}]\n", 5, "name of a robot"},
	    {"robots:\n- {type: wecom, name: a, url: 'http://h'}\n"
	     "- {type: wecom, name: a, url: 'http://g'}\n",
		7, "is there already"},
	    {"notify: {default_channels: [sms]}\n", 5, "a channel is not known"},
	    {"notify: {night: {channels: [voice]}}\n", 5, "a channel is not known"},
	    {"notify: {night: {from: '24:00'}}\n", 5, "notify.night.from"},
	    {"notify: {night: {until: '6:00'}}\n", 5, "notify.night.until"},
	    {"sms: {driver: aliyun, access_key_id: a, access_key_secret_file: /nowhere, sign_name: "
	     "s, "
	     "template_code: t, template_param: '{}'}\n",
		5, "sms.access_key_secret_file"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1024];
		strcpy(text, HEAD POLICIES);
		strcat(text, cases[i].text);
		bad_at(text, cases[i].line, cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_types),
	    cmocka_unit_test(test_url_template),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_night),
	    cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
