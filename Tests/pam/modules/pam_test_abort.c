/* Takes its host process down: with abort(3), or with signal=NUMBER, or with exit=STATUS. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags;
	if (argc > 0 && strncmp(argv[0], "signal=", 7) == 0)
		raise(atoi(argv[0] + 7));
	if (argc > 0 && strncmp(argv[0], "exit=", 5) == 0)
		_exit(atoi(argv[0] + 5));
	abort();
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}
