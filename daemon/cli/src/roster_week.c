/* A week of a roster on a terminal. */
#include <string.h>
#include <time.h>

#include "proto/time.h"
#include "roster.h"
#include "term.h"

#define CELL_MIN 30
#define CELLS (24 * 60 / CELL_MIN)
#define DAYS 7
#define MINUTE_MS 60000
#define COLUMNS 78
#define NOBODY '!'
#define OTHERS '*'

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct week {
	char cells[DAYS][CELLS + 1];
	const json_t *crews[sizeof letters - 1]; /* `who` of a span, borrowed */
	size_t n_crews;
	int64_t begin_utc_ms;
	bool nobody, others, skipped;
};

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t ms = 0;
	const char *text = json_string_value(json_object_get(object, key));
	return text && yj_rfc3339_parse(text, &ms) == 0 ? ms : 0;
}

static struct tm local(int64_t utc_ms)
{
	time_t t = (time_t)(utc_ms / 1000);
	struct tm tm = {0};
	localtime_r(&t, &tm);
	return tm;
}

static char letter_of(struct week *w, const json_t *who)
{
	size_t i = 0;
	if (json_array_size(who) == 0) {
		w->nobody = true;
		return NOBODY;
	}
	while (i < w->n_crews && !json_equal(w->crews[i], who))
		i++;
	if (i == sizeof letters - 1) {
		w->others = true;
		return OTHERS;
	}
	if (i == w->n_crews)
		w->crews[w->n_crews++] = who;
	return letters[i];
}

/* Days since the first one of the week, as the wall clock counts them. */
static int day_of(const struct week *w, const struct tm *tm)
{
	struct tm first = local(w->begin_utc_ms);
	for (int day = 0; day < DAYS; day++) {
		struct tm noon = first;
		noon.tm_mday += day;
		noon.tm_hour = 12;
		noon.tm_isdst = -1;
		mktime(&noon);
		if (noon.tm_mday == tm->tm_mday && noon.tm_mon == tm->tm_mon)
			return day;
	}
	return -1;
}

/* A cell shows who is there first, or that nobody is at any minute of it. */
static void paint(struct week *w, const json_t *span)
{
	char letter = letter_of(w, json_object_get(span, "who"));
	int64_t until = time_of(span, "until");
	int last_mday = 0, day = -1;
	for (int64_t t = time_of(span, "from"); t < until; t += MINUTE_MS) {
		struct tm tm = local(t);
		if (tm.tm_mday != last_mday) {
			day = day_of(w, &tm);
			last_mday = tm.tm_mday;
		}
		if (day < 0)
			continue;
		char *cell = &w->cells[day][(tm.tm_hour * 60 + tm.tm_min) / CELL_MIN];
		if (*cell == ' ' || letter == NOBODY)
			*cell = letter;
	}
}

static void put_day(FILE *out, const struct week *w, int day, bool color)
{
	struct tm tm = local(w->begin_utc_ms);
	char label[32];
	tm.tm_mday += day;
	tm.tm_hour = 12;
	tm.tm_isdst = -1;
	mktime(&tm);
	strftime(label, sizeof label, "%a %Y-%m-%d", &tm);
	fprintf(out, "%s  ", label);
	for (int i = 0; i < CELLS; i++) {
		char c = w->cells[day][i];
		if (i && i % (6 * 60 / CELL_MIN) == 0)
			fputc('|', out);
		if (color && c == NOBODY)
			fprintf(out, "\033[31m%c\033[0m", c);
		else
			fputc(c, out);
	}
	fputc('\n', out);
}

static const char *name_of(const json_t *roster, const char *id)
{
	size_t i;
	const json_t *person;
	json_array_foreach(json_object_get(roster, "people"), i, person)
	{
		const char *other = json_string_value(json_object_get(person, "caregiver"));
		const char *name = json_string_value(json_object_get(person, "name"));
		if (other && name && strcmp(other, id) == 0)
			return name;
	}
	return "";
}

/* A  grid1 王芳, grid2 李强: broken into lines that fit. */
static void put_crew(FILE *out, const json_t *roster, char letter, const json_t *who)
{
	size_t i, at = 3, n = json_array_size(who);
	const json_t *item;
	fprintf(out, "%c  ", letter);
	json_array_foreach(who, i, item)
	{
		const char *id = json_string_value(item), *name = name_of(roster, id);
		size_t width =
		    yj_term_width(id) + (*name ? 1 + yj_term_width(name) : 0) + (i + 1 < n ? 1 : 0);
		if (i && at + 1 + width > COLUMNS) {
			fputs("\n   ", out);
			at = 3;
		} else if (i) {
			fputc(' ', out);
			at++;
		}
		yj_term_put(out, id, false);
		if (*name) {
			fputc(' ', out);
			yj_term_put(out, name, false);
		}
		if (i + 1 < n)
			fputc(',', out);
		at += width;
	}
	fputc('\n', out);
}

void yj_roster_time_put(const json_t *object, const char *key, char buf[32])
{
	struct tm tm = local(time_of(object, key));
	strftime(buf, 32, "%a %Y-%m-%d %H:%M", &tm);
}

static void put_gaps(FILE *out, const json_t *roster)
{
	const json_t *gaps = json_object_get(roster, "gaps"), *gap;
	size_t i;
	if (json_array_size(gaps) == 0) {
		fputs("\nsomebody is on duty at any time of the next two weeks\n", out);
		return;
	}
	fputs("\nnobody is on duty, within the next two weeks:\n", out);
	json_array_foreach(gaps, i, gap)
	{
		char from[32], until[32];
		yj_roster_time_put(gap, "from", from);
		yj_roster_time_put(gap, "until", until);
		fprintf(out, "  %s to %s\n", from, until);
	}
}

static void put_legend(FILE *out, const json_t *roster, const struct week *w)
{
	fputc('\n', out);
	for (size_t i = 0; i < w->n_crews; i++)
		put_crew(out, roster, letters[i], w->crews[i]);
	if (w->others)
		fprintf(out, "%c  others: see --json\n", OTHERS);
	if (w->nobody)
		fprintf(out, "%c  nobody\n", NOBODY);
	if (w->skipped)
		fputs("   (empty: the clock is put forward)\n", out);
}

void yj_roster_week_put(FILE *out, const json_t *roster, bool color)
{
	struct week w = {.begin_utc_ms = time_of(roster, "from")};
	const char *zone = json_string_value(json_object_get(roster, "zone"));
	size_t i;
	const json_t *span;
	memset(w.cells, ' ', sizeof w.cells);
	json_array_foreach(json_object_get(roster, "spans"), i, span) paint(&w, span);
	yj_term_put(out, json_string_value(json_object_get(roster, "group")), false);
	fprintf(out, ", %s\n%16s", zone ? zone : "UTC", "");
	for (int hour = 0; hour < 24; hour += 3)
		fprintf(out, "%02d%-*s", hour, hour == 21 ? 0 : hour % 6 ? 5 : 4, "");
	fputc('\n', out);
	for (int day = 0; day < DAYS; day++) {
		w.skipped |= memchr(w.cells[day], ' ', CELLS) != NULL;
		put_day(out, &w, day, color);
	}
	put_legend(out, roster, &w);
	put_gaps(out, roster);
}
