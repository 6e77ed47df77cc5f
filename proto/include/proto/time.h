/* UTC times as text: RFC 3339, section 5.6, always with 'Z' and milliseconds when written. */
#ifndef PROTO_TIME_H
#define PROTO_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

#define YJ_RFC3339_LEN 25 /* "2026-11-23T18:49:32.123Z" and a terminator */
#define YJ_UTC_MIN_MS 0LL /* years 1970 to 9999 can be written */
#define YJ_UTC_MAX_MS 253402300799999LL

/* Writes ms since the epoch (clamped to the range above). Returns buf. Pure: no locale, no tz. */
char *yj_rfc3339_format(int64_t utc_ms, char buf[YJ_RFC3339_LEN]);

/* Reads any RFC 3339 date-time (any offset, any fraction) into ms. 0 or YJ_ERR_INVAL. */
int yj_rfc3339_parse(const char *s, int64_t *utc_ms) YJ_MUST_CHECK;

/* Reads a duration with a unit ("500ms", "60s", "5m", "24h", "180d"): one non-negative integer and
 * one unit, at most 3650d. 0 or YJ_ERR_INVAL. */
int yj_duration_parse(const char *s, int64_t *ms) YJ_MUST_CHECK;

#endif
