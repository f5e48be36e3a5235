"""The line of a session: shown where the daemon has one, and whatever else happens, the login goes on."""

import os
import random

import pytest
from fake_daemon import HANG, HangAfter, code_required, error, listening_socket, reply, signed_in
from test_module_traces import ROUNDS, mutate

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="the module is silent in programs that are not root's")
pytestmark = as_root

STRANGER = 54322
LINE = "Twinlock: 3 recovery codes left: `twinlock recovery-codes --regenerate` makes new ones."
LOG_DEBUG, LOG_NOTICE, LOG_ERR = 7, 5, 3


@pytest.fixture
def open_session(sign_in):
    return lambda *options, **named: sign_in([], *options, call="open_session", **named)


def assert_silent(outcome, words=None, priority=LOG_NOTICE):
    """Nothing was shown or asked, the session is open, and the log has one line, or none."""
    assert (outcome.result, outcome.messages, outcome.prompts) == ("PAM_SUCCESS", [], [])
    if words is None:
        assert outcome.log == []
    else:
        assert len(outcome.log) == 1 and words in outcome.log_text, outcome.log
        assert outcome.priorities == [priority]


def test_the_daemons_line_is_shown_once_and_as_it_is(daemon, open_session):
    server = daemon(reply(notice=LINE))
    outcome = open_session(tty="pts/1", rhost="192.0.2.7")
    assert (outcome.result, outcome.messages, outcome.prompts) == ("PAM_SUCCESS", [("info", LINE)], [])
    assert outcome.log == []
    assert server.calls == [{"method": "org.twinlock.Authentication.GetNotice", "parameters": {"user": "alice"}}]


def test_show_remaining_asks_for_the_number_always(daemon, open_session):
    server = daemon(reply(notice="Twinlock: 10 recovery codes left."))
    outcome = open_session("show_remaining")
    assert outcome.messages == [("info", "Twinlock: 10 recovery codes left.")]
    assert server.calls[0]["parameters"] == {"user": "alice", "remaining": True}


@pytest.mark.parametrize("frame", [reply(), reply(notice=None), reply(later={"more": [1]})])
def test_where_there_is_nothing_to_say_nothing_is_shown_or_logged(daemon, open_session, frame):
    daemon(frame)
    assert_silent(open_session())


def test_debug_logs_that_there_was_nothing(daemon, open_session):
    daemon(reply())
    assert_silent(open_session("debug"), "nothing to tell", LOG_DEBUG)


def test_options_that_are_for_auth_do_nothing_here(daemon, open_session):
    server = daemon(reply(notice=LINE))
    assert open_session("nullok", "code_only").messages == [("info", LINE)]
    assert server.calls[0]["parameters"] == {"user": "alice"}


@pytest.mark.parametrize("silence", [{"silent": True}, {"service": "twinlock-password"}])
def test_nobody_is_asked(daemon, open_session, silence):
    server = daemon(reply(notice=LINE))
    assert_silent(open_session("no_such_option", **silence))
    assert server.connections == 0


def test_a_program_that_is_not_roots_asks_nobody(daemon, open_session):
    server = daemon(reply(notice=LINE))
    assert_silent(open_session(uid=STRANGER))
    assert server.connections == 0


def test_a_session_without_a_user_asks_nobody_least_of_all_for_a_name(daemon, open_session):
    server = daemon(reply(notice=LINE))
    assert_silent(open_session(user=""))
    assert server.connections == 0


@pytest.mark.parametrize("user", ["a\x01b", " alice", "u" * 257, "a\udcff"])
def test_a_name_that_is_none_is_not_passed_on(daemon, open_session, user):
    server = daemon(reply(notice=LINE))
    assert_silent(open_session(user=user))
    assert server.connections == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["shwo_remaining"], 'unknown option "shwo_remaining": nothing is shown'),
        (["show_remaining", "show_remaining"], 'option "show_remaining" comes twice: nothing is shown'),
        (["show_remaining="], 'unknown option "show_remaining=": nothing is shown'),
    ],
)
def test_a_wrong_line_is_named_in_the_log_and_locks_nobody_out(daemon, host, socket_path, options, words):
    server = daemon(reply(notice=LINE))
    outcome = host.login([], [f"socket={socket_path}", *options], call="open_session")
    assert_silent(outcome, words, LOG_ERR)
    assert server.connections == 0


# Daemons that are not there, or not as they should be.


def test_no_daemon(open_session):
    assert_silent(open_session(), "cannot reach twinlockd")


def test_a_socket_that_nobody_listens_on(open_session, socket_path):
    listening_socket(socket_path).close()
    assert_silent(open_session(), "Connection refused")


@pytest.mark.parametrize("listener", [{"uid": STRANGER}, {}], ids=["listener", "directory"])
def test_a_stranger_on_the_socket_is_told_no_name_and_shows_nothing(daemon, open_session, socket_path, listener):
    server = daemon(reply(notice=LINE), listener=listening_socket(socket_path, **listener))
    if not listener:
        socket_path.parent.chmod(0o777)
    assert_silent(open_session(), "cannot trust")
    assert server.frames == []


HOSTILE = {
    "garbage": (b"\x16\x03\x01\x02{\x01\xfc\x03\x03\0", "cannot be understood"),
    "not UTF-8": (b'{"parameters":{"notice":"\xff"}}\0', "cannot be understood"),
    "a number": (reply(notice=3), "cannot be understood"),
    "a list": (reply(notice=[LINE]), "cannot be understood"),
    "a repeated member": (b'{"parameters":{"notice":"a","notice":"b"}}\0', "cannot be understood"),
    "closed": (b"", "connection closed"),
    "half a reply": (b'{"parameters":{"notice":"Twin', "connection closed"),
    "two replies": (reply(notice=LINE) * 2, "more than one reply"),
    "an endless reply": (b'{"parameters":{"notice":"' + b"a" * 42000, "reply too long"),
    "refused": (error("org.varlink.service.PermissionDenied"), "answers GetNotice with an error"),
    "unknown to an older daemon": (error("org.varlink.service.MethodNotFound"), "answers GetNotice with an error"),
    "error and line": (b'{"error":"a.B","parameters":{"notice":"a"}}\0', "answers GetNotice with an error"),
    "empty": (reply(notice=""), "not one line"),
    "too long": (reply(notice="a" * 201), "not one line"),
    "a line end": (reply(notice="Twinlock: a\nb"), "not one line"),
    "a carriage return": (reply(notice="Twinlock: a\rPassword: "), "not one line"),
    "an escape": (reply(notice="Twinlock: \x1b[2J"), "not one line"),
    "a rubout": (reply(notice="Twinlock: \x7f"), "not one line"),
    "beyond ASCII": (reply(notice="Twinlock: caf\u00e9"), "not one line"),
    "a C1 control": (reply(notice="Twinlock: \u009b2J"), "not one line"),
}


@pytest.mark.parametrize(("behaviour", "words"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_makes_no_sense_is_logged_and_not_shown(daemon, open_session, behaviour, words):
    daemon(behaviour)
    assert_silent(open_session(), words)


@pytest.mark.parametrize("length", [1, 200])
def test_a_line_of_any_length_in_the_bound_is_shown(daemon, open_session, length):
    daemon(reply(notice="%" * length))
    assert open_session().messages == [("info", "%" * length)]


@pytest.mark.parametrize("behaviour", [HANG, HangAfter(b'{"parameters":{')], ids=["silence", "half a reply"])
def test_a_daemon_that_hangs_is_not_waited_for_however_long_a_password_may_take(daemon, host, socket_path, behaviour):
    """The bound is for a module that keeps to the line's own timeout: it would still wait when the host is killed."""
    daemon(behaviour)
    outcome = host.login([], [f"socket={socket_path}", "timeout=120"], call="open_session", timeout=60)
    assert_silent(outcome, "no answer from twinlockd")


def test_a_shorter_timeout_holds_here_too(daemon, host, socket_path):
    daemon(HANG)
    outcome = host.login([], [f"socket={socket_path}", "timeout=1"], call="open_session")
    assert_silent(outcome, "no answer from twinlockd")


# Traces.


def test_a_hundred_sessions_in_one_program_leave_no_descriptor(daemon, host, socket_path):
    daemon(*[frame for _ in range(25) for frame in (reply(notice=LINE), reply(), b"garbage", b"")])
    outcome = host.login([], [f"socket={socket_path}"], call="open_session", rounds=100)
    assert outcome.results == ["PAM_SUCCESS"] * 100
    assert outcome.messages == [("info", LINE)] * 25


def test_show_remaining_changes_nothing_in_auth(daemon, sign_in):
    server = daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "show_remaining")
    assert (outcome.result, outcome.messages, outcome.log) == ("PAM_SUCCESS", [], [])
    assert "remaining" not in str(server.calls)


def test_closing_a_session_asks_nobody(daemon, sign_in):
    server = daemon(reply(notice=LINE))
    assert_silent(sign_in([], call="close_session"))
    assert server.connections == 0


@pytest.mark.parametrize("seed", [3, 4])
def test_a_fuzzed_peer_crashes_nothing_and_shows_nothing_but_one_printable_line(daemon, host, socket_path, seed):
    rng = random.Random(seed)
    seeds = [reply(notice=LINE), reply(notice=None, x=[1]), reply(notice="a" * 200), error("Unavailable")]
    daemon(*[mutate(rng, rng.choice(seeds)) for _ in range(ROUNDS)])
    outcome = host.login([], [f"socket={socket_path}"], call="open_session", rounds=ROUNDS, timeout=120)
    assert outcome.results == ["PAM_SUCCESS"] * ROUNDS
    assert 0 < len(outcome.messages) < ROUNDS
    for style, text in outcome.messages:
        assert style == "info" and 1 <= len(text) <= 200 and text.isascii() and text.isprintable()
