/* The HTTP server: TLS and its configuration. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "http_rig.h"
#include "selfsigned.h"

static size_t swallow(char *bytes, size_t one, size_t len, void *arg)
{
	(void)one;
	strncat(arg, bytes, len);
	return len;
}

/* A child asks with libcurl, and checks the certificate. Its exit code is libcurl's. */
static int tls_child(struct fixture *f, long version)
{
	char url[64], got[1024] = "";
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/healthz", yj_http_port(f->http));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		CURL *easy = curl_easy_init();
		curl_easy_setopt(easy, CURLOPT_URL, url);
		curl_easy_setopt(easy, CURLOPT_CAINFO, f->cert);
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
		curl_easy_setopt(easy, CURLOPT_TIMEOUT, 15L);
		curl_easy_setopt(easy, CURLOPT_SSLVERSION, version);
		curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, got);
		CURLcode code = curl_easy_perform(easy);
		_exit(code == CURLE_OK && strcmp(got, "ok") != 0 ? 99 : (int)code);
	}
	int status = 0;
	TURN_UNTIL(f, waitpid(pid, &status, WNOHANG) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_tls(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(selfsigned_write(f->cert, f->key), 0);
	assert_int_equal(start(f, f->cert, f->key), 0);
	assert_int_equal(tls_child(f, CURL_SSLVERSION_DEFAULT), CURLE_OK);
	assert_int_equal(tls_child(f, CURL_SSLVERSION_TLSv1_2), CURLE_OK);
	assert_int_equal(tls_child(f, CURL_SSLVERSION_MAX_TLSv1_1), CURLE_SSL_CONNECT_ERROR);
	/* who does not speak TLS gets nothing, and who does not even begin locks nobody out */
	assert_int_equal(status_of(ask(f, "GET", "/healthz")), 0);
	int fds[YJ_HTTP_CLIENTS_MAX + 10];
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX + 10; i++) {
		fds[i] = dial(f);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(tls_child(f, CURL_SSLVERSION_DEFAULT), CURLE_OK);
	char got[64] = "";
	TURN_UNTIL(f, closed(fds[0], got, sizeof(got)));
	for (int i = 0; i < YJ_HTTP_CLIENTS_MAX + 10; i++)
		close(fds[i]);
	/* and is closed after the timeout in the middle of the handshake too */
	yj_http_set_timeout(f->http, 200);
	int silent = dial(f);
	TURN_UNTIL(f, closed(silent, got, sizeof(got)));
	close(silent);
}

static void test_bad_configurations(void **state)
{
	struct fixture *f = *state;
	char taken[32], other_cert[100], other_key[100];
	snprintf(taken, sizeof(taken), "127.0.0.1:%d", yj_http_port(f->http));
	snprintf(other_cert, sizeof(other_cert), "%s/c2", f->folder);
	snprintf(other_key, sizeof(other_key), "%s/k2", f->folder);
	assert_int_equal(selfsigned_write(f->cert, f->key), 0);
	assert_int_equal(selfsigned_write(other_cert, other_key), 0);
	const struct {
		struct yj_http_conf conf;
		int rc;
		const char *why;
	} cases[] = {
	    {{taken, NULL, NULL}, YJ_ERR_IO, "in use"},
	    {{"203.0.113.7:0", NULL, NULL}, YJ_ERR_IO, "assign"},
	    {{"127.0.0.1", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"127.0.0.1:99999", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"localhost:0", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"::1", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"[::1]", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"", NULL, NULL}, YJ_ERR_INVAL, "PORT"},
	    {{"127.0.0.1:0", f->cert, ""}, YJ_ERR_INVAL, "together"},
	    {{"127.0.0.1:0", NULL, f->key}, YJ_ERR_INVAL, "together"},
	    {{"127.0.0.1:0", "/no/such", f->key}, YJ_ERR_INVAL, "No such file"},
	    {{"127.0.0.1:0", f->cert, other_key}, YJ_ERR_INVAL, "mismatch"},
	    {{"127.0.0.1:0", f->key, f->key}, YJ_ERR_INVAL, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yj_http *http = NULL;
		const char *why = NULL;
		int rc = yj_http_new(f->base, &cases[i].conf, &ops, f, &http, &why);
		if (rc != cases[i].rc || !why || !strstr(why, cases[i].why) || http)
			fail_msg("case %zu: %d, %s", i, rc, why ? why : "no reason");
	}
	unlink(other_cert);
	unlink(other_key);
	/* an empty name is not set; and IPv6 */
	struct yj_http *http = NULL;
	const char *why = NULL;
	struct yj_http_conf conf = {"[::1]:0", "", ""};
	int rc = yj_http_new(f->base, &conf, &ops, f, &http, &why);
	if (rc == YJ_ERR_IO) /* no IPv6 here */
		return;
	assert_int_equal(rc, 0);
	assert_true(yj_http_port(http) > 0);
	yj_http_free(http);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_tls),
	    TEST(test_bad_configurations),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("http_tls", tests, NULL, NULL);
}
