/* The OpenAPI document has every path and method that the gateway answers, and no other. */
#include <signal.h>
#include <stdlib.h>

#include <jansson.h>

#include "http.h" /* the table of routes */
#include "http_rig.h"
#include "openapi.h"
#include "routes.h"

static const struct {
	const char *name;
	int method;
} methods[] = {{"get", EVHTTP_REQ_GET}, {"post", EVHTTP_REQ_POST}, {"put", EVHTTP_REQ_PUT},
    {"patch", EVHTTP_REQ_PATCH}, {"delete", EVHTTP_REQ_DELETE}};

static json_t *document(void)
{
	size_t len;
	const char *text = yj_openapi(&len);
	json_error_t error;
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!doc)
		fail_msg("line %d: %s", error.line, error.text);
	return doc;
}

/* "/a/{token}" as somebody would ask for it. */
static void fill_in(const char *path, char *buf, size_t cap)
{
	size_t n = 0;
	bool within = false;
	for (const char *c = path; *c && n + 1 < cap; c++) {
		if (*c == '{' || !within)
			buf[n++] = *c == '{' ? 'x' : *c;
		within = *c == '{' || (within && *c != '}');
	}
	buf[n] = '\0';
}

/* The routes that answer it: the exact one, else the longest. */
static bool answers(const struct yj_http *http, const struct route *route, const char *path)
{
	size_t longest = 0;
	bool exact = false;
	for (int i = 0; i < http->n_routes; i++) {
		const struct route *r = &http->routes[i];
		size_t len = strlen(r->path);
		exact |= !r->prefix && strcmp(r->path, path) == 0;
		if (r->prefix && strncmp(r->path, path, len) == 0 && len > longest)
			longest = len;
	}
	if (!route->prefix)
		return strcmp(route->path, path) == 0;
	return !exact && strlen(route->path) == longest && strncmp(route->path, path, longest) == 0;
}

static int documented(const json_t *item)
{
	int all = 0;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (json_object_get(item, methods[i].name))
			all |= methods[i].method;
	return all;
}

static void test_all_is_documented(void **state)
{
	struct fixture *f = *state;
	struct yj_gateway *g = calloc(1, sizeof *g);
	json_t *doc = document(), *item;
	const char *path;
	g->http = f->http;
	assert_int_equal(yj_routes_add(g), 0);
	json_t *paths = json_object_get(doc, "paths");
	int described[YJ_HTTP_ROUTES_MAX] = {0};
	json_object_foreach(paths, path, item)
	{
		char asked[128];
		int left = documented(item);
		assert_int_not_equal(left, 0);
		fill_in(path, asked, sizeof asked);
		for (int i = 0; i < f->http->n_routes; i++) {
			if (!answers(f->http, &f->http->routes[i], asked))
				continue;
			described[i] |= documented(item) & f->http->routes[i].methods;
			left &= ~f->http->routes[i].methods;
		}
		if (left != 0)
			fail_msg("%s is described, but answered otherwise", path);
	}
	for (int i = 0; i < f->http->n_routes; i++) {
		const struct route *r = &f->http->routes[i];
		if (strcmp(r->path, "/hold") == 0 || strcmp(r->path, "/post") == 0)
			continue; /* the rig's own */
		if (described[i] != (r->methods & ~EVHTTP_REQ_HEAD))
			fail_msg("%s%s: methods %#x, described %#x", r->path, r->prefix ? "*" : "",
			    (unsigned)r->methods, (unsigned)described[i]);
	}
	assert_true(f->http->n_routes > 8);
	json_decref(doc);
	free(g);
}

static void test_it_is_served(void **state)
{
	struct fixture *f = *state;
	struct yj_gateway *g = calloc(1, sizeof *g);
	g->http = f->http;
	assert_int_equal(yj_openapi_routes(g), 0);
	char *got = strdup(ask(f, "GET", "/api/v1/openapi.json"));
	assert_int_equal(status_of(got), 200);
	ASSERT_HAS(got, "Content-Type: application/json\r\n");
	json_t *doc = document(), *said = json_loads(body_of(got), 0, NULL);
	assert_true(said && json_equal(doc, said));
	json_decref(doc);
	json_decref(said);
	free(got);
	free(g);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_all_is_documented),
	    TEST(test_it_is_served),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
