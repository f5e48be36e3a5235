/*
 * Logins over the daemon's socket: `varlink-logins CLIENTS SECONDS PURPOSE ATTEMPTS`.
 *
 * At any time CLIENTS wait for an answer, all of one thread. Each takes the next line of the file of attempts
 * (attempts.h; `where` is a socket), connects, calls SignIn and Verify2FACode, and hangs up, until there are
 * none, or until SECONDS have passed if that is not 0. Where the password is "-" the caller says that it has
 * checked one, as pam_twinlock does with code_only. PURPOSE is login or session.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attempts.h"

enum { MESSAGE = 4096, CLIENTS = 1000 };

enum refusal { REFUSED = 1, HUNG_UP = 2, NOT_UNDERSTOOD = 3 };

struct client {
	int connection; /* -1: nothing left to do */
	size_t at;      /* which attempt */
	bool verifying;
	size_t have;
	char reply[MESSAGE];
};

static struct attempt *attempts;
static struct outcome *outcomes;
static size_t count, next;
static uint64_t end;
static const char *purpose;

static void
say(struct client *client, const char *message)
{
	size_t length = strlen(message) + 1;

	if (send(client->connection, message, length, MSG_NOSIGNAL) != (ssize_t)length) {
		err(2, "send");
	}
}

static void
sign_in(struct client *client)
{
	const struct attempt *attempt = &attempts[client->at];
	bool asked = strcmp(attempt->password, "-") != 0;
	char message[MESSAGE];

	snprintf(message, sizeof(message),
		"{\"method\":\"org.twinlock.Authentication.SignIn\",\"parameters\":{\"user\":\"%s\",%s%s%"
		"s\"context\":"
		"{\"service\":\"sshd\",\"remoteHost\":\"198.51.100.7\",\"purpose\":\"%s\",\"passed\":[%s]}}}",
		attempt->user, asked ? "\"password\":\"" : "", asked ? attempt->password : "",
		asked ? "\"," : "", purpose, asked ? "" : "\"password\"");
	say(client, message);
}

/* The text of a member of a reply, which has no escapes in it; false if there is none. */
static bool
member(const char *reply, const char *name, char *text, size_t room)
{
	char begin[64];
	const char *at;
	size_t length;

	snprintf(begin, sizeof(begin), "\"%s\":\"", name);
	if ((at = strstr(reply, begin)) == NULL) {
		return false;
	}
	at += strlen(begin);
	length = strcspn(at, "\"");
	if (length >= room) {
		return false;
	}
	memcpy(text, at, length);
	text[length] = '\0';
	return true;
}

static void
begin(struct client *client, int poll)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	bool is_over = end != 0 && now_ns() >= end;

	client->connection = -1;
	if (next >= count || is_over) {
		return;
	}
	client->at = next++;
	client->verifying = false;
	client->have = 0;
	outcomes[client->at].begun = now_ns();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", attempts[client->at].where);
	client->connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->connection < 0 ||
		connect(client->connection, (struct sockaddr *)&address, sizeof(address)) != 0) {
		err(2, "connect to %s", address.sun_path);
	}
	if (epoll_ctl(poll, EPOLL_CTL_ADD, client->connection, &event) != 0) {
		err(2, "epoll_ctl");
	}
	sign_in(client);
}

static void
finish(struct client *client, int poll, int status)
{
	struct outcome *outcome = &outcomes[client->at];

	close(client->connection);
	outcome->total = now_ns() - outcome->begun;
	outcome->status = status;
	begin(client, poll);
}

static void
take_reply(struct client *client, int poll)
{
	struct outcome *outcome = &outcomes[client->at];
	uint64_t passed = now_ns() - outcome->begun;
	char state[64], session[2048], message[MESSAGE];

	if (!client->verifying) {
		outcome->first = passed;
	} else {
		outcome->second = passed - outcome->first;
	}
	if (strstr(client->reply, "\"error\":") != NULL) {
		finish(client, poll, REFUSED);
	} else if (!member(client->reply, "state", state, sizeof(state))) {
		finish(client, poll, NOT_UNDERSTOOD);
	} else if (strcmp(state, "signedIn") == 0) {
		finish(client, poll, 0);
	} else if (client->verifying || strcmp(state, "codeRequired") != 0 ||
		   !member(client->reply, "session", session, sizeof(session))) {
		finish(client, poll, NOT_UNDERSTOOD);
	} else {
		client->verifying = true;
		client->have = 0;
		snprintf(message, sizeof(message),
			"{\"method\":\"org.twinlock.Authentication.Verify2FACode\",\"parameters\":{"
			"\"session\":\"%s\",\"code\":"
			"\"%s\"}}",
			session, attempts[client->at].code);
		say(client, message);
	}
}

static void
receive(struct client *client, int poll)
{
	ssize_t got = recv(
		client->connection, client->reply + client->have, sizeof(client->reply) - client->have, 0);

	if (got <= 0) {
		finish(client, poll, HUNG_UP);
		return;
	}
	client->have += (size_t)got;
	if (client->reply[client->have - 1] == '\0') {
		take_reply(client, poll);
	} else if (client->have == sizeof(client->reply)) {
		finish(client, poll, NOT_UNDERSTOOD);
	}
}

int
main(int argc, char **argv)
{
	static struct client clients[CLIENTS];
	struct epoll_event events[64];
	struct rlimit files = {CLIENTS + 64, CLIENTS + 64};
	long number;
	double seconds;
	int poll = epoll_create1(EPOLL_CLOEXEC);
	size_t working = 0;

	if (argc != 5 || (number = strtol(argv[1], NULL, 10)) < 1 || number > CLIENTS) {
		errx(2, "usage: varlink-logins CLIENTS SECONDS login|session ATTEMPTS");
	}
	setrlimit(RLIMIT_NOFILE, &files);
	attempts = read_attempts(argv[4], &count);
	outcomes = share_outcomes(count);
	purpose = argv[3];
	seconds = strtod(argv[2], NULL);
	end = seconds > 0 ? now_ns() + (uint64_t)(seconds * 1e9) : 0;
	for (long i = 0; i < number; i++) {
		begin(&clients[i], poll);
	}
	do {
		int ready = epoll_wait(poll, events, 64, 60000);

		if (ready == 0 || (ready < 0 && errno != EINTR)) {
			errx(2, "no answer for a minute");
		}
		for (int i = 0; i < ready; i++) {
			receive(events[i].data.ptr, poll);
		}
		working = 0;
		for (long i = 0; i < number; i++) {
			working += clients[i].connection >= 0;
		}
	} while (working > 0);
	write_outcomes(attempts, outcomes, count);
	return 0;
}
