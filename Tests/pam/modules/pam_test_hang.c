/* Never comes back and cannot be asked to: writes its process id to file=PATH, ignores what can be ignored,
 * sleeps. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int i, fd;

	(void)pamh, (void)flags;
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	if (argc > 0 && (fd = open(argv[0] + strlen("file="), O_WRONLY | O_APPEND | O_CLOEXEC)) >= 0) {
		dprintf(fd, "%d\n", (int)getpid());
		close(fd);
	}
	for (;;)
		pause();
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}
