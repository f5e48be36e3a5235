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
 * is told and asked, password.c the first factor, sign_in.c both factors and what the daemon says of them.
 * Here: who logs in, the line of a session, pam_sm_*.
 */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "module.h"
#include "text.h"

#define TIMEOUT_SESSION 2 /* seconds for GetNotice: a login that has succeeded waits for no courtesy */

static const char password_service[] = "twinlock-password";

/* --- Who logs in, and how --- */

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
