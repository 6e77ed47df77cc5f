/* One file below a folder, as HTTP may ask for it: regular, not hidden, not behind a link, not too
 * large, named by letters, digits, '.', '_' and '-' alone. Nothing outside of the folder can be
 * named. */
#ifndef APP_WEBFILE_H
#define APP_WEBFILE_H

#include <event2/buffer.h>
#include <stddef.h>

#include "proto/err.h"

#define YJ_WEBFILE_TAG_MAX 64

struct yj_webfile {
	int fd;			      /* to be closed */
	size_t len;		      /* bytes */
	char tag[YJ_WEBFILE_TAG_MAX]; /* ETag, with its quotes: other whenever the file is */
	const char *type;	      /* media type, static */
};

/* Opens folder/path; path has no '/' at its beginning, and one at its end (or "") asks for
 * index.html. 0; YJ_ERR_NOTFOUND for whatever may not or cannot be had; YJ_ERR_FULL beyond
 * YJ_WEBFILE_MAX; YJ_ERR_IO. */
int yj_webfile_open(const char *folder, const char *path, struct yj_webfile *file) YJ_MUST_CHECK;

/* Adds its bytes to out. 0, YJ_ERR_IO (it has become shorter, too), YJ_ERR_NOMEM. */
int yj_webfile_read(const struct yj_webfile *file, struct evbuffer *out) YJ_MUST_CHECK;

#endif
