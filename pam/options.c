/* The line of the PAM file. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/un.h>

#include "module.h"
#include "text.h"

#define TIMEOUT_DEFAULT 20 /* seconds for one call: the password checker's 15, and 5 for everything else */
#define TIMEOUT_MAX 120    /* sshd's LoginGraceTime: nobody waits longer */

static const char default_socket[] = "/run/twinlock/twinlock.socket";
static const char default_password_prompt[] = "Password: ";

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
set_try_first_pass(struct options *options, const char *value)
{
	(void)value;
	options->try_first_pass = true;
	return true;
}

static bool
set_use_first_pass(struct options *options, const char *value)
{
	(void)value;
	options->use_first_pass = true;
	return true;
}

static bool
set_forward_pass(struct options *options, const char *value)
{
	(void)value;
	options->forward_pass = true;
	return true;
}

static bool
set_echo_code(struct options *options, const char *value)
{
	(void)value;
	options->echo_code = true;
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

static bool
set_prompt(struct options *options, const char *value)
{
	options->prompt = value;
	return is_one_line(value, strlen(value), PROMPT_MAX);
}

static bool
set_password_prompt(struct options *options, const char *value)
{
	options->password_prompt = value;
	return is_one_line(value, strlen(value), PROMPT_MAX);
}

/* Every option there is. One that ends in `=` takes a value. */
static const struct option {
	const char *name;
	bool (*set)(struct options *options, const char *value);
	const char *expected;
} known_options[] = {
	{"code_only", set_code_only, ""},
	{"nullok", set_nullok, ""},
	{"try_first_pass", set_try_first_pass, ""},
	{"use_first_pass", set_use_first_pass, ""},
	{"forward_pass", set_forward_pass, ""},
	{"echo_code", set_echo_code, ""},
	{"show_remaining", set_show_remaining, ""},
	{"debug", set_debug, ""},
	{"prompt=", set_prompt, "printable ASCII, 1...80 bytes"},
	{"password_prompt=", set_password_prompt, "printable ASCII, 1...80 bytes"},
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

/* Why options do not go together; NULL: they do. A person would find out too late which of them won. */
static const char *
find_contradiction(const struct options *options)
{
	if (options->code_only &&
		(options->try_first_pass || options->use_first_pass || options->forward_pass))
		return "code_only asks for no password, so it goes with none of try_first_pass, "
		       "use_first_pass and "
		       "forward_pass";
	if (options->try_first_pass && options->use_first_pass)
		return "try_first_pass and use_first_pass exclude each other";
	return NULL;
}

bool
parse_options(pam_handle_t *pamh, int argc, const char **argv, const char *result, struct options *options)
{
	bool seen[OPTION_COUNT] = {false};
	const char *contradiction;
	int i;

	*options = (struct options){.password_prompt = default_password_prompt,
		.socket = default_socket,
		.timeout = TIMEOUT_DEFAULT};
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
	contradiction = find_contradiction(options);
	if (contradiction != NULL)
		pam_syslog(pamh, LOG_ERR, "options contradict each other: %s%s", contradiction, result);
	return contradiction == NULL;
}
