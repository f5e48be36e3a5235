/*
 * The password checker's protocol, and how its three parts meet.
 *
 * One connection carries one request and one answer; the peer keeps its side open until it has the answer,
 * because a closed connection is how it says that nobody waits any more. Numbers are big-endian.
 *
 * Request (16 bytes, then the texts without separators, none of them with a NUL inside):
 *   "TLC2"  u8 op  u8 flags=0  u16 userLength  u16 passwordLength  u16 rhostLength  u16 ttyLength
 *   u16 keyLength  user[1...256]  password[0...512]  rhost[0...255]  tty[0...64]  key[0 or 16]
 * Only OP_CHECK_PASSWORD takes a password; it and OP_CHECK_ACCOUNT take a key, letters, digits, "." and "/".
 * A request that is anything else is closed without an answer.
 *
 * Answer (24 bytes, then the name, the groups and the digest):
 *   "TLR2"  u8 result  u8 account  u8 passwordField  u8 digestLength  u32 uid  u32 gid  u32 failDelay
 *   u16 nameLength  u16 groupCount  name[nameLength]  u32 gid[groupCount]  digest[0 or 43]
 * uid and gid are 0xffffffff, the name and the groups empty, where the name service knows no such account.
 * failDelay is the microseconds that the stack asked to be waited after a failure: libpam has not waited.
 * The digest is that of the password field, or of there being none, under the key. It shows a change of the
 * field to whoever knows an earlier one, and the field to nobody. There is none without a key, and none where
 * the field could not be looked at.
 */
#ifndef TWINLOCK_CHECKER_H
#define TWINLOCK_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHECKER_SERVICE "twinlock-password" /* the PAM service that is asked */

/* Limits in bytes; the texts' are those of org.twinlock.Authentication. */
#define REQUEST_HEADER 16
#define ANSWER_HEADER 24
#define USER_MAX 256
#define PASSWORD_MAX 512
#define RHOST_MAX 255
#define TTY_MAX 64
#define KEY_LENGTH 16    /* 96 bits: as much salt as sha256crypt takes, crypt(5) */
#define DIGEST_LENGTH 43 /* what sha256crypt makes of it, 256 bits */
#define GROUPS_MAX 1024  /* a person in more groups is answered with RESULT_ERROR, never with some of them */
#define ANSWER_MAX (ANSWER_HEADER + USER_MAX + 4 * GROUPS_MAX + DIGEST_LENGTH)
#define NO_ID UINT32_MAX

enum op {
	OP_CHECK_PASSWORD = 1, /* authenticate; where right, the account phase */
	OP_LOOK_UP_NAME = 2,   /* names only */
	OP_LOOK_UP_UID = 3,    /* names only; user is the uid in decimal digits */
	OP_CHECK_ACCOUNT = 4,  /* the account phase alone */
};

enum result {
	RESULT_RIGHT = 0,        /* the password is right; or the account was found */
	RESULT_WRONG = 1,        /* the stack refused */
	RESULT_NOT_PROMPTED = 2, /* the stack let the user in without having been given the password */
	RESULT_MORE_PROMPTS = 3, /* the stack asked something else too */
	RESULT_UNKNOWN_USER = 4, /* the name service knows no such account */
	RESULT_ERROR = 5,        /* the check could not be carried out */
};

enum account {
	ACCOUNT_OK = 0,
	ACCOUNT_MUST_CHANGE_PASSWORD = 1, /* PAM_NEW_AUTHTOK_REQD */
	ACCOUNT_EXPIRED = 2,              /* PAM_ACCT_EXPIRED */
	ACCOUNT_DENIED = 3,               /* PAM_PERM_DENIED, PAM_AUTH_ERR */
	ACCOUNT_UNKNOWN = 4,              /* PAM_USER_UNKNOWN */
	ACCOUNT_ERROR = 5,                /* anything else */
	ACCOUNT_NOT_RUN = 6,
	ACCOUNT_PASSWORD_EXPIRED = 7, /* PAM_AUTHTOK_EXPIRED: too long ago to be changed now */
};

enum password_field {
	PASSWORD_USABLE = 0,
	PASSWORD_UNUSABLE = 1,   /* locked, empty, no hash, or no such account */
	PASSWORD_UNKNOWN = 2,    /* not kept on this host, or not to be had this time */
	PASSWORD_UNREADABLE = 3, /* not ours to read */
};

/* A request, unpacked. Texts end in a NUL; rhost and tty may be empty. */
struct request {
	enum op op;
	char user[USER_MAX + 1];
	char password[PASSWORD_MAX + 1]; /* secret: wiped by whoever is done with it */
	char rhost[RHOST_MAX + 1];
	char tty[TTY_MAX + 1];
	char key[KEY_LENGTH + 1]; /* secret: wiped likewise; empty where no digest is wanted */
};

struct answer {
	enum result result;
	enum account account;
	enum password_field password_field;
	uint32_t uid;
	uint32_t gid;
	uint32_t fail_delay; /* microseconds */
	char name[USER_MAX + 1];
	uint16_t group_count;
	uint32_t groups[GROUPS_MAX];
	uint8_t digest_length; /* 0 or DIGEST_LENGTH */
	char digest[DIGEST_LENGTH];
};

/* How this process was told to work. */
struct settings {
	uid_t peer;          /* the one uid that is served, besides 0 */
	int deadline;        /* seconds for one request */
	const char *confdir; /* PAM service files, NULL: the host's */
};

/* Packs an answer. Returns its length, at most ANSWER_MAX. (checker_worker.c) */
size_t pack_answer(const struct answer *answer, unsigned char out[ANSWER_MAX]);

/* Carries out one request in this process, with everything that PAM modules may do to it. (checker_worker.c)
 */
void carry_out(const struct settings *settings, struct request *request, struct answer *answer);

/*
 * Serves the one request of a connection and closes it, in this process, which becomes a subreaper and must
 * have no other children. SIGTERM ends it early. Returns once no process that the request started is left.
 * (checker_supervisor.c)
 */
void serve_connection(const struct settings *settings, int connection);

/* Whether the other end of a connection is one that we serve. (checker_supervisor.c) */
bool is_served(const struct settings *settings, int connection);

/* A descriptor that tells SIGTERM, SIGINT, SIGHUP and SIGCHLD, which are blocked. -1: errno.
 * (checker_supervisor.c) */
int open_signals(void);

/* What a signal descriptor has told since the last look. */
struct signals {
	bool child; /* a child has ended */
	bool end;   /* we are to end */
};
struct signals read_signals(int fd);

/*
 * Kills every child of this process and whatever they leave to it, until none is left or two seconds are
 * over. signals is what open_signals() gave. (checker_supervisor.c)
 */
void kill_children(int signals);

#endif
