#include "again.h"

#include <stdio.h>
#include <string.h>

#include "fnv.h"
#include "store/foreign.h"

#define FIELD "delivered"
#define KEPT 8		      /* deliveries of one device that may be under way */
#define MARK_LEN 22	      /* "12345:0123456789abcdef" */
#define FOR_MS (10 * 60000LL) /* by then an identifier may be used anew */

int yj_again(
    struct yj_gateway *g, const char *device, const struct yj_raw *raw, size_t part, bool *again)
{
	char marks[KEPT * (MARK_LEN + 1) + 1], next[sizeof marks], mark[MARK_LEN + 1];
	int64_t t;
	*again = false;
	if (!raw->packet) /* QoS 0: nobody delivers it again */
		return 0;
	uint64_t h = yj_fnv(yj_fnv_text(raw->topic), raw->payload, raw->len);
	h = yj_fnv(h, &part, sizeof part);
	snprintf(mark, sizeof mark, "%05u:%016llx", (unsigned)raw->packet, (unsigned long long)h);
	int rc = yj_foreign_recall(g->store, device, FIELD, marks, sizeof marks, &t);
	if (rc < 0)
		return rc;
	if (g->now.t - t > FOR_MS || g->now.t < t)
		marks[0] = '\0';
	*again = raw->again && strstr(marks, mark) != NULL;
	if (*again)
		return 0;
	snprintf(next, sizeof next, "%s;%s", mark, marks);
	next[KEPT * (MARK_LEN + 1) - 1] = '\0';
	return yj_foreign_remember(g->store, device, FIELD, next, g->now.t);
}
