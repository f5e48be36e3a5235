/*
 * What the parts of pam_twinlock share: the bounds, what the line in the PAM file says, one run of the module
 * and the secrets that it holds.
 */
#ifndef TWINLOCK_MODULE_H
#define TWINLOCK_MODULE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <syslog.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "reply.h"

/* Bytes, as in org.twinlock.Authentication.varlink. Nothing over a limit is ever cut: it is refused. */
#define USER_MAX 256
#define CODE_MAX 64
#define SERVICE_MAX 64
#define TTY_MAX 64
#define HOST_MAX 255
#define SESSION_MAX 2048
#define NOTICE_MAX 200
#define MESSAGE_MAX 4096
#define PROMPT_MAX 80

/* A call or a reply with its NUL. A byte of a string is at most six on the wire (\u001f). */
#define FRAME_MAX 40960
#define ESCAPED 6
#define FIXED_PART 512 /* method, field names, punctuation, real uid */
static_assert(
	FRAME_MAX >= ESCAPED * (USER_MAX + PASSWORD_MAX + SERVICE_MAX + TTY_MAX + HOST_MAX) + FIXED_PART,
	"the longest SignIn fits");
static_assert(FRAME_MAX >= ESCAPED * (SESSION_MAX + CODE_MAX) + FIXED_PART, "the longest Verify2FACode fits");
static_assert(FRAME_MAX >= ESCAPED * (USER_MAX + SESSION_MAX + MESSAGE_MAX + PROMPT_MAX) + FIXED_PART,
	"the longest reply fits");

/* What the line in the PAM file says. Strings are borrowed from argv. */
struct options {
	bool code_only;
	bool nullok;
	bool try_first_pass;
	bool use_first_pass;
	bool forward_pass;
	bool echo_code;
	bool show_remaining;
	bool debug;
	const char *prompt;          /* NULL: ours */
	const char *password_prompt; /* never NULL */
	const char *socket;
	int timeout; /* seconds */
};

/* One run of pam_sm_authenticate or pam_sm_open_session. */
struct login {
	pam_handle_t *pamh;
	struct options options;
	int severity;            /* syslog's, of an exchange that fails */
	bool silent;             /* PAM_SILENT: no messages */
	bool has_key;            /* sshd says that it has checked a public key */
	char user[USER_MAX + 1]; /* our copy: a conversation function may change the handle's */
};

/* Everything that has held a secret. Wiped in one place, at the end of pam_sm_authenticate. */
struct secrets {
	char *password;   /* ours to free; NULL where none is asked for */
	bool is_combined; /* password has a code at its end, unless the daemon says there is none */
	char *code;       /* ours to free; NULL before it is asked for */
	char session[SESSION_MAX + 1]; /* between two calls */
	char frame[FRAME_MAX];         /* one call, then its reply */
};

#define debug_log(login, ...)                                              \
	do {                                                               \
		if ((login)->options.debug)                                \
			pam_syslog((login)->pamh, LOG_DEBUG, __VA_ARGS__); \
	} while (0)

/*
 * Reads the line of the PAM file. A misspelt option is one that somebody relies on, so it is refused and
 * named, and so is one that comes twice or contradicts another. result: what comes of that, for the log.
 */
bool parse_options(
	pam_handle_t *pamh, int argc, const char **argv, const char *result, struct options *options);

/* Write a call into the frame. Its length with the NUL; 0: something is over its limit or not UTF-8, and
 * logged. */
size_t write_sign_in(const struct login *login, struct secrets *secrets);
size_t write_verify(struct secrets *secrets, const char *code);
size_t write_get_notice(const struct login *login, char frame[FRAME_MAX]);

/*
 * One connection, one call, one reply. The frame holds the call (length bytes with its NUL), then the reply,
 * which *reply points into. False: logged.
 */
bool exchange(const struct login *login, char frame[FRAME_MAX], size_t length, struct reply *reply);

/* Whether an answer is an access token, which no prompt takes. */
bool is_access_token(const char *answer);

/* Whether sshd has put its own words in place of the answer. Told by the first four, which nobody types. */
bool is_stand_in(const char *answer);

/* Gets the password, with forward_pass the code behind it. Anything but PAM_SUCCESS ends the sign-in. */
int take_password(const struct login *login, struct secrets *secrets);

/*
 * Takes the answer apart where the daemon says: what is left of it is the password alone, and the rest the
 * code. False: the reply makes no sense, or there is no memory.
 */
bool split_answer(struct secrets *secrets, const struct reply *reply);

/*
 * The end of a sign-in that is lost already: it shows the prompt that a right password would have shown, so
 * that nobody learns from the prompts what was wrong (CVE-2007-2243, CVE-2009-1273).
 */
int refuse_after_prompt(const struct login *login, struct secrets *secrets);

/* Signs the person in with both factors. PAM_SUCCESS and PAM_IGNORE: see pam_twinlock.c. */
int sign_in(const struct login *login, struct secrets *secrets);

/* Asks. The answer may be NULL; it is the caller's to wipe and free, on failure too. */
int ask(const struct login *login, int style, const char *prompt, char **answer);

/* Asks for a code. prompt: the daemon's, NULL for the one of the options or ours. */
int ask_code(const struct login *login, const char *prompt, char **answer);

/*
 * Shows a text of the daemon's. Through the conversation itself: libpam's own helpers copy what they are
 * given, and this may hold a secret.
 */
int show(const struct login *login, const char *text);

/* Whether a code was refused that would have been right the first time. */
bool is_used_code(const struct reply *reply);

/* The result for an error reply. The log gets our own words, never the reply's. */
int refuse_error(const struct login *login, const struct reply *reply);

#endif
