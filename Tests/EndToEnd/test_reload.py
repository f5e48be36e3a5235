"""Settings that are read again while the daemon runs, and what a stop lets end."""

import os
import signal
import threading

import pytest
import varlink

import twinlockd
from twinlockd import SETTINGS, Program
from waiting import wait_for


def reload(daemon, text, said):
    """Writes the settings file and has it read; returns when the log says what became of it."""
    SETTINGS.write_text(text)
    before = daemon.log().count(said)
    os.kill(daemon.pid, signal.SIGHUP)
    wait_for(lambda: daemon.log().count(said) > before, lambda: f"{said!r} in the log:\n{daemon.log()}")


def issuer_for(account):
    """The label under which an app would keep this account."""
    begun = Program(account).call(twinlockd.ACCOUNT, "BeginSetUp", password=account.password)
    return begun["issuer"]


def test_new_settings_hold_for_the_next_call(daemon, account):
    before = issuer_for(account)
    reload(daemon, "[sign-in]\nissuer = Elsewhere\n", "sign-in.issuer")
    assert before != "Elsewhere"
    assert issuer_for(account) == "Elsewhere"


def test_a_rule_holds_for_the_next_sign_in(daemon, account):
    rule = "[rule all]\nsecond-factor = required\n"
    assert Program(account).sign_in(password=account.password)["state"] == "signedIn"
    reload(daemon, rule, "rule all.second-factor")
    assert Program(account).sign_in(password=account.password)["state"] == "codeRequired"
    reload(daemon, f"{rule}groups = nobody-at-all\n", "rule all: cannot find group")
    assert Program(account).sign_in(password=account.password)["state"] == "codeRequired"
    reload(daemon, "", "rule all.second-factor")
    assert Program(account).sign_in(password=account.password)["state"] == "signedIn"


def test_another_log_level_holds_at_once(daemon, account):
    reload(daemon, "[daemon]\nlog-level = warning\n[audit]\ndays = 30\n", "restart the daemon")
    mark = len(daemon.log())
    issuer_for(account)
    assert daemon.log()[mark:] == ""
    SETTINGS.write_text("[daemon]\nlog-level = debug\n")
    os.kill(daemon.pid, signal.SIGHUP)
    wait_for(lambda: "daemon.log-level taken over" in daemon.log()[mark:], "the log to speak again")


def test_what_needs_a_restart_is_named_and_the_rest_is_taken(daemon, account):
    reload(daemon, "[sign-in]\nissuer = Elsewhere\n[audit]\ndays = 30\n", "restart the daemon for audit.days")
    assert issuer_for(account) == "Elsewhere"


@pytest.mark.parametrize(
    "text, said",
    [
        ("[sign-in]\nissuer = A\nfailure-delay = often\n", "sign-in.failure-delay"),
        ("[sign-in]\nissuer = A\nno-such-key = 1\n", "no-such-key"),
        ("[sign-in]\nissuer = A\n[services]\nusers = nobody-here\n", "nobody-here"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(daemon, account, text, said):
    before = issuer_for(account)
    reload(daemon, text, "the settings stay as they were")
    assert said in daemon.log()
    assert issuer_for(account) == before


def test_more_connections_are_for_those_who_come_after(daemon, account):
    reload(daemon, "[daemon]\nconnections-per-uid = 1\n", "daemon.connections-per-uid")
    with twinlockd.connect(account) as first:
        assert twinlockd.exchange(first, "org.varlink.service.GetInfo")["parameters"]
        with twinlockd.connect(account) as second, pytest.raises(OSError):
            twinlockd.exchange(second, "org.varlink.service.GetInfo")


def test_a_stop_lets_a_call_end_that_was_begun(make_daemon, account):
    """A wrong password is answered after three seconds; the stop comes long before."""
    daemon = make_daemon({"sign-in.failure-delay": 3, "sign-in.hide-password-result": "no"})
    came = []

    def sign_in():
        try:
            Program().sign_in(user=account.name, password="wrong")
        except varlink.VarlinkError as error:
            came.append(error.error())

    caller = threading.Thread(target=sign_in)
    caller.start()
    wait_for(lambda: "password wrong" in daemon.log(), "the check to have ended")
    assert daemon.stop() == 0
    caller.join()
    assert came == [twinlockd.refusal("AuthenticationFailed")]


def test_a_stop_does_not_wait_for_those_who_say_nothing(daemon, account):
    with twinlockd.connect(account) as connection:
        assert twinlockd.exchange(connection, "org.varlink.service.GetInfo")["parameters"]
        assert daemon.stop() == 0
        assert connection.recv(1) == b""
    daemon.start()
