/* Wanted: struct ucred, setresuid, fgetpwent_r, SO_PEERGROUPS. */
#define _GNU_SOURCE
#include "CTwinlockLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int failed(void)
{
	return errno > 0 ? -errno : -EIO;
}

int tl_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid)
{
	struct ucred peer = {0};
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
		return failed();
	*uid = peer.uid;
	*gid = peer.gid;
	*pid = peer.pid;
	return 0;
}

int tl_peer_groups(int fd, uint32_t *groups, int capacity)
{
	socklen_t length = (socklen_t)((size_t)capacity * sizeof(gid_t));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE)
		return failed();
	return (int)(length / sizeof(gid_t)); /* on ERANGE the kernel says how much it would have needed */
}

int tl_local_user(const char *name, uint32_t *uid, uint32_t *gid)
{
	struct passwd entry, *found = NULL;
	char line[4096];
	int rc = -ENOENT;
	FILE *file = fopen("/etc/passwd", "re");

	if (file == NULL)
		return failed();
	while (fgetpwent_r(file, &entry, line, sizeof(line), &found) == 0) {
		if (strcmp(found->pw_name, name) != 0)
			continue;
		*uid = found->pw_uid;
		*gid = found->pw_gid;
		rc = 0;
		break;
	}
	fclose(file);
	return rc;
}

int tl_local_group(const char *name, uint32_t *gid)
{
	struct group entry, *found = NULL;
	char line[65536]; /* a group can have many members */
	int rc = -ENOENT;
	FILE *file = fopen("/etc/group", "re");

	if (file == NULL)
		return failed();
	while (fgetgrent_r(file, &entry, line, sizeof(line), &found) == 0) {
		if (strcmp(found->gr_name, name) != 0)
			continue;
		*gid = found->gr_gid;
		rc = 0;
		break;
	}
	fclose(file);
	return rc;
}

/* Takes every capability out of the set that any later program could get. Needs root; async-signal-safe. */
static int drop_bounding_set(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
			return failed();
	}
	return 0;
}

int tl_become(uint32_t uid, uint32_t gid)
{
	int rc;

	if (uid == 0 || gid == 0)
		return -EINVAL;
	rc = drop_bounding_set();
	if (rc != 0)
		return rc;
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return failed();
	if (setresuid(0, 0, 0) == 0 || getuid() != uid || geteuid() != uid)
		return -EPERM;
	return 0;
}

int tl_harden(int no_new_privileges)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return failed();
	if (no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed();
	return 0;
}

/* The child's part: only async-signal-safe calls, nothing that could return. */
static void become_checker(const char *program, const char *const *arguments, uint32_t uid, uint32_t gid,
                           uint32_t group, int control)
{
	static char *const environment[] = {NULL};
	const gid_t groups[] = {group};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (control == 3) {
		if (fcntl(3, F_SETFD, 0) != 0)
			_exit(126);
	} else if (dup2(control, 3) != 3) {
		_exit(126);
	}
	if (uid != UINT32_MAX) {
		if (drop_bounding_set() != 0 || setgroups(1, groups) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(126);
		if (setresuid(0, 0, 0) == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			_exit(126);
	}
	execve(program, (char *const *)arguments, environment);
	_exit(127);
}

int tl_start_checker(const char *program, const char *const *arguments, uint32_t uid, uint32_t gid, uint32_t group,
                     int *control)
{
	int pair[2];
	pid_t child;

	if (access(program, X_OK) != 0)
		return failed();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return failed();
	child = fork();
	if (child < 0) {
		int error = failed();

		close(pair[0]);
		close(pair[1]);
		return error;
	}
	if (child == 0)
		become_checker(program, arguments, uid, gid, group, pair[1]);
	close(pair[1]);
	*control = pair[0];
	return child;
}

int tl_send_descriptor(int socket, int descriptor)
{
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : failed();
}

static int unix_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	return 0;
}

/* Whether somebody accepts connections there. A full queue (EAGAIN) is somebody, too. */
static int is_answered(const struct sockaddr_un *address)
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

int tl_listen(const char *path, mode_t mode, int backlog)
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

static int64_t monotonic_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the socket is ready. */
static int await(int fd, short events, int64_t deadline)
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

static int connect_until(int fd, const struct sockaddr_un *address, int64_t deadline)
{
	const struct timespec pause = {0, 5 * 1000 * 1000};

	for (;;) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR) /* EAGAIN: the backlog is full; poll does not tell when it is not */
			return failed();
		if (monotonic_milliseconds() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static int send_all(int fd, const void *bytes, size_t count, int64_t deadline)
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

static ssize_t receive_all(int fd, void *reply, size_t capacity, int64_t deadline)
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

ssize_t tl_exchange(const char *path, uint32_t peer, const void *const *pieces, const size_t *lengths, int count,
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

int tl_random(void *bytes, size_t count)
{
	char *next = bytes;

	while (count > 0) {
		ssize_t got = getrandom(next, count, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return failed();
		next += got;
		count -= (size_t)got;
	}
	return 0;
}

int tl_notify(const char *path, const char *message)
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
	rc = sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0 ? failed() : 0;
	close(fd);
	return rc;
}

int tl_journal(const void *message, size_t count)
{
	struct sockaddr_un address;
	int rc = unix_address("/run/systemd/journal/socket", &address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (rc != 0 || fd < 0)
		return rc != 0 ? rc : failed();
	if (sendto(fd, message, count, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, sizeof(address)) < 0)
		rc = failed();
	close(fd);
	return rc;
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

int tl_block_stop_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	stop_signals(&set);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int tl_wait_stop_signal(void)
{
	sigset_t set;
	int which = 0;

	stop_signals(&set);
	int rc = sigwait(&set, &which);
	return rc != 0 ? -rc : which;
}

int64_t tl_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int tl_is_journal_stream(int fd, const char *journal_stream)
{
	struct stat status;
	uintmax_t device, inode;

	if (journal_stream == NULL || fstat(fd, &status) != 0)
		return 0;
	if (sscanf(journal_stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return 0;
	return device == (uintmax_t)status.st_dev && inode == (uintmax_t)status.st_ino;
}
