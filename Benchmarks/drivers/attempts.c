#include "attempts.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct attempt *
read_attempts(const char *path, size_t *count)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, have = 0;
	struct attempt *attempts = NULL;

	if (file == NULL) {
		err(2, "%s", path);
	}
	*count = 0;
	while (getline(&line, &room, file) > 0) {
		char *rest = strdup(line), *field[5];

		if (rest == NULL) {
			err(2, "strdup");
		}
		rest[strcspn(rest, "\n")] = '\0';
		for (size_t i = 0; i < 5; i++) {
			if ((field[i] = strsep(&rest, "\t")) == NULL) {
				errx(2, "%s: line %zu has fewer than five fields", path, *count + 1);
			}
		}
		if (*count == have) {
			have = have == 0 ? 1024 : 2 * have;
			if ((attempts = reallocarray(attempts, have, sizeof(*attempts))) == NULL) {
				err(2, "reallocarray");
			}
		}
		attempts[(*count)++] = (struct attempt){field[0], field[1], field[2], field[3], field[4]};
	}
	free(line);
	fclose(file);
	return attempts;
}

struct outcome *
share_outcomes(size_t count)
{
	void *memory = mmap(NULL, count * sizeof(struct outcome) + 1, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED) {
		err(2, "mmap");
	}
	return memory;
}

void
write_outcomes(const struct attempt *attempts, const struct outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct outcome *one = &outcomes[i];

		if (one->begun != 0) {
			printf("%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n",
				attempts[i].label, one->status, one->begun, one->first, one->second,
				one->total);
		}
	}
}

uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
