/* The last configuration that worked, for a start with --fallback. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_internal.h"

#define GOOD_FILE "last-good.yaml"
#define LINK_SUFFIX ".last-good"

static int io_err(void)
{
	return errno == ENOSPC || errno == EDQUOT ? YJ_ERR_FULL : YJ_ERR_IO;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_err();
		bytes += n;
		len -= (size_t)n;
	}
	return YJ_OK;
}

/* Replaces {dir}/last-good.yaml: whoever reads it, whenever the power fails, finds the old bytes or
 * the new ones. */
static int replace(const char *dir, const char *bytes, size_t len)
{
	static const char tmp[] = "." GOOD_FILE ".tmp";
	int err = YJ_ERR_IO;
	int fd = -1;
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return io_err();
	/* What a crash left may have other rights: begin afresh. */
	if (unlinkat(dir_fd, tmp, 0) != 0 && errno != ENOENT)
		goto out;
	fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = io_err();
		goto out;
	}
	err = write_all(fd, bytes, len);
	if (err == YJ_OK && fsync(fd) != 0)
		err = io_err();
	if (close(fd) != 0 && err == YJ_OK)
		err = io_err();
	if (err == YJ_OK && (renameat(dir_fd, tmp, dir_fd, GOOD_FILE) != 0 || fsync(dir_fd) != 0))
		err = io_err();
	if (err != YJ_OK)
		(void)unlinkat(dir_fd, tmp, 0);
out:
	close(dir_fd);
	return err;
}

/* Leaves a link beside the configuration. Not being allowed to is no error. */
static void leave_link(const char *path, const char *good)
{
	char *target = realpath(good, NULL);
	char *link = NULL, *tmp = NULL;
	char now[PATH_MAX];
	struct stat st;
	if (!target || asprintf(&link, "%s" LINK_SUFFIX, path) < 0) {
		free(target);
		return;
	}
	if (asprintf(&tmp, "%s.%ld", link, (long)getpid()) < 0)
		tmp = NULL;
	ssize_t n = readlink(link, now, sizeof(now) - 1);
	bool same = n >= 0 && (size_t)n == strlen(target) && memcmp(now, target, (size_t)n) == 0;
	/* Something else of that name is not ours to replace. */
	bool foreign = lstat(link, &st) == 0 && !S_ISLNK(st.st_mode);
	if (!same && !foreign && tmp && symlink(target, tmp) == 0 && rename(tmp, link) != 0)
		(void)unlink(tmp);
	free(target);
	free(link);
	free(tmp);
}

int yj_config_save_good(const char *path, const char *data_dir)
{
	struct yj_config *config = NULL;
	char *bytes = NULL, *kept = NULL, *good = NULL, *errors = NULL;
	size_t len, kept_len = 0;
	const char *why;
	int err = yj_file_read(path, YJ_CONFIG_MAX, &bytes, &len, &why);
	if (err != YJ_OK)
		return err == YJ_ERR_NOMEM ? err : YJ_ERR_IO;
	err = yj_config_parse(path, bytes, len, YJ_CONFIG_NO_FILES, &config, &errors);
	if (err != YJ_OK)
		goto out;
	if (asprintf(&good, "%s/" GOOD_FILE, data_dir) < 0) {
		good = NULL;
		err = YJ_ERR_NOMEM;
		goto out;
	}
	/* The same bytes again would only wear the flash. */
	if (yj_file_read(good, YJ_CONFIG_MAX, &kept, &kept_len, &why) != YJ_OK || kept_len != len ||
	    memcmp(kept, bytes, len) != 0)
		err = replace(data_dir, bytes, len);
	if (err == YJ_OK && strcmp(data_dir, YJ_CONFIG_DATA_DIR) != 0)
		leave_link(path, good);
out:
	yj_config_free(config);
	free(errors);
	free(good);
	free(kept);
	free(bytes);
	return err;
}

/* gateway.data_dir of a tree, NULL if it has none. */
static char *dir_of_tree(struct yj_yaml *y)
{
	static const char *const way[] = {"gateway", "data_dir"};
	yaml_node_t *node = yj_yaml_root(y);
	for (size_t i = 0; i < 2; i++) {
		yaml_node_t *found = NULL;
		if (!node || node->type != YAML_MAPPING_NODE)
			return NULL;
		yaml_node_pair_t *p = node->data.mapping.pairs.start;
		for (; p < node->data.mapping.pairs.top && !found; p++) {
			yaml_node_t *key = yaml_document_get_node(&y->doc, p->key);
			if (key->type == YAML_SCALAR_NODE &&
			    strcmp((const char *)key->data.scalar.value, way[i]) == 0)
				found = yaml_document_get_node(&y->doc, p->value);
		}
		node = found;
	}
	if (!node || yj_yaml_is_null(node) || node->type != YAML_SCALAR_NODE)
		return NULL;
	return strdup((const char *)node->data.scalar.value);
}

/* The same from text that is no YAML any more: the first data_dir that is not in a comment. */
static char *dir_of_text(const char *text)
{
	static const char key[] = "data_dir:";
	for (const char *at = strstr(text, key); at; at = strstr(at + 1, key)) {
		const char *line = at;
		while (line > text && line[-1] != '\n' && *line != '#')
			line--;
		if (*line == '#')
			continue;
		const char *value = at + strlen(key);
		value += strspn(value, " \t\"'");
		size_t len = strcspn(value, ",}\"'#\r\n");
		while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		if (len > 0)
			return strndup(value, len);
	}
	return NULL;
}

/* The data_dir that a file still names; NULL if none. */
static char *dir_named(const char *path)
{
	struct yj_yaml y;
	char *bytes, *dir = NULL;
	size_t len;
	const char *why;
	if (yj_file_read(path, YJ_CONFIG_MAX, &bytes, &len, &why) != YJ_OK)
		return NULL;
	if (yj_yaml_load(&y, path, bytes, len) == YJ_OK)
		dir = dir_of_tree(&y);
	else
		dir = dir_of_text(bytes);
	yj_yaml_done(&y);
	free(bytes);
	return dir;
}

/* Is it there, and nobody else's doing? */
static bool ours(const char *path, bool link)
{
	struct stat st;
	if ((link ? lstat(path, &st) : stat(path, &st)) != 0)
		return false;
	return (st.st_uid == geteuid() || st.st_uid == 0) &&
	       (link ? S_ISLNK(st.st_mode) : S_ISREG(st.st_mode));
}

int yj_config_load_good(const char *path, struct yj_config **out, char **errors)
{
	char *named = dir_named(path);
	char *tries[2] = {NULL, NULL};
	int err = YJ_ERR_NOTFOUND;
	*errors = NULL;
	if (asprintf(&tries[0], "%s/" GOOD_FILE, named ? named : YJ_CONFIG_DATA_DIR) < 0)
		tries[0] = NULL;
	if (asprintf(&tries[1], "%s" LINK_SUFFIX, path) < 0)
		tries[1] = NULL;
	/* A file that names no folder: the one it left a link to, before the one of the default. */
	if (!named) {
		char *first = tries[1];
		tries[1] = tries[0];
		tries[0] = first;
	}
	for (size_t i = 0; i < 2 && err == YJ_ERR_NOTFOUND; i++) {
		bool link = (i == 0) == !named;
		if (tries[i] && ours(tries[i], false) && (!link || ours(tries[i], true)))
			err = yj_config_load(tries[i], 0, out, errors);
	}
	free(named);
	free(tries[0]);
	free(tries[1]);
	return err;
}
