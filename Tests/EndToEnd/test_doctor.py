"""`twinlock admin doctor` finds nothing on a host that is set up as the guide says, and names whatever is broken on it."""

import contextlib
import ctypes
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import subprocess

import pytest

import bed
import logins
import twinlockd

ETC = pathlib.Path("/etc")
SSHD = ETC / "ssh/sshd_config.d"
FIRST = SSHD / "05-first.conf"
COMMON = logins.PAM / "common-auth"
KEPT = [logins.PAM, ETC / "ssh", pathlib.Path("/var/lib/pam")]
EXAMPLE = bed.REPOSITORY / "docs/examples/sshd_config.d/10-twinlock.conf"


# Login programs of this world, those that include common-auth.
COMMON_SERVICES = ["sshd", "login", "su", "su-l", "sudo", "sudo-i", "polkit-1", "i3lock"]


def kernel_says_the_clock_is_right():
    """By adjtimex(2); the test's machine may have nothing that keeps its clock."""
    buffer = ctypes.create_string_buffer(512)
    return ctypes.CDLL(None).adjtimex(buffer) != 5


def profiles(*words):
    done = subprocess.run(["pam-auth-update", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr


def replace(path, old, new):
    text = path.read_text()
    assert old in text, (path, text)
    path.write_text(text.replace(old, new, 1))


def line_of(path, words):
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if words in line)


@pytest.fixture
def host(installed, tmp_path):
    """Logins as the guide sets them up; everything is as it was afterwards."""
    for path in KEPT:
        shutil.copytree(path, tmp_path / path.name, symlinks=True)
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    shutil.rmtree("/etc/twinlock", ignore_errors=True)
    # As they come with Debian, whatever other tests have left.
    for service in COMMON_SERVICES:
        logins.write_stack(service, "@include common-auth")
    profiles("--enable", "twinlock", "twinlock-console")
    SSHD.mkdir(exist_ok=True)
    shutil.copy(EXAMPLE, SSHD)
    yield
    for path in KEPT:
        shutil.rmtree(path)
        shutil.copytree(tmp_path / path.name, path, symlinks=True)


def ask(*words, runner=None):
    """Findings in order, and the exit status."""
    command = ["twinlock", "admin", "doctor", "--json", *words]
    if runner is not None:
        done = runner.run(*command)
    else:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def found(*words):
    """What is wrong, as {id: where}, but for a clock that nothing keeps right on the test's machine."""
    findings, status = ask(*words)
    wrong = [finding for finding in findings if finding["severity"] != "note"]
    assert (status == 1) == bool(wrong), findings
    assert all(finding["problem"] and finding["advice"] for finding in findings)
    where = {one["id"]: one["file"] and (one["file"], one["line"]) for one in wrong}
    if not kernel_says_the_clock_is_right():
        assert where.pop("clock-unsynchronised") is None
    return where


def test_on_a_host_that_is_well_it_finds_nothing_and_says_where_the_key_is(host, daemon):
    assert found() == {}
    findings, status = ask()
    notes = [(one["id"], one["file"]) for one in findings if one["severity"] == "note"]
    # A locker is in this world, and it includes common-auth as all do.
    assert notes == [("sealing-key", f"{twinlockd.STATE}/sealing.key")]
    assert status == (0 if kernel_says_the_clock_is_right() else 1)


SSHD_FAULTS = {
    "a drop-in that switches questions off": ("# before\nKbdInteractiveAuthentication no\n", "sshd-no-questions", 2),
    "a line that it does not know": ("\n\nNonsense yes\n", "sshd-settings", 3),
    "a key that is enough": ("AuthenticationMethods any\n", "sshd-key-alone", 1),
    "a key that is enough for some": ("Match User root\nAuthenticationMethods publickey\n", "sshd-key-alone", 2),
    "no PAM": ("UsePAM no\n", "sshd-without-pam", 1),
}


@pytest.mark.parametrize("fault", SSHD_FAULTS)
def test_in_sshds_settings_it_names_the_line_that_wins(host, daemon, fault):
    text, name, line = SSHD_FAULTS[fault]
    FIRST.write_text(text)
    assert found() == {name: (str(FIRST), line)}


def test_without_our_example_a_key_is_enough_and_debian_asks_no_questions(host, daemon):
    (SSHD / EXAMPLE.name).unlink()
    main = ETC / "ssh/sshd_config"
    where = found()
    assert where == {
        "sshd-no-questions": (str(main), line_of(main, "KbdInteractiveAuthentication no")),
        "sshd-key-alone": (str(main), None),
    }


def test_it_asks_sshd_about_the_account_and_the_address_that_are_named(host, daemon, account):
    FIRST.write_text(f"Match User {account.name} Address 198.51.100.7\nAuthenticationMethods publickey\n")
    assert found() == {}
    assert found("--user", "root", "--host", "198.51.100.7") == {}
    assert found("--user", account.name, "--host", "198.51.100.7") == {"sshd-key-alone": (str(FIRST), 2)}


def test_no_shell_reads_the_name_of_an_account(host, daemon, tmp_path):
    mark = tmp_path / "mark"
    for name in (f"$(touch {mark})", f"x;touch {mark};", f"`touch {mark}`", f"x\ntouch {mark}\n"):
        told = subprocess.run(["twinlock", "admin", "doctor", "--user", name], capture_output=True, timeout=60)
        assert told.stdout
    assert not mark.exists()


STACKS = {
    "wrong-code-passes": ("auth required pam_unix.so\nauth sufficient pam_twinlock.so\n", 2),
    "passes-before": ("auth sufficient pam_unix.so\nauth required pam_twinlock.so\n", 1),
    "service-without-code": ("# none\nauth required pam_unix.so\n", 2),
    "stack-refuses-all": ("auth required pam_twinlock.so\nauth required pam_deny.so\n", 1),
}


@pytest.mark.parametrize("name", STACKS)
def test_in_a_stack_it_names_the_line_that_is_to_blame(host, daemon, name):
    text, line = STACKS[name]
    (logins.PAM / "sudo").write_text(text)
    assert found() == {name: (str(logins.PAM / "sudo"), line)}


LETS_IN = {
    "wrong-code-passes": lambda person: [person.password, person.password, person.phone.wrong_code()],
    "passes-before": lambda person: [person.password],
    "service-without-code": lambda person: [person.password],
}


@pytest.mark.parametrize("name", LETS_IN)
def test_what_it_says_lets_somebody_in_without_a_code_does(host, daemon, enrolled, name):
    logins.write_stack("sudo", *STACKS[name][0].splitlines())
    assert name in found()
    assert logins.pamtester("sudo", enrolled, *LETS_IN[name](enrolled)).admitted


# Of each service, whether libpam lets anybody in by modules whose answers are known.
CONTROLS = [
    *["required", "requisite", "sufficient", "optional", "[success=ok default=ignore]", "[success=1 default=ignore]"],
    *["[success=2 default=1]", "[success=done default=die]", "[success=reset default=ok]", "[default=reset]"],
    *["[success=ignore default=bad]", "[success=3]", "[default=done]", "include", "substack", "substack"],
]
NAMES = ["sshd", "login", "remote", "su", "su-l", "sudo", "sudo-i", "doas", "polkit-1", "lightdm", "sddm", "xdm", "kde"]


def random_lines(chance, depth):
    """A stack, and the files of its substacks, of modules that always or never say yes."""
    for _ in range(chance.randint(1, 6)):
        control = chance.choice(CONTROLS)
        if control not in ("include", "substack"):
            yield f"auth {control} {chance.choice(['pam_permit.so', 'pam_deny.so'])}"
        elif depth < 3:
            inner = logins.PAM / f"common-{chance.getrandbits(40)}"
            inner.write_text("\n".join(random_lines(chance, depth + 1)) + "\n")
            yield f"auth {control} {inner.name}"


@pytest.mark.parametrize("seed", range(8))
def test_it_follows_a_stack_as_libpam_does(host, daemon, account, seed):
    chance = random.Random(seed)
    (SSHD / EXAMPLE.name).unlink()
    for name in NAMES:
        logins.write_stack(name, *random_lines(chance, 0))
    findings, _ = ask()
    told = {one["file"] for one in findings if one["id"] == "service-without-code"}
    open_doors = {str(logins.PAM / name) for name in NAMES if logins.pamtester(name, account).admitted}
    assert told == open_doors


def stacks_of_the_page():
    """Of the page about login programs, each of which the tests of logins try on real programs."""
    page = (bed.REPOSITORY / "docs/login-programs.md").read_text()
    return re.findall(r"^```pam (\S+)\n(.*?)^```$", page, re.M | re.S)


@pytest.mark.parametrize(("name", "text"), stacks_of_the_page(), ids=lambda value: value.partition("\n")[0][:24])
def test_with_the_stacks_of_the_page_about_login_programs_nothing_is_wrong(host, daemon, name, text):
    profiles("--disable", "twinlock", "twinlock-console")
    for service in COMMON_SERVICES[:-1]:
        logins.write_stack(service, logins.TWINLOCK)
    logins.write_stack("i3lock" if name.startswith("locker") else "sudo", *text.splitlines())
    assert found() == {}


@pytest.mark.parametrize("control", ["default=ignore", "authinfo_unavail=ignore default=die"])
def test_our_own_line_made_to_go_on_after_a_wrong_code_is_named_once_for_all_that_include_it(host, daemon, control):
    replace(COMMON, "ignore=ignore default=die", control)
    replace(COMMON, "pam_deny.so", "pam_permit.so")
    where = found()
    assert where["wrong-code-passes"] == (str(COMMON), line_of(COMMON, "pam_twinlock.so"))
    findings, _ = ask()
    (finding,) = [one for one in findings if one["id"] == "wrong-code-passes"]
    assert "sshd" in finding["problem"] and "login" in finding["problem"]


def test_the_consoles_profile_without_the_other_is_named(host, daemon):
    profiles("--disable", "twinlock")
    where = found()
    assert where["console-profile-alone"] == (str(COMMON), line_of(COMMON, "uid = 0 service = login"))
    assert "service-without-code" in where


def test_a_group_without_a_code_and_a_locker_without_one_are_notes(host, daemon):
    line = "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup no-code\n"
    (logins.PAM / "su").write_text(line + "auth required pam_twinlock.so\nauth required pam_permit.so\n")
    (logins.PAM / "i3lock").write_text("auth required pam_unix.so\n")
    assert found() == {}
    findings, _ = ask()
    notes = {one["id"]: one["file"] for one in findings if one["severity"] == "note"}
    assert notes["exempt"] == str(logins.PAM / "su")
    assert notes["locker-without-code"] == str(logins.PAM / "i3lock")


def test_a_module_that_is_not_there_is_named_with_the_line_that_needs_it(host, daemon):
    modules = list(pathlib.Path("/usr/lib").glob("*/security/pam_twinlock.so"))
    for module in modules:
        module.rename(module.with_suffix(".away"))
    try:
        assert found() == {"module-missing": (str(COMMON), line_of(COMMON, "pam_twinlock.so"))}
    finally:
        for module in modules:
            module.with_suffix(".away").rename(module)


def test_a_daemon_that_cannot_be_reached_is_named_with_the_line_that_needs_it(host, make_daemon):
    make_daemon().stop()
    assert found() == {"daemon-unreachable": (str(COMMON), line_of(COMMON, "pam_twinlock.so"))}


def test_a_daemon_with_another_clock_is_named(host, make_daemon):
    make_daemon(with_clock=True).clock.advance(120)
    assert found() == {"daemon-clock": (twinlockd.SOCKET, None)}


def test_passwords_that_cannot_be_checked_are_named(host, make_daemon):
    one = make_daemon({"checker.deadline": 1})
    for pid in one.checker_pids():
        os.kill(pid, signal.SIGSTOP)
    assert found() == {"checker-failing": ("/etc/pam.d/twinlock-password", None)}


@pytest.fixture
def small_state(installed):
    """The state directory on a file system that holds a database and not much more."""
    shutil.rmtree(twinlockd.STATE, ignore_errors=True)
    twinlockd.STATE.mkdir()
    owner = pwd.getpwnam("twinlock")
    options = f"size=1M,mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", twinlockd.STATE], check=True)
    yield
    subprocess.run(["umount", twinlockd.STATE], check=True)
    twinlockd.STATE.rmdir()


def test_a_daemon_that_cannot_save_is_named(host, small_state, make_daemon):
    make_daemon()
    with open(twinlockd.STATE / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))
    assert found() == {"store-failing": (twinlockd.SOCKET, None)}


FILES = {
    "the socket for root alone": (twinlockd.SOCKET, "chmod", 0o600, "socket-mode"),
    "its directory closed": ("/run/twinlock", "chmod", 0o700, "socket-mode"),
    "the state open": (str(twinlockd.STATE), "chmod", 0o755, "state-readable"),
    "the state of root": (str(twinlockd.STATE), "chown", 0, "state-owner"),
    "the key open": (f"{twinlockd.STATE}/sealing.key", "chmod", 0o644, "key-mode"),
    "the key of root": (f"{twinlockd.STATE}/sealing.key", "chown", 0, "state-owner"),
    "the database open": (f"{twinlockd.STATE}/twinlock.db", "chmod", 0o640, "state-readable"),
    "the settings open": (str(twinlockd.SETTINGS), "chmod", 0o666, "settings-writable"),
    "the settings closed": (str(twinlockd.SETTINGS), "chmod", 0o600, "settings-unusable"),
}


@pytest.mark.parametrize("fault", FILES)
def test_owners_and_modes_that_are_wrong_are_named(host, make_daemon, fault):
    path, call, value, name = FILES[fault]
    make_daemon()
    if call == "chmod":
        os.chmod(path, value)
    else:
        os.chown(path, value, value)
    # What the daemon itself fails by then is told as well.
    where = found()
    assert where.pop(name) == (path, None)
    assert where.keys() <= {"checker-failing", "store-failing"}


def test_a_socket_directory_that_others_write_to_is_named_and_keeps_the_daemon_from_being_asked(host, make_daemon):
    make_daemon()
    os.chmod("/run/twinlock", 0o777)
    where = found()
    assert where["socket-mode"] == ("/run/twinlock", None)
    assert "daemon-unreachable" in where


def test_a_mistake_in_the_settings_is_named_with_its_line(host, daemon):
    with open(twinlockd.SETTINGS, "a") as settings:
        settings.write("[nowhere]\nnothing = 1\n")
    line = line_of(twinlockd.SETTINGS, "nothing")
    assert found() == {"settings-unusable": (str(twinlockd.SETTINGS), line)}


def test_who_is_not_root_is_told_what_could_not_be_looked_at(host, daemon, account):
    findings, status = ask(runner=account)
    unseen = [one["problem"] for one in findings if one["id"] == "not-looked-at"]
    assert [any(word in problem for problem in unseen) for word in ("sshd", "daemon", str(twinlockd.STATE))] == [True] * 3
    assert status == (4 if kernel_says_the_clock_is_right() else 1)


@pytest.fixture
def hanging_sshd(host):
    """In sshd's place a program that never ends; its one argument is to be found among the processes."""
    sshd = pathlib.Path("/usr/sbin/sshd")
    away = sshd.rename(sshd.with_suffix(".away"))
    sshd.write_text("#!/bin/sh\nexec sleep 987654321\n")
    sshd.chmod(0o755)
    yield
    away.rename(sshd)


def test_an_sshd_that_hangs_is_ended_and_said_not_to_have_been_looked_at(hanging_sshd, daemon):
    findings, _ = ask()
    assert [one["problem"] for one in findings if one["id"] == "not-looked-at"] == [
        "not looked at: what sshd asks for: `sshd -T` hangs, and was ended"
    ]
    left = subprocess.run(["pgrep", "--full", "sleep 987654321"], capture_output=True, text=True).stdout
    assert left == ""


def test_a_person_reads_what_it_is_where_it_is_and_what_to_do(host, daemon):
    FIRST.write_text("UsePAM no\n")
    done = subprocess.run(["twinlock", "admin", "doctor"], capture_output=True, text=True, timeout=120)
    assert f"lets-in: sshd-without-pam {FIRST}:1\n" in done.stdout
    assert "do: `UsePAM yes`" in done.stdout
    assert done.stderr.startswith("twinlock: error: ")
