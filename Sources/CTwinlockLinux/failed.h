#pragma once

#include <errno.h>

/* What a function here returns when a call has failed. */
static inline int
failed(void)
{
	return errno > 0 ? -errno : -EIO;
}
