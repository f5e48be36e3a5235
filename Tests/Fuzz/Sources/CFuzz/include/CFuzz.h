/* What libFuzzer, its leak detector and Swift's concurrency runtime offer to C. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own main function: reads the command line, calls back with one input after another. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *bytes, size_t count));

/* Between these two, what is allocated may stay for ever without being called a leak. */
void __lsan_disable(void);
void __lsan_enable(void);

/* From now on the jobs of tasks wait here in their order, instead of running on threads of the runtime: what
 * one input does is done when its turn ends, and is the same each time. For programs of one thread. */
void tl_hold_jobs(void);

/* The job that has waited longest, or NULL. */
void *tl_take_job(void);
