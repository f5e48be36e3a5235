/* What is said to the person, and what he is asked. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "text.h"

#define ERROR(name) "org.twinlock.Authentication." name

static const char code_prompt[] = "Verification code: ";

/* A line for the person, unless the program wants none. */
static void
tell(const struct login *login, const char *line)
{
	if (!login->silent)
		(void)pam_prompt(login->pamh, PAM_ERROR_MSG, NULL, "%s", line);
}

static void
tell_to_wait(const struct login *login, const struct reply *reply)
{
	char line[80];
	int32_t seconds = reply->seconds > 0 ? reply->seconds : 1;

	if (!reply->has_seconds)
		tell(login, "Too many wrong codes: no code is accepted any more; ask an administrator.");
	else if (seconds <= 120)
		(void)snprintf(line, sizeof(line), "Too many wrong codes: wait %" PRId32 " second%s.",
			seconds, seconds == 1 ? "" : "s");
	else
		(void)snprintf(line, sizeof(line), "Too many wrong codes: wait %" PRId32 " minutes.",
			(seconds + 59) / 60);
	if (reply->has_seconds)
		tell(login, line);
}

bool
is_used_code(const struct reply *reply)
{
	return text_is(reply->error, ERROR("CodeAlreadyUsed"));
}

int
refuse_error(const struct login *login, const struct reply *reply)
{
	if (text_is(reply->error, ERROR("AuthenticationFailed"))) {
		debug_log(login, "twinlockd refused the sign-in");
		return PAM_AUTH_ERR;
	}
	if (text_is(reply->error, ERROR("TooManyFailures"))) {
		pam_syslog(login->pamh, LOG_NOTICE, "too many failures: codes are refused for now");
		tell_to_wait(login, reply);
		return PAM_MAXTRIES;
	}
	if (is_used_code(reply)) {
		pam_syslog(login->pamh, LOG_NOTICE, "the code was right but has been used already");
		tell(login, "This code was used already; wait for the next one.");
		return PAM_AUTH_ERR;
	}
	if (text_is(reply->error, ERROR("SignInAgain"))) {
		pam_syslog(login->pamh, LOG_NOTICE, "the sign-in took too long or was cancelled");
		return PAM_AUTH_ERR;
	}
	if (text_is(reply->error, ERROR("PasswordExpired")))
		pam_syslog(login->pamh, LOG_ERR,
			"twinlockd reports an expired password, which no login program is told");
	else if (text_is(reply->error, ERROR("Unavailable")))
		pam_syslog(login->pamh, LOG_ERR, "twinlockd cannot carry out the sign-in: its log says why");
	else if (reply->error.length > 20 && memcmp(reply->error.bytes, "org.varlink.service.", 20) == 0)
		pam_syslog(
			login->pamh, LOG_ERR, "twinlockd does not take the call: is it of another version?");
	else
		pam_syslog(login->pamh, LOG_ERR, "twinlockd answers with an error that is not known here");
	return PAM_AUTHINFO_UNAVAIL;
}

int
show(const struct login *login, const char *text)
{
	const struct pam_message message = {.msg_style = PAM_TEXT_INFO, .msg = text};
	const struct pam_message *messages = &message;
	const struct pam_conv *conversation;
	struct pam_response *response = NULL;
	const void *item = NULL;
	int rc;

	if (login->silent || pam_get_item(login->pamh, PAM_CONV, &item) != PAM_SUCCESS || item == NULL)
		return PAM_CONV_ERR;
	conversation = item;
	if (conversation->conv == NULL)
		return PAM_CONV_ERR;
	rc = conversation->conv(1, &messages, &response, conversation->appdata_ptr);
	if (response != NULL) {
		wipe_and_free(response->resp);
		free(response);
	}
	return rc;
}

int
ask(const struct login *login, int style, const char *prompt, char **answer)
{
	int rc = pam_prompt(login->pamh, style, answer, "%s", prompt);

	if (rc == PAM_SUCCESS)
		return PAM_SUCCESS;
	pam_syslog(login->pamh, LOG_NOTICE, "the conversation failed: %s", pam_strerror(login->pamh, rc));
	return PAM_AUTH_ERR;
}

int
ask_code(const struct login *login, const char *prompt, char **answer)
{
	/* With forward_pass the option is for the one question that takes both. */
	if (prompt == NULL && !login->options.forward_pass)
		prompt = login->options.prompt;
	return ask(login, login->options.echo_code ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF,
		prompt != NULL ? prompt : code_prompt, answer);
}
