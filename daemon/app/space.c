#include "space.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct yj_space {
	char dir[4000];
	char reserve[4096];
	bool low;
	bool held; /* the reserve file is there */
};

struct yj_space *yj_space_new(const char *data_dir)
{
	struct yj_space *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	snprintf(s->dir, sizeof s->dir, "%s", data_dir);
	snprintf(s->reserve, sizeof s->reserve, "%s/reserve", data_dir);
	return s;
}

void yj_space_free(struct yj_space *space)
{
	free(space);
}

/* A quarter of what is free at most, so that a small disk keeps working room too. */
static void make_reserve(struct yj_space *s, unsigned long long free_bytes)
{
	struct stat st;
	if (stat(s->reserve, &st) == 0 && st.st_size > 0) {
		s->held = true;
		return;
	}
	unsigned long long size =
	    free_bytes / 4 < YJ_SPACE_RESERVE ? free_bytes / 4 : YJ_SPACE_RESERVE;
	if (size < (1u << 20))
		return;
	int fd = open(s->reserve, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	s->held = posix_fallocate(fd, 0, (off_t)size) == 0;
	close(fd);
	if (!s->held)
		unlink(s->reserve);
}

void yj_space_check(struct yj_gateway *g)
{
	struct yj_space *s = g->space;
	struct statvfs v;
	if (statvfs(s->dir, &v) < 0)
		return;
	unsigned long long free_bytes = (unsigned long long)v.f_bavail * v.f_frsize;
	bool first = !s->held && g->started_t == g->now.t;
	s->low = free_bytes < YJ_SPACE_LOW;
	if (!s->held && (first || free_bytes >= YJ_SPACE_LOW + YJ_SPACE_RESERVE))
		make_reserve(s, free_bytes);
	yj_gateway_trouble(g, YJ_TROUBLE_SPACE, s->low);
}

void yj_space_full(struct yj_gateway *g)
{
	struct yj_space *s = g->space;
	if (s->held && unlink(s->reserve) == 0) {
		yj_log(YJ_LOG_ERR, "event=reserve_released");
		g->retry_t = g->now.t; /* there is room now */
	}
	s->held = false;
	s->low = true;
	yj_gateway_trouble(g, YJ_TROUBLE_SPACE, true);
}

bool yj_space_release(const char *data_dir)
{
	char reserve[4096];
	snprintf(reserve, sizeof reserve, "%s/reserve", data_dir);
	if (unlink(reserve) < 0)
		return false;
	yj_log(YJ_LOG_ERR, "event=reserve_released");
	return true;
}

bool yj_space_spare(const struct yj_gateway *g)
{
	return !g->space->low;
}
