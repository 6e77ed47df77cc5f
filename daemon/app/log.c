/* The process log. */
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/time.h"

static struct {
	enum yj_log_level level;
	unsigned long dropped;
} state = {.level = YJ_LOG_INFO};

void yj_log_level_set(enum yj_log_level level)
{
	state.level = level;
}

static bool plain(unsigned char c)
{
	return c > 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '=';
}

/* The length without a last character of UTF-8 that may be incomplete: the journal shows a line
 * with half a one as a blob. */
static size_t whole(const char *s, size_t n)
{
	while (n > 1 && ((unsigned char)s[n - 1] & 0xc0) == 0x80)
		n--;
	return n > 1 && (unsigned char)s[n - 1] >= 0xc0 ? n - 1 : n;
}

const char *yj_log_quote(char *buf, size_t cap, const char *value)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;
	bool quote = !value || !*value;
	for (const char *s = value; s && *s; s++)
		quote = quote || !plain((unsigned char)*s);
	if (!quote && strlen(value) < cap) {
		memcpy(buf, value, strlen(value) + 1);
		return buf;
	}
	buf[n++] = '"';
	for (const unsigned char *s = (const unsigned char *)value; s && *s; s++) {
		char out[5] = {(char)*s};
		if (*s == '"' || *s == '\\') {
			out[0] = '\\';
			out[1] = (char)*s;
		} else if (*s == '\n') {
			memcpy(out, "\\n", 3);
		} else if (*s < 0x20 || *s == 0x7f) {
			out[0] = '\\';
			out[1] = 'x';
			out[2] = hex[*s >> 4];
			out[3] = hex[*s & 15];
		}
		if (n + strlen(out) + 2 > cap) { /* with the closing quote */
			n = whole(buf, n);
			break;
		}
		memcpy(buf + n, out, strlen(out));
		n += strlen(out);
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return buf;
}

/* Is stderr the journal's? It may have been redirected since systemd set the variable
 * (systemd.exec(5), "JOURNAL_STREAM"). */
static bool to_journal(const struct stat *st)
{
	char mine[64];
	const char *journal = getenv("JOURNAL_STREAM");
	snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	return journal && strcmp(journal, mine) == 0;
}

/* Writes a line unless that would block. A pipe that is writable takes PIPE_BUF bytes whole, and a
 * line is shorter. */
static bool put(const struct stat *st, const char *line, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (S_ISSOCK(st->st_mode))
		return send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, len) == (ssize_t)len;
}

static size_t begin(char *line, size_t cap, enum yj_log_level level, bool journal)
{
	static const struct {
		const char *name;
		int priority; /* sd-daemon(3) */
	} levels[] = {[YJ_LOG_ERR] = {"err", 3},
	    [YJ_LOG_WARN] = {"warn", 4},
	    [YJ_LOG_INFO] = {"info", 6},
	    [YJ_LOG_DEBUG] = {"debug", 7}};
	char when[YJ_RFC3339_LEN];
	struct timespec ts = {0};
	if (journal)
		return (size_t)snprintf(line, cap, "<%d>", levels[level].priority);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	yj_rfc3339_format((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, when);
	return (size_t)snprintf(line, cap, "%s level=%s ", when, levels[level].name);
}

static void one_line(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
}

void yj_log(enum yj_log_level level, const char *fmt, ...)
{
	char line[YJ_LOG_LINE_MAX];
	struct stat st = {0};
	int saved = errno;
	va_list ap;
	if (level > state.level)
		return;
	bool journal = fstat(STDERR_FILENO, &st) == 0 && to_journal(&st);
	if (state.dropped > 0) {
		size_t n = begin(line, sizeof(line), YJ_LOG_WARN, journal);
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n, "event=log-dropped lines=%lu\n", state.dropped);
		if (put(&st, line, n))
			state.dropped = 0;
	}
	size_t n = begin(line, sizeof(line), level, journal);
	errno = saved; /* for %m */
	va_start(ap, fmt);
	int more = vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	va_end(ap);
	n += more > 0 ? (size_t)more : 0;
	if (n >= sizeof(line)) { /* room for the end of the line */
		n = whole(line, sizeof(line) - 4);
		memcpy(line + n, "...", sizeof("..."));
		n += 3;
	}
	one_line(line, n);
	line[n++] = '\n';
	if (state.dropped > 0 || !put(&st, line, n))
		state.dropped++;
	errno = saved;
}
