/* The directory's columns as tables: what each kind of record consists of, how a value is checked
 * and normalised, and how it is kept. get, list, put, import, export and templates all go by
 * them. Private to the room. */
#ifndef STORE_DIR_H
#define STORE_DIR_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/directory.h"

#define YJ_COLS_MAX 24
#define YJ_TEXT_MAX 200 /* of a message about a value, as in struct yj_import_error */

enum yj_col_type {
	YJ_COL_KEY,	 /* the record's own id */
	YJ_COL_MADE,	 /* the key, made of the columns behind it; nobody sees it as a column */
	YJ_COL_CODE,	 /* region code, 12 digits */
	YJ_COL_PREFIX,	 /* region code of 6, 9 or 12 digits */
	YJ_COL_NAME,	 /* one line for people */
	YJ_COL_TEXT,	 /* any text, may have lines */
	YJ_COL_PHONE,	 /* one telephone number */
	YJ_COL_EMAIL,	 /* one address */
	YJ_COL_FAMILY,	 /* name of a family of devices */
	YJ_COL_KEYS,	 /* what a device's keys mean (proto/keys.h) */
	YJ_COL_BOOL,	 /* 0, 1 or NULL */
	YJ_COL_WORD,	 /* one of `words`, kept as its English text */
	YJ_COL_WORD_INT, /* one of `words`, kept as its index */
	YJ_COL_YEAR,
	YJ_COL_LAT,
	YJ_COL_LON,
	YJ_COL_DURATION, /* kept in ms */
	YJ_COL_LIMIT,	 /* a duration or `off`, kept in ms or as 0 */
	YJ_COL_DATE,	 /* date or RFC 3339 date-time, kept as text */
	YJ_COL_LABELS,	 /* free words, ';' between */
	YJ_COL_REF,	 /* id of another kind */
	YJ_COL_REFS,	 /* ids of another kind, ';' between, kept in a table of their own */
	YJ_COL_POLICY,	 /* name of a policy */
	YJ_COL_CHANNELS, /* channels, ';' between */
	YJ_COL_RANGES,	 /* of vital signs */
	YJ_COL_WHO,	 /* a caregiver's id, a role, or nothing: everybody */
	YJ_COL_WORDS,	 /* some of `words`, ';' between, kept in their English text */
	YJ_COL_PERIOD,	 /* days or months of the calendar (proto/period.h) */
	YJ_COL_ASSIGNEE, /* kept as role:ROLE, group:NAME or caregiver:ID */
};

enum {
	YJ_COL_REQUIRED = 1, /* never empty */
	YJ_COL_HEADER = 2,   /* must stand in an import's header, but may be empty */
	YJ_COL_QUOTED = 4,   /* exported between quotes: a code, not a number */
};

struct yj_word {
	const char *name;
	const char *zh; /* also accepted, '|' between */
};

extern const struct yj_word yj_dir_roles[]; /* in the order of enum yj_role */

struct yj_col {
	const char *name;
	const char *zh; /* headers, '|' between; the first stands in the template */
	enum yj_col_type type;
	const char *db;	     /* column of the table; NULL for YJ_COL_REFS */
	const char *absent;  /* SQL literal for a new row without the column */
	const char *derived; /* second column that follows from this one; may be NULL */
	const char *derived_absent;
	unsigned flags;
	int max; /* bytes of a text, entries of a list */
	enum yj_dir ref;
	const struct yj_word *words; /* ends with a NULL name */
	const char *example;	     /* for the template */
};

struct yj_dir_table {
	const char *table;
	const char *singular;
	const char *zh;
	const char *key;   /* also the name of the first column */
	unsigned made_of;  /* columns after the first of which the key is made; 0: it is not made */
	const char *items; /* table of the YJ_COL_REFS column, or NULL */
	const char *owner; /* its two columns */
	const char *other;
	bool by_pos; /* its key is the owner and pos; else the owner and the other */
	const struct yj_col *cols;
	unsigned n_cols;
};

extern const struct yj_dir_table yj_dir_tables[YJ_DIR_COUNT];
#define YJ_DIR_CONSENT_COLS 9
extern const struct yj_col yj_dir_consent_cols[YJ_DIR_CONSENT_COLS]; /* dir_consent.c */
#define YJ_DIR_ROUND_COLS 7
extern const struct yj_col yj_dir_round_cols[YJ_DIR_ROUND_COLS]; /* dir_round.c */

/* The column of an English name; -1 if there is none. */
int yj_dir_col(enum yj_dir kind, const char *name, size_t len);
/* Likewise of an English (any case) or Chinese header. */
int yj_dir_header(enum yj_dir kind, const char *header);
/* Is `s` one of the names in `list`, which has '|' between? */
bool yj_dir_among(const char *list, const char *s, size_t len);

/* The first column that people see. */
static inline unsigned yj_dir_first(const struct yj_dir_table *t)
{
	return t->made_of ? 1 : 0;
}

/* A checked value. `text` is owned and reused from row to row. */
struct yj_value {
	enum { YJ_V_NULL, YJ_V_INT, YJ_V_REAL, YJ_V_TEXT } type;
	int64_t i;
	double d;
	char *text;
	size_t cap;
	char derived[13]; /* region prefix */
	int n;		  /* entries of a list */
};
void yj_value_done(struct yj_value *v);

/* Names that values may use; NULL: not checked. Objects, the names being their keys; borrowed.
 * used (may be NULL) collects the webhooks met. */
struct yj_dir_names {
	json_t *policies;
	json_t *webhooks;
	json_t *families;
	json_t *used;
};

/* Checks one value (trimmed by this function) of a column and normalises it into *v.
 * 0; YJ_ERR_INVAL with the reason in `why`; YJ_ERR_NOMEM. "" gives YJ_V_NULL, or YJ_ERR_INVAL
 * where the column is required. */
int yj_value_check(enum yj_dir kind, const struct yj_col *col, const struct yj_dir_names *names,
    const char *text, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX]) YJ_MUST_CHECK;

/* Takes `len` bytes plus a terminator into v->text. 0 or YJ_ERR_NOMEM. */
int yj_value_set(struct yj_value *v, const char *text, size_t len) YJ_MUST_CHECK;

/* Makes a key that is made, into values[0]; what it needs and is not text leaves that NULL. Any
 * other key is left alone. 0 or YJ_ERR_NOMEM. */
int yj_dir_make_key(enum yj_dir kind, struct yj_value values[YJ_COLS_MAX]) YJ_MUST_CHECK;

/* ── dir_rules.c: what can be seen from a text alone ── */

/* Does an identity-card number stand anywhere in the text: GB 11643, 18 characters, also in wide
 * digits and with a space, hyphen or dot between its parts, or the old one of 15 digits? Of a
 * device, 15 digits with the check digit of an IMEI are one. */
bool yj_text_has_idcard(enum yj_dir kind, const char *s, size_t len);
/* Why a text may not be an id of this kind, or NULL. */
const char *yj_id_wrong(enum yj_dir kind, const char *s, size_t len);
/* What a spreadsheet did to the text (scientific notation, #REF! …) with the cure, or NULL. */
const char *yj_text_damaged(const char *s, size_t len);
/* A date in any of the usual spellings as YYYY-MM-DD, or an RFC 3339 time as it is. 0, or
 * YJ_ERR_INVAL with the reason. */
int yj_date_normal(const char *s, size_t len, char out[64], const char **why) YJ_MUST_CHECK;
/* The UTF-8 white space (also U+00A0, U+3000, U+FEFF) at both ends cut off. */
void yj_text_trim(const char **s, size_t *len);
/* First byte that is not part of well-formed UTF-8 (RFC 3629) or NUL; `len` if there is none. */
size_t yj_text_bad(const char *s, size_t len);
/* Copies as much as fits, never half a character. */
void yj_text_copy(char *buf, size_t cap, const char *s);

/* ── dir_sql.c: rows that are checked against the database and taken over, set-wise ──
 * They stand in SCHEMA.dir_rows (line, columns …) and SCHEMA.dir_items (owner, pos, other, line),
 * SCHEMA being "temp" for one record, "main" in a staging file, "stage" where it is attached.
 * `present` has a bit per column that is given. */

/* A column of the table, and whether it comes from a column that is given. */
struct yj_part {
	const char *db;
	const char *absent;
	bool given;
};
unsigned yj_dir_parts(enum yj_dir kind, uint32_t present, struct yj_part parts[2 * YJ_COLS_MAX]);

static inline bool yj_dir_given(uint32_t present, unsigned i)
{
	return (present >> i) & 1;
}

int yj_rows_create(
    sqlite3 *db, const char *schema, enum yj_dir kind, uint32_t present) YJ_MUST_CHECK;
/* Statements that insert a row and an item; the caller finalizes. SQLite result code. */
int yj_rows_prepare(sqlite3 *db, const char *schema, enum yj_dir kind, uint32_t present,
    sqlite3_stmt **row, sqlite3_stmt **item) YJ_MUST_CHECK;
/* Inserts. SQLite result code of the step (SQLITE_DONE when it is in). values: by column. */
int yj_rows_insert(sqlite3_stmt *row, sqlite3_stmt *item, enum yj_dir kind, uint32_t present,
    long line, const struct yj_value *values) YJ_MUST_CHECK;

/* Told of each break of a rule; false stops. */
typedef bool yj_rows_found_fn(void *ctx, long line, const struct yj_col *col, const char *text);
struct yj_rows_checking {
	struct yj_store *s;
	const char *schema;
	const struct yj_dir_table *table;
	yj_rows_found_fn *found;
	void *ctx;
	bool stop;
};
/* Runs a query for (line, text) and tells its rows. Takes sql; NULL is YJ_ERR_NOMEM. */
int yj_rows_report(struct yj_rows_checking *c, const struct yj_col *col, char *sql) YJ_MUST_CHECK;
/* Of rounds (dir_round.c): those who make them must be there; periods and who makes them, as
 * yj_value_check; and the latter as people see it. */
int yj_rows_check_assignees(struct yj_rows_checking *c, const struct yj_col *col) YJ_MUST_CHECK;
int yj_dir_round_period(
    const char *s, size_t len, struct yj_value *v, char why[YJ_TEXT_MAX]) YJ_MUST_CHECK;
int yj_dir_round_assignee(const struct yj_col *col, const char *s, size_t len, struct yj_value *v,
    char why[YJ_TEXT_MAX]) YJ_MUST_CHECK;
const char *yj_dir_round_assignee_text(const struct yj_col *col, const char *stored);

/* Of consents (dir_consent.c): whom they name, and who may have said it. */
int yj_rows_check_consents(struct yj_rows_checking *c, uint32_t present) YJ_MUST_CHECK;
/* References, the shared namespace, and who lies where. within: also what rows of the set do to
 * each other. 0 or yj_err; breaks go to `found`. */
int yj_rows_check(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    bool within, yj_rows_found_fn *found, void *ctx) YJ_MUST_CHECK;
/* How the rows differ from the directory, found outside of the loop so that only what is needed
 * is done inside. */
struct yj_rows_diff {
	int64_t version;  /* of the directory, before anything was looked at */
	int64_t rows;	  /* of the set */
	int64_t added;	  /* of these not in the directory */
	int64_t revived;  /* of these tombstones */
	uint32_t changed; /* columns in which a row differs from what is there */
	bool items;	  /* do the lists differ */
};
int yj_rows_diff(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    struct yj_rows_diff *d) YJ_MUST_CHECK;
/* Only counts, for when the directory has moved on: all columns are then taken as changed. */
int yj_rows_count(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    struct yj_rows_diff *d) YJ_MUST_CHECK;
/* Adds and replaces, in the transaction that is open, and moves the directory's version on.
 * Unchanged rows are not touched. */
int yj_rows_apply(struct yj_store *s, const char *schema, enum yj_dir kind, uint32_t present,
    const struct yj_rows_diff *d) YJ_MUST_CHECK;

/* A number that moves with each change of the directory; whoever writes to its tables calls
 * touch in the same transaction. */
int yj_dir_version(struct yj_store *s, int64_t *version) YJ_MUST_CHECK;
int yj_dir_touch(struct yj_store *s) YJ_MUST_CHECK;

/* A statement made of printf-like SQL (sqlite3_mprintf); the caller finalizes. */
int yj_dir_prepare(struct yj_store *s, sqlite3_stmt **stmt, const char *format, ...) YJ_MUST_CHECK;
/* Likewise, run to its end. */
int yj_dir_exec(struct yj_store *s, const char *format, ...) YJ_MUST_CHECK;

/* ── dir_read.c ── */

/* All columns of a kind, in the order of its table; `where` (SQL, may be "") follows. Lists come
 * joined by ';'. */
int yj_dir_select(
    struct yj_store *s, enum yj_dir kind, const char *where, sqlite3_stmt **stmt) YJ_MUST_CHECK;
/* Column i of its row as people and CSV see it. buf is used where the text must be made. */
const char *yj_dir_cell(sqlite3_stmt *stmt, enum yj_dir kind, unsigned i, char buf[32]);

/* A row of it as a record; NULL: no memory. New reference. */
json_t *yj_dir_record(sqlite3_stmt *stmt, enum yj_dir kind);

/* The names that are stored: policies, webhooks and families, of which the latter are NULL if never
 * told. 0 or a yj_err. */
int yj_dir_names_stored(struct yj_store *s, struct yj_dir_names *out) YJ_MUST_CHECK;
void yj_dir_names_done(struct yj_dir_names *names);

#endif
