/* What the tests of the configuration share: texts that are taken, and texts that are refused. All
 * texts are parsed as a file called f.yaml. */
#ifndef TEST_CONFIG_RIG_H
#define TEST_CONFIG_RIG_H

#include "config.h"

#define HEAD "gateway: {id: gw-1}\nmqtt: {}\n"
#define POLICIES "policies:\n  - {name: default, levels: [{notify: [family]}]}\n"

/* The configuration that a good text makes; the caller frees it. */
struct yj_config *good(const char *text);

/* All that is said about a wrong text; the caller frees it. */
char *bad(const char *text);

/* Exactly one complaint, on this line, with these words, and it says what was expected. */
void bad_at(const char *text, int line, const char *words);

#endif
