/* A store with three residents, and ways to import into it and to look at what came of it. */
#ifndef IMPORT_RIG_H
#define IMPORT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/import.h"

#define RESIDENTS                                                                                  \
	"id,name,region\nr1,张三,511781101201\nr2,李四,511781101201\nr3,王五,511781101202\n"

struct import_commit { /* what the switch told before it committed, and what it was answered */
	int calls, answer;
	long added, replaced;
};

extern char path[128], stage[128]; /* of the database, of the staged rows */
extern struct yj_store *s, *reader;
extern char why[YJ_WHY_MAX];
extern struct yj_import_result result;
extern struct import_commit commit;

int before_commit(void *ctx, long added, long replaced);
void sql(const char *text);
int stage_bytes(enum yj_dir kind, const void *csv, size_t len, const struct yj_import_opts *opts);
int take_over(enum yj_dir kind);
void good_bytes(enum yj_dir kind, const void *csv, size_t len, long rows);
void good(enum yj_dir kind, const char *csv, long rows);
void listed(long line, const char *column, const char *text);
void bad(enum yj_dir kind, const char *csv, long line, const char *column, const char *text);
void has(enum yj_dir kind, const char *id, const char *column, const char *text);
size_t count(enum yj_dir kind);
char *export(enum yj_dir kind, size_t *len);
char *fixture(const char *name, size_t *len);
int setup(void **state);
int teardown(void **state);
char *dump(void);

#endif
