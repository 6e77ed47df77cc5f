/* Aliyun's signature V3: the canonical request's hash is signed with the access key's secret. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notify/sms_aliyun.h"
#include "poster.h"

#define ALGORITHM "ACS3-HMAC-SHA256"
#define SIGNED                                                                                     \
	"host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"

int yj_acs3_sign(const struct yj_acs3 *r, char content_sha256[65], char *authorization, size_t cap)
{
	char content[65], canonical_sha256[65], text[128], signature[65];
	char *canonical = NULL;
	int rc = yj_sha256_hex(r->body, strlen(r->body), content);
	if (rc < 0)
		return rc;
	int len = asprintf(&canonical,
	    "%s\n/\n%s\nhost:%s\nx-acs-action:%s\nx-acs-content-sha256:%s\nx-acs-date:%s\n"
	    "x-acs-signature-nonce:%s\nx-acs-version:%s\n\n" SIGNED "\n%s",
	    r->method, r->query, r->host, r->action, content, r->date, r->nonce, r->version,
	    content);
	if (len < 0)
		return YJ_ERR_NOMEM;
	rc = yj_sha256_hex(canonical, (size_t)len, canonical_sha256);
	free(canonical);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), ALGORITHM "\n%s", canonical_sha256);
	rc = yj_mac_hex(
	    r->access_key_secret, strlen(r->access_key_secret), text, strlen(text), signature);
	if (rc < 0)
		return rc;
	char whole[YJ_ACS3_MAX];
	len = snprintf(whole, sizeof(whole),
	    ALGORITHM " Credential=%s,SignedHeaders=" SIGNED ",Signature=%s", r->access_key_id,
	    signature);
	if (len < 0 || (size_t)len >= sizeof(whole) || (size_t)len >= cap)
		return YJ_ERR_FULL;
	memcpy(authorization, whole, (size_t)len + 1);
	memcpy(content_sha256, content, sizeof(content));
	return 0;
}
