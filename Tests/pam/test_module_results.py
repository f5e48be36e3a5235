"""Each result that pam_twinlock(8) lists is produced by a real pam_authenticate, and no other is."""

import os
import pathlib
import re

import pytest
from fake_daemon import HANG, code_required, error, reply, signed_in
from pam_host import FAIL, NULL

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "man" / "pam_twinlock.8").read_text()
LISTED = re.findall(r"^\.It Dv (PAM_\w+)", PAGE.split(".Sh RETURN VALUES", 1)[1].split("\n.Sh ", 1)[0], re.MULTILINE)

BOTH = ["correct horse", "123456"]
NOT_ENROLLED = signed_in(second_factor="notEnrolled")
EXEMPT = signed_in(second_factor="exempt")


def refused(name, **parameters):
    return [code_required(), error(name, **parameters)]


# Result, replies of the daemon, options, and what is different otherwise.
ROWS = {
    "password and code right": ("PAM_SUCCESS", [code_required(), signed_in()], [], {}),
    "exempt": ("PAM_SUCCESS", [EXEMPT], [], {}),
    "not enrolled, nullok": ("PAM_SUCCESS", [NOT_ENROLLED], ["nullok"], {}),
    "a code needed although nullok": ("PAM_SUCCESS", [code_required(), signed_in()], ["nullok"], {}),
    "code_only, code right": ("PAM_SUCCESS", [code_required(), signed_in()], ["code_only"], {"answers": ["123456"]}),
    "key, code right": (
        "PAM_SUCCESS",
        [code_required(), signed_in()],
        [],
        {"answers": ["1"], "pam_env": "SSH_AUTH_INFO_0=publickey"},
    ),
    "wrong": ("PAM_AUTH_ERR", refused("AuthenticationFailed"), [], {}),
    "code used before": ("PAM_AUTH_ERR", refused("CodeAlreadyUsed"), [], {}),
    "not enrolled": ("PAM_AUTH_ERR", [NOT_ENROLLED], [], {}),
    "code_only, not enrolled": ("PAM_AUTH_ERR", [NOT_ENROLLED], ["code_only"], {"answers": ["123456"]}),
    "too slow": ("PAM_AUTH_ERR", refused("SignInAgain"), [], {}),
    "no password": ("PAM_AUTH_ERR", [code_required()], [], {"answers": [NULL]}),
    "conversation fails": ("PAM_AUTH_ERR", [code_required()], [], {"answers": ["correct horse", FAIL]}),
    "the same answer twice": ("PAM_AUTH_ERR", [code_required(), signed_in()], [], {"answers": ["correct horse"] * 2}),
    "a name that nobody can have": ("PAM_AUTH_ERR", [code_required(), signed_in()], [], {"user": "\x07"}),
    "use_first_pass, none there": ("PAM_AUTH_ERR", [code_required(), signed_in()], ["use_first_pass"], {}),
    "a message that cannot be shown": (
        "PAM_AUTH_ERR",
        [reply(state="codeRequired", user="alice", session="s", message="m")],
        [],
        {"silent": True},
    ),
    "wait": ("PAM_MAXTRIES", refused("TooManyFailures", seconds=30), [], {}),
    "locked": ("PAM_MAXTRIES", refused("TooManyFailures"), [], {}),
    "no daemon": ("PAM_AUTHINFO_UNAVAIL", None, ["nullok"], {}),
    "code_only, no daemon": ("PAM_AUTHINFO_UNAVAIL", None, ["code_only", "nullok"], {}),
    "no answer in time": ("PAM_AUTHINFO_UNAVAIL", [HANG], ["timeout=1"], {}),
    "no sense": ("PAM_AUTHINFO_UNAVAIL", [b"{}\0"], [], {}),
    "another user": ("PAM_AUTHINFO_UNAVAIL", [code_required(user="bob")], [], {}),
    "not carried out": ("PAM_AUTHINFO_UNAVAIL", [error("Unavailable")], [], {}),
    "another version": ("PAM_AUTHINFO_UNAVAIL", [error("org.varlink.service.MethodNotFound")], [], {}),
    "an option that is none": ("PAM_SERVICE_ERR", [code_required(), signed_in()], ["no_such_option"], {}),
    "options that contradict": ("PAM_SERVICE_ERR", [code_required()], ["code_only", "forward_pass"], {}),
    "the password check": ("PAM_IGNORE", [code_required(), signed_in()], [], {"service": "twinlock-password"}),
    "code_only, exempt": ("PAM_IGNORE", [EXEMPT], ["code_only"], {}),
    "code_only, not enrolled, nullok": ("PAM_IGNORE", [NOT_ENROLLED], ["code_only", "nullok"], {}),
}


@pytest.mark.parametrize(("result", "replies", "options", "more"), ROWS.values(), ids=ROWS.keys())
def test_each_row_has_its_result(daemon, host, socket_path, result, replies, options, more):
    if replies is not None:
        daemon(*replies)
    answers = more.get("answers", BOTH)
    rest = {name: value for name, value in more.items() if name != "answers"}
    patience = [] if any(option.startswith("timeout") for option in options) else ["timeout=5"]
    assert host.login(answers, [f"socket={socket_path}", *patience, *options], **rest).result == result


def test_the_page_lists_these_results_and_no_other():
    assert set(LISTED) == {result for result, *_ in ROWS.values()}


NAMES = ["a b", "a/b", "../etc", "ü" * 128, "x" * 256, "a'b\"c\\d", "%n%s", "-root", "root", "+1"]


@pytest.mark.parametrize("user", NAMES)
def test_any_other_name_goes_to_the_daemon_byte_for_byte_and_no_further(daemon, sign_in, user):
    server = daemon(code_required(user=user), signed_in(user=user))
    outcome = sign_in(BOTH, user=user)
    assert outcome.result == "PAM_SUCCESS"
    assert server.calls[0]["parameters"]["user"] == user


@pytest.mark.parametrize("user", ["x" * 257, " a", "a ", "a\nb", "a\x1bb", "a\x7fb", "\udcff", "a\u0085b"])
def test_a_name_that_cannot_be_one_is_refused_without_a_call(daemon, sign_in, user):
    server = daemon(code_required(), signed_in())
    assert (sign_in(BOTH, user=user).result, server.connections) == ("PAM_AUTH_ERR", 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to be somebody else")
def test_a_program_that_is_not_root_says_who_it_is_and_the_daemon_decides(daemon, host, socket_path):
    server = daemon(code_required(), error("org.varlink.service.PermissionDenied"))
    outcome = host.login(BOTH, [f"socket={socket_path}"], uid=65534)
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    assert server.calls[0]["parameters"]["context"]["realUid"] == 65534
