/*
 * Preloaded into the daemon: accept4(2) fails with the error whose number stands in the file $FAIL_ACCEPT, as
 * long as there is one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int
accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	int (*real)(int, struct sockaddr *, socklen_t *, int);
	FILE *file = fopen(getenv("FAIL_ACCEPT"), "re");
	int error = 0;

	if (file != NULL) {
		if (fscanf(file, "%d", &error) != 1)
			error = 0;
		fclose(file);
	}
	if (error != 0) {
		errno = error;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "accept4");
	return real(fd, address, length, flags);
}
