/*
 * pam_twinlock: asks twinlockd about a password and then about a code.
 *
 * The module decides nothing. It shows its prompts, carries the answers to the daemon in Varlink calls
 * (org.twinlock.Authentication.SignIn and Verify2FACode, one connection each) and translates the replies.
 * Nothing stays behind in the program that loaded it: no descriptor, thread, signal handler, environment
 * variable or changed global.
 *
 * Results of authenticate:
 *   PAM_SUCCESS           accept_login() and nothing else returns it
 *   PAM_IGNORE            service `twinlock-password`; under code_only an account that needs no code
 *   PAM_AUTH_ERR          wrong, or not answered
 *   PAM_MAXTRIES          codes are refused for a while; a message tells for how long
 *   PAM_AUTHINFO_UNAVAIL  no daemon, the wrong one, a timeout, a reply that makes no sense
 *   PAM_SERVICE_ERR       the options in the PAM file are wrong
 *
 * In the session phase it may show one line, which the daemon composes (GetNotice). That never fails a login.
 *
 * The parts, each readable by itself: text.c what may be in a text, options.c the line of the PAM file,
 * calls.c what goes to the daemon, reply.c what comes from it, daemon.c the way there, talk.c what the person
 * is told and asked. Here: the first factor, the code, the line of a session, pam_sm_*.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module.h"
#include "text.h"

#define ROUNDS_MAX 12 /* answers that one sign-in asks for after the first factor; the daemon needs fewer */
#define TIMEOUT_SESSION 2 /* seconds for GetNotice: a login that has succeeded waits for no courtesy */

static const char password_service[] = "twinlock-password";
static const char combined_prompt[] = "Password & verification code: ";
static const char next_code_prompt[] = "This code was used already; type the next one: ";
/* Access tokens are for programs; no prompt takes one. */
static const char token_prefix[] = "twl_";
/* What sshd hands over, over and over to the answer's length, for a user whom it lets in by no password. */
static const char sshd_stand_in[] = "\b\n\r\177INCORRECT";

/* --- The first factor --- */

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
	if (strncmp(password, token_prefix, strlen(token_prefix)) == 0)
		return "it is an access token, which is for programs";
	return NULL;
}

/* Whether sshd has put its own words in place of the answer. Told by the first four, which nobody types. */
static bool
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

/*
 * The end of a sign-in that is lost already: it shows the prompt that a right password would have shown, so
 * that nobody learns from the prompts what was wrong (CVE-2007-2243, CVE-2009-1273).
 */
static int
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

/* Gets the password, with forward_pass the code behind it. Anything but PAM_SUCCESS ends the sign-in. */
static int
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

/*
 * Takes the answer apart where the daemon says: what is left of it is the password alone, and the rest the
 * code. False: the reply makes no sense, or there is no memory.
 */
static bool
split_answer(struct secrets *secrets, const struct reply *reply)
{
	size_t length = strlen(secrets->password), bytes = (size_t)reply->password_bytes;

	if (!reply->has_password_bytes || bytes == 0 || bytes > length)
		return false;
	secrets->code = strdup(secrets->password + bytes);
	explicit_bzero(secrets->password + bytes, length - bytes);
	return secrets->code != NULL;
}

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
	if (strncmp(secrets->code, token_prefix, strlen(token_prefix)) == 0) {
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

static int
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

/*
 * Whether sshd says that it has checked a public key: in PAM's own environment, which nobody but the program
 * and the modules write. The process's is the caller's in su. Whether a key counts is for the daemon to say.
 */
static bool
has_public_key(pam_handle_t *pamh)
{
	static const char method[] = "publickey";
	/* Borrowed from pamh; a method on each line. */
	const char *line = pam_getenv(pamh, "SSH_AUTH_INFO_0");

	while (line != NULL && *line != '\0') {
		size_t length = strcspn(line, " \n");

		if (length == strlen(method) && strncmp(line, method, length) == 0)
			return true;
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return false;
}

/* Copies the user's name, asking for it where the program has not. PAM_AUTH_ERR: logged. */
static int
take_user(struct login *login)
{
	char shown[4 * LOGGED_NAME + sizeof("...")];
	const char *user = NULL; /* borrowed from pamh */

	if (pam_get_user(login->pamh, &user, NULL) != PAM_SUCCESS || user == NULL) {
		pam_syslog(login->pamh, LOG_NOTICE, "no user name was given");
		return PAM_AUTH_ERR;
	}
	if (!is_user_name(user, USER_MAX)) {
		escape_for_log(user, shown);
		pam_syslog(login->pamh, LOG_NOTICE,
			"user name \"%s\" refused: expected 1...256 bytes of UTF-8 without "
			"control characters or outer spaces",
			shown);
		return PAM_AUTH_ERR;
	}
	memcpy(login->user, user, strlen(user) + 1);
	return PAM_SUCCESS;
}

/* The daemon's own question about a password: a stack that holds us must not ask the daemon again. */
static bool
is_password_check(pam_handle_t *pamh)
{
	const void *service = NULL; /* borrowed from pamh */

	return pam_get_item(pamh, PAM_SERVICE, &service) == PAM_SUCCESS && service != NULL &&
	       strcmp(service, password_service) == 0;
}

/* --- The line of a session --- */

/* Asks the daemon for the line and shows it. Whatever goes wrong is logged once and shown nowhere. */
static void
show_notice(const struct login *login)
{
	char frame[FRAME_MAX];
	struct reply reply;
	size_t length = write_get_notice(login, frame);

	if (length == 0 || !exchange(login, frame, length, &reply))
		return;
	if (reply.error.bytes != NULL)
		pam_syslog(login->pamh, login->severity, "twinlockd answers GetNotice with an error");
	else if (reply.notice.bytes == NULL)
		debug_log(login, "there is nothing to tell");
	else if (!is_one_line(reply.notice.bytes, reply.notice.length, NOTICE_MAX))
		pam_syslog(login->pamh, login->severity,
			"what twinlockd has to tell is not one line of at most 200 printable characters");
	else
		(void)pam_info(login->pamh, "%s", reply.notice.bytes);
}

/* --- What libpam calls --- */

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login login = {
		.pamh = pamh, .severity = LOG_ERR, .silent = ((unsigned)flags & PAM_SILENT) != 0};
	struct secrets secrets;
	int rc;

	memset(&secrets, 0, sizeof(secrets));
	if (is_password_check(pamh)) {
		rc = PAM_IGNORE;
		goto out;
	}
	if (!parse_options(pamh, argc, argv, ": refusing the login", &login.options)) {
		rc = PAM_SERVICE_ERR;
		goto out;
	}
	rc = take_user(&login);
	if (rc != PAM_SUCCESS)
		goto out;
	login.has_key = has_public_key(pamh);
	rc = sign_in(&login, &secrets);
out:
	wipe_and_free(secrets.password);
	wipe_and_free(secrets.code);
	explicit_bzero(&secrets, sizeof(secrets));
	return rc;
}

/* There are no credentials to set; the daemon is not asked, so that a login goes on while it restarts. */
int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

/* Whether an account may be used is for the other modules to say. */
int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
}

/*
 * Success whatever happens, wrong options included: who has got in stays in, and nothing but a line is
 * missing. And not PAM_IGNORE: libpam turns a `required` stack in which every module ignores into a failure.
 *
 * Only for programs that run as root: they know whose session it is, and no other is told.
 */
int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login login = {.pamh = pamh, .severity = LOG_NOTICE};
	const void *user = NULL; /* borrowed from pamh; never asked for: there is a session already */

	if (((unsigned)flags & PAM_SILENT) != 0 || geteuid() != 0 || is_password_check(pamh) ||
		!parse_options(pamh, argc, argv, ": nothing is shown", &login.options))
		return PAM_SUCCESS;
	if (pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL ||
		!is_user_name(user, USER_MAX))
		return PAM_SUCCESS;
	memcpy(login.user, user, strlen(user) + 1);
	if (login.options.timeout > TIMEOUT_SESSION)
		login.options.timeout = TIMEOUT_SESSION;
	show_notice(&login);
	return PAM_SUCCESS;
}

int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

/* A change of password is no business of ours: success here could stand in for the module that makes it. */
int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_IGNORE;
}
