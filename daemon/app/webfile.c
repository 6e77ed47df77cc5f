#include "webfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/limits.h"

static const struct {
	const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".wav", "audio/wav"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
};

/* NULL: of no type that pages are made of. */
static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++) {
		if (strcmp(dot, types[i].ending) == 0)
			return types[i].type;
	}
	return NULL;
}

/* The next name of the path, up to '/' or the end. 0: none that may be asked for. */
static size_t name_len(const char *path, char name[NAME_MAX + 1])
{
	size_t len =
	    strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	if (len > NAME_MAX || path[0] == '.' || (path[len] != '/' && path[len] != '\0'))
		return 0;
	memcpy(name, path, len);
	name[len] = '\0';
	return len;
}

/* Steps into each folder by itself, so that no link on the way is followed. */
static int open_below(const char *folder, const char *path, char name[NAME_MAX + 1])
{
	int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (at >= 0) {
		if (*path == '\0')
			path = "index.html";
		size_t len = name_len(path, name);
		bool last = len > 0 && path[len] == '\0';
		int next =
		    len == 0 ? -1
			     : openat(at, name,
				   last ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
					: O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		if (last)
			return next;
		at = next;
		path += len + 1;
	}
	return -1;
}

int yj_webfile_open(const char *folder, const char *path, struct yj_webfile *file)
{
	char name[NAME_MAX + 1] = "";
	struct stat st;
	int fd = open_below(folder, path, name);
	if (fd < 0)
		return YJ_ERR_NOTFOUND;
	const char *type = type_of(name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !type) {
		close(fd);
		return YJ_ERR_NOTFOUND;
	}
	if (st.st_size > YJ_WEBFILE_MAX) {
		close(fd);
		return YJ_ERR_FULL;
	}
	*file = (struct yj_webfile){.fd = fd, .len = (size_t)st.st_size, .type = type};
	snprintf(file->tag, sizeof file->tag, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
	    (uint64_t)st.st_ino, (uint64_t)st.st_size,
	    (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec);
	return 0;
}

int yj_webfile_read(const struct yj_webfile *file, struct evbuffer *out)
{
	struct evbuffer_iovec room;
	size_t done = 0;
	if (file->len == 0)
		return 0;
	if (evbuffer_reserve_space(out, (ev_ssize_t)file->len, &room, 1) != 1)
		return YJ_ERR_NOMEM;
	while (done < file->len) {
		ssize_t n =
		    pread(file->fd, (char *)room.iov_base + done, file->len - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return YJ_ERR_IO;
		done += (size_t)n;
	}
	room.iov_len = file->len;
	return evbuffer_commit_space(out, &room, 1) == 0 ? 0 : YJ_ERR_NOMEM;
}
