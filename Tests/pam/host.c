/*
 * A program that logs somebody in through one PAM service, with answers from its arguments.
 *
 *   host CONFDIR SERVICE USER [--rhost H] [--tty T] [--silent] [--rounds N] [--call HOOK]
 *        [--pam-env NAME=VALUE] [--refuse-messages]
 *        [--answer HEX | --answer-null | --answer-fail | --answer-switch-user NAME]... [--needle HEX]...
 *
 * USER may be empty: the name is then asked for. Answers are used in order, from the start in each round; a
 * prompt without an answer fails the conversation, and with --refuse-messages so does a message. HOOK is authenticate (the default), setcred, acct_mgmt,
 * open_session, close_session or chauthtok. Writes one line for each thing that happens, texts in
 * hexadecimal:
 *
 *   prompt off|on TEXT        message info|error TEXT        log PRIORITY TEXT
 *   result CODE               changed WHAT
 *   needle NUMBER COUNT       how often a needle is in memory after pam_end
 *
 * `changed` names what is not as it was before pam_start: a descriptor, the environment, a signal, a thread.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>

extern char **environ;

struct answer {
	enum { TEXT, NOTHING, FAILURE, SWITCH_USER } kind;
	const char *value;
};

static struct answer answers[16];
static int answer_count, next_answer, refuses_messages;
static pam_handle_t *handle;

static void
print_hex(const char *text)
{
	for (; *text != '\0'; text++)
		printf("%02x", (unsigned char)*text);
	printf("\n");
}

/* In the place of libpam's. */
void
pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
	char line[2048];
	va_list arguments;

	(void)pamh;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	printf("log %d ", priority);
	print_hex(line);
	fflush(stdout);
}

static unsigned
nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static unsigned char
hex_byte(const char *hex)
{
	return (unsigned char)(nibble(hex[0]) << 4 | nibble(hex[1]));
}

/* The only place where an answer exists in the clear before the module has it. */
static char *
decode(const char *hex)
{
	size_t length = strlen(hex) / 2, i;
	char *text = malloc(length + 1);

	for (i = 0; i < length; i++)
		text[i] = (char)hex_byte(hex + 2 * i);
	text[length] = '\0';
	return text;
}

static int
converse(int count, const struct pam_message **messages, struct pam_response **out, void *data)
{
	struct pam_response *replies = calloc((size_t)count, sizeof(*replies));
	int i;

	(void)data;
	for (i = 0; i < count; i++) {
		int style = messages[i]->msg_style;
		struct answer answer = {FAILURE, NULL};

		if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) {
			printf("message %s ", style == PAM_TEXT_INFO ? "info" : "error");
			print_hex(messages[i]->msg);
			if (refuses_messages) {
				free(replies);
				return PAM_CONV_ERR;
			}
			continue;
		}
		printf("prompt %s ", style == PAM_PROMPT_ECHO_OFF ? "off" : "on");
		print_hex(messages[i]->msg);
		fflush(stdout);
		if (next_answer < answer_count)
			answer = answers[next_answer++];
		if (answer.kind == SWITCH_USER) {
			pam_set_item(handle, PAM_USER, answer.value);
			answer = next_answer < answer_count ? answers[next_answer++] : answer;
		}
		if (answer.kind == FAILURE) {
			free(replies);
			return PAM_CONV_ERR;
		}
		if (answer.kind == TEXT)
			replies[i].resp = decode(answer.value);
	}
	*out = replies;
	return PAM_SUCCESS;
}

/* Appends what a directory lists, without the descriptor that lists it. */
static void
list_directory(const char *path, char *out, size_t room)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	out[0] = '\0';
	while ((entry = readdir(directory)) != NULL)
		if (atoi(entry->d_name) != dirfd(directory) || strcmp(path, "/proc/self/fd") != 0)
			snprintf(out + strlen(out), room - strlen(out), "%s ", entry->d_name);
	closedir(directory);
}

/* What a module may not change in its host. */
struct state {
	char descriptors[1024];
	char threads[256];
	char environment[16384];
	struct sigaction actions[NSIG];
	sigset_t mask;
};

static void
take_state(struct state *state)
{
	char **entry;
	int i;

	memset(state, 0, sizeof(*state));
	list_directory("/proc/self/fd", state->descriptors, sizeof(state->descriptors));
	list_directory("/proc/self/task", state->threads, sizeof(state->threads));
	for (entry = environ; *entry != NULL; entry++)
		snprintf(state->environment + strlen(state->environment),
			sizeof(state->environment) - strlen(state->environment), "%s\n", *entry);
	for (i = 1; i < NSIG; i++)
		sigaction(i, NULL, &state->actions[i]);
	sigprocmask(SIG_BLOCK, NULL, &state->mask);
}

/* Member by member: the unused part of a sigset_t holds anything. */
static int
same_signals(const struct state *before, const struct state *after)
{
	int i;

	for (i = 1; i < NSIG; i++)
		if (before->actions[i].sa_handler != after->actions[i].sa_handler ||
			before->actions[i].sa_flags != after->actions[i].sa_flags ||
			sigismember(&before->mask, i) != sigismember(&after->mask, i))
			return 0;
	return 1;
}

static void
compare(const struct state *before, const struct state *after)
{
	if (strcmp(before->descriptors, after->descriptors) != 0)
		printf("changed descriptors\n");
	if (strcmp(before->threads, after->threads) != 0)
		printf("changed threads\n");
	if (strcmp(before->environment, after->environment) != 0)
		printf("changed environment\n");
	if (!same_signals(before, after))
		printf("changed signals\n");
}

/* Counts a needle in one range of our own memory, never having it in one piece ourselves. */
static unsigned
count_in(int memory, uintptr_t from, uintptr_t to, const char *needle)
{
	static char window[1 << 16];
	size_t length = strlen(needle) / 2;
	unsigned count = 0;

	while (from + length <= to) {
		size_t want = to - from < sizeof(window) ? to - from : sizeof(window), i, j;
		ssize_t got = pread(memory, window, want, (off_t)from);

		if (got < (ssize_t)length)
			break;
		for (i = 0; i + length <= (size_t)got; i++) {
			for (j = 0; j < length && (unsigned char)window[i + j] == hex_byte(needle + 2 * j);
				j++)
				;
			count += j == length;
		}
		from += (size_t)got - length + 1;
		memset(window, 0, sizeof(window));
	}
	return count;
}

static unsigned
count_in_memory(const char *needle)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	unsigned long from, to;
	unsigned count = 0;
	char line[512], mode[5];

	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && mode[0] == 'r' && mode[1] == 'w')
			count += count_in(memory, from, to, needle);
	fclose(maps);
	close(memory);
	return count;
}

static int
call(const char *hook, int flags)
{
	if (strcmp(hook, "setcred") == 0)
		return pam_setcred(handle, flags | PAM_ESTABLISH_CRED);
	if (strcmp(hook, "acct_mgmt") == 0)
		return pam_acct_mgmt(handle, flags);
	if (strcmp(hook, "open_session") == 0)
		return pam_open_session(handle, flags);
	if (strcmp(hook, "close_session") == 0)
		return pam_close_session(handle, flags);
	if (strcmp(hook, "chauthtok") == 0)
		return pam_chauthtok(handle, flags);
	return pam_authenticate(handle, flags);
}

int
main(int argc, char **argv)
{
	static struct state before, after;
	static const struct pam_conv conversation = {converse, NULL};
	const char *rhost = NULL, *tty = NULL, *pam_environment = NULL, *hook = "authenticate", *needles[4];
	int flags = 0, rounds = 1, needle_count = 0, i, rc;

	for (i = 4; i < argc; i++) {
		if (strcmp(argv[i], "--rhost") == 0)
			rhost = argv[++i];
		else if (strcmp(argv[i], "--tty") == 0)
			tty = argv[++i];
		else if (strcmp(argv[i], "--pam-env") == 0)
			pam_environment = argv[++i];
		else if (strcmp(argv[i], "--refuse-messages") == 0)
			refuses_messages = 1;
		else if (strcmp(argv[i], "--call") == 0)
			hook = argv[++i];
		else if (strcmp(argv[i], "--rounds") == 0)
			rounds = atoi(argv[++i]);
		else if (strcmp(argv[i], "--silent") == 0)
			flags = (int)PAM_SILENT;
		else if (strcmp(argv[i], "--needle") == 0)
			needles[needle_count++] = argv[++i];
		else if (strcmp(argv[i], "--answer") == 0)
			answers[answer_count++] = (struct answer){TEXT, argv[++i]};
		else if (strcmp(argv[i], "--answer-null") == 0)
			answers[answer_count++] = (struct answer){NOTHING, NULL};
		else if (strcmp(argv[i], "--answer-switch-user") == 0)
			answers[answer_count++] = (struct answer){SWITCH_USER, argv[++i]};
		else
			answers[answer_count++] = (struct answer){FAILURE, NULL};
	}
	take_state(&before);
	for (i = 0; i < rounds; i++) {
		next_answer = 0;
		rc = pam_start_confdir(
			argv[2], argv[3][0] != '\0' ? argv[3] : NULL, &conversation, argv[1], &handle);
		if (rc != PAM_SUCCESS)
			return 1;
		if (rhost != NULL)
			pam_set_item(handle, PAM_RHOST, rhost);
		if (tty != NULL)
			pam_set_item(handle, PAM_TTY, tty);
		if (pam_environment != NULL)
			pam_putenv(handle, pam_environment);
		rc = call(hook, flags);
		take_state(&after);
		printf("result %d\n", rc);
		compare(&before, &after);
		pam_end(handle, rc);
		fflush(stdout);
	}
	for (i = 0; i < needle_count; i++)
		printf("needle %d %u\n", i, count_in_memory(needles[i]));
	return 0;
}
