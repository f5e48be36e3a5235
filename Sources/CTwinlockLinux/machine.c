/* The clock, the generator, signals. */
#include "CTwinlockLinux.h"
#include "failed.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>

int
tl_random(void *bytes, size_t count)
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

static void
awaited_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
}

int
tl_block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	/* Started by nohup it is ignored, and what is ignored cannot be waited for. */
	signal(SIGHUP, SIG_DFL);
	awaited_signals(&set);
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int
tl_wait_signal(void)
{
	sigset_t set;
	int which = 0;

	awaited_signals(&set);
	int rc = sigwait(&set, &which);
	return rc != 0 ? -rc : which;
}

int64_t
tl_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

int
tl_clock_is_synchronised(void)
{
	struct timex clock = {0};
	int state = adjtimex(&clock);

	if (state < 0)
		return failed();
	return state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

int
tl_is_journal_stream(int fd, const char *journal_stream)
{
	struct stat status;
	uintmax_t device, inode;

	if (journal_stream == NULL || fstat(fd, &status) != 0)
		return 0;
	if (sscanf(journal_stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return 0;
	return device == (uintmax_t)status.st_dev && inode == (uintmax_t)status.st_ino;
}

void
tl_silence_dispatch(void)
{
	(void)setenv("LIBDISPATCH_LOG", "NO", 1);
}
