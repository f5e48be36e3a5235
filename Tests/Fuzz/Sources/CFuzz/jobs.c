/* Jobs of tasks, held until somebody takes them. */
#include "CFuzz.h"

#include <stdlib.h>

#define CAPACITY 1024

/* The runtime's door for whoever brings an executor of his own. */
typedef __attribute__((swiftcall)) void (*enqueue)(void *job);
extern __attribute__((swiftcall)) void (*swift_task_enqueueGlobal_hook)(void *job, enqueue original);

static void *held[CAPACITY];
static size_t taken;
static size_t count;

static __attribute__((swiftcall)) void
hold(void *job, enqueue original)
{
	(void)original;
	if (count == CAPACITY)
		abort();
	held[(taken + count) % CAPACITY] = job;
	count += 1;
}

void
tl_hold_jobs(void)
{
	swift_task_enqueueGlobal_hook = hold;
}

void *
tl_take_job(void)
{
	void *job;

	if (count == 0)
		return NULL;
	job = held[taken];
	taken = (taken + 1) % CAPACITY;
	count -= 1;
	return job;
}
