/* The three calls, as JSON. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "module.h"
#include "text.h"

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

/* What has been shown before: under code_only by what stands before us in the stack, and a key by what sshd
 * says. */
static void
put_passed(struct writer *w, const struct login *login)
{
	if (!login->options.code_only && !login->has_key)
		return;
	put(w, ",\"passed\":[");
	if (login->options.code_only)
		put(w, "\"password\"");
	if (login->options.code_only && login->has_key)
		put_byte(w, ',');
	if (login->has_key)
		put(w, "\"publickey\"");
	put_byte(w, ']');
}

size_t
write_sign_in(const struct login *login, struct secrets *secrets)
{
	struct writer w = {.at = secrets->frame, .end = secrets->frame + FRAME_MAX};
	char number[16];

	put(&w, "{\"method\":\"org.twinlock.Authentication.SignIn\",\"parameters\":{\"user\":");
	put_string(&w, login->user);
	if (secrets->password != NULL) {
		put(&w, ",\"password\":");
		put_string(&w, secrets->password);
	}
	if (secrets->is_combined)
		put(&w, ",\"combined\":true");
	(void)snprintf(number, sizeof(number), "%" PRIu32, (uint32_t)getuid());
	put(&w, ",\"context\":{\"purpose\":\"login\",\"realUid\":");
	put(&w, number);
	put_passed(&w, login);
	if (!put_item(&w, login, PAM_SERVICE, "service", SERVICE_MAX) ||
		!put_item(&w, login, PAM_TTY, "tty", TTY_MAX) ||
		!put_item(&w, login, PAM_RHOST, "remoteHost", HOST_MAX))
		return 0;
	put(&w, "}}}");
	return end_frame(&w, secrets->frame);
}

size_t
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

size_t
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
