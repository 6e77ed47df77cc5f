/* Numbered migrations; private to the room. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "db.h"
#include "store/store.h"

/* Brings the schema to this program's version, each migration in a transaction of its own. 0;
 * YJ_ERR_NEWER when the database is of a newer program; a yj_err with `why` otherwise. */
int yj_migrate(struct yj_store *s, char why[YJ_WHY_MAX]) YJ_MUST_CHECK;

/* The version that this program writes. */
int yj_schema_version(void);

#endif
