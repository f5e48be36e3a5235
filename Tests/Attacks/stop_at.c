/*
 * Preloaded into the daemon: it stops itself (SIGSTOP), once, before it removes or renames the file whose
 * path ends in $STOP_AT_FILE, as $STOP_AT says: "unlink" or "rename".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
stop_before(const char *call, const char *path)
{
	static int has_stopped;
	const char *file = getenv("STOP_AT_FILE");
	size_t length = strlen(path), end = strlen(file);

	if (has_stopped || strcmp(getenv("STOP_AT"), call) != 0 || length < end ||
		strcmp(path + length - end, file) != 0)
		return;
	has_stopped = 1;
	raise(SIGSTOP);
}

int
unlink(const char *path)
{
	int (*real)(const char *);

	stop_before("unlink", path);
	*(void **)&real = dlsym(RTLD_NEXT, "unlink");
	return real(path);
}

int
rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *);

	stop_before("rename", from);
	*(void **)&real = dlsym(RTLD_NEXT, "rename");
	return real(from, to);
}
