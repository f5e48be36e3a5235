/*
 * Deadlines, and reads and writes that keep to one.
 *
 * Shared by the PAM module and the password checker. Times are milliseconds of CLOCK_MONOTONIC, so that
 * setting the clock neither shortens nor lengthens a wait. No function here raises a signal.
 */
#ifndef TWINLOCK_IO_H
#define TWINLOCK_IO_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Now, in milliseconds since an arbitrary start. */
static inline int64_t
now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is left until deadline, for poll(2): 0..INT_MAX. */
static inline int
ms_left(int64_t deadline)
{
	int64_t left = deadline - now_ms();

	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/*
 * Waits until fd is ready for events, or has failed or ended, which the next read or write will tell.
 * False: errno says why, ETIMEDOUT at the deadline.
 */
static inline bool
wait_ready(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd one = {.fd = fd, .events = events};
		int left = ms_left(deadline);
		int ready = poll(&one, 1, left);

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
		if (ready == 0 && left == 0) {
			errno = ETIMEDOUT;
			return false;
		}
	}
}

/* Sends all bytes on a socket. False: errno says why; part of them may have gone out. */
static inline bool
send_all(int fd, const void *bytes, size_t length, int64_t deadline)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			at += sent;
			length -= (size_t)sent;
		} else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wait_ready(fd, POLLOUT, deadline)) {
			return false;
		}
	}
	return true;
}

/*
 * Receives 1..room bytes from a socket; descriptors that come along are closed by the kernel, because none
 * are asked for. 0: the other end has closed. -1: errno says why.
 */
static inline ssize_t
receive_some(int fd, void *buffer, size_t room, int64_t deadline)
{
	for (;;) {
		ssize_t got = recv(fd, buffer, room, MSG_DONTWAIT);

		if (got >= 0)
			return got;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (!wait_ready(fd, POLLIN, deadline))
			return -1;
	}
}

/*
 * Moves a descriptor above 2 and closes the old one: a host that runs with its standard streams closed must
 * not find our socket under their numbers. -1: errno says why, and fd is closed.
 */
static inline int
above_standard_streams(int fd)
{
	int moved, error;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	error = errno;
	(void)close(fd);
	errno = error;
	return moved;
}

#endif
