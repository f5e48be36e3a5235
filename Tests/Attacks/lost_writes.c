/*
 * Preloaded into the daemon: notes, in the file $LOST_WRITES_LOG, every change to the file system that holds
 * $LOST_WRITES_DISK, with what was there before, and every time that the program waited for the disk.
 * lost_writes.py takes the changes back that a power cut would lose. With $LOST_WRITES_LIE set no wait is
 * noted: the disk of a machine that says "written" when it is not.
 *
 * A record: struct record, then path, old bytes, new bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC, CREATE, UNLINK, RENAME, SYNC_DIRECTORY };

struct record {
	uint64_t kind, inode, offset, size_before, path_bytes, old_bytes, new_bytes;
};

/* As long as a disk takes: memory, on which the tests run, is so quick that no kill would come between. */
enum { SYNC_MICROSECONDS = 4000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;

/* The next definition of a function, found once. */
#define REAL(name)                            \
	static __typeof__(name) *real_##name; \
	if (real_##name == NULL)              \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name)

/* Whether a status is of something on the disk that is watched. */
static int
is_watched(const struct stat *status)
{
	static dev_t disk;
	struct stat root;
	const char *path = getenv("LOST_WRITES_DISK");

	if (disk == 0 && path != NULL && stat(path, &root) == 0)
		disk = root.st_dev;
	return disk != 0 && status->st_dev == disk;
}

static void
note(struct record *record, const char *path, const void *old, const void *new)
{
	struct iovec pieces[] = {
		{record, sizeof(*record)},
		{(void *)path, path != NULL ? strlen(path) : 0},
		{(void *)old, record->old_bytes},
		{(void *)new, record->new_bytes},
	};

	record->path_bytes = pieces[1].iov_len;
	if (log_descriptor < 0)
		log_descriptor = (int)syscall(
			SYS_openat, AT_FDCWD, getenv("LOST_WRITES_LOG"), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (writev(log_descriptor, pieces, 4) < 0)
		abort();
}

/* What is in the file where it is about to be changed. Not through another descriptor: to close that one
 * would end the locks that the program has on the file (fcntl(2)). */
static void
note_change(uint64_t kind, int fd, const struct stat *status, uint64_t offset, const void *new, size_t count)
{
	struct record record = {.kind = kind, .inode = status->st_ino, .offset = offset};
	uint64_t size = (uint64_t)status->st_size, end = kind == WRITE ? offset + count : size;
	ssize_t length = 0;
	char *old = NULL;

	record.size_before = size;
	record.new_bytes = kind == WRITE ? count : 0;
	if (offset < size && end > offset) {
		old = malloc(end - offset);
		length = pread(fd, old, (end < size ? end : size) - offset, (off_t)offset);
		record.old_bytes = length > 0 ? (uint64_t)length : 0;
	}
	note(&record, NULL, old, new);
	free(old);
}

static ssize_t
write_at(int fd, const void *bytes, size_t count, off_t offset,
	ssize_t (*go_on)(int, const void *, size_t, off_t))
{
	struct stat status;
	ssize_t written;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_watched(&status))
		return go_on(fd, bytes, count, offset);
	pthread_mutex_lock(&lock);
	note_change(WRITE, fd, &status, (uint64_t)offset, bytes, count);
	written = go_on(fd, bytes, count, offset);
	pthread_mutex_unlock(&lock);
	return written;
}

ssize_t
pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	REAL(pwrite);
	return write_at(fd, bytes, count, offset, real_pwrite);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
	REAL(pwrite64);
	return write_at(fd, bytes, count, offset, real_pwrite64);
}

static ssize_t
write_here(int fd, const void *bytes, size_t count, off_t offset)
{
	REAL(write);
	(void)offset;
	return real_write(fd, bytes, count);
}

ssize_t
write(int fd, const void *bytes, size_t count)
{
	return write_at(fd, bytes, count, lseek(fd, 0, SEEK_CUR), write_here);
}

static int
truncate_at(int fd, off_t length, int (*go_on)(int, off_t))
{
	struct stat status;
	int result;

	if (fstat(fd, &status) != 0 || !is_watched(&status))
		return go_on(fd, length);
	pthread_mutex_lock(&lock);
	note_change(TRUNCATE, fd, &status, (uint64_t)length, NULL, 0);
	result = go_on(fd, length);
	pthread_mutex_unlock(&lock);
	return result;
}

int
ftruncate(int fd, off_t length)
{
	REAL(ftruncate);
	return truncate_at(fd, length, real_ftruncate);
}

int
ftruncate64(int fd, off_t length)
{
	REAL(ftruncate64);
	return truncate_at(fd, length, real_ftruncate64);
}

static int
sync_by(int fd, int (*go_on)(int))
{
	struct stat status;
	struct record record = {0};
	int result;

	if (fstat(fd, &status) != 0 || !is_watched(&status))
		return go_on(fd);
	usleep(SYNC_MICROSECONDS);
	result = go_on(fd);
	if (result == 0 && getenv("LOST_WRITES_LIE") == NULL) {
		record.kind = S_ISDIR(status.st_mode) ? SYNC_DIRECTORY : SYNC;
		record.inode = status.st_ino;
		pthread_mutex_lock(&lock);
		note(&record, NULL, NULL, NULL);
		pthread_mutex_unlock(&lock);
	}
	return result;
}

int
fsync(int fd)
{
	REAL(fsync);
	return sync_by(fd, real_fsync);
}

int
fdatasync(int fd)
{
	REAL(fdatasync);
	return sync_by(fd, real_fdatasync);
}

/* Whether the last file that a path names would be on the disk that is watched. */
static int
is_watched_path(const char *path)
{
	const char *disk = getenv("LOST_WRITES_DISK");

	return disk != NULL && strncmp(path, disk, strlen(disk)) == 0;
}

static int
open_by(const char *path, int flags, mode_t mode, int (*go_on)(const char *, int, ...))
{
	struct record record = {.kind = CREATE};
	struct stat status;
	int descriptor;

	if ((flags & O_CREAT) == 0 || !is_watched_path(path) || lstat(path, &status) == 0)
		return go_on(path, flags, mode);
	pthread_mutex_lock(&lock);
	descriptor = go_on(path, flags, mode);
	if (descriptor >= 0 && fstat(descriptor, &status) == 0) {
		record.inode = status.st_ino;
		note(&record, path, NULL, NULL);
	}
	pthread_mutex_unlock(&lock);
	return descriptor;
}

static mode_t
mode_of(int flags, va_list arguments)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	REAL(open);
	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_by(path, flags, mode, real_open);
}

int
open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	REAL(open64);
	va_start(arguments, flags);
	mode = mode_of(flags, arguments);
	va_end(arguments);
	return open_by(path, flags, mode, real_open64);
}

/* Notes that a name is about to go, with all that the file holds. Another process could not have it locked.
 */
static void
note_name(uint64_t kind, const char *path, const char *lost, const char *target)
{
	struct record record = {.kind = kind};
	struct stat status;
	char *old = NULL;
	int fd = lstat(lost, &status) == 0 && S_ISREG(status.st_mode)
			 ? (int)syscall(SYS_openat, AT_FDCWD, lost, O_RDONLY)
			 : -1;

	if (fd >= 0) {
		record.inode = status.st_ino;
		old = malloc((size_t)status.st_size + 1);
		record.old_bytes = (uint64_t)pread(fd, old, (size_t)status.st_size, 0);
		record.size_before = 1;
		syscall(SYS_close, fd);
	}
	record.new_bytes = target != NULL ? strlen(target) : 0;
	note(&record, path, old, target);
	free(old);
}

int
unlink(const char *path)
{
	struct stat status;
	int result;

	REAL(unlink);
	if (!is_watched_path(path) || lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
		return real_unlink(path);
	pthread_mutex_lock(&lock);
	note_name(UNLINK, path, path, NULL);
	result = real_unlink(path);
	pthread_mutex_unlock(&lock);
	return result;
}

int
rename(const char *from, const char *to)
{
	int result;

	REAL(rename);
	if (!is_watched_path(from))
		return real_rename(from, to);
	pthread_mutex_lock(&lock);
	note_name(RENAME, from, to, to);
	result = real_rename(from, to);
	pthread_mutex_unlock(&lock);
	return result;
}
