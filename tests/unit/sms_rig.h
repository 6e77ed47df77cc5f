/* What the tests of the SMS channel share: a spool in a temporary folder, without smsd. */
#ifndef TEST_SMS_RIG_H
#define TEST_SMS_RIG_H

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notify/sms_spool.h"
#include "turning.h"

#define KEPT 512

struct said { /* a copy of what came back */
	enum yj_back_type type;
	char ref[YJ_REF_MAX + 1], id[160], from[64], text[4096], words[128];
};

struct fixture {
	char root[64];
	struct event_base *base;
	struct event *tick;
	struct yj_sms_spool *spool;
	const struct yj_channel *channel;
	struct yj_sent_result results[KEPT];
	int n_results;
	struct said said[KEPT];
	int n_said, n_offered;
	int refuse; /* so many offers are refused */
	char notes[KEPT][32];
	int n_notes;
	bool sending;
};

int setup(void **state);
int teardown(void **state);
/* Begins the channel with quick times; `take_max_ms` 0: it never gives up within a test. */
void begin(struct fixture *f, int64_t take_max_ms);
void end(struct fixture *f);
int send_page(struct fixture *f, uint64_t token, const char *id, const char *phone);
/* Turns the loop for at least so long. */
void turn_for(struct fixture *f, int ms);

/* Files of the spool by folder and name. */
void write_file(
    struct fixture *f, const char *folder, const char *name, const void *bytes, size_t len);
void write_text(struct fixture *f, const char *folder, const char *name, const char *text);
/* Borrowed until the next call; NULL: not there. */
const char *read_file(struct fixture *f, const char *folder, const char *name);
bool there(struct fixture *f, const char *folder, const char *name);
/* The only file (no folder) of a folder; "" if there is none. Borrowed until the next call. */
const char *only(struct fixture *f, const char *folder);
int count(struct fixture *f, const char *folder);
/* What smsd does: takes the only file of outgoing and leaves it in `folder` with more headers. */
void smsd_leaves(struct fixture *f, const char *folder, const char *headers);
/* Makes a file older. */
void age(struct fixture *f, const char *folder, const char *name, int seconds);

#endif
