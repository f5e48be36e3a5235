"""try_first_pass, use_first_pass and forward_pass, and the prompts that the options set."""

import pytest
from fake_daemon import code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, COMBINED_PROMPT, FAIL, NULL, PASSWORD_PROMPT

FAKE = "\b\n\r\x7fINCORRECT"
"""What sshd hands over for a user whom it lets in by no password."""


def combined(password, **more):
    """codeRequired, with as many bytes of password as that one has."""
    return reply(
        state="codeRequired", user="alice", session="s", passwordBytes=len(password.encode()), **{"expires": 1, **more}
    )


# A password from an earlier module.


@pytest.mark.parametrize("option", ["try_first_pass", "use_first_pass"])
def test_the_password_of_an_earlier_module_is_taken_and_the_code_alone_asked_for(daemon, sign_in, option):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["123456"], option, earlier_pass="correct horse")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [CODE_PROMPT], "correct horse")
    assert server.calls[0]["parameters"]["password"] == "correct horse"


def test_without_these_options_the_password_of_an_earlier_module_is_not_looked_at(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], earlier_pass="another")
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [PASSWORD_PROMPT, CODE_PROMPT])
    assert server.calls[0]["parameters"]["password"] == "correct horse"


@pytest.mark.parametrize("earlier", [None, "", 513, "caf\udce9", "twl_abc"])
def test_try_first_pass_asks_where_there_is_no_password_that_could_be_one(daemon, sign_in, earlier):
    daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "try_first_pass", earlier_pass=earlier)
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [PASSWORD_PROMPT, CODE_PROMPT])


@pytest.mark.parametrize("earlier", [None, "", 513, "caf\udce9", "twl_abc"])
def test_use_first_pass_asks_nothing_and_refuses_where_there_is_none(daemon, sign_in, earlier):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "use_first_pass", earlier_pass=earlier)
    assert (outcome.result, outcome.prompts, server.connections) == ("PAM_AUTH_ERR", [], 0)
    assert "no module before this one has left a password" in outcome.log_text


def test_a_wrong_password_of_an_earlier_module_is_not_followed_by_a_second_question_for_it(daemon, sign_in):
    daemon(code_required(), error("AuthenticationFailed"))
    outcome = sign_in(["123456", "correct horse"], "try_first_pass", earlier_pass="wrong")
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [CODE_PROMPT])


# Password and code in one answer.


def test_forward_pass_asks_once_and_the_daemon_says_where_the_password_ends(daemon, sign_in):
    server = daemon(combined("correct horse"), signed_in())
    outcome = sign_in(["correct horse123456"], "forward_pass")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [COMBINED_PROMPT], "correct horse")
    first, second = (call["parameters"] for call in server.calls)
    assert (first["password"], first["combined"]) == ("correct horse123456", True)
    assert second == {"session": "s", "code": "123456"}


def test_without_forward_pass_nothing_is_said_about_a_combined_answer(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    sign_in(["correct horse", "123456"])
    assert "combined" not in server.calls[0]["parameters"]


@pytest.mark.parametrize("typed", ["correct horse", "123456", "x"])
def test_an_answer_without_a_code_sends_an_empty_one_and_asks_no_second_question(daemon, sign_in, typed):
    server = daemon(combined(typed), error("AuthenticationFailed"))
    outcome = sign_in([typed, "123456"], "forward_pass")
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [COMBINED_PROMPT])
    assert server.calls[1]["parameters"]["code"] == ""


@pytest.mark.parametrize("second_factor", ["notEnrolled", "exempt"])
def test_forward_pass_hands_on_the_whole_answer_of_an_account_without_a_code(daemon, sign_in, second_factor):
    typed = "hunter123456"
    daemon(
        reply(state="signedIn", user="alice", secondFactor=second_factor, passwordBytes=len(typed)),
    )
    outcome = sign_in([typed], "forward_pass", "nullok")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [COMBINED_PROMPT], typed)


def test_forward_pass_without_nullok_refuses_who_is_not_enrolled_after_the_one_prompt(daemon, sign_in):
    daemon(reply(state="signedIn", user="alice", secondFactor="notEnrolled", passwordBytes=5))
    outcome = sign_in(["hello", "123456"], "forward_pass")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_AUTH_ERR", [COMBINED_PROMPT], None)


@pytest.mark.parametrize("password_bytes", [None, 0, 20, 513, -1, 1.5, "5"])
@pytest.mark.parametrize("state", ["codeRequired", "signedIn"])
def test_a_split_that_makes_no_sense_refuses(daemon, sign_in, password_bytes, state):
    server = daemon(
        reply(state=state, user="alice", session="s", secondFactor="exempt", passwordBytes=password_bytes), signed_in()
    )
    outcome = sign_in(["correct horse123456"], "forward_pass")
    assert (outcome.result, outcome.authtok, server.connections) == ("PAM_AUTHINFO_UNAVAIL", None, 1)


@pytest.mark.parametrize("option", ["try_first_pass", "use_first_pass"])
def test_a_combined_answer_may_come_from_an_earlier_module(daemon, sign_in, option):
    daemon(combined("correct horse"), signed_in())
    outcome = sign_in([], option, "forward_pass", earlier_pass="correct horse123456")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [], "correct horse")


@pytest.mark.parametrize("answer", ["", NULL, FAIL, "p" * 513, "twl_" + "a" * 38])
def test_forward_pass_refuses_what_cannot_be_an_answer_without_a_second_question(daemon, sign_in, answer):
    server = daemon(combined("x"), signed_in())
    outcome = sign_in([answer, "123456"], "forward_pass")
    assert (outcome.result, outcome.prompts, server.connections) == ("PAM_AUTH_ERR", [COMBINED_PROMPT], 0)


def test_forward_pass_leaves_no_part_of_the_answer_in_memory(daemon, plain_host, socket_path):
    password, code = "a-planted-password-that-is-long-0451", "planted-code-with-many-letters-3141"
    daemon(combined(password), signed_in())
    outcome = plain_host.login(
        [password + code], [f"socket={socket_path}", "forward_pass"], needles=[password[-16:], code[-16:]]
    )
    assert (outcome.result, outcome.needles) == ("PAM_SUCCESS", [0, 0])


# A client that answers every question alike, and sshd's own answer.


def test_with_code_only_the_password_that_another_module_asked_for_is_no_code_and_is_not_sent(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse"], "code_only", earlier_pass="correct horse")
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", 1)
    assert "answers every prompt alike" in outcome.log_text


def test_what_sshd_puts_in_place_of_an_answer_is_named_and_not_taken_for_the_clients(daemon, sign_in):
    daemon(code_required(), signed_in())
    outcome = sign_in([FAKE, FAKE])
    assert outcome.result == "PAM_AUTH_ERR"
    assert "lets this user in by no password" in outcome.log_text
    assert "answers every prompt alike" not in outcome.log_text


def test_what_sshd_puts_in_place_of_an_answer_goes_to_the_daemon_like_any_password(daemon, sign_in):
    """A quicker refusal would tell which names sshd lets in."""
    server = daemon(code_required(), error("AuthenticationFailed"))
    outcome = sign_in([FAKE + FAKE[:3], FAKE[:6]])
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])
    assert server.connections == 2


# Prompts.


def test_both_prompts_can_be_set(daemon, sign_in):
    daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "[prompt=Code, please: ]", "[password_prompt=Your password:]")
    assert outcome.prompts == [("off", "Your password:"), ("off", "Code, please: ")]


def test_with_forward_pass_the_prompt_is_the_one_for_both(daemon, sign_in):
    daemon(combined("correct horse"), signed_in())
    outcome = sign_in(["correct horse123456"], "forward_pass", "prompt=Both:", "password_prompt=Password:")
    assert outcome.prompts == [("off", "Both:")]


def test_echo_code_shows_the_code_while_it_is_typed_and_never_the_password(daemon, sign_in):
    daemon(code_required(), signed_in(), combined("correct horse"), signed_in())
    outcome = sign_in(["correct horse", "123456"], "echo_code")
    assert outcome.prompts == [PASSWORD_PROMPT, ("on", "Verification code: ")]
    assert sign_in(["correct horse123456"], "echo_code", "forward_pass").prompts == [COMBINED_PROMPT]


@pytest.mark.parametrize("name", ["prompt", "password_prompt"])
@pytest.mark.parametrize("text", ["", "x" * 81, "caf\u00e9", "tab\there", "\x1b[31m"])
def test_a_prompt_that_some_client_could_not_show_refuses_the_login(daemon, sign_in, name, text):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], f"[{name}={text}]")
    assert (outcome.result, outcome.prompts, server.connections) == ("PAM_SERVICE_ERR", [], 0)
    assert "expected printable ASCII, 1...80 bytes" in outcome.log_text


@pytest.mark.parametrize("text", ["x", "x" * 80, "% %s %n"])
def test_a_prompt_within_the_limits_is_shown_as_it_is(daemon, sign_in, text):
    daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], f"[prompt={text}]", f"[password_prompt={text}]")
    assert outcome.prompts == [("off", text), ("off", text)]


@pytest.mark.parametrize(
    "options",
    [
        ["code_only", "try_first_pass"],
        ["use_first_pass", "code_only"],
        ["code_only", "forward_pass"],
        ["use_first_pass", "try_first_pass"],
    ],
)
def test_options_that_contradict_each_other_refuse_the_login_and_are_named(daemon, sign_in, options):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], *options, earlier_pass="correct horse")
    assert (outcome.result, outcome.prompts, server.connections) == ("PAM_SERVICE_ERR", [], 0)
    assert len(outcome.log) == 1
    assert all(option in outcome.log_text for option in options)
