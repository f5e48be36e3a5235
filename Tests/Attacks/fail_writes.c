/*
 * Preloaded into the daemon: as long as there is a file $FAIL_WRITES, which says "write NUMBER" or "sync
 * NUMBER", the file system that holds $FAIL_WRITES_DISK refuses writes, or waits for the disk, with that
 * error number.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* The next definition of a function, found once. */
#define REAL(name)                            \
	static __typeof__(name) *real_##name; \
	if (real_##name == NULL)              \
	*(void **)&real_##name = dlsym(RTLD_NEXT, #name)

/* The error for this kind of call on this descriptor; 0 for none. */
static int
failure(const char *kind, int fd)
{
	struct stat status, disk;
	char found[16];
	int number;
	FILE *file;

	if (fstat(fd, &status) != 0 || S_ISSOCK(status.st_mode) ||
		stat(getenv("FAIL_WRITES_DISK"), &disk) != 0 || status.st_dev != disk.st_dev ||
		(file = fopen(getenv("FAIL_WRITES"), "re")) == NULL)
		return 0;
	if (fscanf(file, "%15s %d", found, &number) != 2 || strcmp(found, kind) != 0)
		number = 0;
	fclose(file);
	return number;
}

#define FAIL(kind, fd)                          \
	do {                                    \
		int number = failure(kind, fd); \
		if (number != 0) {              \
			errno = number;         \
			return -1;              \
		}                               \
	} while (0)

ssize_t
pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
	REAL(pwrite64);
	FAIL("write", fd);
	return real_pwrite64(fd, bytes, count, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	REAL(pwrite);
	FAIL("write", fd);
	return real_pwrite(fd, bytes, count, offset);
}

ssize_t
write(int fd, const void *bytes, size_t count)
{
	REAL(write);
	FAIL("write", fd);
	return real_write(fd, bytes, count);
}

int
ftruncate64(int fd, off_t length)
{
	REAL(ftruncate64);
	FAIL("write", fd);
	return real_ftruncate64(fd, length);
}

int
fdatasync(int fd)
{
	REAL(fdatasync);
	FAIL("sync", fd);
	return real_fdatasync(fd);
}

int
fsync(int fd)
{
	REAL(fsync);
	FAIL("sync", fd);
	return real_fsync(fd);
}
