#include "faultvfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file { /* ours, with the real one behind it */
	sqlite3_file base;
	sqlite3_file *real;
};

static struct {
	enum yj_fault_kind kind;
	long at, times, count;
	const char *file; /* where the next plan comes from; NULL: nowhere */
} plan;

static sqlite3_vfs shim, *real_vfs;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static void read_plan(void)
{
	char text[64] = "", *end;
	FILE *f = fopen(plan.file, "re");
	if (!f)
		return;
	if (!fgets(text, sizeof text, f))
		text[0] = '\0';
	fclose(f);
	unlink(plan.file);
	long at = strtol(text, &end, 10), times = 1;
	if (*end == ':')
		times = strncmp(end + 1, "forever", 7) == 0 ? -1 : strtol(end + 1, NULL, 10);
	yj_faultvfs_plan(strstr(text, "full") ? YJ_FAULT_FULL : YJ_FAULT_IOERR, at, times);
}

static bool fails(void)
{
	if (plan.file)
		read_plan();
	plan.count++;
	return plan.at > 0 && plan.count >= plan.at &&
	       (plan.times < 0 || plan.count < plan.at + plan.times);
}

void yj_faultvfs_plan(enum yj_fault_kind kind, long at, long times)
{
	plan.kind = kind;
	plan.at = at;
	plan.times = times;
	plan.count = 0;
}

long yj_faultvfs_count(void)
{
	return plan.count;
}

/* ── what may fail ── */

static int f_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
	sqlite3_file *r = real_of(f);
	if (!fails())
		return r->pMethods->xWrite(r, bytes, n, at);
	if (plan.kind == YJ_FAULT_FULL)
		return SQLITE_FULL;
	if (n > 1)
		(void)r->pMethods->xWrite(r, bytes, n / 2, at);
	return SQLITE_IOERR_WRITE;
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	sqlite3_file *r = real_of(f);
	bool failed = fails() && plan.kind == YJ_FAULT_IOERR;
	return failed ? SQLITE_IOERR_TRUNCATE : r->pMethods->xTruncate(r, size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	sqlite3_file *r = real_of(f);
	bool failed = fails() && plan.kind == YJ_FAULT_IOERR;
	return failed ? SQLITE_IOERR_FSYNC : r->pMethods->xSync(r, flags);
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	(void)vfs;
	bool failed = fails() && plan.kind == YJ_FAULT_IOERR;
	return failed ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync_dir);
}

/* ── what is handed on ── */

static int f_close(sqlite3_file *f)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods ? r->pMethods->xClose(r) : SQLITE_OK;
}

static int f_read(sqlite3_file *f, void *buf, int n, sqlite3_int64 at)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xRead(r, buf, n, at);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xFileSize(r, size);
}

static int f_lock(sqlite3_file *f, int lock)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xLock(r, lock);
}

static int f_unlock(sqlite3_file *f, int lock)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xUnlock(r, lock);
}

static int f_reserved(sqlite3_file *f, int *out)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xCheckReservedLock(r, out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xFileControl(r, op, arg);
}

static int f_sector(sqlite3_file *f)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xSectorSize(r);
}

static int f_device(sqlite3_file *f)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xDeviceCharacteristics(r);
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xShmMap(r, page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xShmLock(r, at, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	sqlite3_file *r = real_of(f);
	r->pMethods->xShmBarrier(r);
}

static int f_shm_unmap(sqlite3_file *f, int remove)
{
	sqlite3_file *r = real_of(f);
	return r->pMethods->xShmUnmap(r, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* without memory-mapped reading, which the store does not use */
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_device,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	(void)vfs;
	struct file *file = (struct file *)f;
	file->real = (sqlite3_file *)(file + 1);
	file->real->pMethods = NULL;
	int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
	file->base.pMethods = rc == SQLITE_OK || file->real->pMethods ? &methods : NULL;
	return rc;
}

int yj_faultvfs_install(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	if (!real_vfs)
		return SQLITE_ERROR;
	shim = *real_vfs; /* all but opening and deleting goes straight to the real one */
	shim.zName = "yj-faults";
	shim.pNext = NULL;
	shim.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	shim.xOpen = v_open;
	shim.xDelete = v_delete;
	return sqlite3_vfs_register(&shim, 1);
}

void yj_faultvfs_from_environment(void)
{
	const char *file = getenv("YJ_PLANT_IO");
	if (plan.file || !file || !file[0])
		return;
	if (yj_faultvfs_install() != SQLITE_OK)
		abort();
	plan.file = file;
}
