/*
 * One connection: reads the request, has a worker carry it out, watches both, answers.
 *
 * The supervisor is a subreaper, so that whatever a PAM module forks ends up as its child and can be killed
 * with it.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "checker.h"
#include "io.h"

#define KILL_MS 2000   /* a killed process is gone in milliseconds, unless the kernel holds it */
#define ANSWER_MS 1000 /* the peer is waiting for it */

/* --- Signals and children --- */

static void
fill_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
	(void)sigaddset(set, SIGCHLD);
}

int
open_signals(void)
{
	sigset_t set;

	fill_signals(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct signals
read_signals(int fd)
{
	struct signals seen = {false, false};
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			seen.child = true;
		else
			seen.end = true;
	}
	return seen;
}

/* Takes the ended children away and names the crashed. True while there is one that has not ended. */
static bool
reap(void)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			(void)fprintf(stderr, "twinlock-checker: process %d of a check ended by signal %d\n",
				(int)pid, WTERMSIG(status));
	return pid == 0;
}

/* Whether a child has ended; it stays for reap(). */
static bool
has_ended(pid_t child)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == child;
}

/*
 * Sends SIGKILL to each child. The kernel's list (proc(5), /proc/pid/task/tid/children) also has those that a
 * dead child left to us; it is readable whatever hidepid says, because it is our own.
 */
static void
kill_each_child(void)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	int pid;

	if (list == NULL)
		return;
	while (fscanf(list, "%d", &pid) == 1)
		(void)kill(pid, SIGKILL);
	(void)fclose(list);
}

void
kill_children(int signals)
{
	struct pollfd ends = {.fd = signals, .events = POLLIN};
	int64_t deadline = now_ms() + KILL_MS;

	/* A process that forks faster than one look kills is caught by a later look: its parent is dead by
	 * then. */
	while (reap() && ms_left(deadline) > 0) {
		kill_each_child();
		/* Until the next one has ended: whoever asked waits for it. What was told before the look is
		 * old. */
		if (poll(&ends, 1, 1) > 0)
			(void)read_signals(signals);
	}
}

/* --- The request --- */

static uint16_t
get_u16(const unsigned char *in)
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

/* Receives exactly length bytes. */
static bool
receive_all(int fd, void *out, size_t length, int64_t deadline)
{
	char *at = out;

	while (length > 0) {
		ssize_t got = receive_some(fd, at, length, deadline);

		if (got <= 0)
			return false;
		at += got;
		length -= (size_t)got;
	}
	return true;
}

/* Receives one text; out has room for limit bytes and a NUL. False: not here in time, over its limit, or with
 * a NUL. */
static bool
receive_text(int fd, char *out, size_t length, size_t limit, int64_t deadline)
{
	if (length > limit || !receive_all(fd, out, length, deadline))
		return false;
	out[length] = '\0';
	return strlen(out) == length;
}

static bool
is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0' && strlen(text) <= 10;
}

/* Whether these are all characters that a salt may have, crypt(5). */
static bool
is_salt(const char *text)
{
	return text[strspn(text, "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

/* Whether an operation takes a password or a key of these lengths. */
static bool
takes_secrets(enum op op, size_t password_length, size_t key_length)
{
	switch (op) {
	case OP_CHECK_PASSWORD:
		return key_length == 0 || key_length == KEY_LENGTH;
	case OP_CHECK_ACCOUNT:
		return password_length == 0 && (key_length == 0 || key_length == KEY_LENGTH);
	case OP_LOOK_UP_NAME:
	case OP_LOOK_UP_UID:
		return password_length == 0 && key_length == 0;
	}
	return false;
}

/* False: not a request, or not here in time. */
static bool
receive_request(int fd, struct request *request, int64_t deadline)
{
	unsigned char header[REQUEST_HEADER];
	size_t password_length, key_length;

	if (!receive_all(fd, header, sizeof(header), deadline))
		return false;
	if (memcmp(header, "TLC2", 4) != 0 || header[5] != 0)
		return false;
	if (header[4] < OP_CHECK_PASSWORD || header[4] > OP_CHECK_ACCOUNT)
		return false;
	request->op = (enum op)header[4];
	password_length = get_u16(header + 8);
	key_length = get_u16(header + 14);
	if (get_u16(header + 6) == 0 || !takes_secrets(request->op, password_length, key_length))
		return false;
	return receive_text(fd, request->user, get_u16(header + 6), USER_MAX, deadline) &&
	       receive_text(fd, request->password, password_length, PASSWORD_MAX, deadline) &&
	       receive_text(fd, request->rhost, get_u16(header + 10), RHOST_MAX, deadline) &&
	       receive_text(fd, request->tty, get_u16(header + 12), TTY_MAX, deadline) &&
	       receive_text(fd, request->key, key_length, KEY_LENGTH, deadline) && is_salt(request->key) &&
	       (request->op != OP_LOOK_UP_UID || is_number(request->user));
}

/* --- The worker --- */

/* Runs in the worker. A module may have forked, and its child come back from PAM as we do: that one stays
 * silent. */
static _Noreturn void
work(const struct settings *settings, struct request *request, int out, pid_t supervisor)
{
	unsigned char bytes[ANSWER_MAX];
	struct answer answer;
	size_t length, done = 0;
	pid_t self = getpid();
	sigset_t none;
	int number;

	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != supervisor)
		_exit(EXIT_FAILURE);
	/* Modules and their helpers expect the signals of a login program. */
	for (number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	carry_out(settings, request, &answer);
	if (getpid() != self)
		_exit(EXIT_FAILURE);
	length = pack_answer(&answer, bytes);
	while (done < length) {
		ssize_t n = write(out, bytes + done, length - done);

		if (n < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
		if (n > 0)
			done += (size_t)n;
	}
	_exit(EXIT_SUCCESS);
}

/* What the worker has sent so far. */
struct inbox {
	unsigned char bytes[ANSWER_MAX];
	size_t length;
};

/* Whether a whole answer is there. Its end is told by its length: a forked child may hold the pipe open. */
static bool
is_whole(const struct inbox *inbox)
{
	const unsigned char *b = inbox->bytes;

	return inbox->length >= ANSWER_HEADER &&
	       inbox->length >= ANSWER_HEADER + (size_t)get_u16(b + 20) + 4 * (size_t)get_u16(b + 22) + b[7];
}

enum news { NEWS_ANSWER, NEWS_PEER_GONE, NEWS_FAILED };

/* Waits until the worker has answered, the peer is gone, or there is no point in waiting. */
static enum news
watch(int connection, int from_worker, int signals, pid_t worker, int64_t deadline, struct inbox *inbox)
{
	struct pollfd fds[] = {{.fd = connection, .events = POLLIN | POLLRDHUP},
		{.fd = from_worker, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

	bool ended =
		false; /* a child of the worker's may still hold the pipe, so what is in it is read first */

	for (;;) {
		ssize_t n = 0;
		int ready = poll(fds, 3, ended ? 0 : ms_left(deadline));

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0) {
			(void)fprintf(stderr, "twinlock-checker: check %s\n",
				ended ? "ended without an answer" : "took too long: killed");
			return NEWS_FAILED;
		}
		if (fds[1].revents != 0) {
			n = read(from_worker, inbox->bytes + inbox->length,
				sizeof(inbox->bytes) - inbox->length);
			if (n > 0)
				inbox->length += (size_t)n;
			if (is_whole(inbox))
				return NEWS_ANSWER;
			if (n <= 0) {
				(void)fprintf(stderr, "twinlock-checker: check ended without an answer\n");
				return NEWS_FAILED;
			}
		}
		/* Closed, or more bytes than a request has: either way nobody is there who waits for this
		 * answer. */
		if (fds[0].revents != 0)
			return NEWS_PEER_GONE;
		if (fds[2].revents != 0) {
			if (read_signals(signals).end)
				return NEWS_PEER_GONE;
			ended = has_ended(worker);
		}
	}
}

/* --- One connection --- */

bool
is_served(const struct settings *settings, int connection)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || length != sizeof(peer))
		return false;
	return peer.uid == settings->peer || peer.uid == 0;
}

/* Starts a worker. Its answer comes from *from_worker. -1: logged. */
static pid_t
start_worker(const struct settings *settings, struct request *request, int connection, int signals,
	int *from_worker)
{
	pid_t supervisor = getpid(), worker;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		(void)fprintf(stderr, "twinlock-checker: cannot make a pipe: %s\n", strerror(errno));
		return -1;
	}
	worker = fork();
	if (worker == 0) {
		(void)close(connection);
		(void)close(signals);
		(void)close(ends[0]);
		work(settings, request, ends[1], supervisor);
	}
	(void)close(ends[1]);
	if (worker < 0) {
		(void)fprintf(stderr, "twinlock-checker: cannot fork: %s\n", strerror(errno));
		(void)close(ends[0]);
		return -1;
	}
	*from_worker = ends[0];
	return worker;
}

void
serve_connection(const struct settings *settings, int connection)
{
	int64_t deadline = now_ms() + (int64_t)settings->deadline * 1000;
	struct request request;
	struct inbox inbox = {.length = 0};
	enum news news = NEWS_FAILED;
	int signals = open_signals(), from_worker = -1;
	pid_t worker = -1;

	memset(&request, 0, sizeof(request));
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
		!receive_request(connection, &request, deadline))
		goto out;
	worker = start_worker(settings, &request, connection, signals, &from_worker);
	explicit_bzero(&request, sizeof(request));
	if (worker > 0) {
		news = watch(connection, from_worker, signals, worker, deadline, &inbox);
		(void)close(from_worker);
		(void)kill(-worker, SIGKILL); /* its session; what left that is in the kernel's list */
	}
	kill_children(signals);
	if (news == NEWS_FAILED) {
		struct answer failed = {.result = RESULT_ERROR,
			.account = ACCOUNT_NOT_RUN,
			.password_field = PASSWORD_UNKNOWN,
			.uid = NO_ID,
			.gid = NO_ID};

		inbox.length = pack_answer(&failed, inbox.bytes);
	}
	if (news != NEWS_PEER_GONE)
		(void)send_all(connection, inbox.bytes, inbox.length, now_ms() + ANSWER_MS);
out:
	explicit_bzero(&request, sizeof(request));
	if (signals >= 0)
		(void)close(signals);
	(void)close(connection);
}
