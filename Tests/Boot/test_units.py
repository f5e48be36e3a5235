"""The units: how the daemon starts and starts again, what it may do, and the traps in between."""

import json
import re

import pytest

import people
from waiting import wait_for

SOCKET = "/run/twinlock/twinlock.socket"


def main_pid(host):
    return int(host.property("twinlockd.service", "MainPID"))


def start(host):
    """The daemon starts with the first call, and has answered it."""
    host.run("twinlock", "admin", "health")
    return main_pid(host)


def socket_file(host):
    return host.run("stat", "--format", "%F %a %U %i", SOCKET, check=False).stdout.strip()


def test_nothing_runs_before_the_first_call_and_then_it_answers(host):
    assert host.property("twinlockd.socket", "ActiveState") == "active"
    assert main_pid(host) == 0
    assert start(host) > 0
    assert host.property("twinlockd.service", "StatusText") == "serving"


def test_neither_the_daemon_nor_the_checker_is_root(host):
    pid = start(host)
    status = host.read(f"/proc/{pid}/status")
    uid = host.run("id", "-u", "twinlock").stdout.strip()
    assert re.search(rf"^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$", status, re.MULTILINE)
    for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert re.search(rf"^{name}:\t0+$", status, re.MULTILINE), status
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert host.property("twinlock-checker@x.service", "User") == "twinlock-pw"
    assert host.property("twinlock-checker@x.service", "SupplementaryGroups") == "shadow"


def test_the_key_is_in_memory_that_never_goes_to_a_disk(host):
    locked = re.search(r"^VmLck:\s+(\d+) kB$", host.read(f"/proc/{start(host)}/status"), re.MULTILINE)
    assert int(locked[1]) > 0


def test_the_socket_belongs_to_the_daemon_and_is_for_everybody(host):
    for path, expected in {
        SOCKET: "666 twinlock",
        "/run/twinlock": "755 twinlock",
        "/run/twinlock-checker.socket": "600 twinlock",
        "/var/lib/twinlock": "700 twinlock",
    }.items():
        start(host)
        assert host.run("stat", "--format", "%a %U", path).stdout.strip() == expected, path


def test_a_stop_leaves_the_socket_and_the_next_call_starts_the_daemon_again(host):
    start(host)
    before = socket_file(host)
    host.run("systemctl", "stop", "twinlockd.service")
    assert socket_file(host) == before
    assert start(host) > 0
    assert socket_file(host) == before


def test_a_daemon_that_crashes_again_and_again_leaves_the_socket(host):
    start(host)
    before = socket_file(host)
    for _ in range(12):
        pid = wait_for(lambda: main_pid(host), "the daemon to be started again")
        host.run("kill", "-KILL", str(pid), check=False)
        wait_for(lambda: main_pid(host) != pid, "the service manager to notice")
    assert host.property("twinlockd.socket", "ActiveState") == "active"
    assert socket_file(host) == before
    assert start(host) > 0


def test_a_daemon_that_cannot_start_leaves_the_socket_and_logins_follow_when_it_can(host):
    host.write("/etc/twinlock/twinlockd.conf", "[daemon]\nlog-level = loud\n")
    assert host.run("timeout", "5", "twinlock", "admin", "health", check=False).returncode != 0
    wait_for(lambda: int(host.property("twinlockd.service", "NRestarts") or 0) > 2, "some starts")
    assert host.property("twinlockd.socket", "ActiveState") == "active"
    host.run("rm", "/etc/twinlock/twinlockd.conf")
    assert start(host) > 0
    assert "daemon.log-level" in host.journal("twinlockd.service")


def test_a_checker_that_cannot_be_asked_refuses_passwords_and_nothing_else(host):
    person = people.enrolled(host)
    host.run("systemctl", "mask", "--now", "twinlock-checker.socket")
    told = host.run("twinlock", "admin", "health", "--json", check=False).stdout
    assert {name: json.loads(told)[name] for name in ("store", "checker")} == {"store": "working", "checker": "failing"}
    assert not host.ssh(person.name, *person.both())
    host.shell("systemctl unmask twinlock-checker.socket; systemctl start twinlock-checker.socket")
    assert host.ssh(person.name, *person.both())


def test_without_a_credential_the_daemon_makes_a_key_that_only_it_can_read(host):
    start(host)
    found = host.run("stat", "--format", "%a %U", "/var/lib/twinlock/sealing.key").stdout.strip()
    assert found == "600 twinlock"


def test_a_key_that_is_gone_is_told_and_none_is_made_in_its_place(host):
    start(host)
    host.shell("systemctl stop twinlockd.service; mv /var/lib/twinlock/sealing.key /root/")
    host.run("timeout", "5", "twinlock", "admin", "health", check=False)
    wait_for(lambda: "sealing.key\" is missing" in host.journal("twinlockd.service"), "the journal to say so")
    host.shell("mv /root/sealing.key /var/lib/twinlock/")
    assert start(host) > 0


def test_the_daemon_sees_who_calls(host):
    """Under PrivateUsers= every caller but root would be nobody, and could do nothing for himself."""
    person = people.enrolled(host)
    told = json.loads(host.run("twinlock", "status", "--json", user=person.name).stdout)
    assert told["enabled"] is True
    assert host.run("twinlock", "admin", "list", user=person.name, check=False).returncode != 0
    for unit in ("twinlockd.service", "twinlock-checker@x.service"):
        assert host.property(unit, "PrivateUsers") == "no"


def test_nobody_but_the_daemon_asks_the_checker(host):
    person = people.newcomer(host)
    words = ["python3", "-c", "import socket; socket.socket(socket.AF_UNIX).connect('/run/twinlock-checker.socket')"]
    assert "PermissionError" in host.run(*words, user=person.name, check=False).stderr


@pytest.mark.parametrize("unit, most", [("twinlockd.service", 15), ("twinlock-checker@x.service", 25)])
def test_the_sandbox(host, unit, most):
    """In tenths of systemd's own measure, 100 being no sandbox at all."""
    told = host.run("systemd-analyze", "security", "--no-pager", f"--threshold={most}", unit, check=False)
    assert told.returncode == 0, told.stdout


def test_the_units_hold_nothing_that_systemd_does_not_know(host):
    units = ["twinlockd.socket", "twinlockd.service", "twinlock-checker.socket", "twinlock-checker@x.service"]
    told = host.run("systemd-analyze", "verify", "--man=no", *units)
    assert "twinlock" not in told.stdout + told.stderr, told.stderr


def test_a_reload_takes_settings_over_and_the_daemon_goes_on(host):
    pid = start(host)
    host.write("/etc/twinlock/twinlockd.conf", "[sign-in]\nissuer = Example\n[audit]\ndays = 30\n")
    host.run("systemctl", "reload", "twinlockd.service")
    wait_for(
        lambda: host.property("twinlockd.service", "StatusText") == "serving; restart for audit.days", "the status"
    )
    assert main_pid(host) == pid
    person = people.newcomer(host)
    words = ["twinlock", "enable", "--json", "--yes", "--password-file", "-", "--code-file", "-", "--codes-saved"]
    told = host.run(*words, user=person.name, text=f"{person.password}\n000000\n", check=False).stdout
    assert "issuer=Example" in told


def test_a_bad_file_fails_the_reload_and_changes_nothing(host):
    host.write("/etc/twinlock/twinlockd.conf", "[sign-in]\nfailure-delay = 0\n")
    pid = start(host)
    host.write("/etc/twinlock/twinlockd.conf", "[sign-in]\nfailure-delay = often\n")
    assert host.run("systemctl", "reload", "twinlockd.service", check=False).returncode != 0
    assert "sign-in.failure-delay" in host.journal("twinlockd.service")
    host.write("/etc/twinlock/twinlockd.conf", "[services]\nusers = nobody-here\n")
    assert host.run("systemctl", "reload", "twinlockd.service", check=False).returncode != 0
    # The signal alone, without the look at the file before it.
    host.run("systemctl", "kill", "--signal=HUP", "twinlockd.service")
    wait_for(lambda: "the settings stay as they were" in host.journal("twinlockd.service"), "the journal to say so")
    assert start(host) == pid


def test_a_daemon_that_hangs_is_started_again(host):
    host.write(
        "/etc/systemd/system/twinlockd.service.d/watchdog.conf", "[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n"
    )
    host.run("systemctl", "daemon-reload")
    pid = start(host)
    host.run("kill", "-STOP", str(pid))
    wait_for(lambda: main_pid(host) not in (0, pid), "another daemon")
    assert "watchdog" in host.journal("twinlockd.service").lower()
    assert start(host) > 0


def test_a_restart_drops_no_login_that_waits(host):
    """Twenty callers, all the while the daemon is started again and again: each has an answer."""
    start(host)
    script = f"""
import json, socket, threading, time
answers, failures = [], []
def call():
    end = time.monotonic() + 4
    while time.monotonic() < end:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect({SOCKET!r})
                connection.sendall(json.dumps({{"method": "org.varlink.service.GetInfo"}}).encode() + b"\\0")
                received = b""
                while not received.endswith(b"\\0"):
                    part = connection.recv(65536)
                    if not part:
                        raise ConnectionError("hung up")
                    received += part
                answers.append(1)
        except OSError as error:
            failures.append(repr(error))
threads = [threading.Thread(target=call) for _ in range(20)]
for thread in threads: thread.start()
import subprocess
for _ in range(3): subprocess.run(["systemctl", "restart", "twinlockd.service"], check=True)
for thread in threads: thread.join()
print(json.dumps([len(answers), failures]))
"""
    answers, failures = json.loads(host.run("python3", "-c", script).stdout)
    assert failures == [] and answers > 100


def test_the_daemon_starts_by_hand_where_the_units_were(host):
    person = people.enrolled(host)
    host.run("systemctl", "stop", "twinlockd.socket", "twinlockd.service", "twinlock-checker.socket")
    host.run("systemd-run", "--unit=by-hand", "--property=Type=exec", "/usr/sbin/twinlockd")
    wait_for(lambda: host.run("twinlock", "admin", "health", check=False).returncode == 0, "an answer")
    assert host.ssh(person.name, *person.both())
    host.run("systemctl", "stop", "by-hand.service")
    host.run("systemctl", "start", "twinlockd.socket", "twinlock-checker.socket")
    assert start(host) > 0
