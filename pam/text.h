/* Text from outside: what is UTF-8, what may be a user's name, what may be shown, and how it is logged and
 * wiped. */
#ifndef TWINLOCK_TEXT_H
#define TWINLOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define LOGGED_NAME 64 /* bytes of a refused name that go to the log */

/* RFC 3629 section 4: no overlong form, no surrogate, nothing above U+10FFFF. */
bool is_utf8(const char *bytes, size_t length);

/* Text that may go on the wire as it is. */
bool is_text(const char *bytes, size_t limit);

/*
 * An account name that we pass on, of 1...limit bytes. A control character or a space at either end is how
 * one name is made to look like another, to a rule or in a log.
 */
bool is_user_name(const char *name, size_t limit);

/* Printable ASCII of 1...limit bytes: one line that moves no cursor, and that an ssh client shows as it is.
 */
bool is_one_line(const char *bytes, size_t length, size_t limit);

/*
 * The same in several lines: line feeds are allowed. with_blocks: so are the three block characters that a QR
 * code is drawn with (U+2580, U+2584, U+2588), and nothing else that is not ASCII.
 */
bool are_lines(const char *bytes, size_t length, size_t limit, bool with_blocks);

/* A stranger's bytes as printable ASCII, cut to what a log line needs. */
void escape_for_log(const char *bytes, char out[4 * LOGGED_NAME + sizeof("...")]);

/* NULL is nothing to do. */
void wipe_and_free(char *secret);

#endif
