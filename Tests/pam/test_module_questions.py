"""What the daemon has to show and to ask during a sign-in."""

import pytest
from fake_daemon import code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, COMBINED_PROMPT, FAIL, NULL, PASSWORD_PROMPT

LINES = "Set up your second factor.\n\n  key  ABCD EFGH\n"


def question(session="s", **more):
    return reply(state="codeRequired", user="alice", session=session, expires=1, **more)


def test_a_message_is_shown_before_the_prompt_that_comes_with_it(daemon, sign_in):
    server = daemon(question(message=LINES, prompt="Code of the app: "), signed_in())
    outcome = sign_in(["correct horse", "123456"])
    assert (outcome.result, outcome.authtok) == ("PAM_SUCCESS", "correct horse")
    assert outcome.messages == [("info", LINES)]
    assert outcome.prompts == [PASSWORD_PROMPT, ("off", "Code of the app: ")]
    assert server.calls[1]["parameters"] == {"session": "s", "code": "123456"}


def test_a_message_may_come_without_a_prompt_and_a_prompt_without_a_message(daemon, sign_in):
    daemon(question(message="Hello"), question(prompt="Again: "), signed_in())
    outcome = sign_in(["correct horse", "123456", "234567"])
    assert outcome.result == "PAM_SUCCESS"
    assert (outcome.messages, outcome.prompts[1:]) == ([("info", "Hello")], [CODE_PROMPT, ("off", "Again: ")])


def test_each_answer_goes_with_the_session_of_its_question(daemon, sign_in):
    server = daemon(
        code_required(session="one"), question("two", prompt="2: "), question("three", message="3"), signed_in()
    )
    outcome = sign_in(["correct horse", "1", "yes", ""])
    assert outcome.result == "PAM_SUCCESS"
    assert [call["parameters"] for call in server.calls[1:]] == [
        {"session": "one", "code": "1"},
        {"session": "two", "code": "yes"},
        {"session": "three", "code": ""},
    ]


@pytest.mark.parametrize(("rounds", "result"), [(12, "PAM_SUCCESS"), (13, "PAM_AUTHINFO_UNAVAIL")])
def test_there_are_twelve_rounds_at_most(daemon, sign_in, rounds, result):
    server = daemon(*[question(prompt="More: ")] * rounds, signed_in())
    outcome = sign_in(["correct horse", *["1"] * 13])
    assert outcome.result == result
    assert (server.connections, len(outcome.prompts)) == (13, 13)


def test_a_second_codeRequired_that_asks_nothing_refuses(daemon, sign_in):
    daemon(code_required(), code_required())
    assert sign_in(["correct horse", "1", "2"]).result == "PAM_AUTHINFO_UNAVAIL"


@pytest.mark.parametrize(
    "more",
    [
        {"message": ""},
        {"message": "x" * 4097},
        {"message": "caf\u00e9"},
        {"message": "\x1b[2J"},
        {"message": "a\tb"},
        {"message": "a\rb"},
        {"message": "\x7f"},
        {"prompt": ""},
        {"prompt": "x" * 81},
        {"prompt": "two\nlines"},
        {"prompt": "caf\u00e9"},
        {"message": "fine", "prompt": "\x07"},
        {"message": 5},
        {"prompt": ["x"]},
    ],
    ids=repr,
)
@pytest.mark.parametrize("when", ["first", "later"])
def test_what_no_terminal_should_be_sent_is_neither_shown_nor_asked(daemon, sign_in, more, when):
    daemon(*[code_required()] * (when == "later"), question(**more), signed_in())
    outcome = sign_in(["correct horse", "1", "2"])
    assert (outcome.result, outcome.messages) == ("PAM_AUTHINFO_UNAVAIL", [])
    assert outcome.prompts == [PASSWORD_PROMPT, CODE_PROMPT][: 1 + (when == "later")]
    assert len(outcome.log) == 1


@pytest.mark.parametrize(
    "more", [{"message": "x" * 4096, "prompt": "y" * 80}, {"message": "\n" * 4096}, {"message": "%s%n"}]
)
def test_texts_at_their_limits_are_shown_as_they_are(daemon, sign_in, more):
    daemon(question(session="s" * 2048, **more), signed_in())
    outcome = sign_in(["correct horse", "1"])
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.messages == [("info", more["message"])]


# A QR code, as it is drawn where the terminal is the machine's own.
DRAWING = "Scan this:\n\n\u2588\u2580\u2584 \u2588\n\u2584\u2580\u2588  \u2580"


@pytest.mark.parametrize("named", [{}, {"rhost": ""}], ids=repr)
def test_half_blocks_are_shown_where_there_is_no_remote_host(daemon, sign_in, named):
    daemon(question(message=DRAWING, prompt="Code: "), signed_in())
    outcome = sign_in(["correct horse", "1"], tty="/dev/tty1", **named)
    assert (outcome.result, outcome.messages) == ("PAM_SUCCESS", [("info", DRAWING)])


def test_as_many_half_blocks_as_the_limit_holds_bytes_for_are_shown(daemon, sign_in):
    text = "\u2588" * 1365 + "\n"
    daemon(question(message=text, prompt="Code: "), signed_in())
    assert sign_in(["correct horse", "1"]).messages == [("info", text)]


@pytest.mark.parametrize(
    "more",
    [
        {"prompt": "\u2588"},
        *({"message": DRAWING + other} for other in "\u257f\u2581\u2583\u2585\u2589\u2590\u25a0\u2591\u2680"),
        {"message": DRAWING + "\x1b[1m"},
        {"message": "\u2588" * 1365 + "\n\n"},
    ],
    ids=ascii,
)
def test_other_characters_are_shown_beside_them_as_little_as_without(daemon, sign_in, more):
    daemon(question(**more), signed_in())
    outcome = sign_in(["correct horse", "1"])
    assert (outcome.result, outcome.messages, outcome.prompts) == ("PAM_AUTHINFO_UNAVAIL", [], [PASSWORD_PROMPT])


@pytest.mark.parametrize("when", ["first", "later"])
def test_a_login_from_elsewhere_is_sent_no_half_blocks(daemon, sign_in, when):
    daemon(*[code_required()] * (when == "later"), question(message=DRAWING), signed_in())
    outcome = sign_in(["correct horse", "1", "2"], rhost="192.0.2.7", tty="/dev/tty1")
    assert (outcome.result, outcome.messages) == ("PAM_AUTHINFO_UNAVAIL", [])
    assert "not printable here" in outcome.log_text


def test_null_is_no_question(daemon, sign_in):
    daemon(question(message=None, prompt=None), signed_in())
    outcome = sign_in(["correct horse", "1"])
    assert (outcome.result, outcome.messages, outcome.prompts[1]) == ("PAM_SUCCESS", [], CODE_PROMPT)


@pytest.mark.parametrize("way", ["silent", "refuse_messages"])
def test_where_messages_cannot_be_shown_the_login_is_refused_and_nothing_is_asked(daemon, sign_in, way):
    server = daemon(question(message=LINES), signed_in())
    outcome = sign_in(["correct horse", "1"], **{way: True})
    assert (outcome.result, outcome.prompts, server.connections) == ("PAM_AUTH_ERR", [PASSWORD_PROMPT], 1)
    assert "cannot be" in outcome.log_text


@pytest.mark.parametrize(("answer", "connections"), [(FAIL, 2), (NULL, 3)])
def test_an_answer_that_does_not_come_is_one_in_any_round(daemon, sign_in, answer, connections):
    server = daemon(code_required(), question(prompt="Again: "), error("AuthenticationFailed"))
    outcome = sign_in(["correct horse", "1", answer])
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", connections)


@pytest.mark.parametrize("answer", ["correct horse", "twl_abc"])
def test_the_password_or_a_token_is_an_answer_in_no_round(daemon, sign_in, answer):
    server = daemon(code_required(), question(prompt="Again: "), signed_in())
    outcome = sign_in(["correct horse", "1", answer])
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", 2)


def test_a_question_about_another_user_refuses(daemon, sign_in):
    daemon(code_required(), reply(state="codeRequired", user="bob", session="s", prompt="Again: "), signed_in())
    outcome = sign_in(["correct horse", "1", "2"])
    assert (outcome.result, len(outcome.prompts)) == ("PAM_AUTHINFO_UNAVAIL", 2)


@pytest.mark.parametrize(
    ("name", "result"), [("AuthenticationFailed", "PAM_AUTH_ERR"), ("TooManyFailures", "PAM_MAXTRIES")]
)
def test_an_error_ends_the_questions(daemon, sign_in, name, result):
    daemon(code_required(), question(prompt="Again: "), error(name))
    assert sign_in(["correct horse", "1", "2"]).result == result


def test_with_forward_pass_a_question_is_asked_and_what_was_typed_behind_the_password_is_not_its_answer(
    daemon, sign_in
):
    server = daemon(
        question(message="Hello", prompt="Code: ", passwordBytes=13), question(prompt="More: "), signed_in()
    )
    outcome = sign_in(["correct horse123456", "1", "2"], "forward_pass")
    assert (outcome.result, outcome.authtok) == ("PAM_SUCCESS", "correct horse")
    assert outcome.prompts == [COMBINED_PROMPT, ("off", "Code: "), ("off", "More: ")]
    assert [call["parameters"]["code"] for call in server.calls[1:]] == ["1", "2"]


def test_a_prompt_of_the_daemon_stands_in_place_of_the_one_of_the_options(daemon, sign_in):
    daemon(question(prompt="Code: "), signed_in())
    assert sign_in(["correct horse", "1"], "prompt=Ours:", "echo_code").prompts[1] == ("on", "Code: ")


def test_a_message_leaves_nothing_in_memory_and_nothing_in_the_log(daemon, plain_host, socket_path):
    secret = "ABCD-planted-key-of-an-app-2718"
    daemon(question(message=f"{LINES}{secret}\n", prompt="Code: "), error("AuthenticationFailed"))
    outcome = plain_host.login(["correct horse", "1"], [f"socket={socket_path}", "debug"], needles=[secret[-16:]])
    assert (outcome.result, outcome.needles) == ("PAM_AUTH_ERR", [0])
    assert secret in outcome.messages[0][1]
    assert secret not in outcome.log_text


# A code that was used already, where the program takes no messages.


def test_a_silent_program_is_asked_for_the_next_code_within_the_same_sign_in(daemon, sign_in):
    server = daemon(code_required(), error("CodeAlreadyUsed"), signed_in())
    outcome = sign_in(["correct horse", "123456", "234567"], silent=True)
    assert (outcome.result, outcome.messages) == ("PAM_SUCCESS", [])
    assert outcome.prompts[2] == ("off", "This code was used already; type the next one: ")
    assert server.calls[2]["parameters"] == {"session": "a-session", "code": "234567"}


def test_any_other_program_is_told_and_refused(daemon, sign_in):
    server = daemon(code_required(), error("CodeAlreadyUsed"), signed_in())
    outcome = sign_in(["correct horse", "123456", "234567"])
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", 2)


@pytest.mark.parametrize("answer", [FAIL, "correct horse"])
def test_the_next_code_may_be_refused_like_any_other(daemon, sign_in, answer):
    server = daemon(code_required(), error("CodeAlreadyUsed"), signed_in())
    outcome = sign_in(["correct horse", "123456", answer], silent=True)
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", 2)


def test_used_codes_are_asked_for_no_more_often_than_anything_else(daemon, sign_in):
    server = daemon(code_required(), *[error("CodeAlreadyUsed")] * 12)
    outcome = sign_in(["correct horse", *["1"] * 13], silent=True)
    assert (outcome.result, server.connections) == ("PAM_AUTH_ERR", 13)
