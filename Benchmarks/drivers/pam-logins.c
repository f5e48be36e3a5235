/*
 * Logins through libpam: `pam-logins CONFDIR PROCESSES SECONDS ATTEMPTS`.
 *
 * Each of PROCESSES takes the next line of the file of attempts (attempts.h; `where` is a service in CONFDIR)
 * until there are none, or until SECONDS have passed if that is not 0. libpam loads and unloads the modules
 * for each, as in a real login. Prompts are answered by their words: one that speaks of a password gets the
 * password, any other one the code.
 */

#include <err.h>
#include <security/pam_appl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"

struct login {
	const struct attempt *attempt;
	uint64_t begun;
	uint64_t prompted; /* when the code was asked for; 0 if it was not */
};

static int
converse(int count, const struct pam_message **messages, struct pam_response **responses, void *data)
{
	struct login *login = data;
	struct pam_response *answers = calloc((size_t)count, sizeof(*answers));

	if (answers == NULL) {
		return PAM_BUF_ERR;
	}
	for (int i = 0; i < count; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
			messages[i]->msg_style != PAM_PROMPT_ECHO_ON) {
			continue;
		}
		if (strncasecmp(messages[i]->msg, "password", 8) == 0) {
			answers[i].resp = strdup(login->attempt->password);
		} else {
			login->prompted = now_ns();
			answers[i].resp = strdup(login->attempt->code);
		}
	}
	*responses = answers;
	return PAM_SUCCESS;
}

/* Delays after a refusal are the program's own to keep; here they would be all that is measured. */
static void
no_delay(int status, unsigned int microseconds, void *data)
{
	(void)status;
	(void)microseconds;
	(void)data;
}

static struct outcome
make_login(const struct attempt *attempt, size_t number, const char *confdir)
{
	struct login login = {attempt, now_ns(), 0};
	struct pam_conv conversation = {converse, &login};
	struct outcome outcome = {.begun = login.begun, .status = PAM_SYSTEM_ERR};
	pam_handle_t *pam = NULL;
	uint64_t before;
	char host[64];

	if (pam_start_confdir(attempt->where, attempt->user, &conversation, confdir, &pam) != PAM_SUCCESS) {
		return outcome;
	}
	pam_set_item(pam, PAM_FAIL_DELAY, (const void *)no_delay);
	/* From another host each time: what one source is told after many failures is not what is measured.
	 */
	snprintf(host, sizeof(host), "198.18.%zu.%zu", number / 250 % 250, number % 250);
	pam_set_item(pam, PAM_RHOST, host);
	before = now_ns();
	outcome.status = pam_authenticate(pam, 0);
	outcome.second = now_ns() - before;
	outcome.first = login.prompted == 0 ? 0 : login.prompted - before;
	pam_end(pam, outcome.status);
	outcome.total = now_ns() - login.begun;
	return outcome;
}

int
main(int argc, char **argv)
{
	struct attempt *attempts;
	struct outcome *outcomes;
	size_t count;
	long processes;
	uint64_t end;
	struct {
		atomic_size_t next;
		atomic_bool go;
	} * shared;

	if (argc != 5 || (processes = strtol(argv[2], NULL, 10)) < 1) {
		errx(2, "usage: pam-logins CONFDIR PROCESSES SECONDS ATTEMPTS");
	}
	attempts = read_attempts(argv[4], &count);
	outcomes = share_outcomes(count);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		err(2, "mmap");
	}
	for (long i = 0; i < processes; i++) {
		pid_t child = fork();

		if (child < 0) {
			err(2, "fork");
		}
		if (child == 0) {
			while (!atomic_load(&shared->go)) {
				usleep(100);
			}
			end = now_ns() + (uint64_t)(strtod(argv[3], NULL) * 1e9);
			for (;;) {
				size_t at = atomic_fetch_add(&shared->next, 1);

				if (at >= count || (strtod(argv[3], NULL) > 0 && now_ns() >= end)) {
					_exit(0);
				}
				outcomes[at] = make_login(&attempts[at], at, argv[1]);
			}
		}
	}
	atomic_store(&shared->go, true);
	while (wait(NULL) > 0) {
	}
	write_outcomes(attempts, outcomes, count);
	return 0;
}
