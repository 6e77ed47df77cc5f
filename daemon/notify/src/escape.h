/* How a value is written so that it stays a value where it stands. */
#ifndef NOTIFY_ESCAPE_H
#define NOTIFY_ESCAPE_H

#include <stdio.h>

#include "notify/template.h"

/* Errors stay with the stream. */
void yj_escape_write(FILE *out, enum yj_escape escape, const char *value);

#endif
