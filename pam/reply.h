/*
 * Replies of the daemon: a strict RFC 8259 reader without allocation.
 *
 * Strings are decoded in place, which never makes them longer, so that the frame remains the only copy.
 */
#ifndef TWINLOCK_REPLY_H
#define TWINLOCK_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds of a wait that we repeat to a person; the daemon's longest is 15 minutes. */
#define WAIT_MAX 86400
#define PASSWORD_MAX 512 /* bytes, as in org.twinlock.Authentication.varlink */

/* Bytes in the frame, followed by a NUL. Absent: bytes is NULL. */
struct text {
	const char *bytes;
	size_t length;
};

/* What we look at in a reply to SignIn, Verify2FACode or GetNotice. Texts are in the frame, unchecked. */
struct reply {
	struct text error;
	struct text state;
	struct text session; /* secret */
	struct text user;
	struct text second_factor;
	struct text message; /* secret: it may show a key */
	struct text prompt;
	struct text notice;
	bool has_seconds;
	int32_t seconds; /* 0...WAIT_MAX */
	bool has_password_bytes;
	int32_t password_bytes; /* 0...PASSWORD_MAX */
};

bool text_is(struct text text, const char *string);

/* Reads a whole frame without its NUL. False: it is not a reply. */
bool read_reply(char *frame, size_t length, struct reply *reply);

#endif
