/* Inside of the voice channel. */
#ifndef NOTIFY_VOICE_INSIDE_H
#define NOTIFY_VOICE_INSIDE_H

#include <event2/event.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "notify/voice.h"
#include "proto/limits.h"
#include "voice_control.h"
#include "voice_speech.h"

#define YJ_VOICE_NUMBER_MAX 39
#define YJ_VOICE_HEARD_MS 3000 /* who hangs up earlier cannot know what it is about */

/* What the channel owes the caller for one delivery; made with the call, so that it can always be
 * said. */
struct yj_voice_result {
	TAILQ_ENTRY(yj_voice_result) link;
	yj_sent_cb done;
	void *ctx;
	struct yj_sent_result result;
};
TAILQ_HEAD(yj_voice_results, yj_voice_result);

/* Something to be offered to the caller until it is stored. */
struct yj_voice_back {
	enum yj_back_type type;
	uint64_t token;
	uint64_t call; /* our number of the call */
	char key;      /* of a TEXT */
	char ref[YJ_REF_MAX + 1];
	char words[64];
};

/*  FREE ─send─▶ PREPARING ─spoken─▶ SETTING ─▶ DIALING ─▶ RINGING ─picked up─▶ TALKING
 *   ▲               │                  │          │          │     │ key stored │ no longer
 *   │               │                  │          │ time,    │     │            │ needed
 *   │               │                  │          │ cancel   │     ▼            ▼
 *   │               │                  │          ▼          ▼    PARTING ◀─────┘
 *   │               │                  │        HANGING_UP ◀─said, time─┘
 *   └───────────────┴──────────────────┴── closed, baresip gone: from every phase */
enum yj_line_phase {
	YJ_LINE_FREE,
	YJ_LINE_PREPARING, /* speech is made */
	YJ_LINE_SETTING,   /* baresip is told what to play */
	YJ_LINE_DIALING,   /* the far end has not rung yet */
	YJ_LINE_RINGING,
	YJ_LINE_TALKING,    /* the alert is spoken, keys are heard */
	YJ_LINE_PARTING,    /* the last words are made and spoken */
	YJ_LINE_HANGING_UP, /* until baresip says that the call is closed */
};

struct yj_voice_call {
	struct yj_voice_result *due; /* NULL: said, or cancelled */
	uint64_t token;
	uint64_t n; /* our number, never used twice */
	bool asks;
	bool dialled;	/* baresip has taken the command */
	bool early;	/* the far network let the words begin before anybody picked up */
	bool cancelled; /* somebody else answered, or it is over */
	bool key_told;	/* a receipt has gone out */
	char key;	/* the answer that was taken, '\0': none */
	int64_t picked_up_ms;
	int64_t all_ms; /* the words as often as they are said */
	char language[8];
	char number[YJ_VOICE_NUMBER_MAX + 1];
	char resident_phone[64];
	char id[YJ_REF_MAX + 1]; /* baresip's, "" as long as it has not said */
	char source[PATH_MAX];	 /* what is played */
};

struct yj_line {
	struct yj_voice *voice;
	struct yj_control *control;
	struct event *timer; /* what ends the phase */
	char address[64];
	enum yj_line_phase phase;
	bool down;
	char down_words[96];
	struct yj_voice_call call;
};

struct yj_voice_settings {
	char *dial, *folder, *speaker, *voice;
	int64_t ring_for_ms, talk_for_ms, retry_ms, answer_ms, look_ms;
	int attempts;
};

struct yj_voice {
	struct event_base *base;
	yj_back_cb back;
	void *back_ctx;
	struct yj_channel channel;
	struct yj_voice_settings settings;
	struct yj_speech *speech; /* NULL: not configured */
	struct yj_line *lines[YJ_VOICE_LINES_MAX];
	size_t n_lines;
	uint64_t n_calls; /* ever */
	struct yj_voice_results results;
	struct yj_voice_back backs[YJ_VOICE_BACKS_MAX]; /* in order */
	size_t n_backs;
	int64_t offer_ms;    /* not before: the caller could not store the last one */
	struct event *later; /* says results, then offers backs */
};

int64_t yj_voice_now_ms(void);

/* voice.c: what a line tells the caller. A result is said from the loop; `due` is taken. */
void yj_voice_say_result(struct yj_voice *voice, struct yj_voice_result *due, enum yj_sent outcome,
    const char *ref, const char *words);
/* false: there is no room, so it was not taken. */
bool yj_voice_offer(struct yj_voice *voice, const struct yj_voice_back *back) YJ_MUST_CHECK;

/* voice_line.c. A line begins to connect at once. NULL when memory is short. */
struct yj_line *yj_line_new(
    struct yj_voice *voice, const struct yj_voice_settings *settings, const char *address);
/* Ends the call as if baresip had gone, and the line; words is for the record. */
void yj_line_end(struct yj_line *line, const char *words);
bool yj_line_is_free(const struct yj_line *line);
/* Begins a call on a free line; takes `due` on success. 0, or what yj_speech_say returns. */
int yj_line_call(struct yj_line *line, const struct yj_delivery *delivery, const char *number,
    struct yj_voice_result *due) YJ_MUST_CHECK;
/* Somebody else answered. */
void yj_line_cancel(struct yj_line *line);
/* The key of this call is on disk. */
void yj_line_stored(struct yj_line *line);

/* voice_heard.c: what baresip says, for a line as ctx. */
extern const struct yj_control_hooks yj_line_hooks;

/* voice_line.c, for voice_heard.c. The timer ends the phase after ms. */
void yj_line_arm(struct yj_line *line, int64_t ms);
/* Says what became of the delivery, unless that has been said. */
void yj_line_say_result(
    struct yj_line *line, enum yj_sent outcome, const char *ref, const char *words);
/* false: there is no room. */
bool yj_line_offer(struct yj_line *line, enum yj_back_type type, char key, const char *words);
/* If somebody picked up and has pressed nothing: that is a failure. */
void yj_line_say_unheard(struct yj_line *line, const char *words);
void yj_line_set_free(struct yj_line *line);
void yj_line_hang_up(struct yj_line *line);
/* Ends a call that nobody has picked up, which is worth another try. */
void yj_line_give_up(struct yj_line *line, const char *words);
/* Before a call this is what it begins with; within one it is heard at once, from its beginning.
 * The answer comes under a tag of `what` and the call's number. 0 or what yj_control_command says.
 */
int yj_line_play(struct yj_line *line, const char *path, char what) YJ_MUST_CHECK;
void yj_line_dial(struct yj_line *line);

#endif
