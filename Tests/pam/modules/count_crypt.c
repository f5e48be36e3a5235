/*
 * Preloaded into the checker: notes every password hash as one byte in the file that COUNT_CRYPT names when
 * the program starts, "x" or, for the digest of a password field, "d", and lets the host's libcrypt do it.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[256];

/* Before the program forgets its environment. */
__attribute__((constructor)) static void
remember(void)
{
	const char *given = getenv("COUNT_CRYPT");

	if (given != NULL && strlen(given) < sizeof(path))
		strcpy(path, given);
}

char *
crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
	char *(*next)(const char *, const char *, struct crypt_data *);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, strncmp(setting, "$5$rounds=1000$", 15) == 0 ? "d" : "x", 1);
		close(fd);
	}
	*(void **)&next = dlsym(RTLD_NEXT, "crypt_r");
	return next(phrase, setting, data);
}
