/* Files in a folder that others may write to: links are not followed, only regular files of a
 * bounded size are read, and nothing blocks on them. */
#ifndef NOTIFY_SMS_FOLDER_H
#define NOTIFY_SMS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

struct yj_sms_found {
	char name[256];
	int64_t mtime_ns; /* since the epoch */
	uint64_t inode;
};

/* Is there something of this name? */
bool yj_sms_there(const char *folder, const char *name);

/* Age of a file in ms, by its last change and the machine's clock; -1: it is not there. A time in
 * the future counts as 0. */
int64_t yj_sms_age_ms(const char *folder, const char *name);

/* Reads a whole file, to be freed, with a zero after it. YJ_ERR_NOTFOUND: gone; YJ_ERR_DENIED: may
 * not be opened; YJ_ERR_BADMSG: a link, no regular file, or over YJ_SMS_FILE_MAX; YJ_ERR_IO;
 * YJ_ERR_NOMEM. */
int yj_sms_load(const char *folder, const char *name, char **bytes, size_t *len) YJ_MUST_CHECK;

/* Writes a file for smsd's group: first in `draft`, made if need be, then renamed. YJ_ERR_EXISTS:
 * it is there already and stays as it is. YJ_ERR_IO with errno otherwise; nothing stays behind. */
int yj_sms_put(const char *draft, const char *folder, const char *name, const char *bytes,
    size_t len) YJ_MUST_CHECK;

/* true: it is no longer there. */
bool yj_sms_remove(const char *folder, const char *name);

/* Moves a file, or a link itself, to another folder, made if need be, under a name of its own; if
 * that has YJ_SMS_ASIDE_MAX entries the file is removed: *dropped. YJ_ERR_IO. */
int yj_sms_set_aside(
    const char *folder, const char *name, const char *to, bool *dropped) YJ_MUST_CHECK;

/* What is no folder in a folder, oldest first, at most YJ_SMS_SCAN_MAX, to be freed. YJ_ERR_IO: it
 * cannot be read. YJ_ERR_NOMEM. */
int yj_sms_list(const char *folder, struct yj_sms_found **found, size_t *n) YJ_MUST_CHECK;

#endif
