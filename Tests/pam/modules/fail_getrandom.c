/* Preloaded into the daemon: getrandom(2) fails as long as there is a file $FAIL_GETRANDOM. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

ssize_t
getrandom(void *bytes, size_t count, unsigned int flags)
{
	ssize_t (*real)(void *, size_t, unsigned int);

	if (access(getenv("FAIL_GETRANDOM"), F_OK) == 0) {
		errno = EIO;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getrandom");
	return real(bytes, count, flags);
}
