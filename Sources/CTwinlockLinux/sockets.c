/* Unix sockets: listening, one exchange under a deadline, one datagram. */
#include "CTwinlockLinux.h"
#include "failed.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int
tl_send_descriptor(int socket, int descriptor)
{
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : failed();
}

static int
unix_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	return 0;
}

/* Whether somebody accepts connections there. A full queue (EAGAIN) is somebody, too. */
static int
is_answered(const struct sockaddr_un *address)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int answered;

	if (probe < 0)
		return 1;
	answered = connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		   (errno != ECONNREFUSED && errno != ENOENT);
	close(probe);
	return answered;
}

int
tl_listen(const char *path, mode_t mode, int backlog)
{
	struct sockaddr_un address;
	struct stat status;
	int rc = unix_address(path, &address);
	int fd = -1;

	if (rc != 0)
		return rc;
	if (lstat(path, &status) == 0) {
		if (!S_ISSOCK(status.st_mode) || is_answered(&address))
			return -EADDRINUSE;
		if (unlink(path) != 0)
			return failed();
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed();
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, mode) != 0 ||
		listen(fd, backlog) != 0) {
		rc = failed();
		close(fd);
		return rc;
	}
	return fd;
}

static int64_t
monotonic_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready. */
static int
await(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd entry = {.fd = fd, .events = events};
		int64_t left = deadline - monotonic_milliseconds();
		int ready;

		if (left <= 0)
			return -ETIMEDOUT;
		ready = poll(&entry, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return failed();
	}
}

static int
connect_until(int fd, const struct sockaddr_un *address, int64_t deadline)
{
	const struct timespec pause = {0, 5 * 1000 * 1000};

	for (;;) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		if (errno != EAGAIN &&
			errno != EINTR) /* EAGAIN: the backlog is full; poll does not tell when it is not */
			return failed();
		if (monotonic_milliseconds() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static int
send_all(int fd, const void *bytes, size_t count, int64_t deadline)
{
	const char *next = bytes;

	while (count > 0) {
		ssize_t sent = send(fd, next, count, MSG_NOSIGNAL);

		if (sent > 0) {
			next += sent;
			count -= (size_t)sent;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return failed();
		int rc = await(fd, POLLOUT, deadline);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static ssize_t
receive_all(int fd, void *reply, size_t capacity, int64_t deadline)
{
	size_t count = 0;

	while (count < capacity) {
		ssize_t got = recv(fd, (char *)reply + count, capacity - count, 0);

		if (got > 0) {
			count += (size_t)got;
			continue;
		}
		if (got == 0)
			break;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return failed();
		int rc = await(fd, POLLIN, deadline);
		if (rc != 0)
			return rc;
	}
	return (ssize_t)count;
}

ssize_t
tl_exchange(const char *path, uint32_t peer, const void *const *pieces, const size_t *lengths, int count,
	void *reply, size_t capacity, int milliseconds)
{
	int64_t deadline = monotonic_milliseconds() + milliseconds;
	struct sockaddr_un address;
	uint32_t uid, gid;
	int32_t pid;
	ssize_t rc = unix_address(path, &address);
	int fd;

	if (rc != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed();
	rc = connect_until(fd, &address, deadline);
	if (rc == 0)
		rc = tl_peer_credentials(fd, &uid, &gid, &pid);
	if (rc == 0 && uid != peer && uid != 0)
		rc = -EPERM;
	for (int index = 0; rc == 0 && index < count; index++)
		rc = send_all(fd, pieces[index], lengths[index], deadline);
	if (rc == 0)
		rc = receive_all(fd, reply, capacity, deadline);
	close(fd);
	return rc;
}

int
tl_notify(const char *path, const char *message)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);
	int rc, fd;

	if (path == NULL || path[0] == '\0')
		return 0;
	rc = unix_address(path, &address);
	if (rc != 0)
		return rc;
	if (path[0] == '@') {
		address.sun_path[0] = '\0';
		length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed();
	rc = sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0
		     ? failed()
		     : 0;
	close(fd);
	return rc;
}

int
tl_journal(const void *message, size_t count)
{
	struct sockaddr_un address;
	int rc = unix_address("/run/systemd/journal/socket", &address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (rc != 0 || fd < 0)
		return rc != 0 ? rc : failed();
	if (sendto(fd, message, count, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
		    sizeof(address)) < 0)
		rc = failed();
	close(fd);
	return rc;
}
