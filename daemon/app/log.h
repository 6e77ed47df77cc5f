/* The process log: one line per call on stderr, key=value. It is for whoever runs the machine; what
 * happened to people is in the event log. Always name `incident=` or `device=` where there is one,
 * and NEVER names, phone numbers, addresses, health data, secrets, tokens or payloads.
 *
 *   yj_log(YJ_LOG_WARN, "event=link-down conn=help why=%s", YJ_Q(why));
 *
 * Under journald (JOURNAL_STREAM names our stderr) a line begins with its syslog priority, <4>;
 * else with the time and the level. A reader that does not read costs lines, never the caller's
 * time: what would block is dropped, and the next line that goes through is preceded by how many
 * were. */
#ifndef APP_LOG_H
#define APP_LOG_H

#include <stddef.h>

#define YJ_LOG_LINE_MAX 2048 /* longer lines are cut and end in "..." */
#define YJ_LOG_VALUE_MAX 256 /* of a quoted value; longer ones are cut */

enum yj_log_level { YJ_LOG_ERR, YJ_LOG_WARN, YJ_LOG_INFO, YJ_LOG_DEBUG };

/* Lines above this level are not written. INFO until it is called. */
void yj_log_level_set(enum yj_log_level level);

/* Writes one line. Control characters in it become '?', so that it stays one. Keeps errno. */
void yj_log(enum yj_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A value as it may stand after '=': as it is if it is plain, else in double quotes with \" \\ \n
 * and \xHH. NULL is "". Returns buf. cap at least 8. */
const char *yj_log_quote(char *buf, size_t cap, const char *value);
/* The same in a buffer that lives as long as the block in which it is used. */
#define YJ_Q(value) yj_log_quote((char[YJ_LOG_VALUE_MAX]){0}, YJ_LOG_VALUE_MAX, (value))

#endif
