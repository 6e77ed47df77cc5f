/* Templates: parsed once, filled for each delivery. */
#include "notify/template.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "escape.h"
#include "proto/limits.h"
#include "proto/time.h"

enum field {
	F_TEXT,
	F_SUBJECT,
	F_URL,
	F_CODE,
	F_ID,
	F_INCIDENT,
	F_KIND,
	F_STATE,
	F_LEVEL,
	F_OPENED_AT,
	F_ANSWER_BY,
	F_CAREGIVER,
	F_PHONE,
	F_EMAIL,
	F_LANGUAGE,
	F_RESIDENT,
	F_NAME,
	F_ADDRESS,
	F_RESIDENT_PHONE,
	F_ACCESS,
	F_HEALTH,
	F_COUNT,
};
#define LITERAL F_COUNT

static const char *const names[F_COUNT] = {
    [F_TEXT] = "text",
    [F_SUBJECT] = "subject",
    [F_URL] = "url",
    [F_CODE] = "code",
    [F_ID] = "id",
    [F_INCIDENT] = "incident",
    [F_KIND] = "kind",
    [F_STATE] = "state",
    [F_LEVEL] = "level",
    [F_OPENED_AT] = "opened_at",
    [F_ANSWER_BY] = "answer_by",
    [F_CAREGIVER] = "caregiver",
    [F_PHONE] = "phone",
    [F_EMAIL] = "email",
    [F_LANGUAGE] = "language",
    [F_RESIDENT] = "resident",
    [F_NAME] = "name",
    [F_ADDRESS] = "address",
    [F_RESIDENT_PHONE] = "resident_phone",
    [F_ACCESS] = "access",
    [F_HEALTH] = "health",
};

struct part {
	enum field field; /* LITERAL: the text itself */
	size_t at, len;	  /* in the text */
};

struct yj_template {
	enum yj_escape escape;
	char *text;
	size_t n;
	struct part v[];
};

enum yj_escape yj_escape_of(const char *content_type)
{
	char type[128];
	snprintf(type, sizeof(type), "%.*s", (int)strcspn(content_type, "; \t"), content_type);
	const char *slash = strchr(type, '/');
	const char *sub = slash ? slash + 1 : type;
	const char *plus = strrchr(sub, '+');
	if (plus)
		sub = plus + 1;
	if (strcasecmp(sub, "json") == 0)
		return YJ_ESCAPE_JSON;
	if (strcasecmp(sub, "xml") == 0)
		return YJ_ESCAPE_XML;
	return strcasecmp(sub, "x-www-form-urlencoded") == 0 ? YJ_ESCAPE_PERCENT : YJ_ESCAPE_PLAIN;
}

/* ---- parsing ---- */

/* Says where in text the mistake is. */
static int wrong(struct yj_template_mistake *mistake, const char *text, size_t at, const char *what)
{
	*mistake = (struct yj_template_mistake){.line = 1, .column = 1};
	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			mistake->line++;
			mistake->column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			mistake->column++;
		}
	}
	snprintf(mistake->text, sizeof(mistake->text), "%s", what);
	return YJ_ERR_INVAL;
}

/* Reads the placeholder at text + at, which begins with "{{". */
static int placeholder(
    const char *text, size_t at, struct part *part, struct yj_template_mistake *mistake)
{
	char told[sizeof(mistake->text)];
	size_t end = at + 2 + strcspn(text + at + 2, "}\n");
	if (text[end] != '}' || text[end + 1] != '}')
		return wrong(mistake, text, at, "{{ without }} on its line");
	size_t from = at + 2, to = end;
	while (from < to && text[from] == ' ')
		from++;
	while (to > from && text[to - 1] == ' ')
		to--;
	*part = (struct part){.at = at, .len = end + 2 - at};
	for (part->field = 0; part->field < F_COUNT; part->field++) {
		const char *name = names[part->field];
		if (strlen(name) == to - from && strncmp(name, text + from, to - from) == 0)
			return 0;
	}
	snprintf(told, sizeof(told), "{{%.*s}} is not known",
	    to - from < 40 ? (int)(to - from) : 40, text + from);
	return wrong(mistake, text, at, told);
}

/* Cuts text into parts. */
static int cut(struct yj_template *t, struct yj_template_mistake *mistake)
{
	bool in_string = false;
	size_t at = 0;
	while (t->text[at]) {
		struct part *part = &t->v[t->n++];
		if (strncmp(t->text + at, "{{", 2) == 0) {
			int rc = placeholder(t->text, at, part, mistake);
			if (rc < 0)
				return rc;
			if (t->escape == YJ_ESCAPE_JSON && !in_string && part->field != F_LEVEL)
				return wrong(
				    mistake, t->text, at, "a placeholder outside of quotes");
			at += part->len;
			continue;
		}
		*part = (struct part){.field = LITERAL, .at = at};
		while (t->text[at] && strncmp(t->text + at, "{{", 2) != 0) {
			if (t->text[at] == '\\' && in_string && t->text[at + 1])
				at++;
			else if (t->text[at] == '"')
				in_string = !in_string;
			at++;
		}
		part->len = at - part->at;
	}
	return 0;
}

/* A JSON template with a digit for each character of its placeholders must be JSON. */
static int try_json(const struct yj_template *t, struct yj_template_mistake *mistake)
{
	json_error_t error;
	char *sample = strdup(t->text);
	if (!sample)
		return YJ_ERR_NOMEM;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].field != LITERAL)
			memset(sample + t->v[i].at, '1', t->v[i].len);
	json_t *json = json_loads(sample, 0, &error);
	free(sample);
	if (json) {
		json_decref(json);
		return 0;
	}
	*mistake = (struct yj_template_mistake){
	    .line = error.line > 0 ? error.line : 1, .column = error.column > 0 ? error.column : 1};
	/* its words quote the text, which may hold a secret */
	snprintf(mistake->text, sizeof(mistake->text), "is not JSON from here on");
	return YJ_ERR_INVAL;
}

int yj_template_parse(const char *text, enum yj_escape escape, struct yj_template **out,
    struct yj_template_mistake *mistake)
{
	size_t len = strlen(text), n = 1;
	if (len > YJ_TEMPLATE_MAX)
		return wrong(mistake, "", 0, "is too long");
	for (const char *p = text; (p = strstr(p, "{{")) != NULL; p += 2)
		n += 2;
	struct yj_template *t = calloc(1, sizeof(*t) + n * sizeof(t->v[0]));
	if (!t)
		return YJ_ERR_NOMEM;
	t->escape = escape;
	t->text = strdup(text);
	int rc = t->text ? 0 : YJ_ERR_NOMEM;
	/* a block of YAML ends with a line feed that nobody means */
	while (rc == 0 && len > 0 && t->text[len - 1] == '\n')
		t->text[--len] = '\0';
	if (rc == 0)
		rc = cut(t, mistake);
	if (rc == 0 && escape == YJ_ESCAPE_JSON)
		rc = try_json(t, mistake);
	if (rc < 0) {
		yj_template_free(t);
		return rc;
	}
	*out = t;
	return 0;
}

void yj_template_free(struct yj_template *t)
{
	if (!t)
		return;
	if (t->text)
		explicit_bzero(t->text, strlen(t->text));
	free(t->text);
	free(t);
}

/* ---- filling ---- */

static const char *time_text(int64_t utc_ms, char scratch[YJ_RFC3339_LEN])
{
	return utc_ms ? yj_rfc3339_format(utc_ms, scratch) : "";
}

static const char *value_of(
    enum field field, const struct yj_delivery *d, char scratch[YJ_RFC3339_LEN])
{
	const struct yj_msg_inbox *page = d->page;
	switch (field) {
	case F_TEXT:
		return d->text;
	case F_SUBJECT:
		return d->subject;
	case F_URL:
		return page->url;
	case F_CODE:
		return d->code;
	case F_ID:
		return d->id;
	case F_INCIDENT:
		return page->incident;
	case F_KIND:
		return yj_kind_name(page->kind);
	case F_STATE:
		return yj_page_state_name(page->state);
	case F_LEVEL:
		snprintf(scratch, YJ_RFC3339_LEN, "%d", page->level);
		return scratch;
	case F_OPENED_AT:
		return time_text(page->opened_at_ms, scratch);
	case F_ANSWER_BY:
		return time_text(page->answer_by_ms, scratch);
	case F_CAREGIVER:
		return d->caregiver;
	case F_PHONE:
		return d->phone;
	case F_EMAIL:
		return d->email;
	case F_LANGUAGE:
		return d->language;
	case F_RESIDENT:
		return page->resident.id;
	case F_NAME:
		return page->resident.name;
	case F_ADDRESS:
		return page->resident.address;
	case F_RESIDENT_PHONE:
		return page->resident.phone;
	case F_ACCESS:
		return page->resident.access;
	case F_HEALTH:
		return page->resident.health;
	case F_COUNT:
		break;
	}
	return NULL;
}

char *yj_template_fill(const struct yj_template *t, const struct yj_delivery *delivery)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		const struct part *part = &t->v[i];
		char scratch[YJ_RFC3339_LEN];
		if (part->field == LITERAL) {
			fwrite(t->text + part->at, 1, part->len, out);
			continue;
		}
		const char *value = value_of(part->field, delivery, scratch);
		yj_escape_write(out, t->escape, value ? value : "");
	}
	bool bad = ferror(out) != 0;
	if (fclose(out) != 0 || bad) {
		free(text);
		return NULL;
	}
	return text;
}
