# Directory, import and export; included by CMakeLists.txt.
set(YJ_STORE_DIR_SOURCES src/dir_columns.c src/dir_consent.c src/dir_round.c src/dir_rules.c src/dir_text.c src/dir_value.c
    src/dir_sql.c src/dir_apply.c src/dir_read.c src/directory.c src/directory_remove.c
    src/csv.c src/stage.c src/import.c src/import_switch.c src/export.c)
