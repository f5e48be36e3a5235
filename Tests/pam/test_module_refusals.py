"""Everything a daemon, or what pretends to be one, can answer that must not let anybody in."""

import json

import pytest
from fake_daemon import HANG, HangAfter, code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, PASSWORD_PROMPT

ANSWERS = ["correct horse", "123456"]
WAITS = [
    ({"seconds": 30}, "Too many wrong codes: wait 30 seconds."),
    ({"seconds": 1}, "Too many wrong codes: wait 1 second."),
    ({"seconds": 0}, "Too many wrong codes: wait 1 second."),
    ({"seconds": 120}, "Too many wrong codes: wait 120 seconds."),
    ({"seconds": 900}, "Too many wrong codes: wait 15 minutes."),
    ({"seconds": 121}, "Too many wrong codes: wait 3 minutes."),
    ({}, "Too many wrong codes: no code is accepted any more; ask an administrator."),
    ({"seconds": None}, "Too many wrong codes: no code is accepted any more; ask an administrator."),
]
UNAVAILABLE = [
    "PasswordExpired",
    "Unavailable",
    "NoSuchError",
    "org.varlink.service.MethodNotFound",
    "org.varlink.service.InvalidParameter",
    "org.varlink.service.PermissionDenied",
    "org.example.AuthenticationFailed",
    "org.twinlock.Authentication.",
]


def assert_refused(outcome, result, prompts):
    assert outcome.result == result
    assert outcome.prompts == prompts
    assert outcome.authtok is None


# Named errors.


def test_a_wrong_code_is_an_authentication_error_without_a_word(daemon, sign_in):
    daemon(code_required(), error("AuthenticationFailed"))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])
    assert outcome.messages == []


def test_a_wrong_password_that_is_told_at_once_is_an_authentication_error(daemon, sign_in):
    daemon(error("AuthenticationFailed"))
    assert_refused(sign_in(ANSWERS), "PAM_AUTH_ERR", [PASSWORD_PROMPT])


@pytest.mark.parametrize(("parameters", "words"), WAITS)
def test_too_many_failures_end_the_tries_with_the_wait_in_words(daemon, sign_in, parameters, words):
    daemon(code_required(), error("TooManyFailures", **parameters))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_MAXTRIES", [PASSWORD_PROMPT, CODE_PROMPT])
    assert outcome.messages == [("error", words)]


@pytest.mark.parametrize("seconds", [-1, 86401, 2**63, 1.5, "30", True, [30]])
def test_a_wait_that_is_no_sensible_number_is_garbage(daemon, sign_in, seconds):
    daemon(code_required(), error("TooManyFailures", seconds=seconds))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT, CODE_PROMPT])
    assert outcome.messages == []


def test_a_used_code_is_refused_by_name(daemon, sign_in):
    daemon(code_required(), error("CodeAlreadyUsed"))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])
    assert outcome.messages == [("error", "This code was used already; wait for the next one.")]


@pytest.mark.parametrize("name", ["TooManyFailures", "CodeAlreadyUsed"])
def test_pam_silent_is_honoured(daemon, sign_in, name):
    daemon(code_required(), error(name))
    outcome = sign_in(ANSWERS, silent=True)
    assert outcome.result in ("PAM_MAXTRIES", "PAM_AUTH_ERR")
    assert outcome.messages == []


def test_a_sign_in_that_took_too_long_is_an_authentication_error(daemon, sign_in):
    daemon(code_required(), error("SignInAgain"))
    assert_refused(sign_in(ANSWERS), "PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_every_other_error_after_the_code_refuses_as_unavailable_with_a_log_line(daemon, sign_in, name):
    daemon(code_required(), error(name))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT, CODE_PROMPT])
    assert len(outcome.log) == 1


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_every_other_error_after_the_password_refuses_as_unavailable(daemon, sign_in, name):
    daemon(error(name))
    assert_refused(sign_in(ANSWERS, "nullok"), "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])


def test_an_error_wins_over_a_state_beside_it(daemon, sign_in):
    frame = {"error": "org.twinlock.Authentication.AuthenticationFailed"}
    frame["parameters"] = {"state": "signedIn", "user": "alice", "secondFactor": "verified"}
    daemon(code_required(), json.dumps(frame).encode() + b"\0")
    assert_refused(sign_in(ANSWERS), "PAM_AUTH_ERR", [PASSWORD_PROMPT, CODE_PROMPT])


# States that make no sense.


@pytest.mark.parametrize(
    "first",
    [
        reply(state="passwordRequired", user="alice"),
        reply(state="setUpRequired", user="alice", session="s"),
        reply(state="SignedIn", user="alice", secondFactor="exempt"),
        reply(state="", user="alice", secondFactor="exempt"),
        reply(user="alice", secondFactor="exempt"),
        reply(state="signedIn", user="alice", secondFactor="verified"),
        reply(state="signedIn", user="alice", secondFactor="Exempt"),
        reply(state="signedIn", user="alice", secondFactor=None),
        reply(state="signedIn", user="alice"),
        reply(),
        b'{}\0',
        b'{"parameters":{"state":"signedIn","user":"alice","secondFactor":"exempt"},"continues":true}\0',
    ],
)
@pytest.mark.parametrize("options", [[], ["nullok"], ["code_only", "nullok"]])
def test_a_first_state_that_makes_no_sense_refuses(daemon, sign_in, first, options):
    daemon(first)
    prompts = [] if "code_only" in options else [PASSWORD_PROMPT]
    assert_refused(sign_in(ANSWERS, *options), "PAM_AUTHINFO_UNAVAIL", prompts)


@pytest.mark.parametrize(
    "second",
    [
        reply(state="codeRequired", user="alice", session="s"),
        reply(state="passwordRequired", user="alice"),
        reply(state="setUpRequired", user="alice", session="s"),
        signed_in(second_factor="notEnrolled"),
        signed_in(second_factor="exempt"),
        signed_in(second_factor="verified "),
        reply(state="signedIn", user="alice"),
        reply(secondFactor="verified", user="alice"),
        reply(),
    ],
)
@pytest.mark.parametrize("options", [[], ["nullok"], ["code_only", "nullok"]])
def test_only_signed_in_with_a_verified_factor_follows_a_code(daemon, sign_in, second, options):
    daemon(code_required(), second)
    code_only = "code_only" in options
    prompts = [CODE_PROMPT] if code_only else [PASSWORD_PROMPT, CODE_PROMPT]
    outcome = sign_in(["123456"] if code_only else ANSWERS, *options)
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", prompts)


# Whose verdict it is.

OTHER_NAMES = ["bob", "Alice", "alice ", "alic", "alicea", "", "alice\\u0020", "\\uff41lice"]


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_cve_2024_9313_a_verdict_for_another_user_refuses(daemon, sign_in, name):
    daemon(code_required(), signed_in().replace(b'"alice"', b'"%s"' % name.encode()))
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT, CODE_PROMPT])
    assert "for another user" in outcome.log_text


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_demand_for_the_code_of_another_user_refuses_before_the_code_is_asked(daemon, sign_in, name):
    server = daemon(code_required().replace(b'"alice"', b'"%s"' % name.encode()), signed_in())
    assert_refused(sign_in(ANSWERS), "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])
    assert server.connections == 1


@pytest.mark.parametrize("second_factor", ["exempt", "notEnrolled"])
@pytest.mark.parametrize("options", [["nullok"], ["nullok", "code_only"]])
def test_an_account_without_a_code_must_be_the_one_that_was_asked_for(daemon, sign_in, second_factor, options):
    daemon(signed_in(user="bob", second_factor=second_factor))
    assert sign_in(ANSWERS, *options).result == "PAM_AUTHINFO_UNAVAIL"


@pytest.mark.parametrize("missing", ["user", "session"])
def test_a_demand_for_a_code_without_user_or_session_refuses(daemon, sign_in, missing):
    parameters = {"state": "codeRequired", "user": "alice", "session": "s"}
    del parameters[missing]
    daemon(reply(**parameters), signed_in())
    assert_refused(sign_in(ANSWERS), "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])


@pytest.mark.parametrize("session", ["", None, "s" * 2049])
def test_a_session_that_is_empty_or_over_its_limit_refuses_and_is_never_cut(daemon, sign_in, session):
    server = daemon(code_required(session=session), signed_in())
    assert_refused(sign_in(ANSWERS), "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])
    assert server.connections == 1


# Bytes that are no reply. Each comes once in place of the first reply and once in place of the second.

GOOD = signed_in()
BODY = GOOD[:-1]
HOSTILE = {
    "nothing": b"",
    "only a NUL": b"\0",
    "no NUL": BODY,
    "half a reply": GOOD[: len(GOOD) // 2],
    "two replies": GOOD + GOOD,
    "bytes after the NUL": GOOD + b" ",
    "two NULs": GOOD + b"\0",
    "NUL inside": GOOD.replace(b"alice", b"al\0ice"),
    "not JSON": b"signedIn\0",
    "an array": b"[" + BODY + b"]\0",
    "a string": b'"signedIn"\0',
    "null": b"null\0",
    "two values": BODY + BODY + b"\0",
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "a comment": b"/**/" + GOOD,
    "a trailing comma": BODY[:-1] + b",}\0",
    "a trailing comma inside": BODY[:-2] + b",}}\0",
    "a missing brace": BODY[:-1] + b"\0",
    "a brace too many": BODY + b"}\0",
    "single quotes": GOOD.replace(b'"', b"'"),
    "an unknown top-level key": BODY[:-1] + b',"x":1}\0',
    "a dotted top-level key": BODY[:-1] + b',"com.example.x":{}}\0',
    "parameters null": b'{"parameters":null}\0',
    "parameters an array": b'{"parameters":[]}\0',
    "parameters twice": BODY[:-1] + b"," + BODY[1:] + b"\0",
    "state twice": GOOD.replace(b'"state"', b'"state":"signedIn","state"'),
    "state twice, once escaped": GOOD.replace(b'"state"', b'"st\\u0061te":"signedIn","state"'),
    "user twice": GOOD.replace(b'"user"', b'"user":"bob","user"'),
    "an unknown key twice": GOOD.replace(b'"user"', b'"x":1,"x":2,"user"'),
    "a key twice far inside": GOOD.replace(b'"user"', b'"x":[{"y":{"z":1,"z":1}}],"user"'),
    "state a number": GOOD.replace(b'"signedIn"', b"1"),
    "state null": GOOD.replace(b'"signedIn"', b"null"),
    "state an object": GOOD.replace(b'"signedIn"', b'{"signedIn":1}'),
    "state an array": GOOD.replace(b'"signedIn"', b'["signedIn"]'),
    "user a number": GOOD.replace(b'"alice"', b"0"),
    "user true": GOOD.replace(b'"alice"', b"true"),
    "second factor true": GOOD.replace(b'"verified"', b"true"),
    "second factor an array": GOOD.replace(b'"verified"', b'["verified"]'),
    "session a number": GOOD.replace(b'"user"', b'"session":1,"user"'),
    "error null": BODY[:-1] + b',"error":null}\0',
    "error a number": BODY[:-1] + b',"error":0}\0',
    "continues a number": BODY[:-1] + b',"continues":0}\0',
    "continues true": BODY[:-1] + b',"continues":true}\0',
    "bad UTF-8": GOOD.replace(b"alice", b"alic\xff"),
    "bad UTF-8 where nobody looks": GOOD.replace(b'"user"', b'"x":"\xc3","user"'),
    "bad UTF-8 outside a string": b"\xa0" + GOOD,
    "overlong UTF-8": GOOD.replace(b'"user"', b'"x":"\xc0\xaf","user"'),
    "overlong UTF-8 of three bytes": GOOD.replace(b'"user"', b'"x":"\xe0\x80\xaf","user"'),
    "a surrogate in UTF-8": GOOD.replace(b'"user"', b'"x":"\xed\xa0\x80","user"'),
    "above U+10FFFF": GOOD.replace(b'"user"', b'"x":"\xf4\x90\x80\x80","user"'),
    "UTF-8 cut by the quote": GOOD.replace(b'"user"', b'"x":"\xf0\x9f\x90","user"'),
    "an escaped NUL": GOOD.replace(b"alice", b"alice\\u0000"),
    "an escaped NUL where nobody looks": GOOD.replace(b'"user"', b'"x":"\\u0000","user"'),
    "a lone high surrogate": GOOD.replace(b'"user"', b'"x":"\\ud83d","user"'),
    "a lone low surrogate": GOOD.replace(b'"user"', b'"x":"\\udc22","user"'),
    "surrogates in the wrong order": GOOD.replace(b'"user"', b'"x":"\\udc22\\ud83d","user"'),
    "a high surrogate and no escape": GOOD.replace(b'"user"', b'"x":"\\ud83dxxxxxx","user"'),
    "an unknown escape": GOOD.replace(b"alice", b"\\alice"),
    "short hexadecimal": GOOD.replace(b'"user"', b'"x":"\\u12","user"'),
    "hexadecimal with a sign": GOOD.replace(b'"user"', b'"x":"\\u+123","user"'),
    "a control character in a string": GOOD.replace(b'"user"', b'"x":"\n","user"'),
    "an unended string": b'{"parameters":{"state":"signedIn\0',
    "an unended escape": b'{"parameters":{"state":"\\\0',
    "a leading zero": GOOD.replace(b'"user"', b'"x":01,"user"'),
    "a plus sign": GOOD.replace(b'"user"', b'"x":+1,"user"'),
    "a bare minus": GOOD.replace(b'"user"', b'"x":-,"user"'),
    "no digits after the point": GOOD.replace(b'"user"', b'"x":1.,"user"'),
    "no digits in the exponent": GOOD.replace(b'"user"', b'"x":1e,"user"'),
    "NaN": GOOD.replace(b'"user"', b'"x":NaN,"user"'),
    "a capital literal": GOOD.replace(b'"user"', b'"x":True,"user"'),
    "no colon": GOOD.replace(b'"user":', b'"user"'),
    "no comma": GOOD.replace(b', "user"', b' "user"'),
    "a key without quotes": GOOD.replace(b'"user"', b"user"),
    "nested too deep": GOOD.replace(b'"user"', b'"x":' + b"[" * 7 + b"]" * 7 + b',"user"'),
    "nested very deep": GOOD.replace(b'"user"', b'"x":' + b"[" * 7000 + b"]" * 7000 + b',"user"'),
    "objects nested very deep": GOOD.replace(b'"user"', b'"x":' + b'{"":' * 2500 + b"1" + b"}" * 2500 + b',"user"'),
    "too many members": GOOD.replace(b'"user"', b"".join(b'"x%d":1,' % i for i in range(40)) + b'"user"'),
    "too long": GOOD.replace(b'"user"', b'"x":"' + b"x" * 42000 + b'","user"'),
    "too long without an end": b"{" + b" " * 200000,
    "64 KiB of NULs": b"\0" * 65536,
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE.keys())
def test_bytes_that_are_no_reply_refuse_after_the_code(daemon, sign_in, frame):
    daemon(code_required(), frame)
    outcome = sign_in(ANSWERS)
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT, CODE_PROMPT])
    assert len(outcome.log) == 1


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE.keys())
def test_bytes_that_are_no_reply_refuse_after_the_password_whatever_the_options(daemon, sign_in, frame):
    daemon(frame.replace(b'"verified"', b'"exempt"'))
    outcome = sign_in(ANSWERS, "nullok")
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])


def test_cve_2025_23013_garbage_is_never_ignored_under_code_only(daemon, sign_in):
    daemon(*[b'{"parameters":{"state":"signedIn","user":"alice","secondFactor":"notEnrolled"}' for _ in range(2)])
    outcome = sign_in(["123456"], "code_only", "nullok")
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [])


@pytest.mark.parametrize("behaviour", [HANG, HangAfter(b""), HangAfter(GOOD[:40]), HangAfter(BODY)])
@pytest.mark.parametrize("first", [True, False])
def test_a_daemon_that_stops_answering_costs_the_timeout_and_refuses(daemon, host, socket_path, behaviour, first):
    daemon(*([behaviour] if first else [code_required(), behaviour]))
    outcome = host.login(ANSWERS, [f"socket={socket_path}", "timeout=1", "nullok"])
    assert_refused(outcome, "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT] + ([] if first else [CODE_PROMPT]))
    assert "timed out" in outcome.log_text


def test_a_daemon_that_dies_between_the_two_calls_refuses(daemon, sign_in):
    daemon(code_required())
    assert_refused(sign_in(ANSWERS), "PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT, CODE_PROMPT])
