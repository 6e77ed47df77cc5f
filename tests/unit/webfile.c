/* What HTTP may ask for below a folder, and what never leaves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/limits.h"
#include "webfile.h"

#define PATH_ROOM 512

static char root[] = "/tmp/yj-webfile-XXXXXX";

static void at(char path[PATH_ROOM], const char *name)
{
	snprintf(path, PATH_ROOM, "%s/%s", root, name);
}

static void put(const char *name, const char *bytes, off_t len)
{
	char path[PATH_ROOM];
	at(path, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
	if (len > 0)
		assert_int_equal(ftruncate(fd, len), 0);
	close(fd);
}

static void folder(const char *name)
{
	char path[PATH_ROOM];
	at(path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void link_to(const char *target, const char *name)
{
	char path[PATH_ROOM];
	at(path, name);
	assert_int_equal(symlink(target, path), 0);
}

static int begin(void **state)
{
	char path[PATH_ROOM];
	(void)state;
	assert_non_null(mkdtemp(root));
	folder("web");
	folder("web/sub");
	folder("web/.git");
	put("secret.txt", "secret", 0);
	put("web/index.html", "<p>", 0);
	put("web/sub/a.js", "a()", 0);
	put("web/sub/index.html", "sub", 0);
	put("web/.git/x.txt", "x", 0);
	put("web/.hidden.js", "x", 0);
	put("web/none.conf", "x", 0);
	put("web/empty.css", "", 0);
	put("web/large.wav", "", YJ_WEBFILE_MAX);
	put("web/larger.wav", "", YJ_WEBFILE_MAX + 1);
	link_to("../secret.txt", "web/out.txt");
	link_to("index.html", "web/in.html");
	link_to("..", "web/up");
	link_to("web", "alias");
	at(path, "web/pipe.txt");
	return mkfifo(path, 0600);
}

static int end(void **state)
{
	char command[PATH_ROOM];
	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static int ask(const char *path, struct yj_webfile *file)
{
	char web[PATH_ROOM];
	at(web, "web");
	return yj_webfile_open(web, path, file);
}

static void test_given(void **state)
{
	static const struct {
		const char *path, *type, *bytes;
	} rows[] = {
	    {"", "text/html; charset=utf-8", "<p>"},
	    {"index.html", "text/html; charset=utf-8", "<p>"},
	    {"sub/a.js", "text/javascript; charset=utf-8", "a()"},
	    {"sub/", "text/html; charset=utf-8", "sub"},
	    {"empty.css", "text/css; charset=utf-8", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct yj_webfile file;
		struct evbuffer *out = evbuffer_new();
		assert_int_equal(ask(rows[i].path, &file), 0);
		assert_string_equal(file.type, rows[i].type);
		assert_int_equal(yj_webfile_read(&file, out), 0);
		assert_int_equal(evbuffer_get_length(out), strlen(rows[i].bytes));
		assert_memory_equal(evbuffer_pullup(out, -1), rows[i].bytes, strlen(rows[i].bytes));
		evbuffer_free(out);
		close(file.fd);
	}
}

static void test_refused(void **state)
{
	static const char *const paths[] = {"../secret.txt", "sub/../index.html", "sub/./a.js",
	    "/etc/passwd", "//etc/passwd", "sub//a.js", ".hidden.js", ".git/x.txt", "out.txt",
	    "in.html", "up/secret.txt", "up/", "none.conf", "pipe.txt", "sub", "gone.html", "gone/",
	    "index.html/", "%2e%2e/secret.txt", "..%2fsecret.txt", "a b.txt", "index.html\x01",
	    "..\\secret.txt", "index.html;x"};
	struct yj_webfile file;
	char name[NAME_MAX + 8];
	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (ask(paths[i], &file) != YJ_ERR_NOTFOUND)
			fail_msg("%s is given", paths[i]);
	memset(name, 'a', sizeof name);
	strcpy(name + sizeof name - 4, ".js");
	assert_int_equal(ask(name, &file), YJ_ERR_NOTFOUND);
}

static void test_size(void **state)
{
	struct yj_webfile file;
	(void)state;
	assert_int_equal(ask("larger.wav", &file), YJ_ERR_FULL);
	assert_int_equal(ask("large.wav", &file), 0);
	struct evbuffer *out = evbuffer_new();
	assert_int_equal(yj_webfile_read(&file, out), 0);
	assert_int_equal(evbuffer_get_length(out), YJ_WEBFILE_MAX);
	evbuffer_free(out);
	put("web/large.wav", "x", 0);
	out = evbuffer_new();
	assert_int_equal(yj_webfile_read(&file, out), YJ_ERR_IO); /* shorter meanwhile */
	assert_int_equal(evbuffer_get_length(out), 0);
	evbuffer_free(out);
	close(file.fd);
}

static void test_tag(void **state)
{
	struct yj_webfile a, b;
	(void)state;
	assert_int_equal(ask("sub/a.js", &a), 0);
	assert_int_equal(ask("sub/a.js", &b), 0);
	assert_string_equal(a.tag, b.tag);
	close(b.fd);
	put("web/sub/b.js", "b()", 0);
	char from[PATH_ROOM], to[PATH_ROOM];
	at(from, "web/sub/b.js");
	at(to, "web/sub/a.js");
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(ask("sub/a.js", &b), 0);
	assert_string_not_equal(a.tag, b.tag);
	close(a.fd);
	close(b.fd);
}

static void test_folder(void **state)
{
	struct yj_webfile file;
	char alias[PATH_ROOM];
	(void)state;
	at(alias, "alias");
	assert_int_equal(
	    yj_webfile_open(alias, "index.html", &file), 0); /* the operator's own link */
	close(file.fd);
	assert_int_equal(yj_webfile_open("/nowhere", "index.html", &file), YJ_ERR_NOTFOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_given),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_tag),
	    cmocka_unit_test(test_folder),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
