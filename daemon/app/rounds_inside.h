/* Inside of rounds: one telling of what is due, and its words. */
#ifndef APP_ROUNDS_INSIDE_H
#define APP_ROUNDS_INSIDE_H

#include "gateway.h"
#include "rounds.h"
#include "store/notice.h"
#include "store/round.h"

/* ── rounds_text.c ── */

enum yj_round_run_sort {
	YJ_RUN_DAILY,
	YJ_RUN_CHANGES, /* major changes, at once */
	YJ_RUN_BEGUN,	/* an extra round has begun */
	YJ_RUN_ENDED,	/* and is over */
};

#define YJ_ROUND_NAMES_MAX 200
struct yj_round_words_of { /* what one person is told */
	int due, overdue;  /* residents, with those whose names they are not told */
	int named_due, named_overdue;
	char due_names[YJ_ROUND_NAMES_MAX], overdue_names[YJ_ROUND_NAMES_MAX];
};
/* name: NULL if this person is not told it. over: days over the due day. */
void yj_round_words_add(struct yj_round_words_of *w, bool en, const char *name, int32_t over);
/* extra: NULL but for a run about one. */
void yj_round_words_end(const struct yj_round_words_of *w, enum yj_round_run_sort sort, bool en,
    const struct yj_round_extra *extra, char text[YJ_NOTICE_TEXT_MAX],
    char brief[YJ_NOTICE_BRIEF_MAX]);

/* ── rounds_run.c ── */

struct yj_round_run; /* one telling, kept in memory until everybody is told */

/* plan: borrowed for its life. extra: copied, NULL but for a run about one. NULL: no memory. */
struct yj_round_run *yj_round_run_new(struct yj_gateway *g, enum yj_round_run_sort sort,
    const struct yj_round_plan *plan, const struct yj_round_extra *extra);
void yj_round_run_free(struct yj_round_run *run);

/* Looks at one resident: events, and who is to hear of them. Within the caller's transaction; if
 * that is undone the run is of no more use. next_day: when there is something due again. */
int yj_round_run_visit(
    struct yj_round_run *run, const struct yj_round_resident *r, int32_t *next_day) YJ_MUST_CHECK;
/* Tells some of those people (as long as a piece may take); *more: there are others. */
int yj_round_run_tell(struct yj_round_run *run, bool *more) YJ_MUST_CHECK;
/* How many people there are. */
size_t yj_round_run_people(const struct yj_round_run *run);

/* A piece of work may take so long: the clock that it is measured by. */
#define YJ_ROUND_PIECE_MS 15
int64_t yj_round_ticks_ms(void);

#endif
