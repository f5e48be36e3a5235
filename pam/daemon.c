/* The way to the daemon: who may stand on it, who listens at its end, and one exchange with a deadline. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "module.h"

#define CONNECT_MS 1000 /* a local daemon answers at once or is not there */

/* The file a path led to. */
struct place {
	dev_t device;
	ino_t inode;
	uid_t owner;
};

/* What the directories on the way to the socket may look like. */
struct way {
	uid_t other; /* the one owner that is not root, 0 if there is none */
	bool shared; /* the last one is writable by others, which only a root-owned sticky ancestor may be */
};

/* One directory on the way. False: somebody else could put another socket in its place. */
static bool
may_pass(const struct stat *directory, struct way *way)
{
	bool writable = (directory->st_mode & (S_IWGRP | S_IWOTH)) != 0;

	if (directory->st_uid != 0) {
		if (way->other != 0 && way->other != directory->st_uid)
			return false;
		way->other = directory->st_uid;
	}
	way->shared = writable;
	return !writable || (directory->st_uid == 0 && (directory->st_mode & S_ISVTX) != 0);
}

/*
 * Walks to the socket one component at a time, following no symbolic link, and looks at each.
 *
 * The socket's directory and all above it belong to root or to the socket's owner and are writable by nobody
 * else; an ancestor that root owns with the sticky bit counts as not writable. Logs what is wrong.
 */
static bool
find_socket(const struct login *login, struct place *place)
{
	const char *path = login->options.socket, *at = path;
	struct way way = {0};
	struct stat found;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = false;

	for (;;) {
		char name[NAME_MAX + 1];
		size_t length;
		int next;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (fd < 0 || fstat(fd, &found) < 0) {
			pam_syslog(
				login->pamh, login->severity, "cannot reach twinlockd at \"%s\": %m", path);
			break;
		}
		if (length == 0) {
			if (!S_ISSOCK(found.st_mode)) {
				pam_syslog(login->pamh, login->severity, "cannot trust \"%s\": not a socket",
					path);
			} else if ((way.other != 0 && way.other != found.st_uid) || way.shared) {
				pam_syslog(login->pamh, login->severity,
					"cannot trust \"%s\": its directory belongs to another user or is "
					"writable by "
					"others",
					path);
			} else {
				*place = (struct place){found.st_dev, found.st_ino, found.st_uid};
				ok = true;
			}
			break;
		}
		if (length > NAME_MAX || !S_ISDIR(found.st_mode) || !may_pass(&found, &way)) {
			pam_syslog(login->pamh, login->severity,
				"cannot trust \"%s\": \"%.*s\" is no directory, belongs to another user or "
				"is writable "
				"by others",
				path, (int)(at - path), path);
			break;
		}
		memcpy(name, at, length);
		name[length] = '\0';
		at += length;
		next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		(void)close(fd);
		fd = next;
	}
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/*
 * Connects, waiting in the kernel while the daemon's backlog is full. -1: errno says why.
 * (A non-blocking connect to a full AF_UNIX backlog fails with EAGAIN at once; SO_SNDTIMEO bounds a blocking
 * one.)
 */
static int
connect_by(const char *path, int64_t deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = above_standard_streams(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path)); /* parse_options has checked the length */
	for (;;) {
		int left = ms_left(deadline);
		struct timeval limit = {left / 1000, left % 1000 * 1000};
		int error;

		if (left == 0)
			errno = ETIMEDOUT;
		else if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
			 connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		else if (errno == EAGAIN || errno == EINTR)
			continue;
		error = errno;
		(void)close(fd);
		errno = error;
		return -1;
	}
}

/*
 * Whether the other end is root or the socket's owner; to a caller that is not root its own uid is as good.
 * The kernel says who listened, so this holds whatever is in the directory by now.
 */
static bool
is_right_peer(int fd, uid_t owner)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || length != sizeof(peer))
		return false;
	return peer.uid == 0 || peer.uid == owner || peer.uid == geteuid();
}

/* A connection to a daemon that may be told a password. -1: logged. */
static int
open_connection(const struct login *login)
{
	struct place before, after;
	int fd;

	if (!find_socket(login, &before))
		return -1;
	fd = connect_by(login->options.socket, now_ms() + CONNECT_MS);
	if (fd < 0) {
		pam_syslog(login->pamh, login->severity, "cannot reach twinlockd at \"%s\": %m",
			login->options.socket);
		return -1;
	}
	if (!find_socket(login, &after)) {
		(void)close(fd);
		return -1;
	}
	if (before.device != after.device || before.inode != after.inode || before.owner != after.owner) {
		pam_syslog(login->pamh, login->severity, "cannot trust \"%s\": replaced while connecting",
			login->options.socket);
		(void)close(fd);
		return -1;
	}
	if (!is_right_peer(fd, after.owner)) {
		pam_syslog(login->pamh, login->severity,
			"cannot trust \"%s\": somebody other than its owner listens there",
			login->options.socket);
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Receives one frame: its length without the NUL, or -1 with the reason in *why (errno if that is NULL). */
static ssize_t
receive_frame(int fd, char frame[FRAME_MAX], int64_t deadline, const char **why)
{
	size_t length = 0;

	*why = NULL;
	while (length < FRAME_MAX) {
		ssize_t got = receive_some(fd, frame + length, FRAME_MAX - length, deadline);
		const char *nul;
		char extra;

		if (got < 0)
			return -1;
		if (got == 0) {
			*why = "connection closed before the reply was whole";
			return -1;
		}
		nul = memchr(frame + length, '\0', (size_t)got);
		length += (size_t)got;
		if (nul == NULL)
			continue;
		if (nul != frame + length - 1 || recv(fd, &extra, 1, MSG_DONTWAIT) > 0) {
			*why = "more than one reply";
			return -1;
		}
		return (ssize_t)length - 1;
	}
	*why = "reply too long";
	return -1;
}

bool
exchange(const struct login *login, char frame[FRAME_MAX], size_t length, struct reply *reply)
{
	int64_t deadline = now_ms() + (int64_t)login->options.timeout * 1000;
	const char *why = NULL;
	ssize_t got = -1;
	bool sent;
	int fd = open_connection(login);

	if (fd < 0)
		return false;
	sent = send_all(fd, frame, length, deadline);
	if (sent) {
		explicit_bzero(frame, length);
		got = receive_frame(fd, frame, deadline, &why);
	}
	if (got < 0)
		pam_syslog(login->pamh, login->severity, "no answer from twinlockd at \"%s\": %s",
			login->options.socket, why != NULL ? why : strerrordesc_np(errno));
	(void)close(fd);
	if (got < 0)
		return false;
	if (!read_reply(frame, (size_t)got, reply)) {
		pam_syslog(login->pamh, login->severity,
			"the answer of twinlockd at \"%s\" cannot be understood", login->options.socket);
		return false;
	}
	return true;
}
