"""What the daemon is while it runs: nobody's root, with nothing that it does not need; and how it starts and stops."""

import os
import pathlib
import pwd
import stat
import subprocess

import pytest

import accounts
import twinlockd
from waiting import wait_for


def status_of(pid):
    """The fields of /proc/PID/status (proc(5))."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def ids(name):
    entry = pwd.getpwnam(name)
    return [str(entry.pw_uid)] * 4, [str(entry.pw_gid)] * 4


def assert_without_privileges(pid, user, groups):
    status = status_of(pid)
    uids, gids = ids(user)
    assert status["Uid"] == uids
    assert status["Gid"] == gids
    assert status["Groups"] == groups
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[capabilities][0], 16) == 0, capabilities


def test_started_by_root_the_daemon_is_its_own_user(daemon):
    assert_without_privileges(daemon.pid, "twinlock", [])
    status = status_of(daemon.pid)
    assert status["NoNewPrivs"] == ["1"]
    for thread in os.listdir(f"/proc/{daemon.pid}/task"):
        assert_without_privileges(f"{daemon.pid}/task/{thread}", "twinlock", [])
        assert status_of(f"{daemon.pid}/task/{thread}")["NoNewPrivs"] == ["1"]


def test_the_checker_is_another_user_who_may_read_the_hashes(daemon):
    shadow = subprocess.run(["getent", "group", "shadow"], capture_output=True, text=True).stdout.split(":")[2]
    assert daemon.checker_pids()
    for pid in daemon.checker_pids():
        assert_without_privileges(pid, "twinlock-pw", [shadow])


@pytest.fixture
def started_through(installed):
    """Starts a daemon through a program that changes something of itself and goes on as the daemon."""
    made = []

    def start(*words):
        made.append(twinlockd.Daemon())
        made[-1].command = [*words, twinlockd.PROGRAM]
        return made[-1].start()

    yield start
    for one in made:
        one.discard()


def test_no_group_of_whoever_starts_it_stays_with_it(started_through):
    words = ["setpriv", "--groups", "4,27"]
    assert {"4", "27"} <= set(subprocess.run([*words, "id", "-G"], capture_output=True, text=True).stdout.split())
    daemon = started_through(*words)
    assert_without_privileges(daemon.pid, "twinlock", [])
    test_the_checker_is_another_user_who_may_read_the_hashes(daemon)


def test_no_program_of_ours_has_a_shell_to_hand_words_to(installed):
    for program in (twinlockd.PROGRAM, "/usr/bin/twinlock", "/usr/libexec/twinlock/twinlock-checker"):
        listed = subprocess.run(["nm", "-D", "--undefined-only", program], capture_output=True, text=True, check=True)
        names = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
        assert "close" in names, "the list is one of functions"
        assert not names & {"system", "popen", "wordexp"}, program


def test_no_core_file_and_no_tracing(daemon):
    for pid in [daemon.pid, *daemon.checker_pids()]:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
    # What is not dumpable belongs to root in /proc, whoever runs it (proc(5)).
    assert os.stat(f"/proc/{daemon.pid}/environ").st_uid == 0


def test_freed_memory_is_overwritten(daemon):
    # glibc takes the value apart where it lies.
    environment = pathlib.Path(f"/proc/{daemon.pid}/environ").read_bytes().replace(b"\0", b":")
    assert b"GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.perturb=165:glibc.malloc.arena_max=4:" in environment


@pytest.mark.parametrize("umask", ["000", "077"])
def test_what_it_makes_belongs_to_it_alone_whatever_the_umask(started_through, account, umask):
    started_through("sh", "-c", f'umask {umask}; exec "$0"')
    twinlockd.enrol(account)
    test_what_it_makes_belongs_to_it_alone(account)


def test_what_it_makes_belongs_to_it_alone(enrolled):
    socket = os.stat(twinlockd.SOCKET)
    assert stat.S_ISSOCK(socket.st_mode) and stat.S_IMODE(socket.st_mode) == 0o666
    directory = os.stat("/run/twinlock")
    assert stat.S_IMODE(directory.st_mode) == 0o755
    state = os.stat(twinlockd.STATE)
    assert stat.S_IMODE(state.st_mode) == 0o700
    files = list(twinlockd.STATE.rglob("*"))
    assert {"twinlock.db", "sealing.key"} <= {path.name for path in files}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    owner = pwd.getpwnam("twinlock").pw_uid
    assert {path.stat().st_uid for path in files} | {found.st_uid for found in (socket, directory, state)} == {owner}


def test_it_has_no_network(daemon):
    inodes = set()
    for descriptor in os.listdir(f"/proc/{daemon.pid}/fd"):
        target = os.readlink(f"/proc/{daemon.pid}/fd/{descriptor}")
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in pathlib.Path(f"/proc/{daemon.pid}/net/{table}").read_text().splitlines()[1:]:
            assert line.split()[9] not in inodes


def test_a_second_daemon_does_not_take_the_place_of_the_first(daemon):
    second = subprocess.run([twinlockd.PROGRAM], capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert "another" in second.stderr
    assert twinlockd.raw_call("org.varlink.service.GetInfo")["parameters"]["product"]


def test_a_stop_leaves_the_database_and_its_key_and_nothing_else(make_daemon, account):
    daemon = make_daemon()
    twinlockd.enrol(account)
    assert daemon.stop() == 0
    assert not os.path.exists(twinlockd.SOCKET)
    left = {path.name for path in twinlockd.STATE.iterdir() if stat.S_ISREG(path.stat().st_mode)}
    assert left == {"twinlock.db", "sealing.key"}
    wait_for(lambda: not daemon.checker_pids(), "the checker to follow")


@pytest.mark.parametrize("fault", ["others may read it", "it is a link"])
def test_a_key_that_others_may_read_or_that_is_a_link_is_not_read(make_daemon, fault):
    assert make_daemon().stop() == 0
    key = twinlockd.STATE / "sealing.key"
    if fault == "it is a link":
        key.rename(twinlockd.STATE / "elsewhere")
        key.symlink_to("elsewhere")
    else:
        key.chmod(0o640)
    done = subprocess.run([twinlockd.PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f'sealing key "{key}"' in done.stderr
    assert not os.path.exists(twinlockd.SOCKET)


BAD_SETTINGS = {
    "[daemon]\nsokcet = /run/x\n": ["2", "daemon.sokcet", "daemon.socket"],
    "[daemon]\n\nsocket = run/x\n": ["3", "daemon.socket", "absolute path"],
    "# comment\n[daemon]\nlog-level = loud\n": ["3", "daemon.log-level", "debug, info, notice, warning, error"],
    "[daemon]\nuser = root\n": ["2", "daemon.user", "not root"],
    "[daemon]\nconnections-per-uid = 0\n": ["2", "daemon.connections-per-uid", "1 to 512"],
    "[daemon]\nconnections-per-uid = 7x\n": ["2", "daemon.connections-per-uid", "1 to 512"],
    "[checker]\ndeadline = 121\n": ["2", "checker.deadline", "1 to 120"],
    "[checker]\ndeadline = 5\ndeadline = 6\n": ["3", "checker.deadline"],
    "[sign-in]\nhide-password-result = maybe\n": ["2", "sign-in.hide-password-result", "yes or no"],
    "[sign-in]\nfailure-delay = -1\n": ["2", "sign-in.failure-delay", "0 to 10"],
    "[sing-in]\nissuer = x\n": ["sing-in"],
    "issuer = x\n": ["1"],
    "[daemon\nsocket = /run/x\n": ["1"],
    "[daemon]\nsocket\n": ["2"],
}


@pytest.mark.parametrize("text", BAD_SETTINGS, ids=lambda text: text.replace("\n", "|"))
def test_bad_settings_are_named(installed, tmp_path, text):
    file = tmp_path / "twinlockd.conf"
    file.write_text(text)
    words = BAD_SETTINGS[text]
    for arguments in (["--check-config"], []):
        done = subprocess.run(
            [twinlockd.PROGRAM, "--config", file, *arguments], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2
        assert str(file) in done.stderr
        if words[0].isdigit():
            assert f"{file}:{words[0]}: " in done.stderr
        for word in words:
            assert word in done.stderr


def test_good_settings_pass(installed, tmp_path):
    file = tmp_path / "twinlockd.conf"
    file.write_text("# all is well\n[daemon]\nlog-level = debug\n\n[checker]\ndeadline = 120\n")
    done = subprocess.run([twinlockd.PROGRAM, "--config", file, "--check-config"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_settings_file_that_is_named_must_exist(installed):
    done = subprocess.run([twinlockd.PROGRAM, "--config", "/no/such/file"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "/no/such/file" in done.stderr


@pytest.fixture
def own_daemon(installed, account):
    """A daemon that an ordinary user runs for himself."""
    home = pathlib.Path(account.home)
    settings = {"daemon.socket": home / "run" / "socket", "daemon.state-directory": home / "state"}
    settings |= {"sign-in.failure-delay": 0}
    file = home / "twinlockd.conf"
    file.write_text(twinlockd.settings_text(settings))
    for name in ("run", "state"):
        (home / name).mkdir()
        os.chown(home / name, account.uid, account.gid)
    (home / "state").chmod(0o700)
    with open(home / "log", "wb") as log:
        process = subprocess.Popen([twinlockd.PROGRAM, "--config", str(file)], stderr=log, **account.options())
    path = str(home / "run" / "socket")

    def answers():
        assert process.poll() is None, (home / "log").read_text()
        try:
            return twinlockd.connect(account, path)
        except OSError:
            return None

    wait_for(answers, "the daemon of an ordinary user").close()
    yield path
    process.terminate()
    assert process.wait(timeout=60) == 0, (home / "log").read_text()


def ask(account, path, user, password):
    with twinlockd.connect(account, path) as connection:
        return twinlockd.exchange(connection, f"{twinlockd.AUTHENTICATION}.SignIn", user=user, password=password)


def test_an_ordinary_user_runs_one_for_himself(own_daemon, account):
    right = ask(account, own_daemon, account.name, account.password)
    assert right["parameters"]["state"] == "signedIn"
    wrong = ask(account, own_daemon, account.name, "wrong")
    assert wrong.get("parameters", {}).get("state") != "signedIn"


def test_it_serves_nobody_else(own_daemon, account):
    other = accounts.add_account()
    refused = ask(other, own_daemon, other.name, other.password)
    assert refused["error"] == "org.varlink.service.PermissionDenied"
    refused = ask(other, own_daemon, account.name, account.password)
    assert refused["error"] == "org.varlink.service.PermissionDenied"
    refused = ask(account, own_daemon, other.name, other.password)
    assert refused["error"] == "org.varlink.service.PermissionDenied"
