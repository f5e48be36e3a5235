/* Asks in the order of its arguments, each `off` or `on` (echo), and succeeds whatever it is told. */
#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int i;

	(void)flags;
	for (i = 0; i < argc; i++) {
		char *answer = NULL;

		pam_prompt(pamh, strcmp(argv[i], "on") == 0 ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF,
			&answer, "Question: ");
		free(answer);
	}
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
