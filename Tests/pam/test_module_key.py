"""A public key that sshd has checked before it asks PAM."""

import pytest
from fake_daemon import code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, COMBINED_PROMPT, PASSWORD_PROMPT

KEY = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample"
PASSWORD_REQUIRED = reply(state="passwordRequired", user="alice")


def told(value):
    """The argument that puts what sshd tells into PAM's own environment."""
    return {"pam_env": f"SSH_AUTH_INFO_0={value}"}


def test_after_a_public_key_the_code_alone_is_asked_for(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["123456"], **told(KEY))
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [CODE_PROMPT], None)
    parameters = server.calls[0]["parameters"]
    assert "password" not in parameters
    assert parameters["context"]["passed"] == ["publickey"]


def test_the_key_itself_goes_nowhere(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["123456"], "debug", **told(KEY))
    assert b"AAAAC3" not in server.frames[0]
    assert "AAAAC3" not in outcome.log_text


@pytest.mark.parametrize(
    "value",
    [
        "publickey",
        "publickey\n",
        f"hostbased x\n{KEY}",
        f"{KEY}\n{KEY}\n",
        f"password\n\n{KEY}",
    ],
)
def test_a_key_is_found_on_any_line(daemon, sign_in, value):
    server = daemon(code_required(), signed_in())
    assert sign_in(["123456"], **told(value)).result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["context"]["passed"] == ["publickey"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "\n",
        "password",
        "hostbased publickey",
        "publickeys x",
        "xpublickey x",
        " publickey x",
        "PUBLICKEY x",
        "public",
    ],
)
def test_anything_else_is_no_key(daemon, sign_in, value):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], **told(value))
    assert outcome.prompts == [PASSWORD_PROMPT, CODE_PROMPT]
    assert "passed" not in server.calls[0]["parameters"]["context"]


def test_where_a_key_is_no_first_factor_the_password_is_asked_for_too(daemon, sign_in):
    server = daemon(PASSWORD_REQUIRED, code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], **told(KEY))
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [PASSWORD_PROMPT, CODE_PROMPT])
    assert outcome.authtok == "correct horse"
    parameters = server.calls[1]["parameters"]
    assert (parameters["password"], parameters["context"]["passed"]) == ("correct horse", ["publickey"])


def test_there_too_password_and_code_may_be_one_answer(daemon, sign_in):
    daemon(PASSWORD_REQUIRED, reply(state="codeRequired", user="alice", session="s", passwordBytes=13), signed_in())
    outcome = sign_in(["correct horse123456"], "forward_pass", **told(KEY))
    assert (outcome.result, outcome.prompts, outcome.authtok) == ("PAM_SUCCESS", [COMBINED_PROMPT], "correct horse")


def test_with_forward_pass_a_key_leaves_the_code_to_be_asked_for(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["123456"], "forward_pass", **told(KEY))
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [CODE_PROMPT])
    assert "combined" not in server.calls[0]["parameters"]


def test_a_daemon_that_asks_for_the_password_twice_refuses(daemon, sign_in):
    daemon(PASSWORD_REQUIRED, PASSWORD_REQUIRED)
    outcome = sign_in(["correct horse", "123456"], **told(KEY))
    assert (outcome.result, outcome.prompts) == ("PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])


def test_nullok_lets_in_by_key_who_is_not_enrolled(daemon, sign_in):
    daemon(signed_in(second_factor="notEnrolled"))
    assert sign_in([], "nullok", **told(KEY)).result == "PAM_SUCCESS"


def test_without_nullok_who_is_not_enrolled_is_refused_after_the_code(daemon, sign_in):
    daemon(signed_in(second_factor="notEnrolled"))
    outcome = sign_in(["123456"], **told(KEY))
    assert (outcome.result, outcome.prompts) == ("PAM_AUTH_ERR", [CODE_PROMPT])


def test_code_only_says_both_that_the_stack_has_checked_and_that_sshd_has(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    assert sign_in(["123456"], "code_only", **told(KEY)).result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["context"]["passed"] == ["password", "publickey"]


def test_a_wrong_code_after_a_key_is_refused(daemon, sign_in):
    daemon(code_required(), error("AuthenticationFailed"))
    assert sign_in(["123456"], **told(KEY)).result == "PAM_AUTH_ERR"
