/*
 * Asks nothing, and has the result whose number ends the user's name, `result7` say; for other users
 * the one whose number ends PAM_RUSER. Takes every option, so that it can stand where another stood.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_modules.h>

/* The number at the end of an item's text, -1 if there is none. */
static int
number_in(pam_handle_t *pamh, int item)
{
	const void *value = NULL;
	const char *text;
	size_t length;

	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS || value == NULL)
		return -1;
	text = value;
	length = strlen(text);
	while (length > 0 && isdigit((unsigned char)text[length - 1]))
		length--;
	return text[length] != '\0' ? atoi(text + length) : -1;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int number = number_in(pamh, PAM_USER);

	(void)flags, (void)argc, (void)argv;
	if (number < 0)
		number = number_in(pamh, PAM_RUSER);
	return number >= 0 ? number : PAM_SERVICE_ERR;
}

int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}
