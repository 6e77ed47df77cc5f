#include "dir.h"

#include <string.h>
#include <strings.h>

/* The order of these five is that of the enums in proto/words.h. */
const struct yj_word yj_dir_roles[] = {
    [YJ_ROLE_FAMILY] = {"family", "家属|亲属|子女"},
    [YJ_ROLE_NEIGHBOR] = {"neighbor", "邻居"},
    [YJ_ROLE_VOLUNTEER] = {"volunteer", "结对志愿者|志愿者"},
    [YJ_ROLE_GRID] = {"grid", "网格员"},
    [YJ_ROLE_VILLAGE] = {"village", "村干部"},
    [YJ_ROLE_DOCTOR] = {"doctor", "村医|医生"},
    [YJ_ROLE_CARE_WORKER] = {"care_worker", "养老护理员|护理员"},
    [YJ_ROLE_NURSE] = {"nurse", "护士"},
    [YJ_ROLE_PROVIDER] = {"provider", "服务商"},
    [YJ_ROLE_DUTY] = {"duty", "值班|值班员"},
    [YJ_ROLE_OPERATOR] = {"operator", "坐席|坐席员"},
    [YJ_ROLE_MAINTENANCE] = {"maintenance", "运维|运维人员"},
    [YJ_ROLE_COUNT] = {NULL, NULL},
};
static const struct yj_word device_kinds[] = {
    [YJ_DEVICE_BUTTON] = {"button", "按钮|呼叫按钮|一键呼叫"},
    [YJ_DEVICE_TERMINAL] = {"terminal", "终端|探视终端"},
    [YJ_DEVICE_BED] = {"bed", "床垫|床位传感器|床感"},
    [YJ_DEVICE_SENSOR] = {"sensor", "传感器"},
    {NULL, NULL},
};
static const struct yj_word bed_kinds[] = {
    [YJ_BED_HOME] = {"home", "家庭|家庭床位|居家"},
    [YJ_BED_INSTITUTION] = {"institution", "机构|机构床位|养老机构"},
    [YJ_BED_HOSPITAL] = {"hospital", "医院|医院床位"},
    {NULL, NULL},
};
static const struct yj_word risks[] = {
    {"high", "高|高风险"}, {"key", "重点|重点关注"}, {"general", "一般|普通"}, {NULL, NULL}};
static const struct yj_word statuses[] = {{"active", "在住|在家|正常"}, {"away", "外出|暂离"},
    {"moved", "迁出|搬离|搬走"}, {"deceased", "去世|已故|死亡"}, {NULL, NULL}};
static const struct yj_word filings[] = {{"filed", "已备案"}, {"unfiled", "未备案"},
    {"rectifying", "整治中"}, {"closed", "已关停"}, {NULL, NULL}};

/* Arguments are initializers, which cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define NULLABLE .absent = "NULL"
#define KEY(zh_, example_)                                                                         \
	{                                                                                          \
		.name = "id", .zh = zh_, .type = YJ_COL_KEY, .db = "id", .absent = "NULL",         \
		.flags = YJ_COL_REQUIRED | YJ_COL_QUOTED, .max = YJ_NAME_MAX, .example = example_  \
	}
#define NAME(zh_, example_)                                                                        \
	{                                                                                          \
		.name = "name", .zh = zh_, .type = YJ_COL_NAME, .db = "name", .absent = "''",      \
		.flags = YJ_COL_REQUIRED, .max = YJ_CALLED_MAX, .example = example_                \
	}
#define REGION(flags_)                                                                             \
	{                                                                                          \
		.name = "region", .zh = "区划代码|区划|行政区划代码|行政区划|区划编码",            \
		.type = YJ_COL_CODE, .db = "region",                                               \
		.absent = (flags_)&YJ_COL_REQUIRED ? "''" : "NULL",                                \
		.flags = (flags_) | YJ_COL_QUOTED, .max = 12, .example = "511781101201"            \
	}
#define PHONE                                                                                      \
	{                                                                                          \
		.name = "phone", .zh = "联系电话|电话|手机|手机号|手机号码|电话号码|联系方式",     \
		.type = YJ_COL_PHONE, .db = "phone", NULLABLE, .flags = YJ_COL_QUOTED, .max = 40,  \
		.example = "13800000000"                                                           \
	}
#define POLICY                                                                                     \
	{                                                                                          \
		.name = "policy", .zh = "策略|响应策略|升级策略", .type = YJ_COL_POLICY,           \
		.db = "policy", NULLABLE, .max = YJ_NAME_MAX, .example = ""                        \
	}
#define TEXT(name_, zh_, max_, example_)                                                           \
	{                                                                                          \
		.name = name_, .zh = zh_, .type = YJ_COL_TEXT, .db = name_, NULLABLE, .max = max_, \
		.example = example_                                                                \
	}
#define BOOL(name_, zh_, example_)                                                                 \
	{                                                                                          \
		.name = name_, .zh = zh_, .type = YJ_COL_BOOL, .db = name_, NULLABLE,              \
		.example = example_                                                                \
	}
#define DATE(name_, zh_, example_)                                                                 \
	{                                                                                          \
		.name = name_, .zh = zh_, .type = YJ_COL_DATE, .db = name_, NULLABLE, .max = 40,   \
		.example = example_                                                                \
	}
#define INSTITUTION                                                                                \
	{                                                                                          \
		.name = "institution", .zh = "机构|机构编号|所属机构|服务机构",                    \
		.type = YJ_COL_REF, .db = "institution", NULLABLE, .flags = YJ_COL_QUOTED,         \
		.max = YJ_NAME_MAX, .ref = YJ_DIR_INSTITUTIONS, .example = ""                      \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

static const struct yj_col region_cols[] = {
    {.name = "code",
	.zh = "区划代码|代码|编码|行政区划代码|区划编码",
	.type = YJ_COL_CODE,
	.db = "code",
	.absent = "NULL",
	.flags = YJ_COL_REQUIRED | YJ_COL_QUOTED,
	.max = 12,
	.example = "511781101201"},
    NAME("名称|区划名称", "示例村"),
};

static const struct yj_col institution_cols[] = {
    KEY("机构编号|编号", "inst-1"),
    NAME("机构名称|名称", "示例养老院"),
    REGION(YJ_COL_REQUIRED),
    {.name = "filing",
	.zh = "备案状态|备案|备案情况",
	.type = YJ_COL_WORD,
	.db = "filing",
	.absent = "''",
	.flags = YJ_COL_REQUIRED,
	.words = filings,
	.example = "已备案"},
    POLICY,
    TEXT("address", "地址|详细地址|机构地址", 512, "示例镇示例路1号"),
    PHONE,
};

static const struct yj_col resident_cols[] = {
    KEY("编号|老人编号|人员编号", "r-0001"),
    NAME("姓名|老人姓名|名称", "张三"),
    REGION(YJ_COL_REQUIRED),
    PHONE,
    TEXT("address", "地址|住址|家庭住址|居住地址|详细地址", 512, "示例村3组12号"),
    {.name = "lat", .zh = "纬度", .type = YJ_COL_LAT, .db = "lat", NULLABLE, .example = "32.07"},
    {.name = "lon", .zh = "经度", .type = YJ_COL_LON, .db = "lon", NULLABLE, .example = "108.03"},
    TEXT("access", "入户方式|钥匙|入户方式、钥匙|入户方式/钥匙", 1024, "钥匙在邻居李四处"),
    TEXT("health", "健康状况|健康|健康情况|健康信息", 4096, ""),
    BOOL("lives_alone", "独居|是否独居", "是"),
    BOOL("mountain", "山区|是否山区", "否"),
    {.name = "categories",
	.zh = "类别|人员类别|老人类别|分类",
	.type = YJ_COL_LABELS,
	.db = "categories",
	NULLABLE,
	.max = 32,
	.example = "独居;空巢"},
    {.name = "risk",
	.zh = "风险等级|风险|关注等级",
	.type = YJ_COL_WORD,
	.db = "risk",
	NULLABLE,
	.words = risks,
	.example = "重点"},
    {.name = "status",
	.zh = "状态|居住状态",
	.type = YJ_COL_WORD,
	.db = "status",
	NULLABLE,
	.words = statuses,
	.example = "在住"},
    DATE("status_until", "状态截止|状态截止日期|状态到期", ""),
    {.name = "inactivity",
	.zh = "无活动时限|无活动报警|安全守护",
	.type = YJ_COL_LIMIT,
	.db = "inactivity",
	NULLABLE,
	.example = ""},
    POLICY,
    {.name = "birth_year",
	.zh = "出生年份|出生年",
	.type = YJ_COL_YEAR,
	.db = "birth_year",
	NULLABLE,
	.example = "1944"},
    {.name = "vital_ranges",
	.zh = "体征范围|生命体征范围|报警范围",
	.type = YJ_COL_RANGES,
	.db = "vital_ranges",
	NULLABLE,
	.max = 128,
	.example = ""},
    TEXT("notes", "备注|说明", 4096, ""),
};

static const struct yj_col caregiver_cols[] = {
    KEY("编号|人员编号|响应人员编号", "c-0001"),
    NAME("姓名|名称", "李四"),
    {.name = "role",
	.zh = "角色|身份|人员类型",
	.type = YJ_COL_WORD_INT,
	.db = "role",
	.absent = "0",
	.flags = YJ_COL_REQUIRED,
	.words = yj_dir_roles,
	.example = "网格员"},
    PHONE,
    {.name = "email",
	.zh = "邮箱|电子邮箱|电子邮件",
	.type = YJ_COL_EMAIL,
	.db = "email",
	NULLABLE,
	.max = 254,
	.example = ""},
    {.name = "region",
	.zh = "区划代码|区划|服务区划|行政区划代码|行政区划|区划编码",
	.type = YJ_COL_PREFIX,
	.db = "region",
	NULLABLE,
	.derived = "region_prefix",
	.derived_absent = "''",
	.flags = YJ_COL_QUOTED,
	.max = 12,
	.example = "511781101000"},
    INSTITUTION,
    {.name = "residents",
	.zh = "服务对象|老人|老人编号|负责老人|结对老人",
	.type = YJ_COL_REFS,
	.absent = NULL,
	.derived = "listed",
	.derived_absent = "0",
	.flags = YJ_COL_QUOTED,
	.max = YJ_CAREGIVER_RESIDENTS_MAX,
	.ref = YJ_DIR_RESIDENTS,
	.example = ""},
    BOOL("on_site", "能到场|能否到场|是否到场|可到场", "是"),
    {.name = "channels",
	.zh = "通知方式|通知渠道|渠道",
	.type = YJ_COL_CHANNELS,
	.db = "channels",
	NULLABLE,
	.max = 16,
	.example = "mqtt;sms"},
    {.name = "night_channels",
	.zh = "夜间通知方式|夜间通知渠道|夜间渠道",
	.type = YJ_COL_CHANNELS,
	.db = "night_channels",
	NULLABLE,
	.max = 16,
	.example = ""},
    TEXT("certificate", "证书|证书编号|资格证书", 256, ""),
    DATE("certificate_expires", "证书有效期|证书到期|证书到期日期", ""),
};

static const struct yj_col device_cols[] = {
    KEY("设备编号|编号", "d-0001"),
    {.name = "kind",
	.zh = "类型|设备类型|种类",
	.type = YJ_COL_WORD_INT,
	.db = "kind",
	.absent = "0",
	.flags = YJ_COL_REQUIRED,
	.words = device_kinds,
	.example = "按钮"},
    {.name = "resident",
	.zh = "老人|老人编号|绑定老人|使用人",
	.type = YJ_COL_REFS,
	.flags = YJ_COL_HEADER | YJ_COL_QUOTED,
	.max = YJ_DEVICE_RESIDENTS_MAX,
	.ref = YJ_DIR_RESIDENTS,
	.example = "r-0001"},
    {.name = "family",
	.zh = "协议|设备协议|设备系列",
	.type = YJ_COL_FAMILY,
	.db = "family",
	.absent = "'native'",
	.max = 32,
	.example = "native"},
    {.name = "address",
	.zh = "设备地址|外部编号",
	.type = YJ_COL_NAME,
	.db = "address",
	NULLABLE,
	.flags = YJ_COL_QUOTED,
	.max = 128,
	.example = ""},
    INSTITUTION,
    REGION(0),
    TEXT("place", "位置|安装位置|安装地点", 256, "卧室"),
    {.name = "heartbeat",
	.zh = "心跳|心跳周期|心跳间隔",
	.type = YJ_COL_DURATION,
	.db = "heartbeat_ms",
	NULLABLE,
	.example = "5m"},
    {.name = "keys",
	.zh = "按键|按键含义",
	.type = YJ_COL_KEYS,
	.db = "keys",
	NULLABLE,
	.max = 256,
	.example = ""},
    {.name = "feedback",
	.zh = "回应|回应方式|反馈",
	.type = YJ_COL_NAME,
	.db = "feedback",
	NULLABLE,
	.max = 256,
	.example = ""},
    {.name = "serial",
	.zh = "序列号|出厂编号|SN",
	.type = YJ_COL_NAME,
	.db = "serial",
	NULLABLE,
	.flags = YJ_COL_QUOTED,
	.max = 64,
	.example = ""},
    {.name = "sim",
	.zh = "SIM卡号|SIM卡|卡号|ICCID",
	.type = YJ_COL_NAME,
	.db = "sim",
	NULLABLE,
	.flags = YJ_COL_QUOTED,
	.max = 32,
	.example = ""},
    DATE("sim_expires", "SIM卡到期|SIM卡有效期|卡到期", ""),
    DATE("installed_at", "安装日期|安装时间", "2026-03-01"),
    {.name = "installed_by",
	.zh = "安装人|安装人员",
	.type = YJ_COL_NAME,
	.db = "installed_by",
	NULLABLE,
	.max = 128,
	.example = ""},
};

static const struct yj_col bed_cols[] = {
    KEY("床位编号|编号|床号", "b-0001"),
    {.name = "kind",
	.zh = "类型|床位类型|种类",
	.type = YJ_COL_WORD_INT,
	.db = "kind",
	.absent = "0",
	.flags = YJ_COL_REQUIRED,
	.words = bed_kinds,
	.example = "家庭"},
    INSTITUTION,
    {.name = "occupant",
	.zh = "入住老人|老人|老人编号|使用人",
	.type = YJ_COL_REF,
	.db = "occupant",
	NULLABLE,
	.flags = YJ_COL_QUOTED,
	.max = YJ_NAME_MAX,
	.ref = YJ_DIR_RESIDENTS,
	.example = "r-0001"},
    {.name = "device",
	.zh = "设备|设备编号",
	.type = YJ_COL_REF,
	.db = "device",
	NULLABLE,
	.flags = YJ_COL_QUOTED,
	.max = YJ_NAME_MAX,
	.ref = YJ_DIR_DEVICES,
	.example = ""},
    POLICY,
    {.name = "return_within",
	.zh = "离床返回时限|离床时限|返回时限",
	.type = YJ_COL_DURATION,
	.db = "return_within_ms",
	NULLABLE,
	.example = ""},
};

#define COLS(c) .cols = (c), .n_cols = sizeof(c) / sizeof(c)[0]
#define FITS(c) _Static_assert(sizeof(c) / sizeof(c)[0] <= YJ_COLS_MAX, "YJ_COLS_MAX")
FITS(resident_cols);
FITS(caregiver_cols);
FITS(device_cols);

const struct yj_dir_table yj_dir_tables[YJ_DIR_COUNT] = {
    [YJ_DIR_REGIONS] =
	{.table = "regions", .singular = "region", .zh = "区划", .key = "code", COLS(region_cols)},
    [YJ_DIR_INSTITUTIONS] = {.table = "institutions",
	.singular = "institution",
	.zh = "机构",
	.key = "id",
	COLS(institution_cols)},
    [YJ_DIR_RESIDENTS] = {.table = "residents",
	.singular = "resident",
	.zh = "老人",
	.key = "id",
	COLS(resident_cols)},
    [YJ_DIR_CAREGIVERS] = {.table = "caregivers",
	.singular = "caregiver",
	.zh = "响应人员",
	.key = "id",
	.items = "caregiver_residents",
	.owner = "caregiver",
	.other = "resident",
	COLS(caregiver_cols)},
    [YJ_DIR_DEVICES] = {.table = "devices",
	.singular = "device",
	.zh = "设备",
	.key = "id",
	.items = "device_residents",
	.owner = "device",
	.other = "resident",
	.by_pos = true,
	COLS(device_cols)},
    [YJ_DIR_BEDS] = {.table = "beds", .singular = "bed", .zh = "床位", .key = "id", COLS(bed_cols)},
    [YJ_DIR_CONSENTS] = {.table = "consents",
	.singular = "consent",
	.zh = "同意书",
	.key = "id",
	.made_of = 3,
	.cols = yj_dir_consent_cols,
	.n_cols = YJ_DIR_CONSENT_COLS},
    [YJ_DIR_ROUNDS] = {.table = "rounds",
	.singular = "round",
	.zh = "巡访",
	.key = "id",
	.cols = yj_dir_round_cols,
	.n_cols = YJ_DIR_ROUND_COLS},
};

const char *yj_dir_name(enum yj_dir kind)
{
	return yj_dir_tables[kind].table;
}

int yj_dir_parse(const char *s, enum yj_dir *kind)
{
	for (unsigned k = 0; k < YJ_DIR_COUNT; k++) {
		const struct yj_dir_table *t = &yj_dir_tables[k];
		if (strcmp(s, t->table) == 0 || strcmp(s, t->singular) == 0) {
			*kind = (enum yj_dir)k;
			return 0;
		}
	}
	return YJ_ERR_NOTFOUND;
}

bool yj_dir_among(const char *list, const char *s, size_t len)
{
	while (list && *list) {
		size_t n = strcspn(list, "|");
		if (n == len && strncasecmp(list, s, n) == 0)
			return true;
		list += n + (list[n] == '|');
	}
	return false;
}

int yj_dir_col(enum yj_dir kind, const char *name, size_t len)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	for (unsigned i = yj_dir_first(t); i < t->n_cols; i++)
		if (strlen(t->cols[i].name) == len && memcmp(t->cols[i].name, name, len) == 0)
			return (int)i;
	return -1;
}

int yj_dir_header(enum yj_dir kind, const char *header)
{
	const struct yj_dir_table *t = &yj_dir_tables[kind];
	for (unsigned i = yj_dir_first(t); i < t->n_cols; i++)
		if (strcasecmp(t->cols[i].name, header) == 0)
			return (int)i;
	for (unsigned i = yj_dir_first(t); i < t->n_cols; i++)
		if (yj_dir_among(t->cols[i].zh, header, strlen(header)))
			return (int)i;
	return -1;
}
