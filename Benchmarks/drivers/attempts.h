/* What the drivers are given to do, and what they found. */

#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One login to be made. The texts point into the file's own memory. */
struct attempt {
	const char *label; /* under which its times are counted */
	const char *where; /* PAM service or socket */
	const char *user;
	const char *password; /* "-": none is asked for */
	const char *code;
};

/* What became of it. Times are in nanoseconds; `begun` is of the monotonic clock, and 0 where it was not
 * made. */
struct outcome {
	uint64_t begun;
	uint64_t first;  /* to the first answer, or to the prompt for the code */
	uint64_t second; /* pam_authenticate, or the second answer: what the figures call the login's own part
			  */
	uint64_t total;
	int status; /* 0: accepted */
};

/* The attempts of a file: lines of the five fields with tabs between. Ends the program where it cannot read
 * one. */
struct attempt *read_attempts(const char *path, size_t *count);

/* Room for so many outcomes, shared with the processes that are forked later. */
struct outcome *share_outcomes(size_t count);

/* Writes a line for each attempt that was made: label, status, begun, first, second, total. */
void write_outcomes(const struct attempt *attempts, const struct outcome *outcomes, size_t count);

/* Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

#endif
