/* The listening socket: its name, its mode, and what may stand in its place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

#define LOCK_TRIES 200 /* of 10 ms */

/* Locks the folder of path, so that two daemons that start at once do not both find a dead socket.
 * Returns a descriptor, or -1 with errno. */
static int lock_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *slash = strrchr(path, '/');
	if (!slash) {
		strcpy(folder, ".");
	} else {
		size_t len = slash == path ? 1 : (size_t)(slash - path);
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 10000000L}, NULL);
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Makes room for the socket: 0, YJ_ERR_EXISTS or YJ_ERR_IO. Only under the lock. */
static int clear_name(const char *path, const struct sockaddr_un *addr)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : YJ_ERR_IO;
	/* connect() says ECONNREFUSED for an ordinary file too, and that must not be removed */
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return YJ_ERR_EXISTS;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return YJ_ERR_IO;
	int rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	int why = errno;
	close(fd);
	errno = why;
	if (rc == 0 || why == EAGAIN) /* EAGAIN: its queue is full */
		return YJ_ERR_EXISTS;
	if (why == ENOENT)
		return 0;
	if (why != ECONNREFUSED)
		return YJ_ERR_IO;
	return unlink(path) == 0 || errno == ENOENT ? 0 : YJ_ERR_IO;
}

int yj_ctl_bind(const char *path, int *fd_out, struct stat *st_out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(addr.sun_path))
		return YJ_ERR_INVAL;
	memcpy(addr.sun_path, path, len + 1);

	struct stat st;
	int fd = -1;
	int rc = YJ_ERR_IO;
	int lock = lock_folder(path);
	if (lock < 0)
		return YJ_ERR_IO;
	rc = clear_name(path, &addr);
	if (rc < 0)
		goto out;
	rc = YJ_ERR_IO;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto out;
	/* the mode must be right from the first moment on: a chmod afterwards would leave a gap */
	mode_t mask = umask(0117);
	int bound = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (bound < 0)
		goto out;
	if (listen(fd, YJ_CTL_CLIENTS_MAX) < 0 || lstat(path, &st) < 0) {
		unlink(path);
		goto out;
	}
	*fd_out = fd;
	*st_out = st;
	fd = -1;
	rc = 0;
out:;
	int saved = errno;
	if (fd >= 0)
		close(fd);
	close(lock); /* and unlocks */
	errno = saved;
	return rc;
}
