#define _GNU_SOURCE
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Decodes one scalar value.
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

bool
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

bool
is_text(const char *bytes, size_t limit)
{
	size_t length = strlen(bytes);

	return length <= limit && is_utf8(bytes, length);
}

bool
is_user_name(const char *name, size_t limit)
{
	size_t length = strlen(name), i = 0;

	if (length == 0 || length > limit || name[0] == ' ' || name[length - 1] == ' ')
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

static bool
is_printable(char byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

bool
is_one_line(const char *bytes, size_t length, size_t limit)
{
	size_t i;

	if (length == 0 || length > limit)
		return false;
	for (i = 0; i < length; i++)
		if (!is_printable(bytes[i]))
			return false;
	return true;
}

/* Upper half block, lower half block, full block. */
static bool
begins_with_block(const char *bytes, size_t length)
{
	return length >= 3 &&
	       (memcmp(bytes, "\xe2\x96\x80", 3) == 0 || memcmp(bytes, "\xe2\x96\x84", 3) == 0 ||
		       memcmp(bytes, "\xe2\x96\x88", 3) == 0);
}

bool
are_lines(const char *bytes, size_t length, size_t limit, bool with_blocks)
{
	size_t i = 0;

	if (length == 0 || length > limit)
		return false;
	while (i < length) {
		if (is_printable(bytes[i]) || bytes[i] == '\n')
			i += 1;
		else if (with_blocks && begins_with_block(bytes + i, length - i))
			i += 3;
		else
			return false;
	}
	return true;
}

void
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

void
wipe_and_free(char *secret)
{
	if (secret != NULL) {
		explicit_bzero(secret, strlen(secret));
		free(secret);
	}
}
