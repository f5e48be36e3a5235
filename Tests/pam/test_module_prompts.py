"""Answers that people and clients give, and names, options and items as programs hand them over."""

import pytest
from fake_daemon import code_required, error, signed_in
from pam_host import CODE_PROMPT, FAIL, NULL, PASSWORD_PROMPT, SwitchUser

BOTH = [PASSWORD_PROMPT, CODE_PROMPT]
BAD_UTF8 = "caf\udce9"  # as bytes: caf, 0xe9


# Passwords that the daemon never sees.


@pytest.mark.parametrize(
    "password",
    [NULL, "", "p" * 513, "p" * 60000, BAD_UTF8, "\udcc0\udcaf", "twl_" + "a" * 38, "twl_"],
    ids=["null", "empty", "513 bytes", "60000 bytes", "latin-1", "overlong", "token", "token prefix"],
)
@pytest.mark.parametrize("options", [[], ["nullok"]])
def test_cve_2011_4120_no_password_or_none_that_can_be_one_sees_the_same_prompts_and_is_refused(
    daemon, sign_in, password, options
):
    server = daemon(code_required(), signed_in())
    outcome = sign_in([password, "123456"], *options)
    assert (outcome.result, outcome.prompts, outcome.messages) == ("PAM_AUTH_ERR", BOTH, [])
    assert server.connections == 0
    assert outcome.authtok is None


def test_cve_2007_2243_the_prompts_do_not_tell_a_wrong_password_from_a_right_one(daemon, sign_in):
    daemon(code_required(), error("AuthenticationFailed"), code_required(), signed_in())
    wrong = sign_in(["wrong", "123456"])
    right = sign_in(["correct horse", "123456"])
    empty = sign_in(["", "123456"])
    assert wrong.prompts == right.prompts == empty.prompts == BOTH
    assert wrong.messages == right.messages == empty.messages == []


def test_a_password_of_512_bytes_goes_whole_and_one_of_513_not_at_all(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    assert sign_in(["p" * 513, "123456"]).result == "PAM_AUTH_ERR"
    assert sign_in(["p" * 512, "123456"]).result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["password"] == "p" * 512
    assert server.connections == 2


# Codes.


@pytest.mark.parametrize(
    "code", [NULL, "", "1" * 65, "1" * 60000, BAD_UTF8], ids=["null", "empty", "65 bytes", "60000 bytes", "latin-1"]
)
def test_cve_2021_31924_no_code_or_none_that_can_be_one_is_sent_as_empty_to_be_counted(daemon, sign_in, code):
    server = daemon(code_required(), error("AuthenticationFailed"))
    outcome = sign_in(["correct horse", code])
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", BOTH)
    assert server.calls[1]["parameters"] == {"session": "a-session", "code": ""}


@pytest.mark.parametrize("code", [" 123 456 ", "123-456", "ABCDE-FGHJK", "1" * 64, "twl", "123456\t"])
def test_a_code_goes_to_the_daemon_as_it_was_typed(daemon, sign_in, code):
    server = daemon(code_required(), signed_in())
    assert sign_in(["correct horse", code]).result == "PAM_SUCCESS"
    assert server.calls[1]["parameters"]["code"] == code


@pytest.mark.parametrize("options", [[], ["code_only"]])
def test_an_access_token_at_the_code_prompt_is_refused_without_a_call(daemon, sign_in, options):
    server = daemon(code_required(), signed_in())
    answers = ["twl_" + "a" * 38]
    outcome = sign_in(answers if options else ["correct horse", *answers], *options)
    assert outcome.result == "PAM_AUTH_ERR"
    assert server.connections == 1
    assert "access token" in outcome.log_text


def test_a_client_that_answers_every_prompt_alike_is_refused_without_a_call_and_the_log_says_the_cure(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "correct horse"])
    assert (outcome.result, outcome.prompts, outcome.messages) == ("PAM_AUTH_ERR", BOTH, [])
    assert server.connections == 1
    assert "KbdInteractiveAuthentication" in outcome.log_text


def test_a_password_of_six_digits_is_no_code(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    assert sign_in(["123456", "123456"]).result == "PAM_AUTH_ERR"
    assert server.connections == 1


# Conversations that fail.


@pytest.mark.parametrize("options", [[], ["nullok"]])
def test_an_abort_at_the_password_prompt_is_an_error_and_never_ignored(daemon, sign_in, options):
    server = daemon(code_required(), signed_in())
    outcome = sign_in([FAIL], *options)
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [PASSWORD_PROMPT])
    assert server.connections == 0


@pytest.mark.parametrize("options", [[], ["nullok"], ["code_only", "nullok"]])
def test_an_abort_at_the_code_prompt_is_an_error_and_never_ignored(daemon, sign_in, options):
    server = daemon(code_required(), signed_in())
    outcome = sign_in([FAIL] if "code_only" in options else ["correct horse", FAIL], *options)
    assert outcome.result == "PAM_AUTH_ERR"
    assert outcome.prompts[-1] == CODE_PROMPT
    assert server.connections == 1


def test_an_abort_at_a_prompt_that_is_only_for_show_is_the_same_refusal(daemon, sign_in):
    daemon()
    assert sign_in(["", FAIL]).result == "PAM_AUTH_ERR"


# Names.


@pytest.mark.parametrize(
    "user",
    [
        " alice",
        "alice ",
        " ",
        "al\nice",
        "alice\r",
        "al\x01ice",
        "alice\x7f",
        "alice\u0085",
        "\u009balice",
        "u" * 257,
        "u" * 100000,
        BAD_UTF8,
    ],
    ids=range(12),
)
def test_duo_psa_2015_003_a_name_that_hides_something_is_refused_and_logged_in_printable_ascii(daemon, sign_in, user):
    server = daemon(code_required(user=user), signed_in(user=user))
    outcome = sign_in(["correct horse", "123456"], user=user)
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [])
    assert server.connections == 0
    assert len(outcome.log) == 1 and outcome.log_text.isascii() and outcome.log_text.isprintable()
    assert len(outcome.log_text) < 500


@pytest.mark.parametrize("user", ["a|b", "alice@example.com", "EXAMPLE\\alice", 'a"b', "żółw", "a b", "$(id)", "-r", "u" * 256])
def test_duo_psa_2015_001_no_byte_of_a_name_means_anything_to_the_protocol(daemon, sign_in, user):
    server = daemon(code_required(user=user), signed_in(user=user))
    assert sign_in(["correct horse", "123456"], user=user).result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["user"] == user


@pytest.mark.parametrize("answers", [[""], [NULL], [FAIL]])
def test_a_name_that_is_asked_for_and_not_given_is_refused(daemon, sign_in, answers):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(answers, user="")
    assert outcome.result == "PAM_AUTH_ERR"
    assert server.connections == 0


@pytest.mark.parametrize("when", ["password", "code"])
def test_cve_2015_6563_a_name_switched_during_the_conversation_is_refused(daemon, sign_in, when):
    daemon(code_required(), signed_in())
    switch = SwitchUser("root")
    answers = [switch, "correct horse", "123456"] if when == "password" else ["correct horse", switch, "123456"]
    outcome = sign_in(answers)
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    assert outcome.authtok is None


@pytest.mark.parametrize("second_factor", ["exempt", "notEnrolled"])
def test_cve_2015_6563_holds_for_accounts_without_a_code_too(daemon, sign_in, second_factor):
    daemon(signed_in(second_factor=second_factor))
    assert sign_in([SwitchUser("root"), "correct horse"], "nullok").result == "PAM_AUTHINFO_UNAVAIL"


# Items.


@pytest.mark.parametrize(
    "items",
    [{"rhost": "h" * 256}, {"tty": "t" * 65}, {"service": "s" * 65}, {"rhost": BAD_UTF8}, {"tty": BAD_UTF8}],
    ids=["long rhost", "long tty", "long service", "latin-1 rhost", "latin-1 tty"],
)
def test_pam_u2f_1_2_1_an_over_long_item_refuses_and_is_never_cut(daemon, sign_in, items):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], **items)
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    assert server.connections == 0
    assert len(outcome.log) == 1


def test_the_environment_of_the_caller_is_not_looked_at(daemon, host, socket_path):
    """pam_u2f 1.0.4, DUO-PSA-2017-002, CVE-2009-0360: what a setuid program inherits is the attacker's."""
    daemon(code_required(), error("AuthenticationFailed"))
    host.environment = {**host.environment, "SSH_AUTH_INFO_0": "publickey x", "TWINLOCK_SOCKET": "/tmp/other"}
    host.environment |= {"HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere", "http_proxy": "http://192.0.2.1/"}
    outcome = host.login(["correct horse", "123456"], [f"socket={socket_path}"])
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", BOTH)


# Options.


@pytest.mark.parametrize(
    "option",
    [
        "no_such_option",
        "nullok=1",
        "Nullok",
        "nullok ",
        "code_onl",
        "debug=",
        "socket",
        "socket=",
        "socket=relative/path",
        "socket=/run/../tmp/x",
        "socket=/run/./x",
        "socket=/" + "s" * 107,
        "timeout",
        "timeout=",
        "timeout=0",
        "timeout=121",
        "timeout=-1",
        "timeout=1.5",
        "timeout=20s",
        "timeout=99999999999",
        "alwaysok",
    ],
)
def test_a_wrong_option_refuses_the_login_and_is_named_in_the_log(daemon, host, socket_path, option):
    server = daemon(code_required(), signed_in())
    options = [f"[{option}]"] if " " in option else [option]
    if not option.startswith("socket"):
        options.append(f"socket={socket_path}")
    outcome = host.login(["correct horse", "123456"], ["nullok", *options])
    assert (outcome.result, outcome.prompts) == ("PAM_SERVICE_ERR", [])
    assert len(outcome.log) == 1 and f'"{option}"' in outcome.log_text
    assert server.connections == 0


@pytest.mark.parametrize("option", ["nullok", "debug", "code_only", "timeout=5"])
def test_an_option_that_comes_twice_refuses_the_login(daemon, host, socket_path, option):
    daemon(code_required(), signed_in())
    outcome = host.login(["correct horse", "123456"], [f"socket={socket_path}", option, option])
    assert outcome.result == "PAM_SERVICE_ERR"


@pytest.mark.parametrize("timeout", [1, 120])
def test_the_limits_of_timeout_are_allowed(daemon, host, socket_path, timeout):
    daemon(code_required(), signed_in())
    outcome = host.login(["correct horse", "123456"], [f"socket={socket_path}", f"timeout={timeout}"])
    assert outcome.result == "PAM_SUCCESS"
