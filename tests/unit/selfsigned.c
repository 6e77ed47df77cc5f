#include "selfsigned.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static X509 *make(EVP_PKEY *key, long begins_s, long ends_s)
{
	X509 *cert = X509_new();
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_set_version(cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), begins_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), ends_s);
	X509_set_pubkey(cert, key);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_EXTENSION *names =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
	X509_add_ext(cert, names, -1);
	X509_EXTENSION_free(names);
	if (X509_sign(cert, key, EVP_sha256()) == 0) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

int selfsigned_write(const char *cert_file, const char *key_file)
{
	int rc = -1;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? make(key, -3600, 24L * 3600) : NULL;
	FILE *to_cert = fopen(cert_file, "w"), *to_key = fopen(key_file, "w");
	if (cert && to_cert && to_key && PEM_write_X509(to_cert, cert) &&
	    PEM_write_PrivateKey(to_key, key, NULL, NULL, 0, NULL, NULL))
		rc = 0;
	if (to_cert)
		fclose(to_cert);
	if (to_key)
		fclose(to_key);
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

SSL_CTX *selfsigned_ctx(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? make(key, -3600, 24L * 3600) : NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (ctx && (!cert || SSL_CTX_use_certificate(ctx, cert) != 1 ||
		       SSL_CTX_use_PrivateKey(ctx, key) != 1)) {
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

SSL_CTX *selfsigned_ctx_aged(const char *cert_file, bool expired)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? make(key, -7200, expired ? -3600 : 24L * 3600) : NULL;
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	FILE *out = fopen(cert_file, "w");
	if (!ctx || !cert || !out || SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1 || PEM_write_X509(out, cert) != 1) {
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	if (out)
		fclose(out);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}
