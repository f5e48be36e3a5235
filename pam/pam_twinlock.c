/*
 * pam_twinlock: asks twinlockd about a password and then about a code.
 *
 * The module decides nothing. It shows two prompts, carries the two answers to the daemon in two Varlink
 * calls (org.twinlock.Authentication.SignIn and Verify2FACode, one connection each) and translates the reply.
 * Nothing stays behind in the program that loaded it: no descriptor, thread, signal handler, environment
 * variable or changed global.
 *
 * Results of authenticate:
 *   PAM_SUCCESS           accept() and nothing else returns it
 *   PAM_IGNORE            service `twinlock-password`; under code_only an account that needs no code
 *   PAM_AUTH_ERR          wrong, or not answered
 *   PAM_MAXTRIES          codes are refused for a while; a message tells for how long
 *   PAM_AUTHINFO_UNAVAIL  no daemon, the wrong one, a timeout, a reply that makes no sense
 *   PAM_SERVICE_ERR       the options in the PAM file are wrong
 *
 * In the session phase it may show one line, which the daemon composes (GetNotice). That never fails a login.
 *
 * Readable from the top: limits, log, UTF-8, JSON writing, JSON reading, the socket, one call, options, the
 * flow, the line of a session, pam_sm_*.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include "io.h"

/* --- Limits --- */

/* Bytes, as in org.twinlock.Authentication.varlink. Nothing over a limit is ever cut: it is refused. */
#define USER_MAX 256
#define PASSWORD_MAX 512
#define CODE_MAX 64
#define SERVICE_MAX 64
#define TTY_MAX 64
#define HOST_MAX 255
#define SESSION_MAX 2048
#define NOTICE_MAX 200

/* A call or a reply with its NUL. A byte of a string is at most six on the wire (\u001f). */
#define FRAME_MAX 16384
#define ESCAPED 6
#define FIXED_PART 512 /* method, field names, punctuation, real uid */
static_assert(
	FRAME_MAX >= ESCAPED * (USER_MAX + PASSWORD_MAX + SERVICE_MAX + TTY_MAX + HOST_MAX) + FIXED_PART,
	"the longest SignIn fits");
static_assert(FRAME_MAX >= ESCAPED * (SESSION_MAX + CODE_MAX) + FIXED_PART, "the longest Verify2FACode fits");

#define DEPTH_MAX 8 /* nesting of a reply; ours have three levels */
#define KEYS_MAX 32 /* members of one object, so that a repeated one can be told */
#define WAIT_MAX                                                                                            \
	86400           /* seconds of a wait that we repeat to a person; the daemon's longest is 15 minutes \
			 */
#define LOGGED_NAME 64  /* bytes of a refused name that go to the log */
#define CONNECT_MS 1000 /* a local daemon answers at once or is not there */
#define TIMEOUT_DEFAULT 20 /* seconds for one call: the password checker's 15, and 5 for everything else */
#define TIMEOUT_MAX 120    /* sshd's LoginGraceTime: nobody waits longer */
#define TIMEOUT_SESSION 2  /* seconds for GetNotice: a login that has succeeded waits for no courtesy */

static const char password_service[] = "twinlock-password";
static const char default_socket[] = "/run/twinlock/twinlock.socket";
static const char password_prompt[] = "Password: ";
static const char code_prompt[] = "Verification code: ";
/* Access tokens are for programs; no prompt takes one. */
static const char token_prefix[] = "twl_";

/* What the line in the PAM file says. Strings are borrowed from argv. */
struct options {
	bool code_only;
	bool nullok;
	bool debug;
	bool show_remaining;
	const char *socket;
	int timeout; /* seconds */
};

/* One run of pam_sm_authenticate or pam_sm_open_session. */
struct login {
	pam_handle_t *pamh;
	struct options options;
	int severity;            /* syslog's, of an exchange that fails */
	bool silent;             /* PAM_SILENT: no messages */
	char user[USER_MAX + 1]; /* our copy: a conversation function may change the handle's */
};

/* Everything that has held a secret. Wiped in one place, at the end of pam_sm_authenticate. */
struct secrets {
	char *password;                /* from the conversation, ours to free; NULL under code_only */
	char *code;                    /* the same */
	char session[SESSION_MAX + 1]; /* between the two calls */
	char frame[FRAME_MAX];         /* one call, then its reply */
};

/* --- Log --- */

#define debug_log(login, ...)                                              \
	do {                                                               \
		if ((login)->options.debug)                                \
			pam_syslog((login)->pamh, LOG_DEBUG, __VA_ARGS__); \
	} while (0)

/* A stranger's bytes as printable ASCII, cut to what a log line needs. */
static void
escape_for_log(const char *bytes, char out[4 * LOGGED_NAME + sizeof("...")])
{
	static const char digits[] = "0123456789abcdef";
	size_t i, n = 0;

	for (i = 0; bytes[i] != '\0' && i < LOGGED_NAME; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c < 0x7f && c != '\\' && c != '"') {
			out[n++] = (char)c;
		} else {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	memcpy(out + n, bytes[i] != '\0' ? "..." : "", bytes[i] != '\0' ? sizeof("...") : 1);
}

static void
wipe_and_free(char *secret)
{
	if (secret != NULL) {
		explicit_bzero(secret, strlen(secret));
		free(secret);
	}
}

/* --- UTF-8 --- */

/*
 * Decodes one scalar value, RFC 3629 section 4: no overlong form, no surrogate, nothing above U+10FFFF.
 * Returns its length in bytes, 0 if there is none at *bytes.
 */
static size_t
utf8_next(const char *bytes, size_t length, uint32_t *scalar)
{
	const unsigned char *b = (const unsigned char *)bytes;
	size_t need, i;
	uint32_t least;

	if (length == 0)
		return 0;
	if (b[0] < 0x80) {
		*scalar = b[0];
		return 1;
	}
	if (b[0] >= 0xc2 && b[0] <= 0xdf) {
		need = 2, least = 0x80, *scalar = b[0] & 0x1f;
	} else if (b[0] >= 0xe0 && b[0] <= 0xef) {
		need = 3, least = 0x800, *scalar = b[0] & 0x0f;
	} else if (b[0] >= 0xf0 && b[0] <= 0xf4) {
		need = 4, least = 0x10000, *scalar = b[0] & 0x07;
	} else {
		return 0;
	}
	if (length < need)
		return 0;
	for (i = 1; i < need; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		*scalar = *scalar << 6 | (b[i] & 0x3f);
	}
	if (*scalar < least || *scalar > 0x10ffff || (*scalar >= 0xd800 && *scalar <= 0xdfff))
		return 0;
	return need;
}

static bool
is_utf8(const char *bytes, size_t length)
{
	while (length > 0) {
		uint32_t scalar;
		size_t n = utf8_next(bytes, length, &scalar);

		if (n == 0)
			return false;
		bytes += n;
		length -= n;
	}
	return true;
}

/* Text that may go on the wire as it is. */
static bool
is_text(const char *bytes, size_t limit)
{
	size_t length = strlen(bytes);

	return length <= limit && is_utf8(bytes, length);
}

/*
 * An account name that we pass on. A control character or a space at either end is how one name is made to
 * look like another, to a rule or in a log.
 */
static bool
is_user_name(const char *name)
{
	size_t length = strlen(name), i = 0;

	if (length == 0 || length > USER_MAX || name[0] == ' ' || name[length - 1] == ' ')
		return false;
	while (i < length) {
		uint32_t scalar;
		size_t n = utf8_next(name + i, length - i, &scalar);

		if (n == 0 || scalar < 0x20 || (scalar >= 0x7f && scalar <= 0x9f))
			return false;
		i += n;
	}
	return true;
}

/* --- JSON, writing --- */

/* Appends to a frame. Once something did not fit, nothing more is written. */
struct writer {
	char *at;
	char *end;
	bool full;
};

static void
put_byte(struct writer *w, char byte)
{
	if (w->at == w->end)
		w->full = true;
	else
		*w->at++ = byte;
}

static void
put(struct writer *w, const char *json)
{
	while (*json != '\0')
		put_byte(w, *json++);
}

/* A string literal. text is UTF-8. */
static void
put_string(struct writer *w, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	put_byte(w, '"');
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			put_byte(w, '\\');
			put_byte(w, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			put(w, "\\u00");
			put_byte(w, digits[c >> 4]);
			put_byte(w, digits[c & 15]);
		} else {
			put_byte(w, (char)c);
		}
	}
	put_byte(w, '"');
}

/* --- JSON, reading --- */

/*
 * A strict RFC 8259 reader without allocation. Strings are decoded in place, which never makes them longer,
 * so that the frame remains the only copy. The frame is known to be UTF-8 without NUL.
 */
struct reader {
	char *at;
	char *end;
	unsigned depth;
};

/* Bytes in the frame, followed by a NUL. Absent: bytes is NULL. */
struct text {
	const char *bytes;
	size_t length;
};

/* Reads the value of one member. False: the reply is refused. */
typedef bool member_reader(struct reader *r, struct text key, void *out);

static bool skip_value(struct reader *r);

static bool
text_is(struct text text, const char *string)
{
	return text.bytes != NULL && text.length == strlen(string) &&
	       memcmp(text.bytes, string, text.length) == 0;
}

static void
skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool
take(struct reader *r, char byte)
{
	if (r->at == r->end || *r->at != byte)
		return false;
	r->at++;
	return true;
}

static bool
take_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
		return false;
	r->at += length;
	return true;
}

/* Four hexadecimal digits. */
static bool
take_hex(struct reader *r, uint32_t *value)
{
	int i;

	*value = 0;
	for (i = 0; i < 4; i++) {
		char c;

		if (r->at == r->end)
			return false;
		c = *r->at++;
		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			*value = *value << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	return true;
}

/* After `\u`. Lone surrogates and U+0000 are refused: neither is text. */
static bool
take_unicode_escape(struct reader *r, char **to)
{
	uint32_t scalar, low;

	if (!take_hex(r, &scalar) || scalar == 0 || (scalar >= 0xdc00 && scalar <= 0xdfff))
		return false;
	if (scalar >= 0xd800 && scalar <= 0xdbff) {
		if (!take_word(r, "\\u") || !take_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		scalar = 0x10000 + ((scalar - 0xd800) << 10) + (low - 0xdc00);
	}
	if (scalar < 0x80) {
		*(*to)++ = (char)scalar;
	} else if (scalar < 0x800) {
		*(*to)++ = (char)(0xc0 | scalar >> 6);
		*(*to)++ = (char)(0x80 | (scalar & 0x3f));
	} else if (scalar < 0x10000) {
		*(*to)++ = (char)(0xe0 | scalar >> 12);
		*(*to)++ = (char)(0x80 | (scalar >> 6 & 0x3f));
		*(*to)++ = (char)(0x80 | (scalar & 0x3f));
	} else {
		*(*to)++ = (char)(0xf0 | scalar >> 18);
		*(*to)++ = (char)(0x80 | (scalar >> 12 & 0x3f));
		*(*to)++ = (char)(0x80 | (scalar >> 6 & 0x3f));
		*(*to)++ = (char)(0x80 | (scalar & 0x3f));
	}
	return true;
}

/* After a backslash. */
static bool
take_escape(struct reader *r, char **to)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (take(r, 'u'))
		return take_unicode_escape(r, to);
	if (r->at == r->end || (found = strchr(names, *r->at)) == NULL || *found == '\0')
		return false;
	r->at++;
	*(*to)++ = bytes[found - names];
	return true;
}

static bool
read_string(struct reader *r, struct text *out)
{
	char *start, *to;

	if (!take(r, '"'))
		return false;
	start = to = r->at;
	while (r->at < r->end) {
		if (take(r, '"')) {
			*to = '\0'; /* at or before the quote just read */
			out->bytes = start;
			out->length = (size_t)(to - start);
			return true;
		}
		if ((unsigned char)*r->at < 0x20)
			return false;
		if (!take(r, '\\'))
			*to++ = *r->at++;
		else if (!take_escape(r, &to))
			return false;
	}
	return false;
}

static bool
take_digits(struct reader *r)
{
	char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

static bool
skip_number(struct reader *r)
{
	(void)take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return false;
	if (take(r, '.') && !take_digits(r))
		return false;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		return take_digits(r);
	}
	return true;
}

/* A whole number of 0...limit, limit below INT32_MAX, in plain digits. */
static bool
read_count(struct reader *r, int32_t limit, int32_t *out)
{
	const char *start = r->at, *c;
	int64_t value = 0;

	if (!skip_number(r))
		return false;
	for (c = start; c < r->at; c++) {
		if (*c < '0' || *c > '9')
			return false;
		value = value * 10 + (*c - '0');
		if (value > limit)
			return false;
	}
	*out = (int32_t)value;
	return true;
}

/* An object; every member goes through member. A key that comes twice is refused, known or not. */
static bool
read_object(struct reader *r, member_reader *member, void *out)
{
	struct text keys[KEYS_MAX];
	size_t count = 0, i;

	if (!take(r, '{') || ++r->depth > DEPTH_MAX)
		return false;
	skip_space(r);
	if (take(r, '}')) {
		r->depth--;
		return true;
	}
	do {
		if (count == KEYS_MAX)
			return false;
		skip_space(r);
		if (!read_string(r, &keys[count]))
			return false;
		for (i = 0; i < count; i++)
			if (text_is(keys[count], keys[i].bytes))
				return false;
		skip_space(r);
		if (!take(r, ':'))
			return false;
		skip_space(r);
		if (!member(r, keys[count], out))
			return false;
		count++;
		skip_space(r);
	} while (take(r, ','));
	r->depth--;
	return take(r, '}');
}

static bool
skip_member(struct reader *r, struct text key, void *out)
{
	(void)key;
	(void)out;
	return skip_value(r);
}

static bool
skip_array(struct reader *r)
{
	if (!take(r, '[') || ++r->depth > DEPTH_MAX)
		return false;
	skip_space(r);
	if (take(r, ']')) {
		r->depth--;
		return true;
	}
	do {
		skip_space(r);
		if (!skip_value(r))
			return false;
		skip_space(r);
	} while (take(r, ','));
	r->depth--;
	return take(r, ']');
}

static bool
skip_value(struct reader *r)
{
	struct text ignored;

	if (r->at == r->end)
		return false;
	switch (*r->at) {
	case '"':
		return read_string(r, &ignored);
	case '{':
		return read_object(r, skip_member, NULL);
	case '[':
		return skip_array(r);
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return skip_number(r);
	}
}

/* --- Replies --- */

/* What we look at in a reply to SignIn, Verify2FACode or GetNotice. Texts are in the frame. */
struct reply {
	struct text error;
	struct text state;
	struct text session; /* secret */
	struct text user;
	struct text second_factor;
	struct text notice;
	bool has_seconds;
	int32_t seconds; /* 0...WAIT_MAX */
};

/* null is the same as absent, which is how Varlink writes an optional field that is not there. */
static bool
read_optional_string(struct reader *r, struct text *out)
{
	return take_word(r, "null") || read_string(r, out);
}

static bool
read_parameter(struct reader *r, struct text key, void *out)
{
	struct reply *reply = out;

	if (text_is(key, "state"))
		return read_string(r, &reply->state);
	if (text_is(key, "user"))
		return read_string(r, &reply->user);
	if (text_is(key, "session"))
		return read_optional_string(r, &reply->session);
	if (text_is(key, "secondFactor"))
		return read_optional_string(r, &reply->second_factor);
	if (text_is(key, "notice"))
		return read_optional_string(r, &reply->notice);
	if (text_is(key, "seconds")) {
		if (take_word(r, "null"))
			return true;
		reply->has_seconds = true;
		return read_count(r, WAIT_MAX, &reply->seconds);
	}
	return skip_value(r); /* a later daemon may say more */
}

static bool
read_envelope(struct reader *r, struct text key, void *out)
{
	struct reply *reply = out;

	if (text_is(key, "parameters"))
		return read_object(r, read_parameter, reply);
	if (text_is(key, "error"))
		return read_string(r, &reply->error);
	if (text_is(key, "continues"))
		return take_word(r, "false"); /* we never ask for more */
	return false;
}

/* A whole frame without its NUL, decoded in place. False: it is not a reply. */
static bool
read_reply(char *frame, size_t length, struct reply *reply)
{
	struct reader r = {.at = frame, .end = frame + length};

	memset(reply, 0, sizeof(*reply));
	if (!is_utf8(frame, length))
		return false;
	skip_space(&r);
	if (!read_object(&r, read_envelope, reply))
		return false;
	skip_space(&r);
	return r.at == r.end;
}

/* --- The socket --- */

/* The file a path led to. */
struct place {
	dev_t device;
	ino_t inode;
	uid_t owner;
};

/* What the directories on the way to the socket may look like. */
struct way {
	uid_t other; /* the one owner that is not root, 0 if there is none */
	bool shared; /* the last one is writable by others, which only a root-owned sticky ancestor may be */
};

/* One directory on the way. False: somebody else could put another socket in its place. */
static bool
may_pass(const struct stat *directory, struct way *way)
{
	bool writable = (directory->st_mode & (S_IWGRP | S_IWOTH)) != 0;

	if (directory->st_uid != 0) {
		if (way->other != 0 && way->other != directory->st_uid)
			return false;
		way->other = directory->st_uid;
	}
	way->shared = writable;
	return !writable || (directory->st_uid == 0 && (directory->st_mode & S_ISVTX) != 0);
}

/*
 * Walks to the socket one component at a time, following no symbolic link, and looks at each.
 *
 * The socket's directory and all above it belong to root or to the socket's owner and are writable by nobody
 * else; an ancestor that root owns with the sticky bit counts as not writable. Logs what is wrong.
 */
static bool
find_socket(const struct login *login, struct place *place)
{
	const char *path = login->options.socket, *at = path;
	struct way way = {0};
	struct stat found;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = false;

	for (;;) {
		char name[NAME_MAX + 1];
		size_t length;
		int next;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (fd < 0 || fstat(fd, &found) < 0) {
			pam_syslog(
				login->pamh, login->severity, "cannot reach twinlockd at \"%s\": %m", path);
			break;
		}
		if (length == 0) {
			if (!S_ISSOCK(found.st_mode)) {
				pam_syslog(login->pamh, login->severity, "cannot trust \"%s\": not a socket",
					path);
			} else if ((way.other != 0 && way.other != found.st_uid) || way.shared) {
				pam_syslog(login->pamh, login->severity,
					"cannot trust \"%s\": its directory belongs to another user or is "
					"writable by "
					"others",
					path);
			} else {
				*place = (struct place){found.st_dev, found.st_ino, found.st_uid};
				ok = true;
			}
			break;
		}
		if (length > NAME_MAX || !S_ISDIR(found.st_mode) || !may_pass(&found, &way)) {
			pam_syslog(login->pamh, login->severity,
				"cannot trust \"%s\": \"%.*s\" is no directory, belongs to another user or "
				"is writable "
				"by others",
				path, (int)(at - path), path);
			break;
		}
		memcpy(name, at, length);
		name[length] = '\0';
		at += length;
		next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		(void)close(fd);
		fd = next;
	}
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/*
 * Connects, waiting in the kernel while the daemon's backlog is full. -1: errno says why.
 * (A non-blocking connect to a full AF_UNIX backlog fails with EAGAIN at once; SO_SNDTIMEO bounds a blocking
 * one.)
 */
static int
connect_by(const char *path, int64_t deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = above_standard_streams(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path)); /* parse_options has checked the length */
	for (;;) {
		int left = ms_left(deadline);
		struct timeval limit = {left / 1000, left % 1000 * 1000};
		int error;

		if (left == 0)
			errno = ETIMEDOUT;
		else if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
			 connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		else if (errno == EAGAIN || errno == EINTR)
			continue;
		error = errno;
		(void)close(fd);
		errno = error;
		return -1;
	}
}

/*
 * Whether the other end is root or the socket's owner; to a caller that is not root its own uid is as good.
 * The kernel says who listened, so this holds whatever is in the directory by now.
 */
static bool
is_right_peer(int fd, uid_t owner)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || length != sizeof(peer))
		return false;
	return peer.uid == 0 || peer.uid == owner || peer.uid == geteuid();
}

/* A connection to a daemon that may be told a password. -1: logged. */
static int
open_connection(const struct login *login)
{
	struct place before, after;
	int fd;

	if (!find_socket(login, &before))
		return -1;
	fd = connect_by(login->options.socket, now_ms() + CONNECT_MS);
	if (fd < 0) {
		pam_syslog(login->pamh, login->severity, "cannot reach twinlockd at \"%s\": %m",
			login->options.socket);
		return -1;
	}
	if (!find_socket(login, &after)) {
		(void)close(fd);
		return -1;
	}
	if (before.device != after.device || before.inode != after.inode || before.owner != after.owner) {
		pam_syslog(login->pamh, login->severity, "cannot trust \"%s\": replaced while connecting",
			login->options.socket);
		(void)close(fd);
		return -1;
	}
	if (!is_right_peer(fd, after.owner)) {
		pam_syslog(login->pamh, login->severity,
			"cannot trust \"%s\": somebody other than its owner listens there",
			login->options.socket);
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* --- One call --- */

/* Receives one frame: its length without the NUL, or -1 with the reason in *why (errno if that is NULL). */
static ssize_t
receive_frame(int fd, char frame[FRAME_MAX], int64_t deadline, const char **why)
{
	size_t length = 0;

	*why = NULL;
	while (length < FRAME_MAX) {
		ssize_t got = receive_some(fd, frame + length, FRAME_MAX - length, deadline);
		const char *nul;
		char extra;

		if (got < 0)
			return -1;
		if (got == 0) {
			*why = "connection closed before the reply was whole";
			return -1;
		}
		nul = memchr(frame + length, '\0', (size_t)got);
		length += (size_t)got;
		if (nul == NULL)
			continue;
		if (nul != frame + length - 1 || recv(fd, &extra, 1, MSG_DONTWAIT) > 0) {
			*why = "more than one reply";
			return -1;
		}
		return (ssize_t)length - 1;
	}
	*why = "reply too long";
	return -1;
}

/*
 * One connection, one call, one reply. The frame holds the call (length bytes with its NUL), then the reply,
 * which *reply points into. False: logged.
 */
static bool
exchange(const struct login *login, char frame[FRAME_MAX], size_t length, struct reply *reply)
{
	int64_t deadline = now_ms() + (int64_t)login->options.timeout * 1000;
	const char *why = NULL;
	ssize_t got = -1;
	bool sent;
	int fd = open_connection(login);

	if (fd < 0)
		return false;
	sent = send_all(fd, frame, length, deadline);
	if (sent) {
		explicit_bzero(frame, length);
		got = receive_frame(fd, frame, deadline, &why);
	}
	if (got < 0)
		pam_syslog(login->pamh, login->severity, "no answer from twinlockd at \"%s\": %s",
			login->options.socket, why != NULL ? why : strerrordesc_np(errno));
	(void)close(fd);
	if (got < 0)
		return false;
	if (!read_reply(frame, (size_t)got, reply)) {
		pam_syslog(login->pamh, login->severity,
			"the answer of twinlockd at \"%s\" cannot be understood", login->options.socket);
		return false;
	}
	return true;
}

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

/* The result for an error reply. The log gets our own words, never the reply's. */
static int
refuse_error(const struct login *login, const struct reply *reply)
{
#define ERROR(name) "org.twinlock.Authentication." name
	if (text_is(reply->error, ERROR("AuthenticationFailed"))) {
		debug_log(login, "twinlockd refused the sign-in");
		return PAM_AUTH_ERR;
	}
	if (text_is(reply->error, ERROR("TooManyFailures"))) {
		pam_syslog(login->pamh, LOG_NOTICE, "too many failures: codes are refused for now");
		tell_to_wait(login, reply);
		return PAM_MAXTRIES;
	}
	if (text_is(reply->error, ERROR("CodeAlreadyUsed"))) {
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
#undef ERROR
}

/* --- Options --- */

static bool
set_code_only(struct options *options, const char *value)
{
	(void)value;
	options->code_only = true;
	return true;
}

static bool
set_nullok(struct options *options, const char *value)
{
	(void)value;
	options->nullok = true;
	return true;
}

static bool
set_show_remaining(struct options *options, const char *value)
{
	(void)value;
	options->show_remaining = true;
	return true;
}

static bool
set_debug(struct options *options, const char *value)
{
	(void)value;
	options->debug = true;
	return true;
}

/* An absolute path without `.` and `..`, short enough for an address. */
static bool
set_socket(struct options *options, const char *value)
{
	const char *at = value;

	if (*at != '/' || strlen(value) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return false;
	while (*(at += strspn(at, "/")) != '\0') {
		size_t length = strcspn(at, "/");

		if ((length == 1 || length == 2) && strncmp(at, "..", length) == 0)
			return false;
		at += length;
	}
	options->socket = value;
	return true;
}

static bool
set_timeout(struct options *options, const char *value)
{
	int seconds = 0;

	if (*value == '\0' || strlen(value) > 3)
		return false;
	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9')
			return false;
		seconds = seconds * 10 + (*value - '0');
	}
	options->timeout = seconds;
	return seconds >= 1 && seconds <= TIMEOUT_MAX;
}

/* Every option there is. One that ends in `=` takes a value. */
static const struct option {
	const char *name;
	bool (*set)(struct options *options, const char *value);
	const char *expected;
} known_options[] = {
	{"code_only", set_code_only, ""},
	{"nullok", set_nullok, ""},
	{"show_remaining", set_show_remaining, ""},
	{"debug", set_debug, ""},
	{"socket=", set_socket, "an absolute path of at most 107 bytes without . and .."},
	{"timeout=", set_timeout, "seconds, 1...120"},
};

#define OPTION_COUNT (sizeof(known_options) / sizeof(known_options[0]))

/* The option that an argument names, NULL if it is none. *value: what follows the `=`, else the empty string.
 */
static const struct option *
find_option(const char *argument, const char **value)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++) {
		const char *name = known_options[i].name;
		size_t length = strlen(name);
		bool with_value = name[length - 1] == '=';

		if (with_value ? strncmp(argument, name, length) == 0 : strcmp(argument, name) == 0) {
			*value = argument + length;
			return &known_options[i];
		}
	}
	return NULL;
}

/*
 * Reads the line of the PAM file. A misspelt option is one that somebody relies on, so it is refused and
 * named, and so is one that comes twice. result: what comes of that, for the log.
 */
static bool
parse_options(pam_handle_t *pamh, int argc, const char **argv, const char *result, struct options *options)
{
	bool seen[OPTION_COUNT] = {false};
	int i;

	*options = (struct options){.socket = default_socket, .timeout = TIMEOUT_DEFAULT};
	for (i = 0; i < argc; i++) {
		const char *value = NULL;
		const struct option *option = find_option(argv[i], &value);

		if (option == NULL) {
			pam_syslog(pamh, LOG_ERR, "unknown option \"%s\"%s", argv[i], result);
			return false;
		}
		if (seen[option - known_options]) {
			pam_syslog(pamh, LOG_ERR, "option \"%s\" comes twice%s", argv[i], result);
			return false;
		}
		seen[option - known_options] = true;
		if (!option->set(options, value)) {
			pam_syslog(pamh, LOG_ERR, "option \"%s\": expected %s%s", argv[i], option->expected,
				result);
			return false;
		}
	}
	return true;
}

/* --- The flow --- */

/* Asks with a hidden prompt. The answer may be NULL; it is the caller's to wipe and free, on failure too. */
static int
ask(const struct login *login, const char *prompt, char **answer)
{
	int rc = pam_prompt(login->pamh, PAM_PROMPT_ECHO_OFF, answer, "%s", prompt);

	if (rc == PAM_SUCCESS)
		return PAM_SUCCESS;
	pam_syslog(login->pamh, LOG_NOTICE, "the conversation failed: %s", pam_strerror(login->pamh, rc));
	return PAM_AUTH_ERR;
}

/*
 * The end of a sign-in that is lost already: it shows the prompt that a right password would have shown, so
 * that nobody learns from the prompts what was wrong (CVE-2007-2243, CVE-2009-1273).
 */
static int
refuse_after_prompt(const struct login *login, struct secrets *secrets)
{
	(void)ask(login, code_prompt, &secrets->code);
	return PAM_AUTH_ERR;
}

/* Whether an answer may go to the daemon as a password. */
static bool
is_password(const struct login *login, const char *password)
{
	const char *why = NULL;

	if (password == NULL || *password == '\0')
		why = "it is empty";
	else if (strlen(password) > PASSWORD_MAX)
		why = "it is longer than 512 bytes";
	else if (!is_text(password, PASSWORD_MAX))
		why = "it is not UTF-8";
	else if (strncmp(password, token_prefix, strlen(token_prefix)) == 0)
		why = "it is an access token, which is for programs";
	if (why != NULL)
		pam_syslog(login->pamh, LOG_NOTICE, "password refused unseen: %s", why);
	return why == NULL;
}

/* Puts `,"field":"text"` for a PAM item that is set. False: over its limit or not UTF-8, and logged. */
static bool
put_item(struct writer *w, const struct login *login, int item, const char *field, size_t limit)
{
	const void *value = NULL;

	if (pam_get_item(login->pamh, item, &value) != PAM_SUCCESS || value == NULL ||
		*(const char *)value == '\0')
		return true;
	if (!is_text(value, limit)) {
		pam_syslog(login->pamh, LOG_ERR,
			"%s is longer than %zu bytes or not UTF-8: refusing the login", field, limit);
		return false;
	}
	put(w, ",\"");
	put(w, field);
	put(w, "\":");
	put_string(w, value);
	return true;
}

/* The length of a frame that is complete, with its NUL; 0 if it did not fit. */
static size_t
end_frame(struct writer *w, const char *frame)
{
	put_byte(w, '\0');
	return w->full ? 0 : (size_t)(w->at - frame);
}

/* The SignIn call. 0: logged. Under code_only the stack has checked the password, and the daemon is told so.
 */
static size_t
write_sign_in(const struct login *login, struct secrets *secrets)
{
	struct writer w = {.at = secrets->frame, .end = secrets->frame + FRAME_MAX};
	char number[16];

	put(&w, "{\"method\":\"org.twinlock.Authentication.SignIn\",\"parameters\":{\"user\":");
	put_string(&w, login->user);
	if (!login->options.code_only) {
		put(&w, ",\"password\":");
		put_string(&w, secrets->password);
	}
	(void)snprintf(number, sizeof(number), "%" PRIu32, (uint32_t)getuid());
	put(&w, ",\"context\":{\"purpose\":\"login\",\"realUid\":");
	put(&w, number);
	if (login->options.code_only)
		put(&w, ",\"passed\":[\"password\"]");
	if (!put_item(&w, login, PAM_SERVICE, "service", SERVICE_MAX) ||
		!put_item(&w, login, PAM_TTY, "tty", TTY_MAX) ||
		!put_item(&w, login, PAM_RHOST, "remoteHost", HOST_MAX))
		return 0;
	put(&w, "}}}");
	return end_frame(&w, secrets->frame);
}

static size_t
write_verify(struct secrets *secrets, const char *code)
{
	struct writer w = {.at = secrets->frame, .end = secrets->frame + FRAME_MAX};

	put(&w, "{\"method\":\"org.twinlock.Authentication.Verify2FACode\",\"parameters\":{\"session\":");
	put_string(&w, secrets->session);
	put(&w, ",\"code\":");
	put_string(&w, code);
	put(&w, "}}");
	return end_frame(&w, secrets->frame);
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

/* SignIn said codeRequired, and the session is kept: asks for the code and has it verified. */
static int
finish_with_code(const struct login *login, struct secrets *secrets)
{
	struct reply reply;
	size_t length;
	int rc = ask(login, code_prompt, &secrets->code);

	if (rc != PAM_SUCCESS)
		return rc;
	if (secrets->code != NULL && secrets->password != NULL &&
		strcmp(secrets->code, secrets->password) == 0) {
		pam_syslog(login->pamh, LOG_NOTICE,
			"the code is the password again: the client answers every prompt alike, as with "
			"sshd's "
			"\"password\" method; let it use keyboard-interactive (KbdInteractiveAuthentication "
			"yes)");
		return PAM_AUTH_ERR;
	}
	if (secrets->code != NULL && strncmp(secrets->code, token_prefix, strlen(token_prefix)) == 0) {
		pam_syslog(login->pamh, LOG_NOTICE,
			"code refused unseen: it is an access token, which is for programs");
		return PAM_AUTH_ERR;
	}
	length = write_verify(secrets, code_to_send(secrets->code));
	if (length == 0 || !exchange(login, secrets->frame, length, &reply))
		return PAM_AUTHINFO_UNAVAIL;
	if (reply.error.bytes != NULL)
		return refuse_error(login, &reply);
	if (!text_is(reply.state, "signedIn") || !text_is(reply.second_factor, "verified"))
		return refuse_unexpected(login, "Verify2FACode");
	if (!is_about_this_user(login, &reply))
		return PAM_AUTHINFO_UNAVAIL;
	debug_log(login, "the code was right");
	return accept_login(login, secrets);
}

static int
sign_in(const struct login *login, struct secrets *secrets)
{
	struct reply reply;
	size_t length;

	if (!login->options.code_only) {
		int rc = ask(login, password_prompt, &secrets->password);

		if (rc != PAM_SUCCESS)
			return rc;
		if (!is_password(login, secrets->password))
			return refuse_after_prompt(login, secrets);
	}
	length = write_sign_in(login, secrets);
	if (length == 0 || !exchange(login, secrets->frame, length, &reply))
		return PAM_AUTHINFO_UNAVAIL;
	if (reply.error.bytes != NULL)
		return refuse_error(login, &reply);
	if (text_is(reply.state, "signedIn"))
		return finish_without_code(login, secrets, &reply);
	if (!text_is(reply.state, "codeRequired"))
		return refuse_unexpected(login, "SignIn");
	if (!is_about_this_user(login, &reply))
		return PAM_AUTHINFO_UNAVAIL;
	if (reply.session.length == 0 || reply.session.length > SESSION_MAX) {
		pam_syslog(login->pamh, LOG_ERR, "twinlockd asks for a code without a usable session");
		return PAM_AUTHINFO_UNAVAIL;
	}
	memcpy(secrets->session, reply.session.bytes, reply.session.length + 1);
	debug_log(login, "a code is needed");
	return finish_with_code(login, secrets);
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
	if (!is_user_name(user)) {
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

/* The GetNotice call: the length of its frame. */
static size_t
write_get_notice(const struct login *login, char frame[FRAME_MAX])
{
	struct writer w = {.at = frame, .end = frame + FRAME_MAX};

	put(&w, "{\"method\":\"org.twinlock.Authentication.GetNotice\",\"parameters\":{\"user\":");
	put_string(&w, login->user);
	if (login->options.show_remaining)
		put(&w, ",\"remaining\":true");
	put(&w, "}}");
	return end_frame(&w, frame);
}

/* Whether a text may go to a terminal whose owner did not ask for it: one line that moves no cursor. */
static bool
is_one_line(struct text text)
{
	size_t i;

	if (text.length == 0 || text.length > NOTICE_MAX)
		return false;
	for (i = 0; i < text.length; i++)
		if (text.bytes[i] < 0x20 || text.bytes[i] > 0x7e)
			return false;
	return true;
}

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
	else if (!is_one_line(reply.notice))
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
	if (pam_get_item(pamh, PAM_USER, &user) != PAM_SUCCESS || user == NULL || !is_user_name(user))
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
