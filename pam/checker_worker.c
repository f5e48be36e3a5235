/*
 * One request, carried out: PAM, the name service and the shadow file.
 *
 * Runs in a process of its own, because PAM modules crash, hang, fork and change signal handlers.
 */
#define _GNU_SOURCE
#include <crypt.h>
#include <errno.h>
#include <grp.h>
#include <paths.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "checker.h"

/* Room for one passwd or shadow entry with its texts. A longer one is an error, not a reason to ask for
 * memory. */
#define ENTRY_MAX 65536
/* The shortest password hash there is (DES, crypt(5)). Anything shorter cannot be matched by a password. */
#define SHORTEST_HASH 13

/* What the conversation is given and what became of it. */
struct talk {
	const char *password; /* borrowed; NULL where no password may be given */
	unsigned answered;    /* hidden prompts that got the password */
	bool refused;         /* something else was asked */
	uint32_t fail_delay;
};

/* --- The conversation --- */

/* Forgets replies that nobody will get. */
static void
drop_replies(struct pam_response *replies, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (replies[i].resp != NULL) {
			explicit_bzero(replies[i].resp, strlen(replies[i].resp));
			free(replies[i].resp);
		}
	}
	free(replies);
}

/* Answers one hidden prompt, once. Whatever else a stack asks, nobody is there to answer. */
static int
converse(int count, const struct pam_message **messages, struct pam_response **out, void *data)
{
	struct talk *talk = data;
	struct pam_response *replies;
	int i;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	replies = calloc((size_t)count, sizeof(*replies));
	if (replies == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG)
			continue;
		if (style != PAM_PROMPT_ECHO_OFF || talk->password == NULL || talk->answered > 0) {
			talk->refused = true;
			drop_replies(replies, count);
			return PAM_CONV_ERR;
		}
		replies[i].resp = strdup(talk->password);
		if (replies[i].resp == NULL) {
			drop_replies(replies, count);
			return PAM_BUF_ERR;
		}
		talk->answered++;
	}
	*out = replies;
	return PAM_SUCCESS;
}

/* PAM_FAIL_DELAY: libpam calls this instead of sleeping. */
static void
note_delay(int status, unsigned microseconds, void *data)
{
	struct talk *talk = data;

	(void)status;
	talk->fail_delay = microseconds;
}

/* --- Names --- */

/* Whether a password can match this field at all, crypt(5) and shadow(5). */
static enum password_field
judge_field(const char *field)
{
	if (field == NULL || field[0] == '!' || field[0] == '*' || strlen(field) < SHORTEST_HASH)
		return PASSWORD_UNUSABLE;
	return PASSWORD_USABLE;
}

/*
 * Puts the digest of a field under the request's key into the answer; none without a key, and none of a field
 * that is longer than libcrypt takes.
 *
 * sha256crypt with the key as its salt: the one keyed function of this kind that is linked already, and that
 * can be used neither to learn the field nor, without the key, to try passwords against it.
 *
 * kind tells apart where the field is from, so that an empty one is not the same as none.
 */
static void
digest_field(const char *kind, const char *field, const char *key, struct answer *answer)
{
	static struct crypt_data data;
	char phrase[CRYPT_MAX_PASSPHRASE_SIZE], setting[sizeof("$5$rounds=1000$$") + KEY_LENGTH];
	const char *made = NULL;
	int length;

	if (key[0] == '\0')
		return;
	length = snprintf(phrase, sizeof(phrase), "%s%s", kind, field);
	(void)snprintf(setting, sizeof(setting), "$5$rounds=1000$%s$", key);
	if (length > 0 && (size_t)length < sizeof(phrase))
		made = crypt_r(phrase, setting, &data);
	/* A failure is told by NULL or by a text that begins otherwise, crypt(3). */
	if (made != NULL && strncmp(made, setting, strlen(setting)) == 0 &&
		strlen(made) == strlen(setting) + DIGEST_LENGTH) {
		memcpy(answer->digest, made + strlen(setting), DIGEST_LENGTH);
		answer->digest_length = DIGEST_LENGTH;
	}
	explicit_bzero(&data, sizeof(data));
	explicit_bzero(phrase, sizeof(phrase));
	explicit_bzero(setting, sizeof(setting));
}

/*
 * Looks at the account's password field: the shadow entry's; without one, the passwd entry's if that is a
 * hash. A directory's account has neither, and its password may well be usable.
 *
 * Where the shadow file may not be read, other services of the name service may have made an entry up (the
 * one of systemd does for root), so that what they say is not asked for.
 */
static void
find_field(const char *name, const char *passwd_field, const char *key, struct answer *answer)
{
	static char buffer[ENTRY_MAX]; /* static for its size: this process serves one request */
	struct spwd entry, *found = NULL;
	int error;

	if (access(_PATH_SHADOW, R_OK) < 0 && errno == EACCES) {
		answer->password_field = PASSWORD_UNREADABLE;
		return;
	}
	error = getspnam_r(name, &entry, buffer, sizeof(buffer), &found);
	if (found != NULL) {
		answer->password_field = judge_field(found->sp_pwdp);
		digest_field("shadow:", found->sp_pwdp == NULL ? "" : found->sp_pwdp, key, answer);
	} else if (error == 0 && judge_field(passwd_field) == PASSWORD_USABLE) {
		answer->password_field = PASSWORD_USABLE;
		digest_field("passwd:", passwd_field, key, answer);
	} else if (error == 0 && passwd_field != NULL && passwd_field[0] == '\0') {
		answer->password_field = PASSWORD_UNUSABLE;
		digest_field("passwd:", "", key, answer);
	} else if (error == 0) {
		answer->password_field = PASSWORD_UNKNOWN;
		digest_field("none", "", key, answer);
	}
	explicit_bzero(buffer, sizeof(buffer));
}

static bool
add_groups(const struct passwd *entry, struct answer *answer)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX, i;

	if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) < 0 || count < 0 ||
		count > GROUPS_MAX)
		return false;
	for (i = 0; i < count; i++)
		answer->groups[i] = groups[i];
	answer->group_count = (uint16_t)count;
	return true;
}

/* "0"..."4294967294" in plain digits. */
static bool
parse_uid(const char *digits, uid_t *uid)
{
	uint64_t value = 0;

	if (*digits == '\0' || strlen(digits) > 10)
		return false;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		value = value * 10 + (uint64_t)(*digits - '0');
	}
	*uid = (uid_t)value;
	return value < NO_ID;
}

/* A passwd entry by name or by uid; the texts are in buffer. *found is NULL if there is none. False: no
 * answer. */
static bool
find_entry(const struct request *request, struct passwd *entry, struct passwd **found, char *buffer)
{
	uid_t uid;
	int error;

	*found = NULL;
	if (request->op != OP_LOOK_UP_UID)
		error = getpwnam_r(request->user, entry, buffer, ENTRY_MAX, found);
	else if (parse_uid(request->user, &uid))
		error = getpwuid_r(uid, entry, buffer, ENTRY_MAX, found);
	else
		return false;
	/* getpwnam(3): these mean that the name was not found. */
	return error == 0 || error == ENOENT || error == ESRCH;
}

/* Fills in names, ids and groups. RESULT_RIGHT, RESULT_UNKNOWN_USER or RESULT_ERROR. */
static enum result
look_up(const struct request *request, struct answer *answer)
{
	static char buffer[ENTRY_MAX];
	struct passwd entry, *found;

	if (!find_entry(request, &entry, &found, buffer))
		return RESULT_ERROR;
	if (found == NULL) {
		answer->password_field = PASSWORD_UNUSABLE;
		digest_field("none", "", request->key, answer); /* takes as long as for an account */
		return RESULT_UNKNOWN_USER;
	}
	if (found->pw_name[0] == '\0' || strlen(found->pw_name) > USER_MAX || found->pw_uid == NO_ID ||
		!add_groups(found, answer))
		return RESULT_ERROR;
	memcpy(answer->name, found->pw_name, strlen(found->pw_name) + 1);
	answer->uid = found->pw_uid;
	answer->gid = found->pw_gid;
	find_field(found->pw_name, found->pw_passwd, request->key, answer);
	return RESULT_RIGHT;
}

/* --- PAM --- */

static enum account
account_verdict(int status)
{
	switch (status) {
	case PAM_SUCCESS:
		return ACCOUNT_OK;
	case PAM_NEW_AUTHTOK_REQD:
		return ACCOUNT_MUST_CHANGE_PASSWORD;
	case PAM_ACCT_EXPIRED:
		return ACCOUNT_EXPIRED;
	case PAM_PERM_DENIED:
	case PAM_AUTH_ERR: /* pam_deny's, with which Debian's common-account ends whatever pam_unix has said
			    */
		return ACCOUNT_DENIED;
	case PAM_USER_UNKNOWN:
		return ACCOUNT_UNKNOWN;
	case PAM_AUTHTOK_EXPIRED:
		return ACCOUNT_PASSWORD_EXPIRED;
	default:
		return ACCOUNT_ERROR;
	}
}

/* What an authentication says about the password itself. */
static enum result
password_verdict(int status, const struct talk *talk)
{
	if (talk->refused)
		return RESULT_MORE_PROMPTS;
	switch (status) {
	case PAM_SUCCESS:
		return talk->answered == 1 ? RESULT_RIGHT : RESULT_NOT_PROMPTED;
	case PAM_AUTH_ERR:
	case PAM_PERM_DENIED:
	case PAM_MAXTRIES:
	case PAM_ACCT_EXPIRED:
	case PAM_CRED_ERR:
	case PAM_CRED_EXPIRED:
	case PAM_AUTHTOK_EXPIRED:
		return RESULT_WRONG;
	case PAM_USER_UNKNOWN:
		return RESULT_UNKNOWN_USER;
	default:
		return RESULT_ERROR;
	}
}

/*
 * Whether the handle's user is still the one that was asked about. A module may rewrite the name (a
 * directory's short form), but not so that it means another account (CVE-2015-6563).
 */
static bool
is_same_user(pam_handle_t *pamh, const char *asked)
{
	char buffer[ENTRY_MAX];
	struct passwd entry, *found = NULL;
	const void *now = NULL;
	uid_t uid;

	if (pam_get_item(pamh, PAM_USER, &now) != PAM_SUCCESS || now == NULL)
		return false;
	if (strcmp(now, asked) == 0)
		return true;
	if (getpwnam_r(asked, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL)
		return false;
	uid = found->pw_uid;
	return getpwnam_r(now, &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL &&
	       found->pw_uid == uid;
}

static int
start(const struct settings *settings, const struct request *request, struct talk *talk, pam_handle_t **pamh)
{
	struct pam_conv conversation = {converse, talk};
	void (*delay)(int, unsigned, void *) = note_delay;
	const void *item;
	int status;

	if (settings->confdir != NULL)
		status = pam_start_confdir(
			CHECKER_SERVICE, request->user, &conversation, settings->confdir, pamh);
	else
		status = pam_start(CHECKER_SERVICE, request->user, &conversation, pamh);
	if (status != PAM_SUCCESS) {
		*pamh = NULL;
		return status;
	}
	memcpy(&item, &delay, sizeof(item)); /* PAM_FAIL_DELAY is a function in the place of data */
	status = pam_set_item(*pamh, PAM_FAIL_DELAY, item);
	if (status == PAM_SUCCESS && request->rhost[0] != '\0')
		status = pam_set_item(*pamh, PAM_RHOST, request->rhost);
	if (status == PAM_SUCCESS && request->tty[0] != '\0')
		status = pam_set_item(*pamh, PAM_TTY, request->tty);
	return status;
}

/* Asks PAM what op needs. Sets account and fail_delay. */
static enum result
ask_pam(const struct settings *settings, const struct request *request, struct answer *answer)
{
	bool check_password = request->op == OP_CHECK_PASSWORD;
	struct talk talk = {.password = check_password ? request->password : NULL};
	enum result result = RESULT_ERROR;
	pam_handle_t *pamh = NULL;
	int status;

	status = start(settings, request, &talk, &pamh);
	if (status == PAM_SUCCESS && check_password) {
		status = pam_authenticate(pamh, PAM_SILENT);
		result = password_verdict(status, &talk);
		if (result == RESULT_RIGHT && !is_same_user(pamh, request->user))
			result = RESULT_ERROR;
	} else if (status == PAM_SUCCESS) {
		result = RESULT_RIGHT;
	}
	if (result == RESULT_RIGHT) {
		talk.password = NULL; /* the account phase has nothing to ask */
		status = pam_acct_mgmt(pamh, PAM_SILENT);
		answer->account = account_verdict(status);
	}
	answer->fail_delay = talk.fail_delay;
	if (pamh != NULL)
		(void)pam_end(pamh, status);
	return result;
}

/*
 * Spends what one password hash costs on this host, so that a name without a hash is not answered sooner than
 * one with (crypt_gensalt(3): a null prefix is the host's default kind at its default cost).
 */
static void
spend_one_hash(const char *password)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	static struct crypt_data data;

	if (crypt_gensalt_rn(NULL, 0, NULL, 0, setting, (int)sizeof(setting)) != NULL)
		(void)crypt_r(password, setting, &data);
	explicit_bzero(&data, sizeof(data));
}

/* --- The request --- */

void
carry_out(const struct settings *settings, struct request *request, struct answer *answer)
{
	bool with_pam = request->op == OP_CHECK_PASSWORD || request->op == OP_CHECK_ACCOUNT;
	enum result verdict = RESULT_RIGHT, names;

	memset(answer, 0, sizeof(*answer));
	answer->account = ACCOUNT_NOT_RUN;
	answer->password_field = PASSWORD_UNKNOWN;
	answer->uid = answer->gid = NO_ID;
	if (request->op == OP_CHECK_PASSWORD && request->password[0] == '\0')
		verdict = RESULT_WRONG; /* a blank password is no first factor, whatever the stack thinks */
	else if (with_pam)
		verdict = ask_pam(settings, request, answer);
	names = look_up(request, answer);
	/* No stack hashes for an account that it does not know or that has no hash. */
	if (request->op == OP_CHECK_PASSWORD && verdict != RESULT_RIGHT &&
		(verdict == RESULT_UNKNOWN_USER || answer->password_field == PASSWORD_UNUSABLE))
		spend_one_hash(request->password);
	explicit_bzero(request->password, sizeof(request->password));
	explicit_bzero(request->key, sizeof(request->key));
	answer->result = names == RESULT_RIGHT ? verdict : names;
	if (answer->result == RESULT_RIGHT && with_pam && answer->account == ACCOUNT_NOT_RUN)
		answer->result = RESULT_ERROR;
}

static unsigned char *
put_u16(unsigned char *out, uint16_t value)
{
	out[0] = (unsigned char)(value >> 8);
	out[1] = (unsigned char)value;
	return out + 2;
}

static unsigned char *
put_u32(unsigned char *out, uint32_t value)
{
	return put_u16(put_u16(out, (uint16_t)(value >> 16)), (uint16_t)value);
}

size_t
pack_answer(const struct answer *answer, unsigned char out[ANSWER_MAX])
{
	size_t name_length = strlen(answer->name), i;
	unsigned char *at = out + 4;

	memcpy(out, "TLR2", 4);
	*at++ = (unsigned char)answer->result;
	*at++ = (unsigned char)answer->account;
	*at++ = (unsigned char)answer->password_field;
	*at++ = answer->digest_length;
	at = put_u32(at, answer->uid);
	at = put_u32(at, answer->gid);
	at = put_u32(at, answer->fail_delay);
	at = put_u16(at, (uint16_t)name_length);
	at = put_u16(at, answer->group_count);
	memcpy(at, answer->name, name_length);
	at += name_length;
	for (i = 0; i < answer->group_count; i++)
		at = put_u32(at, answer->groups[i]);
	memcpy(at, answer->digest, answer->digest_length);
	at += answer->digest_length;
	return (size_t)(at - out);
}
