/*
 * A well-behaved password module: says something, asks one hidden question, compares with password=TEXT.
 *
 *   password=TEXT  the right one          account=CODE  what acct_mgmt returns (default 0)
 *   user=NAME      renames PAM_USER       delay=USEC    asks for this delay after a failure
 *   rhost=HOST     the right PAM_RHOST    tty=TTY       the right PAM_TTY
 *   environment=empty  refuses where there is one
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

static const char *
option(int argc, const char **argv, const char *name)
{
	size_t length = strlen(name);
	int i;

	for (i = 0; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0)
			return argv[i] + length;
	return NULL;
}

/* Whether an item is what the option expects; an option that is absent expects nothing. */
static int
item_is(pam_handle_t *pamh, int item, const char *expected)
{
	const void *value = NULL;

	if (expected == NULL)
		return 1;
	pam_get_item(pamh, item, &value);
	return value != NULL && strcmp(value, expected) == 0;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *right = option(argc, argv, "password="), *user = option(argc, argv, "user=");
	const char *delay = option(argc, argv, "delay=");
	char *answer = NULL;
	int rc;

	(void)flags;
	if (delay != NULL)
		pam_fail_delay(pamh, (unsigned)atoi(delay));
	pam_prompt(pamh, PAM_TEXT_INFO, NULL, "welcome");
	pam_prompt(pamh, PAM_ERROR_MSG, NULL, "be careful");
	rc = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &answer, "Password: ");
	if (rc == PAM_SUCCESS)
		rc = answer != NULL && right != NULL && strcmp(answer, right) == 0 ? PAM_SUCCESS
										   : PAM_AUTH_ERR;
	if (!item_is(pamh, PAM_RHOST, option(argc, argv, "rhost=")) ||
		!item_is(pamh, PAM_TTY, option(argc, argv, "tty=")))
		rc = PAM_AUTH_ERR;
	if (option(argc, argv, "environment=") != NULL && environ != NULL && *environ != NULL)
		rc = PAM_AUTH_ERR;
	if (user != NULL)
		pam_set_item(pamh, PAM_USER, user);
	free(answer);
	return rc;
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
	const char *code = option(argc, argv, "account=");

	(void)pamh, (void)flags;
	return code != NULL ? atoi(code) : PAM_SUCCESS;
}
