/* Addresses of endpoints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "poster.h"

const char *const yj_url_http[] = {"http", "https", NULL};
const char *const yj_url_mail[] = {"smtp", "smtps", NULL};

bool yj_url_valid(const char *url, const char *const schemes[])
{
	char *scheme = NULL, *host = NULL;
	CURLU *parts = curl_url();
	bool valid = false;
	if (url && parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		for (size_t i = 0; schemes[i]; i++)
			valid |= strcasecmp(scheme, schemes[i]) == 0;
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parts);
	return valid;
}

char *yj_url_host(const char *url)
{
	char *host = NULL, *port = NULL, *out = NULL;
	CURLU *parts = curl_url();
	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		bool plain = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) ==
			     CURLUE_NO_PORT;
		if (asprintf(&out, "%s%s%s", host, plain ? "" : ":", plain ? "" : port) < 0)
			out = NULL;
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return out;
}

char *yj_url_encode(const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";
	char *out = malloc(3 * strlen(text) + 1);
	if (!out)
		return NULL;
	size_t n = 0;
	for (const char *p = text; *p; p++) {
		if (strchr(unreserved, *p))
			out[n++] = *p;
		else
			n += (size_t)snprintf(out + n, 4, "%%%02X", (unsigned char)*p);
	}
	out[n] = '\0';
	return out;
}
