#define _GNU_SOURCE
#include "reply.h"

#include <string.h>

#include "text.h"

#define DEPTH_MAX 8 /* nesting of a reply; ours have three levels */
#define KEYS_MAX 32 /* members of one object, so that a repeated one can be told */

/*
 * A strict RFC 8259 reader without allocation. Strings are decoded in place, which never makes them longer,
 * so that the frame remains the only copy. The frame is known to be UTF-8 without NUL.
 */
struct reader {
	char *at;
	char *end;
	unsigned depth;
};

/* Reads the value of one member. False: the reply is refused. */
typedef bool member_reader(struct reader *r, struct text key, void *out);

static bool skip_value(struct reader *r);

bool
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
	if (text_is(key, "message"))
		return read_optional_string(r, &reply->message);
	if (text_is(key, "prompt"))
		return read_optional_string(r, &reply->prompt);
	if (text_is(key, "notice"))
		return read_optional_string(r, &reply->notice);
	if (text_is(key, "seconds")) {
		if (take_word(r, "null"))
			return true;
		reply->has_seconds = true;
		return read_count(r, WAIT_MAX, &reply->seconds);
	}
	if (text_is(key, "passwordBytes")) {
		if (take_word(r, "null"))
			return true;
		reply->has_password_bytes = true;
		return read_count(r, PASSWORD_MAX, &reply->password_bytes);
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

bool
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
