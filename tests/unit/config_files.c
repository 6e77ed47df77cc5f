/* The configuration and the files around it: secrets, certificates, what needs a restart, and the
 * last one that worked. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config_rig.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/yj-config-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int drop_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int drop_dir(void **state)
{
	(void)state;
	return nftw(dir, drop_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in the test's folder; four may be in use at once. */
static const char *in_dir(const char *name)
{
	static char paths[4][160];
	static int turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = in_dir(name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	return path;
}

/* A configuration with one line of mqtt and one webhook that name files of the test's folder. */
static int with_files(const char *password, const char *secret, struct yj_config **c, char **errors)
{
	char text[1024];
	const char *p = write_file("password", password);
	const char *s = write_file("secret", secret);
	snprintf(text, sizeof(text),
	    "gateway: {id: g}\nmqtt:\n  password_file: %s\nwebhooks:\n"
	    "- name: w\n  url: http://x\n  secret_file: %s\n" POLICIES,
	    p, s);
	return yj_config_parse("f.yaml", text, strlen(text), 0, c, errors);
}

static void test_secrets(void **state)
{
	static const struct {
		const char *password, *secret;
		const char *begin;
	} cases[] = {
	    {"", "whsec_QUJD\n", "f.yaml:3: mqtt.password_file does not hold one line"},
	    {"\n", "whsec_QUJD\n", "f.yaml:3: mqtt.password_file does not hold one line"},
	    {"a\nb\n", "whsec_QUJD\n", "f.yaml:3: mqtt.password_file does not hold one line"},
	    {"a", "QUJD\n", "f.yaml:7: secret_file of a webhook holds no key"},
	    {"a", "whsec_\n", "f.yaml:7: secret_file of a webhook holds no key"},
	    {"a", "whsec_QUJ\n", "f.yaml:7: secret_file of a webhook holds no key"},
	    {"a", "whsec_Q===\n", "f.yaml:7: secret_file of a webhook holds no key"},
	    {"a", "whsec_QU-D\n", "f.yaml:7: secret_file of a webhook holds no key"},
	    {"a", "whsec_QUJD\nwhsec_QUJD\n", "f.yaml:7: secret_file of a webhook does not hold"},
	};
	struct yj_config *c = NULL;
	char *errors = NULL;
	(void)state;
	assert_int_equal(with_files(" pass word\r\n", "whsec_QUJDRA==\n", &c, &errors), YJ_OK);
	assert_string_equal(c->mqtt.password, " pass word");
	assert_string_equal(c->webhooks[0].secret, "whsec_QUJDRA==");
	assert_string_equal(c->mqtt.password_file, in_dir("password"));
	yj_config_free(c);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = NULL;
		assert_int_equal(
		    with_files(cases[i].password, cases[i].secret, &c, &errors), YJ_ERR_INVAL);
		assert_non_null(errors);
		assert_memory_equal(errors, cases[i].begin, strlen(cases[i].begin));
		/* What is secret is never said. */
		assert_null(strstr(errors, "QUJ"));
		free(errors);
	}
}

static void test_tls_files(void **state)
{
	char text[1024];
	(void)state;
	const char *f = write_file("pem", "x\n");
	snprintf(text, sizeof(text),
	    "gateway: {id: g}\nmqtt: {tls: {ca_file: %s, cert_file: %s, key_file: %s}}\n"
	    "http: {tls: {cert_file: %s, key_file: %s}}\n" POLICIES,
	    f, f, f, f, f);
	struct yj_config *c = good(text);
	assert_true(c->mqtt.tls.on);
	assert_string_equal(c->mqtt.tls.key_file, f);
	assert_true(c->http.tls.on);
	assert_string_equal(c->http.tls.cert_file, f);
	yj_config_free(c);
	snprintf(text, sizeof(text), HEAD "http:\n  tls:\n    cert_file: %s\n" POLICIES, f);
	bad_at(text, 5, "cert_file without key_file, expected both");
	snprintf(text, sizeof(text), "gateway: {id: g}\nmqtt: {tls: {key_file: %s}}\n" POLICIES, f);
	bad_at(text, 2, "key_file without cert_file, expected both");
}

static void test_load(void **state)
{
	struct yj_config *c = NULL;
	char *errors = NULL;
	(void)state;
	const char *path = write_file("yijian.yaml", HEAD POLICIES);
	assert_int_equal(yj_config_load(path, 0, &c, &errors), YJ_OK);
	yj_config_free(c);
	c = NULL;
	path = write_file("yijian.yaml", HEAD "nonsense: 1\n" POLICIES);
	assert_int_equal(yj_config_load(path, 0, &c, &errors), YJ_ERR_INVAL);
	assert_non_null(strstr(errors, "/yijian.yaml:3: unknown key"));
	free(errors);
	assert_int_equal(yj_config_load(in_dir("none"), 0, &c, &errors), YJ_ERR_IO);
	assert_non_null(strstr(errors, "/none: No such file or directory"));
	free(errors);
	assert_int_equal(yj_config_load(dir, 0, &c, &errors), YJ_ERR_IO);
	free(errors);
	/* A pipe does not hang it, and what is too long is not read. */
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	assert_int_equal(yj_config_load(in_dir("pipe"), 0, &c, &errors), YJ_ERR_IO);
	free(errors);
	path = write_file("big", HEAD POLICIES "#");
	assert_int_equal(truncate(path, YJ_CONFIG_MAX + 1), 0);
	assert_int_equal(yj_config_load(path, 0, &c, &errors), YJ_ERR_INVAL);
	assert_non_null(strstr(errors, "too long"));
	free(errors);
	assert_null(c);
	assert_int_equal(yj_config_parse("f", HEAD POLICIES "#\0x",
			     sizeof(HEAD POLICIES "#\0x") - 1, 0, &c, &errors),
	    YJ_ERR_INVAL);
	free(errors);
}

static void keys_are(const char *old_text, const char *new_text, const char *want)
{
	struct yj_config *a = good(old_text), *b = good(new_text);
	char *keys = yj_config_restart_keys(a, b);
	assert_non_null(keys);
	assert_string_equal(keys, want);
	free(keys);
	yj_config_free(a);
	yj_config_free(b);
}

static void test_restart_keys(void **state)
{
	(void)state;
	keys_are(HEAD POLICIES, HEAD POLICIES, "");
	/* These apply at once. */
	keys_are(HEAD POLICIES,
	    HEAD "devices: {heartbeat: 1m}\nwebhooks: [{name: a, url: 'http://x'}]\n"
		 "notify: {channel_wait: 1s}\n"
		 "policies: [{name: default, levels: [{notify: [duty]}]}]\n",
	    "");
	keys_are(HEAD POLICIES,
	    "gateway: {id: g2, data_dir: /d, language: en}\n"
	    "mqtt: {host: h, port: 7, username: u, tls: {ca_file: }}\n"
	    "http: {listen: '127.0.0.1:1', public_url: 'http://p'}\nctl: {socket: /s}\n" POLICIES,
	    "gateway.id,gateway.data_dir,gateway.language,mqtt.host,mqtt.port,mqtt.username,"
	    "mqtt.tls,http.listen,http.public_url,ctl.socket");
	/* A password that changed in its file. */
	struct yj_config *a = NULL, *b = NULL;
	char *errors;
	assert_int_equal(with_files("one", "whsec_QUJD", &a, &errors), YJ_OK);
	assert_int_equal(with_files("two", "whsec_QUJD", &b, &errors), YJ_OK);
	char *keys = yj_config_restart_keys(a, b);
	assert_string_equal(keys, "mqtt.password_file");
	free(keys);
	yj_config_free(a);
	yj_config_free(b);
}

static void put_back(const char *path, const char *data_dir)
{
	if (yj_config_save_good(path, data_dir) != YJ_OK)
		fail_msg("%s was not kept", path);
}

/* What a fallback finds has this id; "" for nothing. */
static void fallback_is(const char *path, const char *id)
{
	struct yj_config *c = NULL;
	char *errors = NULL;
	int err = yj_config_load_good(path, &c, &errors);
	if (!*id) {
		assert_int_equal(err, YJ_ERR_NOTFOUND);
		return;
	}
	if (err != YJ_OK)
		fail_msg("no fallback: %s", errors ? errors : yj_err_name(err));
	assert_string_equal(c->gateway.id, id);
	yj_config_free(c);
}

static void test_last_good(void **state)
{
	char text[512], data[160], link[160];
	struct stat st;
	(void)state;
	snprintf(data, sizeof(data), "%s/data", dir);
	assert_int_equal(mkdir(data, 0700), 0);
	snprintf(text, sizeof(text), "gateway: {id: one, data_dir: %s}\nmqtt: {}\n" POLICIES, data);
	const char *path = write_file("conf.yaml", text);
	fallback_is(path, "");
	put_back(path, data);
	assert_int_equal(stat(in_dir("data/last-good.yaml"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(in_dir("data/.last-good.yaml.tmp"), F_OK), -1);
	/* The same bytes again are not written again. */
	ino_t ino = st.st_ino;
	put_back(path, data);
	assert_int_equal(stat(in_dir("data/last-good.yaml"), &st), 0);
	assert_int_equal(st.st_ino, ino);

	/* A wrong key: the file still names its folder. */
	snprintf(text, sizeof(text),
	    "gateway: {id: two, data_dir: %s}\nmqtt: {}\nbogus: 1\n" POLICIES, data);
	path = write_file("conf.yaml", text);
	assert_int_equal(yj_config_save_good(path, data), YJ_ERR_INVAL);
	fallback_is(path, "one");
	/* No YAML any more. */
	snprintf(
	    text, sizeof(text), "a: 1 # data_dir: /else\ngateway: {id: [, data_dir: %s }\n", data);
	path = write_file("conf.yaml", text);
	snprintf(link, sizeof(link), "%s.last-good", path);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(link), 0);
	fallback_is(path, "one");

	/* Nothing of it left, or gone: the link finds the way. */
	snprintf(
	    text, sizeof(text), "gateway: {id: three, data_dir: %s}\nmqtt: {}\n" POLICIES, data);
	path = write_file("conf.yaml", text);
	put_back(path, data);
	path = write_file("conf.yaml", "][");
	fallback_is(path, "three");
	if (geteuid() == 0) { /* a link of somebody else's is not followed */
		assert_int_equal(lchown(link, 65534, 65534), 0);
		fallback_is(path, "");
		assert_int_equal(lchown(link, 0, 0), 0);
	}
	assert_int_equal(unlink(path), 0);
	fallback_is(path, "three");
	/* It names a folder where nothing is. */
	path = write_file("conf.yaml", "gateway: {id: x, data_dir: /nowhere}\n");
	fallback_is(path, "three");

	/* What was kept and is no longer good is not started with, and says why. */
	struct yj_config *c = NULL;
	char *errors = NULL;
	write_file("data/last-good.yaml", HEAD "bogus: 1\n" POLICIES);
	assert_int_equal(yj_config_load_good(path, &c, &errors), YJ_ERR_INVAL);
	assert_non_null(strstr(errors, "last-good:3: unknown key"));
	free(errors);
	/* A file in the link's place is not ours. */
	assert_int_equal(unlink(link), 0);
	write_file("conf.yaml.last-good", "mine");
	snprintf(
	    text, sizeof(text), "gateway: {id: four, data_dir: %s}\nmqtt: {}\n" POLICIES, data);
	path = write_file("conf.yaml", text);
	put_back(path, data);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	fallback_is(path, "four");
}

static void test_last_good_is_kept_when_writing_fails(void **state)
{
	char text[512], data[160];
	(void)state;
	snprintf(data, sizeof(data), "%s/full", dir);
	assert_int_equal(mkdir(data, 0700), 0);
	snprintf(text, sizeof(text), "gateway: {id: a, data_dir: %s}\nmqtt: {}\n" POLICIES, data);
	const char *path = write_file("full.yaml", text);
	assert_int_equal(yj_config_save_good(path, in_dir("nowhere")), YJ_ERR_IO);
	put_back(path, data);
	/* A folder in the way of the new file. */
	assert_int_equal(mkdir(in_dir("full/.last-good.yaml.tmp"), 0700), 0);
	text[strlen("gateway: {id: ")] = 'b';
	path = write_file("full.yaml", text);
	assert_int_equal(yj_config_save_good(path, data), YJ_ERR_IO);
	fallback_is(path, "a");
	assert_int_equal(rmdir(in_dir("full/.last-good.yaml.tmp")), 0);
	put_back(path, data);
	fallback_is(path, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_tls_files),
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_restart_keys),
	    cmocka_unit_test(test_last_good),
	    cmocka_unit_test(test_last_good_is_kept_when_writing_fails),
	};
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
