"""The flow of a login that goes as it should, and what goes over the wire."""

import os

import pytest
from fake_daemon import code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, PASSWORD_PROMPT


def test_password_and_code_sign_in_with_the_two_prompts_that_scripts_know(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"])
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.prompts == [PASSWORD_PROMPT, CODE_PROMPT]
    assert outcome.messages == []
    assert server.connections == 2


def test_prompts_are_printable_ascii_on_one_line(daemon, sign_in):
    daemon(code_required(), signed_in())
    for _, text in sign_in(["correct horse", "123456"]).prompts:
        assert text.isascii() and text.isprintable()


def test_the_calls_are_the_two_of_the_interface_with_the_context_of_the_login(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    sign_in(["correct horse", "123456"], rhost="192.0.2.7", tty="ssh")
    assert server.calls == [
        {
            "method": "org.twinlock.Authentication.SignIn",
            "parameters": {
                "user": "alice",
                "password": "correct horse",
                "context": {
                    "purpose": "login",
                    "realUid": os.getuid(),
                    "service": "tl-test",
                    "tty": "ssh",
                    "remoteHost": "192.0.2.7",
                },
            },
        },
        {
            "method": "org.twinlock.Authentication.Verify2FACode",
            "parameters": {"session": "a-session", "code": "123456"},
        },
    ]


def test_terminal_and_host_that_are_not_known_are_left_out(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    sign_in(["correct horse", "123456"])
    assert set(server.calls[0]["parameters"]["context"]) == {"purpose", "realUid", "service"}


def test_an_ipv6_remote_host_is_passed_on_unchanged(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    sign_in(["correct horse", "123456"], rhost="2001:db8::1%eth0")
    assert server.calls[0]["parameters"]["context"]["remoteHost"] == "2001:db8::1%eth0"


@pytest.mark.parametrize("text", ['quote " backslash \\ slash /', "tab\there\x01\x1f\x7f", "żółw 🐢", "a|b;c'd$(e)"])
def test_every_byte_of_password_and_code_arrives_as_it_was_typed(daemon, sign_in, text):
    server = daemon(code_required(), signed_in())
    sign_in([text, "code " + text])
    assert server.calls[0]["parameters"]["password"] == text
    assert server.calls[1]["parameters"]["code"] == "code " + text


def test_texts_at_their_limits_fit_even_where_every_byte_is_escaped(daemon, sign_in):
    session = "\x01" * 2048
    server = daemon(code_required(user="u" * 256, session=session), signed_in(user="u" * 256))
    outcome = sign_in(["\x01" * 512, "\x02" * 64], user="u" * 256, rhost="\x03" * 255, tty="\x04" * 64)
    assert outcome.result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["password"] == "\x01" * 512
    assert server.calls[1]["parameters"] == {"session": session, "code": "\x02" * 64}


@pytest.mark.parametrize("password", ["correct horse", " spaces kept ", "żółw\t", "p" * 512])
def test_the_right_password_becomes_the_authtok_whole_and_unchanged(daemon, sign_in, password):
    daemon(code_required(), signed_in())
    outcome = sign_in([password, "123456"])
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.authtok == password


def test_a_reply_in_other_words_with_the_same_meaning_is_understood(daemon, sign_in):
    server = daemon(
        b' { "parameters" : { "st\\u0061te" : "code\\u0052equired" , "session" : "\\ud83d\\udc22\\/\\n" , "user" :'
        b' "alice", "later": [1, -2.5e+3, {"x": [true, false, null]}, ""] } , "continues" : false } \n\0',
        signed_in(),
    )
    assert sign_in(["correct horse", "123456"]).result == "PAM_SUCCESS"
    assert server.calls[1]["parameters"]["session"] == "🐢/\n"


def test_absent_optional_fields_may_be_null(daemon, sign_in):
    daemon(
        code_required(),
        b'{"parameters":{"state":"signedIn","user":"alice","secondFactor":"verified","session":null,"expires":null}}\0',
    )
    assert sign_in(["correct horse", "123456"]).result == "PAM_SUCCESS"


def test_a_name_that_the_program_does_not_give_is_asked_for(daemon, sign_in):
    daemon(code_required(), signed_in())
    outcome = sign_in(["alice", "correct horse", "123456"], user="")
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.prompts[1:] == [PASSWORD_PROMPT, CODE_PROMPT]


# Accounts that need no code.


def test_an_exempt_account_signs_in_with_its_password_alone(daemon, sign_in):
    daemon(signed_in(second_factor="exempt"))
    outcome = sign_in(["correct horse"])
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [PASSWORD_PROMPT], "correct horse")


def test_nullok_lets_an_account_in_that_is_not_enrolled(daemon, sign_in):
    daemon(signed_in(second_factor="notEnrolled"))
    outcome = sign_in(["correct horse"], "nullok")
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [PASSWORD_PROMPT], "correct horse")


def test_without_nullok_an_account_that_is_not_enrolled_sees_the_code_prompt_and_is_refused(daemon, sign_in):
    server = daemon(signed_in(second_factor="notEnrolled"))
    outcome = sign_in(["correct horse", "123456"])
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])
    assert server.connections == 1
    assert outcome.authtok is None


# code_only.


def test_code_only_asks_for_the_code_alone_and_says_that_the_stack_checked_the_password(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["123456"], "code_only")
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [CODE_PROMPT])
    parameters = server.calls[0]["parameters"]
    assert "password" not in parameters
    assert parameters["context"]["passed"] == ["password"]


def test_code_only_steps_aside_for_an_exempt_account(daemon, sign_in):
    daemon(signed_in(second_factor="exempt"))
    outcome = sign_in([], "code_only")
    assert (outcome.result, outcome.prompts) == ("PAM_IGNORE", [])


def test_code_only_with_nullok_steps_aside_for_an_account_that_is_not_enrolled(daemon, sign_in):
    daemon(signed_in(second_factor="notEnrolled"))
    assert sign_in([], "code_only", "nullok").result == "PAM_IGNORE"


def test_code_only_without_nullok_refuses_an_account_that_is_not_enrolled(daemon, sign_in):
    daemon(signed_in(second_factor="notEnrolled"))
    outcome = sign_in(["123456"], "code_only")
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [CODE_PROMPT])


# The password checker's own service.


def test_the_service_twinlock_password_is_ignored_without_a_prompt_a_connection_or_a_look_at_the_options(
    daemon, sign_in
):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "no_such_option", service="twinlock-password")
    assert (outcome.result, outcome.prompts, outcome.log) == ("PAM_IGNORE", [], [])
    assert server.connections == 0


@pytest.mark.parametrize("service", ["twinlock-passwor", "twinlock-password2", "twinlock"])
def test_a_service_with_nearly_that_name_is_asked_like_any_other(daemon, sign_in, service):
    daemon(code_required(), error("AuthenticationFailed"))
    outcome = sign_in(["correct horse", "123456"], service=service)
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])


# The other hooks; opening a session is in test_module_session.py.


@pytest.mark.parametrize(
    ("hook", "result"),
    [
        ("setcred", "PAM_SUCCESS"),
        ("acct_mgmt", "PAM_IGNORE"),
        ("close_session", "PAM_SUCCESS"),
        ("chauthtok", "PAM_IGNORE"),
    ],
)
def test_the_other_hooks_ask_nobody(daemon, sign_in, hook, result):
    server = daemon(reply())
    outcome = sign_in([], call=hook)
    assert (outcome.result, outcome.prompts) == (result, [])
    assert server.connections == 0
