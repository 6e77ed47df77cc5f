/* Lists of rounds as records of the directory: their columns, periods, and who makes them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "db.h"
#include "dir.h"
#include "proto/period.h"

static const struct yj_word round_classes[] = {{"high", "高|高风险"}, {"key", "重点|重点关注"},
    {"general", "一般|普通"}, {"mountain", "山区|山区独居|独居山区"}, {NULL, NULL}};
/* In the order of enum yj_seen_as. */
static const struct yj_word seen_as[] = {
    [YJ_AS_VISIT] = {"visit", "探视|巡访|上门探视"},
    [YJ_AS_CHECKIN] = {"check-in", "checkin|电话问候|问候|问候呼叫"},
    [YJ_AS_ON_SITE] = {"on_site", "上门签到|现场签到|签到"},
    [YJ_AS_WELL] = {"well", "平安键|报平安"},
    [YJ_AS_COUNT] = {NULL, NULL},
};

const struct yj_col yj_dir_round_cols[YJ_DIR_ROUND_COLS] = {
    {.name = "id",
	.zh = "清单编号|编号|巡访编号",
	.type = YJ_COL_KEY,
	.db = "id",
	.absent = "NULL",
	.flags = YJ_COL_REQUIRED | YJ_COL_QUOTED,
	.max = YJ_NAME_MAX,
	.example = "high-weekly"},
    {.name = "name",
	.zh = "清单名称|名称|巡访名称",
	.type = YJ_COL_NAME,
	.db = "name",
	.absent = "''",
	.flags = YJ_COL_REQUIRED,
	.max = YJ_CALLED_MAX,
	.example = "高风险老人每周巡访"},
    {.name = "period",
	.zh = "周期|巡访周期|巡访频次|频次",
	.type = YJ_COL_PERIOD,
	.db = "period",
	.absent = "''",
	.flags = YJ_COL_REQUIRED,
	.max = 16,
	.example = "每周"},
    {.name = "risk",
	.zh = "风险等级|风险|关注等级|对象",
	.type = YJ_COL_WORD,
	.db = "risk",
	.absent = "NULL",
	.words = round_classes,
	.example = "高"},
    {.name = "region",
	.zh = "区划代码|区划|行政区划代码|行政区划|区划编码",
	.type = YJ_COL_PREFIX,
	.db = "region",
	.absent = "NULL",
	.derived = "region_prefix",
	.derived_absent = "''",
	.flags = YJ_COL_QUOTED,
	.max = 12,
	.example = "511781101000"},
    {.name = "counts",
	.zh = "计入方式|有效方式|巡访方式",
	.type = YJ_COL_WORDS,
	.db = "counts",
	.absent = "NULL",
	.words = seen_as,
	.example = "探视;上门签到"},
    {.name = "assignee",
	.zh = "责任人|负责人|巡访人|巡访人员",
	.type = YJ_COL_ASSIGNEE,
	.db = "assignee",
	.absent = "NULL",
	.words = yj_dir_roles,
	.example = "网格员"},
};

static int wrong(char why[YJ_TEXT_MAX], const char *text)
{
	yj_text_copy(why, YJ_TEXT_MAX, text);
	return YJ_ERR_INVAL;
}

int yj_dir_round_period(const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	struct yj_period period;
	char text[YJ_PERIOD_LEN];
	if (yj_period_parse(s, len, &period) < 0)
		return wrong(why, "must be days or months, such as 7d, 1mo, 3mo, or daily, weekly, "
				  "monthly, quarterly");
	yj_period_text(&period, text);
	return yj_value_set(v, text, strlen(text));
}

/* A role, a group of the rosters or a person. */
int yj_dir_round_assignee(
    const struct yj_col *col, const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX])
{
	static const char group[] = "group:", person[] = "caregiver:";
	char text[YJ_NAME_MAX + 16], name[YJ_NAME_MAX + 1];
	bool in_group = len > sizeof group - 1 && memcmp(s, group, sizeof group - 1) == 0;
	bool named = len > sizeof person - 1 && memcmp(s, person, sizeof person - 1) == 0;
	for (int i = 0; !in_group && !named && col->words[i].name; i++) {
		const struct yj_word *w = &col->words[i];
		bool is = strlen(w->name) == len && strncasecmp(w->name, s, len) == 0;
		if (!is && !yj_dir_among(w->zh, s, len))
			continue;
		snprintf(text, sizeof text, "role:%s", w->name);
		return yj_value_set(v, text, strlen(text));
	}
	size_t skip = in_group ? sizeof group - 1 : named ? sizeof person - 1 : 0;
	const char *bad = in_group ? NULL : yj_id_wrong(YJ_DIR_CAREGIVERS, s + skip, len - skip);
	if (bad || len - skip > YJ_NAME_MAX)
		return wrong(why, "must be a role, group:NAME or a caregiver's id");
	snprintf(name, sizeof name, "%.*s", (int)(len - skip), s + skip);
	snprintf(text, sizeof text, "%s%s", in_group ? group : person, name);
	return yj_value_set(v, text, strlen(text));
}

/* Without what an import does not need to tell them apart. */
const char *yj_dir_round_assignee_text(const struct yj_col *col, const char *stored)
{
	const char *name = strchr(stored, ':');
	if (!name || strncmp(stored, "group:", 6) == 0)
		return stored;
	bool role = strncmp(stored, "role:", 5) == 0;
	for (int i = 0; !role && col->words[i].name; i++)
		if (strcmp(col->words[i].name, name + 1) == 0)
			return stored;
	return name + 1;
}

/* People and groups must be there, of roles nobody need be. */
int yj_rows_check_assignees(struct yj_rows_checking *c, const struct yj_col *col)
{
	int rc = yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT line, 'caregiver ' || substr(assignee, 11) || ' does not exist' FROM"
		" %s.dir_rows WHERE assignee LIKE 'caregiver:%%' AND NOT EXISTS (SELECT 1 FROM"
		" main.caregivers o WHERE o.id = substr(assignee, 11) AND o.gone_utc_ms IS NULL)",
		c->schema));
	if (rc || c->stop)
		return rc;
	return yj_rows_report(c, col,
	    sqlite3_mprintf(
		"SELECT line, 'group ' || substr(assignee, 7) || ' has no roster' FROM"
		" %s.dir_rows WHERE assignee LIKE 'group:%%' AND NOT EXISTS (SELECT 1 FROM"
		" main.rosters o WHERE o.name = substr(assignee, 7))",
		c->schema));
}
