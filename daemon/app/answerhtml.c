#include "answerhtml.h"

#include <event2/http.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answerassets.h"
#include "answerwords.h"
#include "texts.h"

struct sheet { /* a page under way */
	struct evbuffer *out;
	bool en, failed;
	const char *language;
	const struct yj_answer_view *v;
};

static void raw(struct sheet *s, const char *html)
{
	if (evbuffer_add(s->out, html, strlen(html)) < 0)
		s->failed = true;
}

/* Text of whoever it is from: nothing of it is taken for HTML. */
static void text(struct sheet *s, const char *words)
{
	for (;;) {
		size_t plain = strcspn(words, "&<>\"'");
		if (evbuffer_add(s->out, words, plain) < 0)
			s->failed = true;
		char c = words[plain];
		if (c == '\0')
			return;
		raw(s, c == '&'	  ? "&amp;"
		       : c == '<' ? "&lt;"
		       : c == '>' ? "&gt;"
		       : c == '"' ? "&quot;"
				  : "&#39;");
		words += plain + 1;
	}
}

static const char *word(const struct sheet *s, enum yj_answer_word w)
{
	return yj_answer_word(s->en, w);
}

static void say(struct sheet *s, enum yj_answer_word w)
{
	text(s, word(s, w));
}

/* A sentence with a name where it has a `%s`. */
static void say_of(struct sheet *s, enum yj_answer_word w, const char *name)
{
	const char *sentence = word(s, w), *at = strstr(sentence, "%s");
	char before[256];
	snprintf(before, sizeof before, "%.*s", (int)(at - sentence), sentence);
	text(s, before);
	text(s, name[0] ? name : word(s, YJ_W_SOMEBODY));
	text(s, at + 2);
}

static void begin(struct sheet *s, const char *title)
{
	raw(s, "<!doctype html>\n<html lang=\"");
	raw(s, s->en ? "en" : "zh-CN");
	raw(s, "\"><head><meta charset=\"utf-8\">"
	       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	       "<meta name=\"robots\" content=\"noindex, nofollow\">"
	       "<meta name=\"format-detection\" content=\"telephone=no\"><title>");
	text(s, title);
	raw(s, "</title><style>");
	raw(s, yj_answer_style);
	raw(s, "</style></head><body><main>\n");
}

static int end(struct sheet *s)
{
	raw(s, "</main></body></html>\n");
	return s->failed ? YJ_ERR_NOMEM : 0;
}

/* ── what it is about ── */

static void put_name(struct sheet *s)
{
	const struct yj_about *a = &s->v->page.about;
	char surname[YJ_CALLED_MAX + 1];
	bool person = s->v->inc.whose.resident[0] != '\0';
	if (s->v->guarded && a->name[0] && person) {
		yj_text_surname(a->name, surname, sizeof surname);
		text(s, s->v->village);
		raw(s, " ");
		say_of(s, YJ_W_SURNAME, surname);
	} else if (a->name[0]) {
		text(s, a->name);
		if (a->others[0]) {
			raw(s, s->en ? ", " : "、");
			text(s, a->others);
		}
	} else {
		text(s, a->place[0] ? a->place : s->v->inc.device);
	}
}

static void put_ago(struct sheet *s)
{
	char ago[96];
	int64_t m = s->v->minutes;
	if (m <= 0)
		snprintf(ago, sizeof ago, "%s", word(s, YJ_W_JUST_NOW));
	else if (m < 60)
		snprintf(ago, sizeof ago, s->en ? "%" PRId64 " min ago" : "%" PRId64 "分钟前", m);
	else
		snprintf(ago, sizeof ago,
		    s->en ? "%" PRId64 " h %" PRId64 " min ago"
			  : "%" PRId64 "小时%" PRId64 "分钟前",
		    m / 60, m % 60);
	raw(s, "<p>");
	text(s, ago);
	if (s->v->inc.late) {
		raw(s, " ");
		say(s, YJ_W_LATE);
	}
	raw(s, "</p>\n");
}

static void put_state(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	raw(s, "<p class=\"state\">");
	switch (v->inc.state) {
	case YJ_INC_OPEN:
		say(s, v->inc.flags & YJ_FLAG_WITHDRAWN ? YJ_W_WITHDRAWN : YJ_W_NOBODY_YET);
		break;
	case YJ_INC_ACKED:
		if (v->mine)
			say(s, YJ_W_YOU_GO);
		else
			say_of(s, YJ_W_ANOTHER_GOES, v->by);
		break;
	case YJ_INC_ARRIVED:
		if (v->mine)
			say(s, YJ_W_YOU_ARRIVED);
		else
			say_of(s, YJ_W_ANOTHER_ARRIVED, v->by);
		break;
	case YJ_INC_RESOLVED:
	case YJ_INC_CANCELLED:
		say(s, YJ_W_ENDED);
		break;
	}
	raw(s, "</p>\n");
}

static void put_fact(struct sheet *s, enum yj_answer_word what, const char *fact)
{
	if (!fact || !fact[0])
		return;
	raw(s, "<dt>");
	say(s, what);
	raw(s, "</dt><dd>");
	text(s, fact);
	raw(s, "</dd>\n");
}

static void put_facts(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	const struct yj_about *a = &v->page.about;
	if (v->closed || v->guarded)
		return;
	raw(s, "<dl>");
	put_fact(s, YJ_W_ADDRESS, a->address);
	put_fact(s, YJ_W_PLACE, a->place);
	put_fact(s, YJ_W_SAID_BY_HOME, v->page.said);
	put_fact(s, YJ_W_ACCESS, v->page.inbox.resident.access);
	put_fact(s, YJ_W_HEALTH, v->page.inbox.resident.health);
	if (strcmp(a->status, "active") != 0)
		put_fact(s, YJ_W_STATUS, yj_answer_status(s->en, a->status));
	put_fact(s, YJ_W_PHONE, a->phone);
	raw(s, "</dl>\n");
}

/* ── dial and navigate ── */

static void put_link(struct sheet *s, const char *class, const char *href, enum yj_answer_word w)
{
	raw(s, "<a class=\"");
	raw(s, class);
	raw(s, "\" href=\"");
	text(s, href);
	raw(s, "\">");
	say(s, w);
	raw(s, "</a>\n");
}

static void put_dial(struct sheet *s, const char *phone)
{
	char href[80] = "tel:";
	size_t n = 4;
	for (const char *c = phone; *c && n < sizeof href - 1; c++)
		if ((*c >= '0' && *c <= '9') || (*c == '+' && n == 4))
			href[n++] = *c;
	if (n > 4)
		put_link(s, "b", href, YJ_W_DIAL);
}

/* Straight into a visit, which begins by itself. */
static void put_visit(struct sheet *s)
{
	static const struct {
		const char *mode;
		enum yj_answer_word word;
	} ways[] = {{"video", YJ_W_VISIT_VIDEO}, {"voice", YJ_W_VISIT_VOICE}};
	char href[YJ_VISITLINK_MAX + 40];
	if (!s->v->visit[0])
		return;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		snprintf(href, sizeof href, "../visit/#%s&start=%s", s->v->visit, ways[i].mode);
		put_link(s, "b see", href, ways[i].word);
	}
}

/* By where the home is, else by its address; no name goes to the map. */
static void put_way(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	char href[2048];
	char *where =
	    v->page.about.address[0] ? evhttp_uriencode(v->page.about.address, -1, false) : NULL;
	if (v->has_place) {
		snprintf(
		    href, sizeof href, "geo:%.6f,%.6f?q=%.6f,%.6f", v->lat, v->lon, v->lat, v->lon);
		put_link(s, "b", href, YJ_W_NAVIGATE);
		snprintf(href, sizeof href,
		    "https://uri.amap.com/navigation?to=%.6f,%.6f,%s&mode=car&coordinate=wgs84",
		    v->lon, v->lat, s->en ? "home" : "%E8%80%81%E4%BA%BA%E5%AE%B6");
		put_link(s, "b", href, YJ_W_AMAP);
	} else if (where && strlen(where) < sizeof href - 64) {
		snprintf(href, sizeof href, "geo:0,0?q=%s", where);
		put_link(s, "b", href, YJ_W_NAVIGATE);
		snprintf(href, sizeof href, "https://uri.amap.com/search?keyword=%s", where);
		put_link(s, "b", href, YJ_W_AMAP);
	}
	free(where);
}

static void put_links(struct sheet *s)
{
	raw(s, "<h2>");
	say(s, YJ_W_CALL_AND_FIND);
	raw(s, "</h2>\n");
	if (!s->v->answered)
		put_visit(s);
	if (!s->v->guarded) {
		put_dial(s, s->v->page.about.phone);
		put_way(s);
	}
	put_link(s, "b sos", "tel:120", YJ_W_DIAL_120);
}

/* ── answers: each its own form, so that none needs a script ── */

static void open_form(struct sheet *s, const char *action)
{
	raw(s, "<form method=\"post\"><input type=\"hidden\" name=\"id\" value=\"");
	text(s, s->v->nonce);
	raw(s, "\"><input type=\"hidden\" name=\"action\" value=\"");
	raw(s, action);
	raw(s, "\">");
}

static void put_hidden(struct sheet *s, const char *name, const char *value)
{
	raw(s, "<input type=\"hidden\" name=\"");
	raw(s, name);
	raw(s, "\" value=\"");
	raw(s, value);
	raw(s, "\">");
}

static void close_form(struct sheet *s, const char *class, enum yj_answer_word w)
{
	raw(s, "<button type=\"submit\" class=\"");
	raw(s, class);
	raw(s, "\">");
	say(s, w);
	raw(s, "</button></form>\n");
}

static void put_going(struct sheet *s, const char *class)
{
	static const char *const minutes[] = {"5", "10", "20", "30", "60"};
	open_form(s, "ack");
	put_hidden(s, "how", "going");
	raw(s, "<button type=\"submit\" class=\"");
	raw(s, class);
	raw(s, "\">");
	say(s, YJ_W_GO);
	raw(s, "</button><fieldset class=\"m\"><legend>");
	say(s, YJ_W_IN_MINUTES);
	raw(s, "</legend>");
	for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
		raw(s, "<button type=\"submit\" name=\"eta\" value=\"");
		raw(s, minutes[i]);
		raw(s, "\">");
		raw(s, minutes[i]);
		say(s, YJ_W_MINUTES);
		raw(s, "</button>");
	}
	raw(s, "</fieldset></form>\n");
}

static void put_end(struct sheet *s)
{
	static const enum yj_outcome outcomes[] = {YJ_OUTCOME_HELPED, YJ_OUTCOME_HOSPITAL,
	    YJ_OUTCOME_FALSE_ALARM, YJ_OUTCOME_TEST, YJ_OUTCOME_DEVICE_FAULT, YJ_OUTCOME_DECEASED,
	    YJ_OUTCOME_OTHER};
	raw(s, "<h2>");
	say(s, YJ_W_END_IT);
	raw(s, "</h2>\n");
	open_form(s, "resolve");
	raw(s, "<label for=\"outcome\">");
	say(s, YJ_W_OUTCOME);
	raw(s, "</label><select id=\"outcome\" name=\"outcome\"");
	raw(s, yj_kind_is_help(s->v->inc.kind) ? " required><option value=\"\">"
					       : "><option value=\"\">");
	say(s, YJ_W_CHOOSE);
	raw(s, "</option>");
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		raw(s, "<option value=\"");
		raw(s, yj_outcome_name(outcomes[i]));
		raw(s, "\">");
		text(s, yj_answer_outcome(s->en, outcomes[i]));
		raw(s, "</option>");
	}
	raw(s, "</select><label for=\"note\">");
	say(s, YJ_W_NOTE);
	raw(s, "</label><input type=\"text\" id=\"note\" name=\"note\" maxlength=\"200\" "
	       "autocomplete=\"off\">");
	close_form(s, "", YJ_W_END);
}

static void put_arrived(struct sheet *s, const char *class)
{
	open_form(s, "arrive");
	close_form(s, class, YJ_W_ARRIVED);
}

/* What comes next for this person stands first. */
static void put_answers(struct sheet *s)
{
	bool on_the_way = s->v->mine && s->v->inc.state == YJ_INC_ACKED;
	bool there = s->v->mine && s->v->inc.state == YJ_INC_ARRIVED;
	if (s->v->answered)
		put_visit(s);
	if (there)
		put_end(s);
	if (on_the_way)
		put_arrived(s, "go");
	put_going(s, on_the_way || there ? "" : "go");
	if (!on_the_way)
		put_arrived(s, "");
	open_form(s, "ack");
	put_hidden(s, "how", "remote");
	close_form(s, "", YJ_W_REMOTE);
	open_form(s, "decline");
	close_form(s, "", YJ_W_DECLINE);
	open_form(s, "note");
	put_hidden(s, "code", "need_help");
	close_form(s, "help", YJ_W_NEED_HELP);
	put_links(s);
	if (!there)
		put_end(s);
}

static void put_net(struct sheet *s)
{
	raw(s, "<p id=\"net\" role=\"status\" aria-live=\"assertive\" data-wait=\"");
	say(s, YJ_W_NO_SIGNAL);
	raw(s, "\" data-send=\"");
	say(s, YJ_W_SENDING);
	raw(s, "\" data-bad=\"");
	say(s, YJ_W_NOT_TAKEN);
	raw(s, "\"></p>\n");
}

static void put_script(struct sheet *s)
{
	raw(s, "<script>");
	raw(s, yj_answer_script);
	raw(s, "</script>\n");
}

static void put_said(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	if (v->said == YJ_SAID_NOTHING)
		return;
	raw(s, v->said >= YJ_SAID_CLOSED ? "<p class=\"said no\" role=\"alert\">"
					 : "<p class=\"said\" role=\"status\">");
	enum yj_answer_word w = yj_answer_said_word(v->said);
	if (strstr(word(s, w), "%s"))
		say_of(s, w, v->first);
	else
		say(s, w);
	raw(s, "</p>\n");
}

/* ── the pages ── */

static void notice_page(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	begin(s, word(s, YJ_W_TEST));
	put_net(s);
	put_said(s);
	raw(s, "<h1>");
	text(s, v->notice.text);
	raw(s, "</h1>\n");
	if (v->notice.confirmed_utc_ms != INT64_MAX) {
		raw(s, "<p class=\"state\">");
		say(s, YJ_W_CONFIRMED);
		raw(s, "</p>\n");
	} else {
		open_form(s, "ack");
		close_form(s, "go", YJ_W_CONFIRM);
	}
	put_script(s);
}

static void poisoned_page(struct sheet *s)
{
	begin(s, yj_text_kind(s->language, YJ_KIND_UNREADABLE));
	put_net(s);
	put_said(s);
	raw(s, "<h1>");
	text(s, yj_text_poisoned(s->language));
	raw(s, "</h1>\n");
	put_script(s);
}

static void incident_page(struct sheet *s)
{
	const struct yj_answer_view *v = s->v;
	const char *kind = yj_text_kind(s->language, v->inc.kind);
	begin(s, kind);
	put_net(s);
	put_said(s);
	raw(s, "<h1>");
	if (v->inc.drill)
		say(s, YJ_W_DRILL);
	put_name(s);
	raw(s, s->en ? ": " : "：");
	text(s, kind);
	raw(s, "</h1>\n");
	put_ago(s);
	put_state(s);
	put_facts(s);
	if (!v->closed)
		put_answers(s);
	put_script(s);
}

int yj_answerhtml_page(
    struct evbuffer *out, const char *language, const struct yj_answer_view *view)
{
	struct sheet s = {
	    .out = out, .en = strcmp(language, "en") == 0, .language = language, .v = view};
	if (view->row.notice)
		notice_page(&s);
	else if (view->inc.poisoned)
		poisoned_page(&s);
	else
		incident_page(&s);
	return end(&s);
}

const char *yj_answerhtml_sentence(const char *language, enum yj_answer_plain what)
{
	static const enum yj_answer_word words[] = {YJ_W_P_UNKNOWN, YJ_W_P_EXPIRED, YJ_W_P_REMOVED,
	    YJ_W_P_UNREADABLE, YJ_W_P_TOO_LONG, YJ_W_P_UNREADABLE, YJ_W_P_TOO_MANY, YJ_W_P_NOT_NOW};
	_Static_assert(sizeof words / sizeof words[0] == YJ_PLAIN_COUNT, "a sentence for each");
	return yj_answer_word(strcmp(language, "en") == 0, words[what]);
}

int yj_answerhtml_plain(struct evbuffer *out, const char *language, enum yj_answer_plain what)
{
	struct sheet s = {.out = out, .en = strcmp(language, "en") == 0, .language = language};
	const char *sentence = yj_answerhtml_sentence(language, what);
	begin(&s, word(&s, YJ_W_TITLE));
	raw(&s, "<h1>");
	text(&s, sentence);
	raw(&s, "</h1>\n<p>");
	say(&s, YJ_W_P_WHAT_THEN);
	raw(&s, "</p>\n");
	put_link(&s, "b sos", "tel:120", YJ_W_DIAL_120);
	return end(&s);
}
