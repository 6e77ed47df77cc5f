/* Consents as records of the directory: their columns, their key, and the rules between columns. */
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "dir.h"
#include "store/consent.h"

/* In the order of the enums of proto/words.h. */
static const struct yj_word consents[] = {
    [YJ_CONSENT_VISIT] = {"visit", "探视|可以探视"},
    [YJ_CONSENT_AUTO_ANSWER] = {"auto_answer", "自动接听|自动应答|自动接通"},
    [YJ_CONSENT_ALERT] = {"alert", "求助时自动接听|报警时自动接听|求助时"},
    [YJ_CONSENT_NIGHT] = {"night", "夜间|夜间自动接听"},
    [YJ_CONSENT_SHARED_ROOM] = {"shared_room", "合住房间|共用房间|多人房间"},
    [YJ_CONSENT_COUNT] = {NULL, NULL},
};
static const struct yj_word consent_bys[] = {
    [YJ_CONSENT_BY_RESIDENT] = {"resident", "本人|老人|老人本人"},
    [YJ_CONSENT_BY_GUARDIAN] = {"guardian", "监护人"},
    [YJ_CONSENT_BY_FAMILY] = {"family", "家属|亲属"},
    [YJ_CONSENT_BY_CLERK] = {"clerk", "经办人|工作人员"},
    {NULL, NULL},
};

const struct yj_col yj_dir_consent_cols[YJ_DIR_CONSENT_COLS] = {
    {.name = "id", .zh = "", .type = YJ_COL_MADE, .db = "id"},
    {.name = "resident",
	.zh = "老人编号|老人",
	.type = YJ_COL_REF,
	.db = "resident",
	.absent = "''",
	.flags = YJ_COL_REQUIRED | YJ_COL_QUOTED,
	.max = YJ_NAME_MAX,
	.ref = YJ_DIR_RESIDENTS,
	.example = "r-0001"},
    {.name = "kind",
	.zh = "事项|同意事项|类型",
	.type = YJ_COL_WORD,
	.db = "kind",
	.absent = "''",
	.flags = YJ_COL_REQUIRED,
	.words = consents,
	.example = "自动接听"},
    {.name = "who",
	.zh = "对象|探视人|适用对象",
	.type = YJ_COL_WHO,
	.db = "who",
	.absent = "NULL",
	.flags = YJ_COL_QUOTED,
	.max = YJ_NAME_MAX,
	.example = "家属"},
    {.name = "granted",
	.zh = "是否同意|同意",
	.type = YJ_COL_BOOL,
	.db = "granted",
	.absent = "0",
	.flags = YJ_COL_REQUIRED,
	.example = "是"},
    {.name = "by",
	.zh = "决定人|同意人",
	.type = YJ_COL_WORD,
	.db = "said_by",
	.absent = "''",
	.flags = YJ_COL_REQUIRED,
	.words = consent_bys,
	.example = "本人"},
    {.name = "guardian",
	.zh = "监护人|监护人姓名",
	.type = YJ_COL_NAME,
	.db = "guardian",
	.absent = "NULL",
	.max = YJ_CALLED_MAX,
	.example = ""},
    {.name = "at",
	.zh = "同意日期|日期|签署日期|同意时间",
	.type = YJ_COL_DATE,
	.db = "said_at",
	.absent = "NULL",
	.max = 40,
	.example = "2026-03-01"},
    {.name = "until",
	.zh = "截止日期|有效期至|有效期|截止",
	.type = YJ_COL_DATE,
	.db = "until_at",
	.absent = "NULL",
	.max = 40,
	.example = ""},
};

int yj_dir_make_key(enum yj_dir kind, struct yj_value values[YJ_COLS_MAX])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	char key[YJ_DIR_KEY_MAX + 1];
	size_t n = 0;
	if (t->made_of == 0)
		return 0;
	values[0].type = YJ_V_NULL;
	for (unsigned i = 1; i <= t->made_of; i++) {
		const struct yj_value *v = &values[i];
		bool optional = !(t->cols[i].flags & YJ_COL_REQUIRED);
		if (v->type != YJ_V_TEXT && !optional)
			return 0;
		n += (size_t)snprintf(key + n, sizeof key - n, "%s%s", i > 1 ? "/" : "",
		    v->type == YJ_V_TEXT ? v->text : "");
	}
	return yj_value_set(&values[0], key, n);
}

char *yj_dir_key(enum yj_dir kind, json_t *record, char buf[YJ_DIR_KEY_MAX + 1])
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	struct yj_value values[YJ_COLS_MAX] = {0};
	char why[YJ_TEXT_MAX];
	int rc = 0;
	for (unsigned i = yj_dir_first(t); i <= t->made_of && rc == 0; i++) {
		const json_t *v = json_object_get(record, t->cols[i].name);
		const char *text = json_string_value(v);
		rc = yj_value_check(kind, &t->cols[i], NULL, text ? text : "",
		    json_string_length(v), &values[i], why);
	}
	if (rc == 0)
		rc = yj_dir_make_key(kind, values);
	bool made = rc == 0 && values[0].type == YJ_V_TEXT;
	snprintf(buf, YJ_DIR_KEY_MAX + 1, "%s", made ? values[0].text : "");
	for (unsigned i = 0; i < YJ_COLS_MAX; i++)
		yj_value_done(&values[i]);
	return buf;
}

/* ── rules between columns ── */

/* Whom somebody can be who is no person of the directory: 'family', 'neighbor' ... */
static void put_roles(sqlite3_str *q)
{
	for (int role = 0; role < YJ_ROLE_COUNT; role++)
		sqlite3_str_appendf(q, "%s%Q", role ? ", " : "", yj_role_name((enum yj_role)role));
}

/* The rows as they will be: what is not given stays as it stands. */
static char *with_rows(sqlite3 *db, const char *schema, uint32_t present, const char *text,
    const char *where, bool roles)
{
	sqlite3_str *q = sqlite3_str_new(db);
	sqlite3_str_appendall(q, "WITH x AS (SELECT r.line");
	for (unsigned i = 1; i < YJ_DIR_CONSENT_COLS; i++)
		sqlite3_str_appendf(
		    q, ", %s.%s", yj_dir_given(present, i) ? "r" : "o", yj_dir_consent_cols[i].db);
	sqlite3_str_appendf(q,
	    " FROM %s.dir_rows r LEFT JOIN main.consents o ON o.id = r.id AND o.gone_utc_ms IS"
	    " NULL) SELECT line, %s FROM x WHERE %s",
	    schema, text, where);
	if (roles) {
		sqlite3_str_appendall(q, " AND who NOT IN (");
		put_roles(q);
		sqlite3_str_appendall(q, ")");
	}
	sqlite3_str_appendall(q, " ORDER BY line");
	return sqlite3_str_finish(q);
}

int yj_rows_check_consents(struct yj_rows_checking *c, uint32_t present)
{
	static const struct {
		const char *column, *text, *where;
		bool roles;
	} rules[] = {
	    {"who", "'caregiver ' || who || ' does not exist'",
		"who IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.caregivers p WHERE p.id = who"
		" AND p.gone_utc_ms IS NULL)",
		true},
	    {"by", "'only the resident or a guardian can agree: ' || said_by || ' can refuse'",
		"granted AND said_by IN ('family', 'clerk')", false},
	    {"guardian", "'must name the guardian who decided'",
		"said_by = 'guardian' AND guardian IS NULL", false},
	};
	int rc = 0;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0] && rc == 0 && !c->stop; i++) {
		int col = yj_dir_col(YJ_DIR_CONSENTS, rules[i].column, strlen(rules[i].column));
		rc = yj_rows_report(c, &yj_dir_consent_cols[col],
		    with_rows(c->s->db, c->schema, present, rules[i].text, rules[i].where,
			rules[i].roles));
	}
	return rc;
}

int yj_read_consents(struct yj_store *s, const char *resident, json_t **out)
{
	sqlite3_stmt *stmt = NULL;
	int step = 0;
	if (!resident[0])
		return yj_dir_list(s, YJ_DIR_CONSENTS, out);
	int rc = yj_dir_select(s, YJ_DIR_CONSENTS, "AND t.resident = ? ORDER BY t.id", &stmt);
	if (rc < 0)
		return rc;
	yj_db_bind(stmt, "t", resident);
	json_t *list = json_array();
	while (rc == 0 && (step = yj_db_step(s, stmt)) == 1)
		rc = json_array_append_new(list, yj_dir_record(stmt, YJ_DIR_CONSENTS))
			 ? YJ_ERR_NOMEM
			 : 0;
	sqlite3_finalize(stmt);
	rc = rc ? rc : step;
	if (rc == 0)
		*out = list;
	else
		json_decref(list);
	return rc;
}
