/*
 * Gives the PAM module's reader of replies one input after another; the input is a frame without its NUL.
 *
 * Claims, of a frame that is taken: every text is in the frame, is UTF-8 and is followed by a NUL; numbers
 * are within their bounds; white space around it changes nothing; with its last byte cut off it is not taken.
 * And of any input: what is said to be printable is, in ASCII but for the three block characters where they
 * are allowed; what is escaped for the log is printable, and a name has no control character.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "text.h"

#define CLAIM(holds)                                                   \
	do {                                                           \
		if (!(holds)) {                                        \
			fprintf(stderr, "claim broken: %s\n", #holds); \
			abort();                                       \
		}                                                      \
	} while (0)

/* A copy on the heap of exactly that size, so that the sanitizer sees the first byte beyond. */
static char *
copy_between(const char *before, const uint8_t *bytes, size_t length, const char *after, size_t *total)
{
	size_t ahead = strlen(before), behind = strlen(after);
	char *copy = malloc(ahead + length + behind + 1);

	*total = ahead + length + behind;
	memcpy(copy, before, ahead);
	if (length > 0)
		memcpy(copy + ahead, bytes, length);
	memcpy(copy + ahead + length, after, behind);
	return realloc(copy, *total > 0 ? *total : 1);
}

static void
check_text(struct text text, const char *frame, size_t length)
{
	if (text.bytes == NULL)
		return;
	CLAIM(text.bytes > frame && text.bytes + text.length < frame + length);
	CLAIM(text.bytes[text.length] == '\0');
	CLAIM(strlen(text.bytes) == text.length);
	CLAIM(is_utf8(text.bytes, text.length));
	CLAIM(text_is(text, text.bytes));
}

static void
check_texts(const struct reply *reply, const char *frame, size_t length)
{
	check_text(reply->error, frame, length);
	check_text(reply->state, frame, length);
	check_text(reply->session, frame, length);
	check_text(reply->user, frame, length);
	check_text(reply->second_factor, frame, length);
	check_text(reply->message, frame, length);
	check_text(reply->prompt, frame, length);
	check_text(reply->notice, frame, length);
	CLAIM(reply->seconds >= 0 && reply->seconds <= WAIT_MAX);
	CLAIM(reply->password_bytes >= 0 && reply->password_bytes <= PASSWORD_MAX);
}

static bool
are_same(struct text one, struct text other)
{
	if (one.bytes == NULL || other.bytes == NULL)
		return one.bytes == other.bytes;
	return one.length == other.length && memcmp(one.bytes, other.bytes, one.length) == 0;
}

static void
check_reply(const uint8_t *bytes, size_t length)
{
	struct reply reply, spaced, cut;
	size_t plain_length, spaced_length, cut_length;
	char *plain = copy_between("", bytes, length, "", &plain_length);
	char *with_space = copy_between(" \t", bytes, length, "\r\n", &spaced_length);
	bool taken = read_reply(plain, plain_length, &reply);

	CLAIM(read_reply(with_space, spaced_length, &spaced) == taken);
	if (taken) {
		check_texts(&reply, plain, plain_length);
		check_texts(&spaced, with_space, spaced_length);
		CLAIM(are_same(reply.error, spaced.error) && are_same(reply.state, spaced.state));
		CLAIM(are_same(reply.session, spaced.session) && are_same(reply.user, spaced.user));
		CLAIM(are_same(reply.message, spaced.message) && are_same(reply.prompt, spaced.prompt));
		CLAIM(reply.seconds == spaced.seconds && reply.password_bytes == spaced.password_bytes);
		while (bytes[length - 1] != '}')
			length--;
		free(plain);
		plain = copy_between("", bytes, length - 1, "", &cut_length);
		CLAIM(!read_reply(plain, cut_length, &cut));
	}
	free(plain);
	free(with_space);
}

/* How many block characters are among the ASCII of a text; anything else breaks the claim. */
static size_t
count_blocks(const char *string)
{
	size_t count = 0;

	for (; *string != '\0'; string++) {
		if (strncmp(string, "\342\226\200", 3) == 0 || strncmp(string, "\342\226\204", 3) == 0 ||
			strncmp(string, "\342\226\210", 3) == 0) {
			count++;
			string += 2;
		} else {
			CLAIM(*string == '\n' || (*string >= ' ' && *string <= '~'));
		}
	}
	return count;
}

static void
check_strings(const uint8_t *bytes, size_t length)
{
	char shown[4 * LOGGED_NAME + sizeof("...")];
	size_t total;
	char *string = copy_between("", bytes, length, "", &total);

	string = realloc(string, total + 1);
	string[total] = '\0';
	escape_for_log(string, shown);
	CLAIM(*string == '\0' ? *shown == '\0' : is_one_line(shown, strlen(shown), sizeof(shown)));
	if (is_one_line(string, strlen(string), 80))
		CLAIM(strlen(string) <= 80 && strpbrk(string, "\r\n\t\033\177") == NULL);
	if (are_lines(string, strlen(string), 4096, false))
		CLAIM(strlen(string) <= 4096 && count_blocks(string) == 0);
	if (are_lines(string, strlen(string), 4096, true)) {
		CLAIM(strlen(string) <= 4096 && is_utf8(string, strlen(string)));
		CLAIM(are_lines(string, strlen(string), 4096, false) == (count_blocks(string) == 0));
	}
	if (is_user_name(string, 256))
		CLAIM(is_text(string, 256) && *string != ' ' && strpbrk(string, "\r\n\t\033\177") == NULL);
	free(string);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	check_reply(bytes, length);
	check_strings(bytes, length);
	return 0;
}
