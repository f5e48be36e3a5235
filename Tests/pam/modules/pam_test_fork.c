/*
 * Leaves processes behind. First argument:
 *
 *   sleeper=PATH  forks twice, in a session of its own, writes the sleeper's process id to PATH; the parent
 *                 succeeds after one hidden prompt
 *   crash=PATH    the same, but the parent aborts
 *   both          forks once, and parent and child both return from PAM
 *   child         forks once; the child returns from PAM, and the parent aborts when it has ended
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

static void
leave_sleeper(const char *path)
{
	int ready[2], i, fd;
	char byte;

	if (pipe(ready) < 0)
		abort();
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			for (i = 1; i < NSIG; i++)
				signal(i, SIG_IGN);
			fd = open(path, O_WRONLY | O_APPEND);
			dprintf(fd, "%d\n", (int)getpid());
			close(fd);
			close(ready[0]);
			close(ready[1]);
			for (;;)
				pause();
		}
		_exit(0);
	}
	wait(NULL);
	close(ready[1]);
	(void)!read(ready[0], &byte, 1); /* until the sleeper has written its number */
	close(ready[0]);
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	char *answer = NULL;

	(void)flags;
	if (argc > 0 && strncmp(argv[0], "sleeper=", 8) == 0)
		leave_sleeper(argv[0] + 8);
	if (argc > 0 && strncmp(argv[0], "crash=", 6) == 0) {
		leave_sleeper(argv[0] + 6);
		abort();
	}
	if (argc > 0 && strcmp(argv[0], "both") == 0)
		(void)!fork();
	if (argc > 0 && strcmp(argv[0], "child") == 0 && fork() != 0) {
		wait(NULL);
		abort();
	}
	pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &answer, "Password: ");
	free(answer);
	return PAM_SUCCESS;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}
