/*
 * What the machine allows: `floors KIND COUNT DIRECTORY` prints a line of nanoseconds for each of COUNT
 * times.
 *
 *   socket     connect to a Unix socket, two round trips of 200 bytes each way, close; one thread on the
 * other side fdatasync  append 4 KiB to a file and wait for the disk replace    a new file of 200 bytes,
 * fsync, rename over the old one: how the peers save
 */

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attempts.h"

enum { MESSAGE = 200, BLOCK = 4096 };

static void
serve(int listener)
{
	char message[MESSAGE];

	for (;;) {
		int connection = accept(listener, NULL, NULL);

		while (recv(connection, message, sizeof(message), MSG_WAITALL) == sizeof(message)) {
			if (send(connection, message, sizeof(message), MSG_NOSIGNAL) < 0) {
				break;
			}
		}
		close(connection);
	}
}

static void
exchange(const struct sockaddr_un *address)
{
	char message[MESSAGE] = {0};
	int connection = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connection < 0 || connect(connection, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		err(2, "connect");
	}
	for (int i = 0; i < 2; i++) {
		if (send(connection, message, sizeof(message), 0) != sizeof(message) ||
			recv(connection, message, sizeof(message), MSG_WAITALL) != sizeof(message)) {
			err(2, "exchange");
		}
	}
	close(connection);
}

static void
append(int file)
{
	static const char block[BLOCK];

	if (write(file, block, sizeof(block)) != sizeof(block) || fdatasync(file) != 0) {
		err(2, "append");
	}
}

static void
replace(const char *directory)
{
	static const char content[MESSAGE];
	char old[4096], new[4096];
	int file;

	snprintf(old, sizeof(old), "%s/state", directory);
	snprintf(new, sizeof(new), "%s/state~", directory);
	file = open(new, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || write(file, content, sizeof(content)) != sizeof(content) || fsync(file) != 0 ||
		close(file) != 0 || rename(new, old) != 0) {
		err(2, "replace");
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[4096];
	int file = -1;
	pid_t server = 0;

	if (argc != 4) {
		errx(2, "usage: floors socket|fdatasync|replace COUNT DIRECTORY");
	}
	if (strcmp(argv[1], "socket") == 0) {
		int listener = socket(AF_UNIX, SOCK_STREAM, 0);

		/* An abstract name: nothing to be left behind. */
		snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "floors.%d", getpid());
		if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
			listen(listener, 16) != 0) {
			err(2, "listen");
		}
		if ((server = fork()) == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(listener);
		}
	} else if (strcmp(argv[1], "fdatasync") == 0) {
		snprintf(path, sizeof(path), "%s/log", argv[3]);
		if ((file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0) {
			err(2, "%s", path);
		}
	}
	for (long i = strtol(argv[2], NULL, 10); i > 0; i--) {
		uint64_t begun = now_ns();

		if (server != 0) {
			exchange(&address);
		} else if (file >= 0) {
			append(file);
		} else {
			replace(argv[3]);
		}
		printf("%" PRIu64 "\n", now_ns() - begun);
	}
	if (server != 0) {
		kill(server, SIGKILL);
	}
	return 0;
}
