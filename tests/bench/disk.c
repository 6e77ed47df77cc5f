/* The disk's ceiling: bare SQLite group commits of 300-byte rows.
 *
 *   bench_disk DATABASE GROUP SECONDS
 *
 * Prints one JSON object with rows per second and the spread of one commit. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COMMITS_MAX 1000000

static sqlite3 *db;

static void check(int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "bench_disk: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static double now_s(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static const char row[300];
	static double took[COMMITS_MAX];
	if (argc != 4) {
		fputs("usage: bench_disk DATABASE GROUP SECONDS\n", stderr);
		return 2;
	}
	int group = atoi(argv[2]);
	double seconds = strtod(argv[3], NULL);
	sqlite3_stmt *insert;
	check(sqlite3_open(argv[1], &db));
	check(sqlite3_exec(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = "
	    "2000;"
	    "CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, body BLOB);",
	    NULL, NULL, NULL));
	check(sqlite3_prepare_v2(db, "INSERT INTO rows (body) VALUES (?1)", -1, &insert, NULL));
	sqlite3_bind_blob(insert, 1, row, sizeof row, SQLITE_STATIC);
	double begun = now_s(), now = begun;
	size_t n = 0;
	while (now - begun < seconds && n < COMMITS_MAX) {
		check(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		for (int i = 0; i < group; i++) {
			check(sqlite3_step(insert));
			sqlite3_reset(insert);
		}
		double from = now_s();
		check(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
		now = now_s();
		took[n++] = now - from;
	}
	sqlite3_finalize(insert);
	sqlite3_close(db);
	qsort(took, n, sizeof *took, by_value);
	printf("{\"group\": %d, \"commits\": %zu, \"rows_per_s\": %.1f, \"commit_us\": "
	       "{\"p50\": %.1f, \"p99\": %.1f}}\n",
	    group, n, (double)n * group / (now - begun), took[n / 2] * 1e6,
	    took[n * 99 / 100] * 1e6);
	return 0;
}
