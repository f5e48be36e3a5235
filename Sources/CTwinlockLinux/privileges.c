/* Who somebody is, and what this process may do. */
/* Wanted: struct ucred, setresuid, fgetpwent_r, SO_PEERGROUPS. */
#define _GNU_SOURCE
#include "CTwinlockLinux.h"
#include "failed.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int
tl_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid)
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

int
tl_peer_groups(int fd, uint32_t *groups, int capacity)
{
	socklen_t length = (socklen_t)((size_t)capacity * sizeof(gid_t));

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE)
		return failed();
	return (int)(length / sizeof(gid_t)); /* on ERANGE the kernel says how much it would have needed */
}

int
tl_local_user(const char *name, uint32_t *uid, uint32_t *gid)
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

/* Finds the group of that name, or where name is NULL that of *gid. */
static int
find_group(const char *name, uint32_t *gid)
{
	struct group entry, *found = NULL;
	char line[65536]; /* a group can have many members */
	int rc = -ENOENT;
	FILE *file = fopen("/etc/group", "re");

	if (file == NULL)
		return failed();
	while (fgetgrent_r(file, &entry, line, sizeof(line), &found) == 0) {
		if (name != NULL ? strcmp(found->gr_name, name) != 0 : found->gr_gid != *gid)
			continue;
		*gid = found->gr_gid;
		rc = 0;
		break;
	}
	fclose(file);
	return rc;
}

int
tl_local_group(const char *name, uint32_t *gid)
{
	return find_group(name, gid);
}

int
tl_local_gid(uint32_t gid)
{
	return find_group(NULL, &gid);
}

/* Takes every capability out of the set that any later program could get. Needs root; async-signal-safe. */
static int
drop_bounding_set(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
			return failed();
	}
	return 0;
}

int
tl_become(uint32_t uid, uint32_t gid)
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

int
tl_harden(int no_new_privileges)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return failed();
	if (no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed();
	return 0;
}

int64_t
tl_raise_open_files(int64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return failed();
	if (limit.rlim_cur < (rlim_t)wanted) {
		limit.rlim_cur = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return failed();
	}
	return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

/* The child's part: only async-signal-safe calls, nothing that could return. */
static void
become_checker(const char *program, const char *const *arguments, uint32_t uid, uint32_t gid, uint32_t group,
	int control)
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
		if (drop_bounding_set() != 0 || setgroups(1, groups) != 0 || setresgid(gid, gid, gid) != 0 ||
			setresuid(uid, uid, uid) != 0)
			_exit(126);
		if (setresuid(0, 0, 0) == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
			_exit(126);
	}
	execve(program, (char *const *)arguments, environment);
	_exit(127);
}

int
tl_start_checker(const char *program, const char *const *arguments, uint32_t uid, uint32_t gid,
	uint32_t group, int *control)
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
