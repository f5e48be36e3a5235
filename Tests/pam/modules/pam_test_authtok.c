/*
 * Stands behind the module under test: prints "authtok TEXT|none" in hexadecimal, as a keyring module would
 * find it, and returns result=CODE (default 0).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

static int
run(pam_handle_t *pamh, int argc, const char **argv)
{
	const void *token = NULL;
	const char *c;

	if (pam_get_item(pamh, PAM_AUTHTOK, &token) == PAM_SUCCESS && token != NULL) {
		printf("authtok ");
		for (c = token; *c != '\0'; c++)
			printf("%02x", (unsigned char)*c);
		printf("\n");
	} else {
		printf("authtok none\n");
	}
	fflush(stdout);
	return argc > 0 && strncmp(argv[0], "result=", 7) == 0 ? atoi(argv[0] + 7) : PAM_SUCCESS;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pamh, argc, argv);
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pamh, argc, argv);
}

int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pamh, argc, argv);
}

int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return run(pamh, argc, argv);
}
