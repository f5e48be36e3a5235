/* What Linux offers and Swift's Glibc module hides: peer credentials, privileges, descriptors over sockets,
 * deadlines. Every function returns 0 or more on success and -errno on failure, unless its comment says
 * otherwise. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Who is at the other end of a socket: the effective ids at connect (SO_PEERCRED). */
int tl_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid);

/* The supplementary groups of the other end (SO_PEERGROUPS): how many there are; at most `capacity` are
 * written. */
int tl_peer_groups(int fd, uint32_t *groups, int capacity);

/* A user or group of the machine's own /etc/passwd and /etc/group; no name service is asked. -ENOENT if
 * absent. */
int tl_local_user(const char *name, uint32_t *uid, uint32_t *gid);
int tl_local_group(const char *name, uint32_t *gid);

/* Whether /etc/group has a group of that number: 0, or -ENOENT, or why it cannot be read. */
int tl_local_gid(uint32_t gid);

/* Becomes that user for good, without any supplementary group, and makes sure of it. */
int tl_become(uint32_t uid, uint32_t gid);

/* No core file, no tracing by others of the same uid, no new privileges through exec. */
int tl_harden(int no_new_privileges);

/* Keeps the library of threads from telling syslog that this process may not raise a priority, which nobody
 * asked of it. Before there is another thread. */
void tl_silence_dispatch(void);

/* Raises the soft limit of open files (RLIMIT_NOFILE) to that many, or as far as the hard limit lets it.
 * Returns what it is then. */
int64_t tl_raise_open_files(int64_t wanted);

/* Starts the checker as that user with that one supplementary group (uid_t -1: as we are), before privileges
 * go. Its descriptor 3 is one end of a socket pair; the other end is written to *control. Returns its pid. */
int tl_start_checker(const char *program, const char *const *arguments, uint32_t uid, uint32_t gid,
	uint32_t group, int *control);

/* Sends a descriptor with one byte over a socket. */
int tl_send_descriptor(int socket, int descriptor);

/* Binds and listens on a path, replacing a socket that nobody listens on. -EADDRINUSE if somebody does. */
int tl_listen(const char *path, mode_t mode, int backlog);

/* One exchange with the checker: connect, send `count` pieces one after another, read what comes until the
 * other end closes or `capacity` is full. Returns the bytes read. -ETIMEDOUT after `milliseconds`. The other
 * end must be that uid or root (systemd listens as root), -EPERM otherwise. */
ssize_t tl_exchange(const char *path, uint32_t peer, const void *const *pieces, const size_t *lengths,
	int count, void *reply, size_t capacity, int milliseconds);

/* Fills memory from the kernel's generator; never partly. */
int tl_random(void *bytes, size_t count);

/* Tells the service manager at $NOTIFY_SOCKET; 0 if there is none. */
int tl_notify(const char *socket, const char *message);

/* One datagram to the journal's socket; never blocks. */
int tl_journal(const void *message, size_t count);

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and all that it starts; then waits for one of them, and
 * returns which. */
int tl_block_signals(void);
int tl_wait_signal(void);

/* Seconds of the real-time clock. */
int64_t tl_now(void);

/* Whether something keeps that clock right, as the kernel knows it (adjtimex(2)): 1 if so, 0 if not. */
int tl_clock_is_synchronised(void);

/* The file's device and inode as $JOURNAL_STREAM writes them, for that descriptor: 1 if they agree. */
int tl_is_journal_stream(int fd, const char *journal_stream);
