/* The machine's clocks. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static int64_t ms_of(clockid_t id)
{
	struct timespec ts;
	if (clock_gettime(id, &ts) != 0)
		abort(); /* both clocks exist on every kernel we run on */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Cannot change while a process lives, so it is read once. */
static int boot_id_read(char out[YJ_BOOT_ID_LEN])
{
	static char id[YJ_BOOT_ID_LEN];
	if (!id[0]) {
		char buf[YJ_BOOT_ID_LEN] = "";
		int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return YJ_ERR_IO;
		ssize_t n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		buf[strcspn(buf, "\n")] = '\0';
		if (n <= 0 || !buf[0])
			return YJ_ERR_IO;
		memcpy(id, buf, sizeof(id));
	}
	memcpy(out, id, sizeof(id));
	return YJ_OK;
}

#ifdef YJ_PLANT
/* A test's clock. A file that is not complete is an error, so that a test cannot go on with the
 * real one. */
static int test_clock_read(const char *path, struct yj_clock_reading *out)
{
	struct yj_clock_reading r = {0};
	char line[128];
	unsigned seen = 0;
	FILE *f = fopen(path, "re");
	if (!f)
		return YJ_ERR_IO;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "boot_id=", 8) == 0) {
			snprintf(r.boot_id, sizeof(r.boot_id), "%.63s", line + 8);
			seen |= 1;
		} else if (strncmp(line, "boottime_ms=", 12) == 0) {
			r.boottime_ms = strtoll(line + 12, NULL, 10);
			seen |= 2;
		} else if (strncmp(line, "utc_ms=", 7) == 0) {
			r.utc_ms = strtoll(line + 7, NULL, 10);
			seen |= 4;
		}
	}
	fclose(f);
	if (seen != 7)
		return YJ_ERR_IO;
	*out = r;
	return YJ_OK;
}
#endif

int yj_clock_read(struct yj_clock_reading *out)
{
	struct yj_clock_reading r = {0};
#ifdef YJ_PLANT
	const char *test = getenv("YJ_TEST_CLOCK");
	if (test)
		return test_clock_read(test, out);
#endif
	int err = boot_id_read(r.boot_id);
	if (err != YJ_OK)
		return err;
	r.boottime_ms = ms_of(CLOCK_BOOTTIME);
	r.utc_ms = ms_of(CLOCK_REALTIME);
	*out = r;
	return YJ_OK;
}

int64_t yj_clock_build_utc_ms(void)
{
	return YJ_BUILD_UTC_S * 1000LL;
}
