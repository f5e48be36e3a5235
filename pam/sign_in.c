/*
 * One sign-in: SignIn with the first factor, then Verify2FACode for as long as the daemon has questions.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "text.h"

#define ROUNDS_MAX 12 /* answers that one sign-in asks for after the first factor; the daemon needs fewer */

static const char next_code_prompt[] = "This code was used already; type the next one: ";

/* --- The verdict --- */

/*
 * Whether a verdict is about the person who is logging in: the reply names who was asked for, and the handle
 * still does. A reply for another name would let one account's factors open another (CVE-2024-9313), and so
 * would a name switched during the conversation (CVE-2015-6563).
 */
static bool
is_about_this_user(const struct login *login, const struct reply *reply)
{
	const void *user = NULL;

	if (!text_is(reply->user, login->user)) {
		pam_syslog(login->pamh, LOG_ERR,
			"the answer of twinlockd is for another user: refusing the login");
		return false;
	}
	if (pam_get_item(login->pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL ||
		strcmp(user, login->user) != 0) {
		pam_syslog(
			login->pamh, LOG_ERR, "the user name changed during the sign-in: refusing the login");
		return false;
	}
	return true;
}

/* The one way to success. Modules after us find the password whole and unchanged. */
static int
accept_login(const struct login *login, const struct secrets *secrets)
{
	if (secrets->password != NULL &&
		pam_set_item(login->pamh, PAM_AUTHTOK, secrets->password) != PAM_SUCCESS) {
		pam_syslog(login->pamh, LOG_ERR, "cannot hand on the password: refusing the login");
		return PAM_AUTHINFO_UNAVAIL;
	}
	return PAM_SUCCESS;
}

static int
refuse_unexpected(const struct login *login, const char *method)
{
	pam_syslog(
		login->pamh, LOG_ERR, "twinlockd answers %s with a state that makes no sense here", method);
	return PAM_AUTHINFO_UNAVAIL;
}

/* --- The code --- */

/*
 * SignIn said signedIn: no code is needed, and the reply must say why. Under code_only we have checked
 * nothing, so that the rest of the stack decides.
 */
static int
finish_without_code(const struct login *login, struct secrets *secrets, const struct reply *reply)
{
	bool not_enrolled = text_is(reply->second_factor, "notEnrolled");

	if (!is_about_this_user(login, reply))
		return PAM_AUTHINFO_UNAVAIL;
	if (not_enrolled && !login->options.nullok) {
		pam_syslog(login->pamh, LOG_NOTICE, "no second factor is set up, and nullok is not given");
		return refuse_after_prompt(login, secrets);
	}
	if (!not_enrolled && !text_is(reply->second_factor, "exempt"))
		return refuse_unexpected(login, "SignIn");
	if (secrets->is_combined && !split_answer(secrets, reply))
		return refuse_unexpected(login, "SignIn");
	debug_log(login, "no code is needed");
	return login->options.code_only ? PAM_IGNORE : accept_login(login, secrets);
}

/*
 * The code as it goes to the daemon. One that cannot be a code (none, too long, not UTF-8) goes as the empty
 * string: it is a failed attempt like any other, and counted there.
 */
static const char *
code_to_send(const char *code)
{
	return code != NULL && is_text(code, CODE_MAX) ? code : "";
}

/* Whether an answer may go to the daemon as a code. */
static bool
is_code(const struct login *login, const struct secrets *secrets)
{
	const void *password = secrets->password;

	if (secrets->code == NULL)
		return true;
	/* Under code_only it was another module that asked for the password; borrowed from pamh then. */
	if (password == NULL && pam_get_item(login->pamh, PAM_AUTHTOK, &password) != PAM_SUCCESS)
		password = NULL;
	if (password != NULL && strcmp(secrets->code, password) == 0) {
		if (!is_stand_in(secrets->code))
			pam_syslog(login->pamh, LOG_NOTICE,
				"the code is the password again: the client answers every prompt alike, "
				"as with sshd's \"password\" method; let it use keyboard-interactive "
				"(KbdInteractiveAuthentication yes)");
		return false;
	}
	if (is_access_token(secrets->code)) {
		pam_syslog(login->pamh, LOG_NOTICE,
			"code refused unseen: it is an access token, which is for programs");
		return false;
	}
	return true;
}

/* Whether the daemon itself has something to show or to ask. */
static bool
has_question(const struct reply *reply)
{
	return reply->message.bytes != NULL || reply->prompt.bytes != NULL;
}

/*
 * Whether what the daemon has to show may be shown. Drawn in block characters it may be only where the
 * program names no remote host: ssh clients print what is not ASCII as numbers.
 */
static bool
is_showable(const struct login *login, struct text message)
{
	const void *host = NULL;
	bool is_remote = pam_get_item(login->pamh, PAM_RHOST, &host) != PAM_SUCCESS ||
			 (host != NULL && *(const char *)host != '\0');

	return message.bytes == NULL || are_lines(message.bytes, message.length, MESSAGE_MAX, !is_remote);
}

/* Shows what the daemon has to show, and asks: with its prompt where it sends one. */
static int
put_question(const struct login *login, struct secrets *secrets, const struct reply *reply)
{
	wipe_and_free(secrets->code);
	secrets->code = NULL;
	if (!is_showable(login, reply->message) ||
		(reply->prompt.bytes != NULL &&
			!is_one_line(reply->prompt.bytes, reply->prompt.length, PROMPT_MAX))) {
		pam_syslog(login->pamh, LOG_ERR,
			"what twinlockd has to show or to ask is too long or not printable here: "
			"refusing the login");
		return PAM_AUTHINFO_UNAVAIL;
	}
	if (reply->message.bytes != NULL && show(login, reply->message.bytes) != PAM_SUCCESS) {
		pam_syslog(login->pamh, LOG_NOTICE,
			"what must be shown for this sign-in cannot be: the program takes no messages");
		return PAM_AUTH_ERR;
	}
	return ask_code(login, reply->prompt.bytes, &secrets->code);
}

/* Keeps what a reply with codeRequired says for the next call. Anything but PAM_SUCCESS ends the sign-in. */
static int
keep_session(const struct login *login, struct secrets *secrets, const struct reply *reply)
{
	if (!is_about_this_user(login, reply))
		return PAM_AUTHINFO_UNAVAIL;
	if (reply->session.length == 0 || reply->session.length > SESSION_MAX) {
		pam_syslog(login->pamh, LOG_ERR, "twinlockd asks for a code without a usable session");
		return PAM_AUTHINFO_UNAVAIL;
	}
	memcpy(secrets->session, reply->session.bytes, reply->session.length + 1);
	debug_log(login, "a code is needed");
	return PAM_SUCCESS;
}

/*
 * Asks for another code after one that was used already. For programs that take no messages, sudo above all:
 * there the prompt is the only way to say what was wrong with a code that was right in ssh a moment ago.
 */
static int
ask_next_code(const struct login *login, struct secrets *secrets)
{
	pam_syslog(
		login->pamh, LOG_NOTICE, "the code was right but has been used already: asking for another");
	wipe_and_free(secrets->code);
	secrets->code = NULL;
	return ask_code(login, next_code_prompt, &secrets->code);
}

/* Keeps the session of a reply with codeRequired, and asks. Anything but PAM_SUCCESS ends the sign-in. */
static int
take_code(const struct login *login, struct secrets *secrets, const struct reply *reply)
{
	int rc = keep_session(login, secrets, reply);

	/* With forward_pass there is one question and no other, whatever was typed. */
	if (rc == PAM_SUCCESS && (!secrets->is_combined || has_question(reply)))
		rc = put_question(login, secrets, reply);
	return rc;
}

/* The reply says codeRequired: asks for the code, has it verified, goes on while the daemon has questions. */
static int
finish_with_code(const struct login *login, struct secrets *secrets, struct reply *reply)
{
	int round, rc;

	if (secrets->is_combined && !split_answer(secrets, reply))
		return refuse_unexpected(login, "SignIn");
	rc = take_code(login, secrets, reply);
	for (round = 1; rc == PAM_SUCCESS; round++) {
		size_t length;

		if (!is_code(login, secrets))
			return PAM_AUTH_ERR;
		length = write_verify(secrets, code_to_send(secrets->code));
		if (length == 0 || !exchange(login, secrets->frame, length, reply))
			return PAM_AUTHINFO_UNAVAIL;
		if (login->silent && round < ROUNDS_MAX && is_used_code(reply)) {
			rc = ask_next_code(login, secrets);
			continue;
		}
		if (reply->error.bytes != NULL)
			return refuse_error(login, reply);
		if (text_is(reply->state, "signedIn") && text_is(reply->second_factor, "verified")) {
			if (!is_about_this_user(login, reply))
				return PAM_AUTHINFO_UNAVAIL;
			debug_log(login, "the code was right");
			return accept_login(login, secrets);
		}
		if (!text_is(reply->state, "codeRequired") || !has_question(reply))
			return refuse_unexpected(login, "Verify2FACode");
		if (round == ROUNDS_MAX) {
			pam_syslog(login->pamh, LOG_ERR, "twinlockd has more questions than a sign-in takes");
			return PAM_AUTHINFO_UNAVAIL;
		}
		rc = take_code(login, secrets, reply);
	}
	return rc;
}

/* The SignIn call. Anything but PAM_SUCCESS ends the sign-in. */
static int
begin(const struct login *login, struct secrets *secrets, struct reply *reply)
{
	size_t length = write_sign_in(login, secrets);

	if (length == 0 || !exchange(login, secrets->frame, length, reply))
		return PAM_AUTHINFO_UNAVAIL;
	return reply->error.bytes != NULL ? refuse_error(login, reply) : PAM_SUCCESS;
}

int
sign_in(const struct login *login, struct secrets *secrets)
{
	bool asks_password = !login->options.code_only;
	struct reply reply;
	int rc = PAM_SUCCESS;

	if (asks_password && !login->has_key)
		rc = take_password(login, secrets);
	if (rc == PAM_SUCCESS)
		rc = begin(login, secrets, &reply);
	if (rc == PAM_SUCCESS && asks_password && login->has_key &&
		text_is(reply.state, "passwordRequired")) {
		debug_log(login, "a public key is no first factor here");
		rc = take_password(login, secrets);
		if (rc == PAM_SUCCESS)
			rc = begin(login, secrets, &reply);
	}
	if (rc != PAM_SUCCESS)
		return rc;
	if (text_is(reply.state, "signedIn"))
		return finish_without_code(login, secrets, &reply);
	if (!text_is(reply.state, "codeRequired"))
		return refuse_unexpected(login, "SignIn");
	return finish_with_code(login, secrets, &reply);
}
