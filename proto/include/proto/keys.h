/* What a device's keys mean (devices.csv, keys): "single=sos;double=family;hold=ignore;*=service".
 */
#ifndef PROTO_KEYS_H
#define PROTO_KEYS_H

#include <stdbool.h>

#include "proto/words.h"

/* The meaning of a key ("long", or of several buttons "2:long", for which "long" stands too, as
 * long as nothing is said of "2:long" itself); `sos` where nothing is said of it, so that a press
 * is never lost by a name that nobody foresaw. false: it is to be ignored. */
bool yj_keys_button(const char *keys, const char *key, enum yj_kind *button);

/* NULL, or what is wrong with such a list (static). */
const char *yj_keys_check(const char *keys);

#endif
