/* Notices: what people are told that is no incident (a test of their channels, a gap in a roster, a
 * device that is diverted). A notice goes the way of a page, outbox and channels, but is not
 * repeated and escalates to nobody. In the inbox it has the state `notice` and, in place of an
 * incident's id, its own, {gateway}-m{number}; an `ack` to that id confirms it. */
#ifndef APP_NOTICES_H
#define APP_NOTICES_H

#include "gateway.h"
#include "store/notice.h"

/* Tells one person `text` (people's words, in the gateway's language), within the caller's
 * transaction. Over each of their channels (every_channel) or the first that takes it. *n (may be
 * NULL) is its number. 0, YJ_ERR_NOTFOUND: no such caregiver, or a yj_err. */
int yj_notices_tell(struct yj_gateway *g, enum yj_notice_kind kind, const char *caregiver,
    const char *text, bool every_channel, int64_t *n) YJ_MUST_CHECK;

/* Tells one person over this channel and no other: an answer to what they said over it. */
int yj_notices_tell_over(struct yj_gateway *g, const char *caregiver, const char *channel,
    const char *text) YJ_MUST_CHECK;

/* Tells one person what names others: over the first of their channels that is no group's; what
 * goes out in a group all the same says `brief` alone. */
int yj_notices_tell_named(struct yj_gateway *g, enum yj_notice_kind kind, const char *caregiver,
    const char *text, const char *brief) YJ_MUST_CHECK;

/* Tells every caregiver of these roles (a mask of 1 << enum yj_role) whatever their region. */
int yj_notices_tell_roles(
    struct yj_gateway *g, enum yj_notice_kind kind, unsigned roles, const char *text) YJ_MUST_CHECK;

/* It has arrived over this channel: a receipt. Within the caller's transaction. */
int yj_notices_seen(struct yj_gateway *g, int64_t n, const char *channel) YJ_MUST_CHECK;

/* This person says over this channel that they have it, which proves the channel. Within the
 * caller's transaction. 0; YJ_ERR_NOTFOUND: no such notice; YJ_ERR_DENIED: it was for somebody
 * else.
 */
int yj_notices_confirm(
    struct yj_gateway *g, int64_t n, const char *caregiver, const char *channel) YJ_MUST_CHECK;

#endif
