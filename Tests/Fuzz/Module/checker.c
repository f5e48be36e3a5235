/*
 * Gives the password checker's reader of requests one input after another; the input is what comes over the
 * connection until its end.
 *
 * Claims, of a request that is taken: the input begins with it, whole, so that the same bytes can be made of
 * what was read; every text is within its bound and has no NUL; with its last byte cut off it is not taken,
 * and whatever follows it is not looked at.
 */
#include "checker_supervisor.c"

#include <sys/socket.h>

#define CLAIM(holds)                                                   \
	do {                                                           \
		if (!(holds)) {                                        \
			fprintf(stderr, "claim broken: %s\n", #holds); \
			abort();                                       \
		}                                                      \
	} while (0)

/* The longest request, and something behind it. */
#define INPUT_MAX (REQUEST_HEADER + USER_MAX + PASSWORD_MAX + RHOST_MAX + TTY_MAX + KEY_LENGTH + 64)

/* Nothing is carried out here. */
void
carry_out(const struct settings *settings, struct request *request, struct answer *answer)
{
	(void)settings;
	(void)request;
	(void)answer;
	abort();
}

size_t
pack_answer(const struct answer *answer, unsigned char out[ANSWER_MAX])
{
	(void)answer;
	(void)out;
	abort();
}

/* Reads a request out of a connection that brings these bytes and then its end. */
static bool
take(const uint8_t *bytes, size_t length, struct request *request)
{
	int ends[2];
	bool taken;

	CLAIM(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	CLAIM(length == 0 || write(ends[0], bytes, length) == (ssize_t)length);
	CLAIM(shutdown(ends[0], SHUT_WR) == 0);
	memset(request, 0xa5, sizeof(*request));
	taken = receive_request(ends[1], request, INT64_MAX);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return taken;
}

static size_t
put_text(uint8_t *at, uint8_t *length_at, const char *text, size_t limit)
{
	size_t length = strnlen(text, limit + 1);

	CLAIM(length <= limit);
	length_at[0] = (uint8_t)(length >> 8);
	length_at[1] = (uint8_t)length;
	memcpy(at, text, length);
	return length;
}

/* The bytes that the request was made of. */
static size_t
pack_request(const struct request *request, uint8_t out[INPUT_MAX])
{
	size_t end = REQUEST_HEADER;

	memcpy(out, "TLC2", 4);
	out[4] = (uint8_t)request->op;
	out[5] = 0;
	end += put_text(out + end, out + 6, request->user, USER_MAX);
	end += put_text(out + end, out + 8, request->password, PASSWORD_MAX);
	end += put_text(out + end, out + 10, request->rhost, RHOST_MAX);
	end += put_text(out + end, out + 12, request->tty, TTY_MAX);
	end += put_text(out + end, out + 14, request->key, KEY_LENGTH);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct request request, again;
	uint8_t packed[INPUT_MAX];
	size_t packed_length;

	if (length > INPUT_MAX || !take(bytes, length, &request))
		return 0;
	packed_length = pack_request(&request, packed);
	CLAIM(packed_length <= length && memcmp(packed, bytes, packed_length) == 0);
	CLAIM(request.user[0] != '\0');
	CLAIM(request.key[0] == '\0' || strlen(request.key) == KEY_LENGTH);
	CLAIM(request.password[0] == '\0' || request.op == OP_CHECK_PASSWORD);
	CLAIM(!take(bytes, packed_length - 1, &again));
	CLAIM(take(bytes, packed_length, &again));
	return 0;
}
