#include "sms_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/limits.h"

static int64_t nanoseconds(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;
}

static int open_folder(const char *folder)
{
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* lstat of a name in a folder. */
static bool look_up(const char *folder, const char *name, struct stat *st)
{
	int dir = open_folder(folder);
	if (dir < 0)
		return false;
	bool there = fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0;
	close(dir);
	return there;
}

bool yj_sms_there(const char *folder, const char *name)
{
	struct stat st;
	return look_up(folder, name, &st);
}

int64_t yj_sms_age_ms(const char *folder, const char *name)
{
	struct stat st;
	struct timespec now;
	if (!look_up(folder, name, &st))
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ms = (nanoseconds(&now) - nanoseconds(&st.st_mtim)) / 1000000;
	return age_ms > 0 ? age_ms : 0;
}

static int read_all(int fd, char **bytes, size_t *len)
{
	size_t n = 0;
	char *buf = malloc(YJ_SMS_FILE_MAX + 1);
	if (!buf)
		return YJ_ERR_NOMEM;
	while (n < YJ_SMS_FILE_MAX + 1) {
		ssize_t got = read(fd, buf + n, YJ_SMS_FILE_MAX + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(buf);
			return YJ_ERR_IO;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	if (n > YJ_SMS_FILE_MAX) {
		free(buf);
		return YJ_ERR_BADMSG;
	}
	buf[n] = '\0';
	*bytes = buf;
	*len = n;
	return 0;
}

int yj_sms_load(const char *folder, const char *name, char **bytes, size_t *len)
{
	struct stat st;
	int rc, dir = open_folder(folder);
	if (dir < 0)
		return YJ_ERR_IO;
	/* O_NONBLOCK: a pipe without a writer would stop the loop */
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int error = errno;
	close(dir);
	if (fd < 0) {
		switch (error) {
		case ENOENT:
			return YJ_ERR_NOTFOUND;
		case EACCES:
		case EPERM:
			return YJ_ERR_DENIED;
		case ELOOP:
		case ENXIO:
			return YJ_ERR_BADMSG;
		default:
			return YJ_ERR_IO;
		}
	}
	if (fstat(fd, &st) < 0)
		rc = YJ_ERR_IO;
	else if (!S_ISREG(st.st_mode) || st.st_size > YJ_SMS_FILE_MAX)
		rc = YJ_ERR_BADMSG;
	else
		rc = read_all(fd, bytes, len);
	close(fd);
	return rc;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The folder itself if need be; its group is smsd's where the folder above hands its own down. */
static int open_or_make(const char *folder)
{
	int dir = open_folder(folder);
	if (dir < 0 && errno == ENOENT && mkdir(folder, 0770) == 0)
		dir = open_folder(folder);
	return dir;
}

int yj_sms_put(
    const char *draft, const char *folder, const char *name, const char *bytes, size_t len)
{
	int rc = YJ_ERR_IO, fd = -1;
	int to = open_folder(folder);
	if (to < 0)
		return YJ_ERR_IO;
	int from = open_or_make(draft);
	if (from < 0)
		goto out;
	unlinkat(from, name, 0); /* left by a crash, or somebody's link */
	fd = openat(from, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
	if (fd < 0)
		goto out;
	/* fchmod, for the service's umask lets no group read */
	if (fchmod(fd, 0660) < 0 || !write_all(fd, bytes, len) || fdatasync(fd) < 0 ||
	    renameat2(from, name, to, name, RENAME_NOREPLACE) < 0) {
		int error = errno;
		rc = error == EEXIST ? YJ_ERR_EXISTS : YJ_ERR_IO;
		unlinkat(from, name, 0);
		errno = error;
		goto out;
	}
	rc = 0;
out:;
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (from >= 0)
		close(from);
	close(to);
	errno = error;
	return rc;
}

bool yj_sms_remove(const char *folder, const char *name)
{
	int dir = open_folder(folder);
	if (dir < 0)
		return false;
	bool gone = unlinkat(dir, name, 0) == 0 || errno == ENOENT;
	close(dir);
	return gone;
}

static size_t count_entries(int dir)
{
	size_t n = 0;
	DIR *listing = fdopendir(dup(dir));
	if (!listing)
		return 0;
	while (readdir(listing))
		n++;
	closedir(listing);
	return n;
}

int yj_sms_set_aside(const char *folder, const char *name, const char *to, bool *dropped)
{
	char as[300];
	struct timespec now;
	int rc = YJ_ERR_IO;
	int from = open_folder(folder);
	if (from < 0)
		return YJ_ERR_IO;
	int dir = open_or_make(to);
	if (dir < 0)
		goto out;
	*dropped = count_entries(dir) >= YJ_SMS_ASIDE_MAX;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(as, sizeof as, "%lld.%09ld-%.200s", (long long)now.tv_sec, now.tv_nsec, name);
	if (*dropped ? unlinkat(from, name, 0) == 0 : renameat(from, name, dir, as) == 0)
		rc = 0;
	close(dir);
out:
	close(from);
	return rc;
}

static int by_time(const void *a, const void *b)
{
	const struct yj_sms_found *x = a, *y = b;
	if (x->mtime_ns != y->mtime_ns)
		return x->mtime_ns < y->mtime_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

int yj_sms_list(const char *folder, struct yj_sms_found **found, size_t *n)
{
	struct yj_sms_found *list = NULL;
	size_t count = 0, cap = 0;
	DIR *listing = opendir(folder);
	if (!listing)
		return YJ_ERR_IO;
	struct dirent *entry;
	while (count < YJ_SMS_SCAN_MAX && (entry = readdir(listing)) != NULL) {
		struct stat st;
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof list->name ||
		    fstatat(dirfd(listing), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    S_ISDIR(st.st_mode))
			continue;
		if (count == cap) {
			cap = cap ? cap * 2 : 64;
			struct yj_sms_found *more = realloc(list, cap * sizeof *list);
			if (!more) {
				free(list);
				closedir(listing);
				return YJ_ERR_NOMEM;
			}
			list = more;
		}
		snprintf(list[count].name, sizeof list->name, "%s", entry->d_name);
		list[count].mtime_ns = nanoseconds(&st.st_mtim);
		list[count].inode = st.st_ino;
		count++;
	}
	closedir(listing);
	if (count > 1)
		qsort(list, count, sizeof *list, by_time);
	*found = list;
	*n = count;
	return 0;
}
