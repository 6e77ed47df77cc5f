#include "tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdint.h>

static bool is_address(const char *host)
{
	struct in6_addr addr;
	return inet_pton(AF_INET, host, &addr) == 1 || inet_pton(AF_INET6, host, &addr) == 1;
}

/* libmosquitto has set the numeric address as server name just before; a server with several
 * certificates needs the real one, and addresses are not allowed there (RFC 6066, 3). */
static void set_server_name(const SSL *ssl, int where, int ret)
{
	(void)ret;
	if (where != SSL_CB_HANDSHAKE_START)
		return;
	char *host = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	SSL *mine = (SSL *)(uintptr_t)ssl;
	SSL_set_tlsext_host_name(mine, is_address(host) ? NULL : host);
}

/* Without it OpenSSL would ask on the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return -1;
}

static int load_files(SSL_CTX *ctx, const char *ca_file, const char *cert_file,
    const char *key_file, const char **why)
{
	if (ca_file == NULL ? SSL_CTX_set_default_verify_paths(ctx) != 1
			    : SSL_CTX_load_verify_file(ctx, ca_file) != 1) {
		*why = "ca_file cannot be read or has no certificate";
		return YJ_ERR_INVAL;
	}
	if (cert_file == NULL)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1) {
		*why = "cert_file cannot be read or has no certificate";
		return YJ_ERR_INVAL;
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		*why = "key_file cannot be read, has a passphrase or is of another certificate";
		return YJ_ERR_INVAL;
	}
	return 0;
}

int tls_context_new(const char *host, const char *ca_file, const char *cert_file,
    const char *key_file, SSL_CTX **out, const char **why)
{
	int rc = YJ_ERR_NOMEM;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		goto out;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_app_data(ctx, (void *)(uintptr_t)host);
	SSL_CTX_set_info_callback(ctx, set_server_name);
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1
			     : X509_VERIFY_PARAM_set1_host(param, host, 0) != 1)
		goto out;
	rc = load_files(ctx, ca_file, cert_file, key_file, why);
	if (rc != 0)
		goto out;
	*out = ctx;
	ctx = NULL;
out:
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return rc;
}

const char *tls_verify_error(const SSL *ssl)
{
	long result = ssl == NULL ? X509_V_OK : SSL_get_verify_result(ssl);
	return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}
