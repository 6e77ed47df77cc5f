#include "webfiles.h"

#include <event2/keyvalq_struct.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answerlink.h"
#include "proto/limits.h"
#include "proto/topic.h"
#include "webfile.h"

#define TERMINAL "/terminal"
#define VISIT "/visit"
#define VOICES "voices/"
#define FOLDER_MAX 4096

/* A page loads nothing but its own files; the terminal also speaks to its broker, wherever that is.
 */
#define POLICY(connect)                                                                            \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "    \
	"media-src 'self' data: blob: mediastream:; connect-src 'self'" connect                    \
	"; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "          \
	"frame-ancestors 'none'"

static const struct page {
	const char *path, *policy;
} pages[] = {
    {TERMINAL, POLICY(" ws: wss:")},
    {VISIT, POLICY("")},
};

static const struct {
	const char *name, *value;
} headers[] = {
    {"Cache-Control", "no-cache"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"X-Robots-Tag", "noindex, nofollow, noarchive"},
    {"Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), payment=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

/* ── replies ── */

static const char *path_of(struct evhttp_request *req)
{
	return evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
}

static void put_headers(struct evhttp_request *req, const struct page *page)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(req);
	evhttp_add_header(out, "Content-Security-Policy", page->policy);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		evhttp_add_header(out, headers[i].name, headers[i].value);
}

static void not_found(struct evhttp_request *req)
{
	yj_http_problem(req, 404, "Not Found", NULL);
}

static bool has_it(struct evhttp_request *req, const char *tag)
{
	const char *known =
	    evhttp_find_header(evhttp_request_get_input_headers(req), "If-None-Match");
	return known && (strcmp(known, "*") == 0 || strstr(known, tag));
}

/* Takes the file. */
static void reply_file(struct evhttp_request *req, const struct page *page, struct yj_webfile *file)
{
	struct evbuffer *body = evbuffer_new();
	bool known = has_it(req, file->tag);
	int rc = body ? 0 : YJ_ERR_NOMEM;
	if (rc == 0 && !known)
		rc = yj_webfile_read(file, body);
	close(file->fd);
	if (rc < 0) {
		yj_http_problem(req, 503, "Service Unavailable", NULL);
	} else {
		put_headers(req, page);
		evhttp_add_header(evhttp_request_get_output_headers(req), "ETag", file->tag);
		yj_http_reply(
		    req, known ? 304 : 200, known ? NULL : file->type, known ? NULL : body);
	}
	if (body)
		evbuffer_free(body);
}

/* ── voices ── */

int yj_webfiles_voice_key(struct yj_gateway *g, const char *device, char key[YJ_VOICE_KEY_LEN + 1])
{
	unsigned char secret[YJ_ANSWERLINK_KEY_LEN], mac[EVP_MAX_MD_SIZE];
	char said[sizeof "yijian voice " + YJ_NAME_MAX];
	unsigned mac_len = sizeof mac;
	if (!yj_name_valid(device))
		return YJ_ERR_INVAL;
	int len = snprintf(said, sizeof said, "yijian voice %s", device);
	int rc = yj_answerlink_key(g->store, secret);
	if (rc == 0 && !HMAC(EVP_sha256(), secret, sizeof secret, (const unsigned char *)said,
			   (size_t)len, mac, &mac_len))
		rc = YJ_ERR_NOMEM;
	OPENSSL_cleanse(secret, sizeof secret);
	for (size_t i = 0; rc == 0 && i < YJ_VOICE_KEY_LEN / 2; i++)
		snprintf(key + 2 * i, 3, "%02x", mac[i]);
	return rc;
}

/* The device of ?device=ID&key=KEY, if the key is its own. */
static bool home_of(struct yj_gateway *g, struct evhttp_request *req, char device[YJ_NAME_MAX + 1])
{
	const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	struct evkeyvalq pairs;
	char wanted[YJ_VOICE_KEY_LEN + 1];
	if (!query || evhttp_parse_query_str(query, &pairs) < 0)
		return false;
	const char *id = evhttp_find_header(&pairs, "device");
	const char *key = evhttp_find_header(&pairs, "key");
	bool good = id && key && yj_name_valid(id) && strlen(key) == YJ_VOICE_KEY_LEN;
	if (good) {
		yj_store_look(g->store);
		good = yj_webfiles_voice_key(g, id, wanted) == 0 &&
		       CRYPTO_memcmp(key, wanted, YJ_VOICE_KEY_LEN) == 0;
		yj_store_look_done(g->store);
	}
	if (good)
		snprintf(device, YJ_NAME_MAX + 1, "%s", id);
	evhttp_clear_headers(&pairs);
	return good;
}

/* name: LANGUAGE/PHRASE.wav below voices/. The home's own voice, the municipality's; else
 * YJ_ERR_NOTFOUND. */
static int open_voice(
    struct yj_gateway *g, struct evhttp_request *req, const char *name, struct yj_webfile *file)
{
	char folder[FOLDER_MAX], device[YJ_NAME_MAX + 1];
	const char *phrase = strchr(name, '/');
	const char *data = g->config->gateway.data_dir;
	int rc = YJ_ERR_NOTFOUND;
	if (phrase && home_of(g, req, device)) {
		snprintf(folder, sizeof folder, "%s/voices/home/%s", data, device);
		rc = yj_webfile_open(folder, phrase + 1, file);
	}
	if (rc < 0) {
		snprintf(folder, sizeof folder, "%s/voices", data);
		rc = yj_webfile_open(folder, name, file);
	}
	return rc;
}

/* ── requests ── */

static void on_file(struct yj_gateway *g, struct evhttp_request *req, const struct page *page)
{
	const char *name = path_of(req) + strlen(page->path) + 1;
	char folder[FOLDER_MAX];
	struct yj_webfile file;
	int rc = YJ_ERR_NOTFOUND;
	if (!g->config->http.web_dir) {
		not_found(req);
		return;
	}
	if (strncmp(name, VOICES, strlen(VOICES)) == 0)
		rc = open_voice(g, req, name + strlen(VOICES), &file);
	if (rc < 0) {
		snprintf(folder, sizeof folder, "%s%s", g->config->http.web_dir, page->path);
		rc = yj_webfile_open(folder, name, &file);
	}
	if (rc < 0)
		not_found(req);
	else
		reply_file(req, page, &file);
}

static void on_terminal(void *ctx, struct evhttp_request *req)
{
	on_file(ctx, req, &pages[0]);
}

static void on_visit(void *ctx, struct evhttp_request *req)
{
	on_file(ctx, req, &pages[1]);
}

/* /terminal and /visit without the slash, which the pages' own links need. Relative, for a proxy
 * may stand before it. */
static void on_folder(void *ctx, struct evhttp_request *req)
{
	const char *name = path_of(req) + 1;
	char to[32];
	(void)ctx;
	snprintf(to, sizeof to, "%s/", name);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Location", to);
	yj_http_reply(req, 308, NULL, NULL);
}

/* What a page that nobody has set up wants to know. */
static void on_gateway(void *ctx, struct evhttp_request *req)
{
	struct yj_gateway *g = ctx;
	struct evbuffer *body = evbuffer_new();
	if (!g->config->http.web_dir) {
		not_found(req);
	} else {
		if (body)
			evbuffer_add_printf(
			    body, "{\"language\": \"%s\"}\n", g->config->gateway.language);
		put_headers(req, &pages[0]);
		yj_http_reply(req, 200, "application/json", body);
	}
	if (body)
		evbuffer_free(body);
}

int yj_webfiles_routes(struct yj_gateway *g)
{
	static const struct {
		const char *path;
		yj_http_handler handler;
	} routes[] = {
	    {TERMINAL, on_folder},
	    {TERMINAL "/*", on_terminal},
	    {TERMINAL "/gateway.json", on_gateway},
	    {VISIT, on_folder},
	    {VISIT "/*", on_visit},
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof routes / sizeof routes[0]; i++)
		rc = yj_http_route(g->http, EVHTTP_REQ_GET, routes[i].path, routes[i].handler, g);
	return rc;
}
