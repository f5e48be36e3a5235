/*
 * Stands behind the module under test: prints "authtok TEXT|none" in hexadecimal, as a keyring module would
 * find it, and returns result=CODE (default 0). With leave=TEXT, in hexadecimal, it stands before the module
 * and leaves a password for it instead; leave-p=COUNT leaves so many letters p, too many for a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

static int
leave(pam_handle_t *pamh, const char *hex)
{
	char text[1025] = "";
	unsigned byte, i;

	for (i = 0; i < sizeof(text) - 1 && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		text[i] = (char)byte;
	text[i] = '\0';
	return pam_set_item(pamh, PAM_AUTHTOK, text);
}

static int
leave_letters(pam_handle_t *pamh, size_t count)
{
	char text[1025] = "";

	memset(text, 'p', count < sizeof(text) ? count : sizeof(text) - 1);
	return pam_set_item(pamh, PAM_AUTHTOK, text);
}

static int
run(pam_handle_t *pamh, int argc, const char **argv)
{
	const void *token = NULL;
	const char *c;

	if (argc > 0 && strncmp(argv[0], "leave=", 6) == 0)
		return leave(pamh, argv[0] + 6);
	if (argc > 0 && strncmp(argv[0], "leave-p=", 8) == 0)
		return leave_letters(pamh, (size_t)atoi(argv[0] + 8));
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
