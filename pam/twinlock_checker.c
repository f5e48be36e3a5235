/*
 * twinlock-checker: checks one password at a time through libpam, in a process of its own.
 *
 * It holds nothing and decides nothing. Whoever starts it gives it its uid, gid and groups (a user of its own
 * with the supplementary group that reads the shadow file) and says whom it may serve. See checker.h for the
 * protocol.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "checker.h"
#include "io.h"

#define CHILDREN_MAX 16     /* connections at a time; the daemon keeps to fewer */
#define DEADLINE_DEFAULT 20 /* seconds; the daemon gives up earlier */
#define DEADLINE_MAX 120
#define RETRY_MS 100 /* until another accept, where the host is out of descriptors or memory */

static const char usage[] =
	"usage: twinlock-checker [--control FD] --peer USER [--deadline SECONDS] [--confdir DIR]\n"
	"\n"
	"Checks passwords through the PAM service \"twinlock-password\" for twinlockd.\n"
	"\n"
	"  --peer USER         serve connections of this user, a uid or a name in /etc/passwd, and of root, "
	"and\n"
	"                      nobody else's\n"
	"  --control FD        accept connections on the listening socket that arrives over FD, a stream\n"
	"                      socket, with one byte; end when the other end of FD is closed.\n"
	"                      Without it, standard input is the one connection to serve.\n"
	"  --deadline SECONDS  kill a check that takes longer, 1...120 (default 20)\n"
	"  --confdir DIR       read PAM service files from DIR (for tests)\n"
	"  --help              print this and exit\n"
	"\n"
	"Exit status: 0 done or told to end, 1 could not work, 2 wrong usage.\n";

enum { STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* --- Starting --- */

static _Noreturn void
fail(const char *what)
{
	(void)fprintf(stderr, "twinlock-checker: %s: %s\n", what, strerror(errno));
	exit(STATUS_FAILED);
}

static _Noreturn void
fail_usage(const char *option, const char *expected)
{
	(void)fprintf(stderr, "twinlock-checker: %s: expected %s\n%s", option, expected, usage);
	exit(STATUS_USAGE);
}

/* A number of least...most in plain digits, or the end of the program. */
static uint32_t
parse_number(const char *option, const char *text, uint32_t least, uint32_t most)
{
	uint64_t value = 0;
	const char *c;
	char expected[64];

	(void)snprintf(expected, sizeof(expected), "a number, %" PRIu32 "...%" PRIu32, least, most);
	if (*text == '\0' || strlen(text) > 10)
		fail_usage(option, expected);
	for (c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			fail_usage(option, expected);
		value = value * 10 + (uint64_t)(*c - '0');
	}
	if (value < least || value > most)
		fail_usage(option, expected);
	return (uint32_t)value;
}

/* The uid of a user, given as one or as a name in the machine's own file, or the end of the program: the name
 * service may hang, and who may ask for checks is no question for a directory. */
static uid_t
parse_user(const char *option, const char *text)
{
	const struct passwd *entry;
	uid_t uid = 0;
	bool found = false;
	FILE *file;

	if (*text >= '0' && *text <= '9')
		return parse_number(option, text, 0, NO_ID - 1);
	file = fopen("/etc/passwd", "re");
	if (file == NULL)
		fail("cannot open /etc/passwd");
	while (!found && (entry = fgetpwent(file)) != NULL) {
		found = strcmp(entry->pw_name, text) == 0;
		uid = entry->pw_uid;
	}
	(void)fclose(file);
	if (!found)
		fail_usage(option, "a user's number, or a name in /etc/passwd");
	return uid;
}

/* Reads the arguments. *control is -1 where standard input is the connection. */
static void
parse_arguments(int argc, char **argv, struct settings *settings, int *control)
{
	static const struct option options[] = {{"peer", required_argument, NULL, 'p'},
		{"control", required_argument, NULL, 'c'}, {"deadline", required_argument, NULL, 'd'},
		{"confdir", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	bool has_peer = false;
	int option;

	*settings = (struct settings){.deadline = DEADLINE_DEFAULT};
	*control = -1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			settings->peer = parse_user("--peer", optarg);
			has_peer = true;
			break;
		case 'c':
			*control = (int)parse_number("--control", optarg, 3, INT_MAX);
			break;
		case 'd':
			settings->deadline = (int)parse_number("--deadline", optarg, 1, DEADLINE_MAX);
			break;
		case 'f':
			if (optarg[0] != '/')
				fail_usage("--confdir", "an absolute path");
			settings->confdir = optarg;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			(void)fputs(usage, stderr);
			exit(STATUS_USAGE);
		}
	}
	if (!has_peer)
		fail_usage("--peer", "a user's number");
	if (optind < argc)
		fail_usage(argv[optind], "no further argument");
}

/* Puts /dev/null where a standard stream is closed or is the connection: modules may read and write there. */
static void
guard_standard_streams(int connection)
{
	struct stat ours = {0}, theirs;
	int fd, null = open("/dev/null", O_RDWR);

	if (null < 0 || (connection >= 0 && fstat(connection, &ours) < 0))
		fail("cannot open /dev/null");
	for (fd = 0; fd <= 2; fd++) {
		bool same = fstat(fd, &theirs) < 0 ||
			    (connection >= 0 && ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino);

		if ((same || (connection >= 0 && fd == 0)) && fd != null && dup2(null, fd) < 0)
			fail("cannot open /dev/null");
	}
	if (null > 2)
		(void)close(null);
}

/* Leaves nothing of the starter's but its standard streams and keep, and nothing of ours to a core file or
 * debugger. */
static void
isolate(int keep)
{
	struct rlimit none = {0, 0};

	if (clearenv() != 0 || setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		fail("cannot isolate this process");
	if ((keep > 3 && close_range(3, (unsigned)keep - 1, 0) < 0) ||
		close_range((unsigned)keep + 1, ~0U, 0) < 0)
		fail("cannot close descriptors");
	if (fcntl(keep, F_SETFD, FD_CLOEXEC) < 0)
		fail("cannot use the descriptor that was given");
	/* An inherited ignored SIGCHLD makes children that cannot be waited for; SIGPIPE would come from a
	 * dead log. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fail("cannot set signals");
	if (chdir("/") < 0)
		fail("cannot change to /");
	(void)umask(077);
}

/* --- One connection on standard input --- */

static int
serve_standard_input(const struct settings *settings)
{
	int connection = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	if (connection < 0)
		fail("no connection on standard input");
	guard_standard_streams(connection);
	isolate(connection);
	if (!is_served(settings, connection)) {
		(void)fprintf(stderr, "twinlock-checker: connection refused: not the peer that is served\n");
		return STATUS_FAILED;
	}
	serve_connection(settings, connection);
	return EXIT_SUCCESS;
}

/* --- A listening socket --- */

/* Receives the listening socket. -1: the other end is closed. */
static int
receive_listener(int control)
{
	char byte;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ancillary = {{0}};
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &ancillary,
		.msg_controllen = sizeof(ancillary)};
	struct cmsghdr *header;
	int fd = -1, listening = 0, domain = 0;
	socklen_t length = sizeof(int);
	ssize_t got;

	do
		got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		fail("cannot receive the listening socket");
	if (got == 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
		header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 || listening != 1 ||
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 || domain != AF_UNIX ||
		fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		errno = EPROTO;
		fail("no listening socket came with the first byte");
	}
	return fd;
}

/* Forks a supervisor for a connection. True if there is one more child. */
static bool
start_supervisor(const struct settings *settings, int connection, int control, int listener, int signals)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		(void)close(control);
		(void)close(listener);
		(void)close(signals);
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent)
			serve_connection(settings, connection);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0)
		(void)fprintf(stderr, "twinlock-checker: cannot fork: %s\n", strerror(errno));
	return child > 0;
}

/* Accepts one connection, if one is there that we serve. Returns how many children were added. -1: wait a
 * little. */
static int
accept_one(const struct settings *settings, int control, int listener, int signals)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	bool started = false;

	if (connection < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			return -1;
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return 0;
		fail("cannot accept a connection");
	}
	if (is_served(settings, connection))
		started = start_supervisor(settings, connection, control, listener, signals);
	else
		(void)fprintf(stderr, "twinlock-checker: connection refused: not the peer that is served\n");
	(void)close(connection);
	return started ? 1 : 0;
}

static unsigned
reap_supervisors(unsigned children)
{
	while (children > 0 && waitpid(-1, NULL, WNOHANG) > 0)
		children--;
	return children;
}

/* Serves connections until the other end of control is closed or a signal says so. */
static void
serve_listener(const struct settings *settings, int control, int listener, int signals)
{
	struct pollfd fds[] = {{.fd = control, .events = POLLIN | POLLRDHUP},
		{.fd = signals, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
	unsigned children = 0;
	bool wait_a_little = false;

	for (;;) {
		bool full = children >= CHILDREN_MAX || wait_a_little;
		int added;

		if (poll(fds, full ? 2 : 3, wait_a_little ? RETRY_MS : -1) < 0 && errno != EINTR)
			fail("cannot wait for connections");
		wait_a_little = false;
		if (fds[0].revents != 0)
			return;
		if (fds[1].revents != 0) {
			struct signals seen = read_signals(signals);

			if (seen.end)
				return;
			children = reap_supervisors(children);
		}
		if (full || fds[2].revents == 0)
			continue;
		added = accept_one(settings, control, listener, signals);
		if (added < 0)
			wait_a_little = true;
		else
			children += (unsigned)added;
	}
}

/* Lets every supervisor end its own check; kill_children is for those that do not. */
static void
end_supervisors(int signals)
{
	int64_t deadline = now_ms() + 1000;

	(void)signal(SIGTERM, SIG_IGN);
	(void)kill(0, SIGTERM);
	while (waitpid(-1, NULL, WNOHANG) >= 0 && ms_left(deadline) > 0)
		(void)poll(NULL, 0, 1);
	kill_children(signals);
}

static int
serve_control(const struct settings *settings, int control)
{
	int signals, listener;

	guard_standard_streams(-1);
	isolate(control);
	/* A process group of our own, so that one signal reaches all supervisors and nobody else. */
	if ((getpgrp() != getpid() && setpgid(0, 0) < 0) || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
		prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		fail("cannot isolate this process");
	signals = open_signals();
	if (signals < 0)
		fail("cannot watch signals");
	listener = receive_listener(control);
	if (listener < 0)
		return EXIT_SUCCESS;
	serve_listener(settings, control, listener, signals);
	(void)close(listener);
	end_supervisors(signals);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct settings settings;
	int control;

	parse_arguments(argc, argv, &settings, &control);
	return control < 0 ? serve_standard_input(&settings) : serve_control(&settings, control);
}
