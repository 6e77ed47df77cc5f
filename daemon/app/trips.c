#include "trips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "away.h"
#include "proto/utf8.h"
#include "spoken.h"
#include "store/life.h"
#include "texts.h"

#define CALLED_MAX 20 /* residents of one name that are looked at */
#define DAYS_MAX 366

/* ── reading ── */

/* What stands for a number of days at p: digits, or one Chinese numeral; *end behind it. */
static int number_at(const char *p, const char **end)
{
	static const char *const numerals[] = {
	    "", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"};
	char *stop;
	*end = p;
	if (*p >= '0' && *p <= '9') {
		long n = strtol(p, &stop, 10);
		*end = stop;
		return n > 0 && n <= 9999 ? (int)n : 0;
	}
	if (strncmp(p, "两", 3) == 0) {
		*end = p + 3;
		return 2;
	}
	for (int i = 1; i <= 10; i++) {
		if (strncmp(p, numerals[i], 3) == 0) {
			*end = p + 3;
			return i;
		}
	}
	return 0;
}

static bool take(const char **p, const char *word)
{
	size_t n = strlen(word);
	if (strncasecmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static void skip(const char **p)
{
	while (**p == ' ')
		++*p;
}

static bool read_days(const char **p, struct yj_trip *trip)
{
	static const struct {
		const char *word;
		int days;
	} units[] = {{"个星期", 7}, {"星期", 7}, {"个月", 30}, {"周", 7}, {"天", 1}, {"日", 1},
	    {"days", 1}, {"day", 1}, {"weeks", 7}, {"week", 7}, {"d", 1}};
	const char *q;
	int n = number_at(*p, &q);
	skip(&q);
	for (size_t i = 0; n > 0 && i < sizeof units / sizeof units[0]; i++) {
		if (!take(&q, units[i].word))
			continue;
		if (n * units[i].days > DAYS_MAX)
			return false;
		trip->days = n * units[i].days;
		*p = q;
		return true;
	}
	return false;
}

/* 到12月1日, 到2026年12月1日, until 2026-12-01 */
static bool read_date(const char **p, struct yj_trip *trip)
{
	const char *q = *p, *end;
	int v[3] = {0}, n = 0;
	if (!take(&q, "到") && !take(&q, "至") && !take(&q, "until"))
		return false;
	for (n = 0; n < 3; n++) {
		skip(&q);
		if (*q < '0' || *q > '9')
			break;
		v[n] = number_at(q, &end);
		q = end;
		if (!take(&q, "年") && !take(&q, "月") && !take(&q, "日") && !take(&q, "号"))
			(void)!take(&q, " ");
	}
	if (n == 3)
		snprintf(trip->date, sizeof trip->date, "%04d-%02d-%02d", v[0] % 10000, v[1] % 100,
		    v[2] % 100);
	int m = n == 3 ? v[1] : v[0], d = n == 3 ? v[2] : v[1];
	bool good = n >= 2 && m >= 1 && m <= 12 && d >= 1 && d <= 31;
	if (n == 2) {
		trip->month = m;
		trip->day = d;
	}
	*p = q;
	return good;
}

/* Whatever is left must be one name. */
static bool read_who(const char *from, const char *until, struct yj_trip *trip)
{
	while (from < until && *from == ' ')
		from++;
	while (until > from && until[-1] == ' ')
		until--;
	size_t n = (size_t)(until - from);
	if (n == 0)
		return true;
	if (trip->who[0] || n >= sizeof trip->who || memchr(from, ' ', n))
		return false;
	memcpy(trip->who, from, n);
	trip->who[n] = '\0';
	return true;
}

static const char *find_word(const char *text, const char *const *words, size_t n, size_t *len)
{
	for (size_t i = 0; i < n; i++) {
		const char *at = strstr(text, words[i]);
		if (at) {
			*len = strlen(words[i]);
			return at;
		}
	}
	return NULL;
}

static bool read_away(const char *text, struct yj_trip *trip)
{
	static const char *const words[] = {"外出了", "外出", "出门了", "出远门", "away"};
	size_t len;
	const char *at = find_word(text, words, sizeof words / sizeof words[0], &len);
	if (!at || !read_who(text, at, trip))
		return false;
	trip->away = true;
	const char *rest = at + len, *p;
	/* a name may stand between the word and the time */
	for (p = rest; *p; p++) {
		const char *q = p;
		bool found = ((unsigned char)*p & 0xc0) != 0x80 &&
			     (read_days(&q, trip) || read_date(&q, trip));
		if (!found)
			continue;
		skip(&q);
		return !*q && read_who(rest, p, trip);
	}
	return read_who(rest, p, trip);
}

static bool read_back(const char *text, struct yj_trip *trip)
{
	static const char *const words[] = {
	    "已经回来了", "已回来", "回来了", "已回家", "回家了", "外出结束", "is back", "back"};
	size_t len;
	const char *at = find_word(text, words, sizeof words / sizeof words[0], &len);
	return at && read_who(text, at, trip) &&
	       read_who(at + len, at + len + strlen(at + len), trip);
}

bool yj_trip_read(const char *text, struct yj_trip *trip)
{
	char buf[YJ_SPOKEN_MAX];
	memset(trip, 0, sizeof *trip);
	if (!yj_spoken_plain(text, buf))
		return false;
	if (read_back(buf, trip))
		return true;
	memset(trip, 0, sizeof *trip);
	return read_away(buf, trip);
}

/* ── carrying out ── */

struct found {
	char caregiver[YJ_NAME_MAX + 1];
	struct yj_names residents;
	bool denied; /* somebody with this number may not say so */
};

static int add_if_may(
    struct yj_gateway *g, const char *caregiver, const char *resident, bool tell, struct found *f)
{
	int rc = yj_away_may(g, caregiver, resident);
	if (rc == YJ_ERR_DENIED || rc == YJ_ERR_NOTFOUND) {
		f->denied |= tell && rc == YJ_ERR_DENIED;
		return 0;
	}
	if (rc == 0 && f->residents.n == 0)
		snprintf(f->caregiver, sizeof f->caregiver, "%s", caregiver);
	return rc < 0 ? rc : yj_names_add(&f->residents, resident);
}

/* Those whom a person means: whom the directory lists with them, or who are called so. */
static int add_meant(struct yj_gateway *g, const char *caregiver, const char *who, struct found *f)
{
	struct yj_names names = {0};
	int rc = yj_life_listed(g->store, caregiver, who, &names);
	bool listed = names.n > 0;
	if (rc == 0 && !listed && who[0])
		rc = yj_life_called(g->store, who, CALLED_MAX, &names);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = add_if_may(g, caregiver, names.v[i], listed, f);
	yj_names_done(&names);
	return rc;
}

/* The day on which they are back, at its end. */
static bool last_day(struct yj_gateway *g, const struct yj_trip *trip, char until[11])
{
	time_t now = (time_t)(g->now.utc_ms / 1000);
	struct tm tm = {0};
	int64_t end;
	if (!g->now.utc_known || !localtime_r(&now, &tm))
		return false;
	if (trip->date[0])
		snprintf(until, 11, "%s", trip->date);
	else if (trip->days) {
		tm.tm_mday += trip->days;
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		mktime(&tm);
		strftime(until, 11, "%Y-%m-%d", &tm);
	} else {
		bool next = trip->month < tm.tm_mon + 1 ||
			    (trip->month == tm.tm_mon + 1 && trip->day < tm.tm_mday);
		snprintf(until, 11, "%04d-%02d-%02d", (tm.tm_year + 1900 + next) % 10000,
		    trip->month % 100, trip->day % 100);
	}
	return yj_away_end(until, &end) && end > g->now.utc_ms &&
	       end - g->now.utc_ms <= YJ_AWAY_MAX_MS + 86400000;
}

static int carry_out(struct yj_gateway *g, const char *channel, const struct yj_trip *trip,
    const struct found *f, char *tell, size_t cap)
{
	const char *resident = f->residents.v[0];
	const struct yj_actor actor = {channel, channel};
	char name[YJ_CALLED_MAX + 1], until[11] = "";
	enum yj_text_trip what = trip->away ? YJ_TRIP_AWAY : YJ_TRIP_BACK;
	int rc = yj_resident_name(g->store, resident, name, sizeof name);
	if (rc < 0)
		return rc;
	if (trip->away && !trip->days && !trip->date[0] && !trip->month)
		what = YJ_TRIP_HOW_LONG;
	else if (trip->away && !last_day(g, trip, until))
		what = YJ_TRIP_NO_DATE;
	else if (trip->away)
		rc = yj_away_set(g, resident, until, &actor, f->caregiver);
	else
		rc = yj_away_back(g, resident, &actor, f->caregiver);
	yj_text_trip(g->config->gateway.language, what, name, until, tell, cap);
	return rc;
}

/* Keeps those who are away. */
static int keep_away(struct yj_gateway *g, struct yj_names *names)
{
	size_t kept = 0;
	for (size_t i = 0; i < names->n; i++) {
		struct yj_life_facts facts;
		int rc = yj_life_facts(g->store, names->v[i], &facts);
		if (rc < 0)
			return rc;
		if (strcmp(facts.status, "away") == 0)
			memmove(names->v[kept++], names->v[i], sizeof names->v[i]);
	}
	names->n = kept;
	return 0;
}

/* One of several: which? */
static int ask_which(struct yj_gateway *g, const struct found *f, char *tell, size_t cap)
{
	char all[96] = "", name[YJ_CALLED_MAX + 1];
	for (size_t i = 0; i < f->residents.n && strlen(all) < sizeof all - 1; i++) {
		int rc = yj_resident_name(g->store, f->residents.v[i], name, sizeof name);
		if (rc < 0)
			return rc;
		size_t n = strlen(all);
		snprintf(all + n, sizeof all - n, "%s%s", n ? "、" : "", name);
	}
	yj_utf8_end_whole(all);
	yj_text_trip(g->config->gateway.language, YJ_TRIP_WHICH, all, "", tell, cap);
	return 0;
}

int yj_trip_take(struct yj_gateway *g, const char *from, const char *channel,
    const struct yj_trip *trip, bool asked, bool *handled, char caregiver[YJ_NAME_MAX + 1],
    char *tell, size_t cap)
{
	const char *language = g->config->gateway.language;
	bool timed = trip->days || trip->date[0] || trip->month;
	struct yj_names people = {0};
	struct found f = {.denied = false};
	char digits[16];
	*handled = false;
	if (yj_spoken_number(from, digits) < 7 || (asked && trip->away && !timed))
		return 0;
	int rc = yj_caregiver_by_phone(g->store, digits, &people);
	for (size_t i = 0; rc == 0 && i < people.n; i++)
		rc = add_meant(g, people.v[i], trip->who, &f);
	if (rc == 0 && !trip->away)
		rc = keep_away(g, &f.residents);
	size_t n = f.residents.n;
	if (rc == 0 && people.n) {
		snprintf(caregiver, YJ_NAME_MAX + 1, "%s", n ? f.caregiver : people.v[0]);
		*handled = true;
		if (n == 1)
			rc = carry_out(g, channel, trip, &f, tell, cap);
		else if (n > 1)
			rc = ask_which(g, &f, tell, cap);
		else if (f.denied && !asked)
			yj_text_trip(language, YJ_TRIP_DENIED, "", "", tell, cap);
		else if (trip->away && timed && !asked)
			yj_text_trip(language, YJ_TRIP_NOBODY, "", "", tell, cap);
		else
			*handled = false;
	}
	yj_names_done(&people);
	yj_names_done(&f.residents);
	return rc;
}
