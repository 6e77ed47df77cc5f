/* Reading the files that a configuration is, or names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_internal.h"

/* O_NONBLOCK, so that opening a pipe by mistake cannot hang the daemon. -1 with *why set. */
static int open_regular(const char *path, off_t *size, int *err, const char **why)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		*err = errno == ENOENT || errno == ENOTDIR ? YJ_ERR_NOTFOUND : YJ_ERR_IO;
		*why = strerror(errno);
		return -1;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		*err = YJ_ERR_IO;
		*why = "not a regular file";
		close(fd);
		return -1;
	}
	*size = st.st_size;
	return fd;
}

bool yj_file_readable(const char *path, const char **why)
{
	off_t size;
	int err;
	int fd = open_regular(path, &size, &err, why);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int yj_file_read(const char *path, size_t max, char **bytes, size_t *len, const char **why)
{
	off_t size;
	int err = YJ_OK;
	int fd = open_regular(path, &size, &err, why);
	if (fd < 0)
		return err;
	/* One more than the most, so that a file that is too long, or grows, shows. */
	char *buf = size <= (off_t)max ? malloc(max + 2) : NULL;
	size_t used = 0;
	if (size > (off_t)max) {
		*why = "too long";
		err = YJ_ERR_FULL;
		goto out;
	}
	if (!buf) {
		*why = "out of memory";
		err = YJ_ERR_NOMEM;
		goto out;
	}
	while (used <= max) {
		ssize_t n = read(fd, buf + used, max + 1 - used);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*why = strerror(errno);
			err = YJ_ERR_IO;
			goto out;
		}
		used += (size_t)n;
	}
	if (used > max) {
		*why = "too long";
		err = YJ_ERR_FULL;
		goto out;
	}
	buf[used] = '\0';
out:
	close(fd);
	if (err != YJ_OK) {
		free(buf);
		return err;
	}
	*bytes = buf;
	if (len)
		*len = used;
	return YJ_OK;
}
