/* What the files of mappings share. */
#ifndef DEVICES_SRC_MAPPING_H
#define DEVICES_SRC_MAPPING_H

#include "devices/mapping.h"
#include "json.h"
#include "topics.h"

struct yj_map_segment {
	char *key;
	size_t len;
	int64_t index; /* -1: no element of an array */
};
struct yj_map_pointer { /* RFC 6901 */
	char *text;
	size_t n;
	struct yj_map_segment *segments;
};

yj_js_at yj_map_at(const struct yj_js *js, yj_js_at at, const struct yj_map_pointer *pointer);

/* Does the topic match; captures (YJ_MAP_CAPTURES_MAX, at NULL where there is none). */
bool yj_mapping_match(
    const struct yj_mapping *m, const char *topic, struct yj_level captures[YJ_MAP_CAPTURES_MAX]);

/* JSON of bytes that came in another form, appended to out[*used], whole. bytes may be overwritten.
 * 0; YJ_ERR_INVAL: they are not in that form; YJ_ERR_BADMSG: not UTF-8; YJ_ERR_FULL. */
int yj_unpack(struct yj_map_as as, char *bytes, size_t len, char *out, size_t cap,
    size_t *used) YJ_MUST_CHECK;

#endif
