/*
 * The first factor: the password that the person types or that an earlier module has left, and the code that
 * may stand behind it in one answer.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "text.h"

static const char combined_prompt[] = "Password & verification code: ";
/* Access tokens are for programs; no prompt takes one. */
static const char token_prefix[] = "twl_";
/* What sshd hands over, over and over to the answer's length, for a user whom it lets in by no password. */
static const char sshd_stand_in[] = "\b\n\r\177INCORRECT";

bool
is_access_token(const char *answer)
{
	return strncmp(answer, token_prefix, strlen(token_prefix)) == 0;
}

/* Why an answer may not go to the daemon as a password; NULL: it may. */
static const char *
find_fault(const char *password)
{
	if (password == NULL || *password == '\0')
		return "it is empty";
	if (strlen(password) > PASSWORD_MAX)
		return "it is longer than 512 bytes";
	if (!is_text(password, PASSWORD_MAX))
		return "it is not UTF-8";
	if (is_access_token(password))
		return "it is an access token, which is for programs";
	return NULL;
}

bool
is_stand_in(const char *answer)
{
	size_t length = strlen(answer), i;

	if (length < 4)
		return false;
	for (i = 0; i < length; i++)
		if (answer[i] != sshd_stand_in[i % (sizeof(sshd_stand_in) - 1)])
			return false;
	return true;
}

int
refuse_after_prompt(const struct login *login, struct secrets *secrets)
{
	if (!secrets->is_combined)
		(void)ask_code(login, NULL, &secrets->code);
	return PAM_AUTH_ERR;
}

/* The password that an earlier module has asked for. False: there is none that could be one. */
static bool
take_first_pass(const struct login *login, struct secrets *secrets)
{
	const void *item = NULL; /* borrowed from pamh */

	if (pam_get_item(login->pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS || item == NULL ||
		find_fault(item) != NULL)
		return false;
	secrets->password = strdup(item);
	return secrets->password != NULL;
}

int
take_password(const struct login *login, struct secrets *secrets)
{
	const struct options *options = &login->options;
	const char *prompt = options->password_prompt, *fault;
	int rc;

	secrets->is_combined = options->forward_pass;
	if ((options->try_first_pass || options->use_first_pass) && take_first_pass(login, secrets))
		return PAM_SUCCESS;
	if (options->use_first_pass) {
		pam_syslog(login->pamh, LOG_NOTICE,
			"use_first_pass: no module before this one has left a password");
		return PAM_AUTH_ERR;
	}
	if (options->forward_pass)
		prompt = options->prompt != NULL ? options->prompt : combined_prompt;
	rc = ask(login, PAM_PROMPT_ECHO_OFF, prompt, &secrets->password);
	if (rc != PAM_SUCCESS)
		return rc;
	fault = find_fault(secrets->password);
	if (fault != NULL) {
		pam_syslog(login->pamh, LOG_NOTICE, "password refused unseen: %s", fault);
		return refuse_after_prompt(login, secrets);
	}
	if (is_stand_in(secrets->password))
		pam_syslog(login->pamh, LOG_NOTICE,
			"sshd lets this user in by no password and hides what was typed: "
			"see PermitRootLogin and the like in sshd_config");
	return PAM_SUCCESS;
}

bool
split_answer(struct secrets *secrets, const struct reply *reply)
{
	size_t length = strlen(secrets->password), bytes = (size_t)reply->password_bytes;

	if (!reply->has_password_bytes || bytes == 0 || bytes > length)
		return false;
	secrets->code = strdup(secrets->password + bytes);
	explicit_bzero(secrets->password + bytes, length - bytes);
	return secrets->code != NULL;
}
