"""The password checker against PAM stacks that behave and stacks that do not."""

import fcntl
import grp
import os
import pwd
import signal
import socket
import subprocess

import pytest
from checker_client import *

ME = os.geteuid()
as_root = pytest.mark.skipif(ME != 0, reason="needs root to be another user")
# Numbers that no account has.
CHECKER, STRANGER = 54323, 54324
RIGHT_PASSWORD = b"correct horse"


@pytest.fixture(params=["plain", "sanitized"])
def program(request):
    """The checker as installed and with the sanitizers."""
    directory = request.getfixturevalue("built" if request.param == "plain" else "sanitized")
    return str(directory / "twinlock-checker")


@pytest.fixture
def identity():
    """Never root: a user of its own where we are root, else ourselves."""
    return Identity(CHECKER, (grp.getgrnam("shadow").gr_gid,)) if ME == 0 else Identity()


@pytest.fixture
def stack(open_directory, helpers):
    """stack(line, ...) writes the service twinlock-password; MODULE.so of the tests may be named alone."""
    confdir = open_directory / "pam.d"
    confdir.mkdir()

    def write(*lines):
        text = "\n".join(lines).replace("pam_test_", f"{helpers}/pam_test_")
        (confdir / "twinlock-password").write_text(text + "\n")
        (confdir / "other").write_text("auth required pam_deny.so\naccount required pam_deny.so\n")

    write.confdir = confdir
    return write


@pytest.fixture
def checker(program, identity, stack, open_directory):
    """checker(argument, ...) starts a checker that listens. All are ended, and must end, after the test."""
    started = []

    def start(*arguments, peer=ME, inherit=()):
        path = open_directory / f"checker{len(started)}.socket"
        arguments = ("--confdir", str(stack.confdir), *arguments)
        started.append(ControlledChecker(program, identity, peer, path, *arguments, inherit=inherit))
        return started[-1]

    yield start
    for one in started:
        one.close()
        assert "Sanitizer" not in one.errors and "runtime error" not in one.errors


@pytest.fixture
def pids(open_directory):
    """A file that modules write process ids to, and a way to read them."""
    path = open_directory / "pids"
    path.touch()
    path.chmod(0o666)

    def read():
        return [int(line) for line in path.read_text().split()]

    read.path = path
    return read


def good_stack(*options):
    line = " ".join(("pam_test_password.so", "[password=correct horse]", *options))
    return [f"auth required {line}", f"account required {line}"]


def own_groups(name, gid):
    return sorted(os.getgrouplist(name, gid))


# Verdicts.


def test_the_right_password_is_right_and_comes_with_name_ids_and_groups(checker, stack):
    stack(*good_stack())
    answer = checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    entry = pwd.getpwnam("daemon")
    assert (answer.result, answer.account) == (RIGHT, ACCOUNT_OK)
    assert (answer.name, answer.uid, answer.gid) == ("daemon", entry.pw_uid, entry.pw_gid)
    assert sorted(answer.groups) == own_groups("daemon", entry.pw_gid)


@pytest.mark.parametrize("password", [b"wrong", b"correct hors", b"correct horse ", b"\xff\xfe", b"p" * 512])
def test_a_wrong_password_is_wrong_and_the_account_phase_is_not_run(checker, stack, password):
    stack(*good_stack())
    answer = checker().ask(CHECK_PASSWORD, b"daemon", password)
    assert (answer.result, answer.account, answer.name) == (WRONG, NOT_RUN, "daemon")


def test_cve_2018_1000809_an_empty_password_never_reaches_a_stack(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    answer = checker().ask(CHECK_PASSWORD, b"daemon", b"")
    assert (answer.result, answer.account) == (WRONG, NOT_RUN)
    assert pids() == []


def test_an_unknown_name_is_unknown_though_the_stack_says_yes(checker, stack):
    stack(*good_stack())
    answer = checker().ask(CHECK_PASSWORD, b"no-such-user", RIGHT_PASSWORD)
    assert (answer.result, answer.uid, answer.gid, answer.name, answer.groups) == (UNKNOWN_USER, NO_ID, NO_ID, "", [])
    assert answer.password_field == UNUSABLE


def test_success_without_a_prompt_is_no_right_password(checker, stack):
    stack("auth required pam_permit.so", "account required pam_permit.so")
    answer = checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert (answer.result, answer.account) == (NOT_PROMPTED, NOT_RUN)


@pytest.mark.parametrize("prompts", ["off off", "on", "off on", "on off", "off off off"])
def test_any_other_prompt_is_a_refusal_with_its_own_reason(checker, stack, prompts):
    stack(f"auth required pam_test_prompts.so {prompts}", "account required pam_permit.so")
    answer = checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert (answer.result, answer.account) == (MORE_PROMPTS, NOT_RUN)


def test_two_modules_that_each_ask_are_more_prompts(checker, stack):
    stack("auth required pam_test_prompts.so off", *good_stack())
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == MORE_PROMPTS


@pytest.mark.parametrize(
    ("code", "account"),
    [
        (0, ACCOUNT_OK),
        (12, MUST_CHANGE),
        (13, EXPIRED),
        (6, DENIED),
        (7, DENIED),
        (10, ACCOUNT_UNKNOWN),
        (27, PASSWORD_EXPIRED),
        (4, ACCOUNT_ERROR),
        (25, DENIED),  # a stack in which every module ignores is denied by libpam
    ],
)
@pytest.mark.parametrize("op", [CHECK_PASSWORD, CHECK_ACCOUNT])
def test_cve_2022_0860_the_answers_of_the_account_phase_are_kept_apart(checker, stack, code, account, op):
    stack(*good_stack(f"account={code}"))
    answer = checker().ask(op, b"daemon", RIGHT_PASSWORD if op == CHECK_PASSWORD else b"")
    assert (answer.result, answer.account) == (RIGHT, account)


def test_the_delay_that_the_stack_asks_for_is_reported_and_not_waited(checker, stack):
    stack(*good_stack("delay=60000000"))
    answer = checker("--deadline", "20").ask(CHECK_PASSWORD, b"daemon", b"wrong")
    assert answer.result == WRONG
    assert answer.fail_delay >= 30000000  # libpam varies it by up to half
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT


def test_remote_host_and_terminal_reach_the_stack(checker, stack):
    stack(*good_stack("rhost=192.0.2.7", "tty=pts/3"))
    one = checker()
    assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, rhost=b"192.0.2.7", tty=b"pts/3").result == RIGHT
    assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, rhost=b"192.0.2.8", tty=b"pts/3").result == WRONG
    assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == WRONG


def test_cve_2015_6563_a_module_that_makes_another_account_of_the_name_is_an_error(checker, stack):
    stack(*good_stack("user=root"))
    answer = checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert (answer.result, answer.account) == (ERROR, NOT_RUN)


def test_a_service_that_is_missing_refuses(checker, stack):
    stack(*good_stack())
    (stack.confdir / "twinlock-password").unlink()
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result != RIGHT


def test_cve_2014_3879_a_module_that_is_missing_refuses(checker, stack):
    stack("auth required /nowhere/pam_none.so", *good_stack())
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result != RIGHT


# Names.


def test_a_name_is_looked_up_without_a_stack(checker, stack):
    stack("auth required pam_deny.so", "account required pam_deny.so")
    answer = checker().ask(LOOK_UP_NAME, b"daemon")
    entry = pwd.getpwnam("daemon")
    assert (answer.result, answer.account) == (RIGHT, NOT_RUN)
    assert (answer.name, answer.uid, answer.gid) == ("daemon", entry.pw_uid, entry.pw_gid)


def test_a_uid_is_looked_up(checker, stack):
    stack(*good_stack())
    answer = checker().ask(LOOK_UP_UID, b"%d" % pwd.getpwnam("daemon").pw_uid)
    assert (answer.result, answer.name) == (RIGHT, "daemon")
    assert checker().ask(LOOK_UP_UID, b"0").name == "root"


@pytest.mark.parametrize(
    ("op", "user"), [(LOOK_UP_NAME, b"no-such-user"), (LOOK_UP_UID, b"54325"), (CHECK_ACCOUNT, b"no-such-user")]
)
def test_what_the_name_service_does_not_know_is_not_found(checker, stack, op, user):
    stack(*good_stack())
    answer = checker().ask(op, user)
    assert (answer.result, answer.uid, answer.name) == (UNKNOWN_USER, NO_ID, "")


@pytest.mark.parametrize("user", [b"4294967295", b"4294967296", b"9999999999"])
def test_a_number_that_is_no_uid_is_an_error(checker, stack, user):
    stack(*good_stack())
    assert checker().ask(LOOK_UP_UID, user).result == ERROR


# Requests that are none.

GOOD = request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
MALFORMED = {
    "other magic": b"TLC1" + GOOD[4:],
    "op 0": GOOD[:4] + b"\0" + GOOD[5:],
    "op 5": GOOD[:4] + b"\5" + GOOD[5:],
    "a flag": GOOD[:5] + b"\1" + GOOD[6:],
    "a key that does not come": GOOD[:15] + b"\x10" + GOOD[16:],
    "a short key": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, key=KEY[:15]),
    "a long key": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, key=KEY + b"a"),
    "a key that ends the salt": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, key=KEY[:15] + b"$"),
    "a NUL in the key": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, key=KEY[:15] + b"\0"),
    "a key for a look-up": request(LOOK_UP_NAME, b"daemon", key=KEY),
    "a key for a uid": request(LOOK_UP_UID, b"1", key=KEY),
    "no user": request(CHECK_PASSWORD, b"", RIGHT_PASSWORD),
    "a long user": request(CHECK_PASSWORD, b"u" * 257, RIGHT_PASSWORD),
    "a long password": request(CHECK_PASSWORD, b"daemon", b"p" * 513),
    "a long host": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, rhost=b"h" * 256),
    "a long terminal": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, tty=b"t" * 65),
    "a NUL in the user": request(CHECK_PASSWORD, b"dae\0mon", RIGHT_PASSWORD),
    "a NUL after the user": request(CHECK_PASSWORD, b"daemon\0", RIGHT_PASSWORD),
    "a NUL in the password": request(CHECK_PASSWORD, b"daemon", b"correct horse\0x"),
    "a NUL in the host": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, rhost=b"\0"),
    "a NUL in the terminal": request(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD, tty=b"a\0"),
    "a password for a look-up": request(LOOK_UP_NAME, b"daemon", RIGHT_PASSWORD),
    "a password for an account": request(CHECK_ACCOUNT, b"daemon", RIGHT_PASSWORD),
    "a uid with a sign": request(LOOK_UP_UID, b"-1"),
    "a uid with a space": request(LOOK_UP_UID, b" 1"),
    "a uid in hexadecimal": request(LOOK_UP_UID, b"0x1"),
    "a uid of eleven digits": request(LOOK_UP_UID, b"00000000001"),
    "greatest lengths": GOOD[:6] + b"\xff" * 8 + b"\0\0" + b"x" * 1000,
    "a header cut short": GOOD[:15],
    "text cut short": GOOD[:-1],
    "nothing": b"",
}


# The rest of these is waited for. Any other request keeps its side open, because whoever closes it is not answered at all.
CUT_SHORT = {"a header cut short", "text cut short", "nothing", "a key that does not come"}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_closed_without_an_answer(checker, stack, name):
    stack(*good_stack())
    with checker().connect() as connection:
        connection.sendall(MALFORMED[name])
        if name in CUT_SHORT:
            connection.shutdown(socket.SHUT_WR)
        try:
            assert receive(connection) is None
        except ConnectionResetError:
            pass  # closed with bytes unread: as good


def test_bytes_after_the_request_end_it(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    with checker().connect() as connection:
        connection.sendall(GOOD + b"x")
        try:
            assert receive(connection) is None
        except ConnectionResetError:
            pass


def test_a_request_that_arrives_a_byte_at_a_time_is_served(checker, stack):
    stack(*good_stack())
    with checker().connect() as connection:
        for byte in GOOD:
            connection.sendall(bytes([byte]))
        assert receive(connection).result == RIGHT


def test_texts_at_their_limits_are_served(checker, stack):
    stack(*good_stack())
    answer = checker().ask(CHECK_PASSWORD, b"u" * 256, b"p" * 512, rhost=b"h" * 255, tty=b"t" * 64, key=KEY)
    assert answer.result == UNKNOWN_USER


# Who is served.


@as_root
def test_a_stranger_is_not_served(checker, stack, open_directory):
    stack(*good_stack())
    one = checker(peer=CHECKER)
    code = (
        "import os, socket, sys\n"
        f"os.setresuid({STRANGER}, {STRANGER}, {STRANGER})\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect(sys.argv[1])\n"
        "try:\n"
        f"    s.sendall({GOOD!r}); print(s.recv(100))\n"
        "except OSError: print(b'')\n"
    )
    done = subprocess.run(["python3", "-c", code, str(one.path)], capture_output=True, text=True, check=True)
    assert done.stdout == "b''\n"
    assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT  # root is


@as_root
@pytest.mark.parametrize("peer, served", [("daemon", True), ("games", False)])
def test_the_peer_may_be_a_name_of_the_machines_own_file(program, identity, stack, peer, served):
    stack(*good_stack())
    pair = socketpair_of(pwd.getpwnam("daemon").pw_uid)
    answer, status = ask_once(program, identity, peer, GOOD, "--confdir", str(stack.confdir), pair=pair)
    assert (answer is not None, status) == (served, 0 if served else 1)


def test_a_stranger_on_standard_input_is_not_served(program, identity, stack):
    stack(*good_stack())
    pair = socketpair_of(STRANGER) if ME == 0 else socket.socketpair()
    answer, status = ask_once(program, identity, CHECKER, GOOD, "--confdir", str(stack.confdir), pair=pair)
    assert (answer, status) == (None, 1)


def socketpair_of(uid):
    """A pair that another user made: the kernel keeps whose it is."""
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(uid, uid, uid)
            pair = socket.socketpair()
            socket.send_fds(there, [b"x"], [end.fileno() for end in pair])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    with here, there:
        _, descriptors, _, _ = socket.recv_fds(here, 1, 2)
    return tuple(socket.socket(fileno=fd) for fd in descriptors)


def test_standard_input_is_served_and_module_output_does_not_mix_with_the_answer(program, identity, stack):
    stack("auth required pam_test_authtok.so", *good_stack())  # this one prints
    answer, status = ask_once(program, identity, ME, GOOD, "--confdir", str(stack.confdir))
    assert (answer.result, status) == (RIGHT, 0)


# Modules that misbehave.


@pytest.mark.parametrize("how", ["", "signal=11", "signal=9", "exit=0", "exit=1"])
def test_a_module_that_takes_its_process_down_costs_one_check_an_error(checker, stack, how):
    stack(f"auth required pam_test_abort.so {how}", *good_stack())
    one = checker()
    answer = one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert (answer.result, answer.account, answer.uid) == (ERROR, NOT_RUN, NO_ID)
    stack(*good_stack())
    assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT


def test_a_module_that_hangs_is_killed_at_the_deadline(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    answer = checker("--deadline", "1").ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert answer.result == ERROR
    assert len(pids()) == 1 and is_gone(pids()[0])


def test_other_checks_go_on_while_one_hangs(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    one = checker()
    with one.connect() as hanging:
        hanging.sendall(GOOD)
        wait_until(lambda: len(pids()) == 1)
        stack(*good_stack())
        for _ in range(5):
            assert one.ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT
        assert not is_gone(pids()[0])


def test_a_peer_that_goes_away_ends_its_check(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    one = checker()
    with one.connect() as connection:
        connection.sendall(GOOD)
        wait_until(lambda: len(pids()) == 1)
    wait_until(lambda: is_gone(pids()[0]))


def test_a_process_that_a_module_leaves_behind_is_gone_before_the_answer(checker, stack, pids):
    stack(f"auth required pam_test_fork.so sleeper={pids.path}", "account required pam_permit.so")
    answer = checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert answer.result == RIGHT
    assert len(pids()) == 1 and is_gone(pids()[0])


def test_a_process_that_holds_the_pipe_of_a_crashed_check_does_not_delay_the_answer(checker, stack, pids):
    stack(f"auth required pam_test_fork.so crash={pids.path}")
    answer = checker("--deadline", "120").ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD)
    assert answer.result == ERROR
    assert len(pids()) == 1 and is_gone(pids()[0])


def test_a_module_that_returns_twice_is_answered_once(checker, stack):
    stack("auth required pam_test_fork.so both", "account required pam_permit.so")
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT  # receive() refuses more bytes


def test_a_forked_copy_of_a_check_cannot_answer_for_it(checker, stack):
    stack("auth required pam_test_fork.so child", "account required pam_permit.so")
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == ERROR


def test_more_connections_than_children_wait_their_turn(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    one = checker()
    connections = [one.connect() for _ in range(20)]
    for connection in connections:
        connection.sendall(GOOD)
    wait_until(lambda: len(pids()) == 16)
    for connection in connections[:16]:
        connection.close()
    wait_until(lambda: len(pids()) == 20)
    for connection in connections[16:]:
        connection.close()
    wait_until(lambda: all(is_gone(pid) for pid in pids()))


# Its own life.


@pytest.mark.parametrize("module", ["pam_test_hang.so file=", "pam_test_fork.so sleeper="])
def test_when_the_daemon_is_gone_everything_is_gone(checker, stack, pids, module):
    stack(f"auth required {module}{pids.path}", f"auth required pam_test_hang.so file={pids.path}")
    one = checker()
    connections = [one.connect() for _ in range(3)]
    for connection in connections:
        connection.sendall(GOOD)
    expected = 6 if "fork" in module else 3
    wait_until(lambda: len(pids()) == expected)
    one.control.close()
    assert one.process.wait(timeout=20) == 0
    assert all(is_gone(pid) for pid in pids())
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_when_the_checker_is_told_to_end_or_is_killed_everything_is_gone(checker, stack, pids, number):
    stack(f"auth required pam_test_fork.so sleeper={pids.path}", f"auth required pam_test_hang.so file={pids.path}")
    one = checker("--deadline", "120")
    with one.connect() as connection:
        connection.sendall(GOOD)
        wait_until(lambda: len(pids()) == 2)
        one.process.send_signal(number)
        one.process.wait(timeout=20)
        wait_until(lambda: all(is_gone(pid) for pid in pids()))


def test_a_daemon_that_is_gone_before_it_gave_a_socket_ends_the_checker(program, identity):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [program, "--control", str(theirs.fileno()), "--peer", "0"], pass_fds=[theirs.fileno()], **identity.arguments()
    )
    theirs.close()
    ours.close()
    assert process.wait(timeout=20) == 0


def test_a_first_byte_without_a_listening_socket_is_refused(program, identity):
    for send in (lambda s: s.send(b"x"), lambda s: socket.send_fds(s, [b"x"], [s.fileno()])):
        ours, theirs = socket.socketpair()
        process = subprocess.Popen(
            [program, "--control", str(theirs.fileno()), "--peer", "0"],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.DEVNULL,
            **identity.arguments(),
        )
        theirs.close()
        send(ours)
        assert process.wait(timeout=20) == 1
        ours.close()


def test_duo_unix_388_modules_find_no_environment(checker, stack):
    assert os.environ
    stack(*good_stack("environment=empty"))
    assert checker().ask(CHECK_PASSWORD, b"daemon", RIGHT_PASSWORD).result == RIGHT


@as_root
def test_cve_2019_12210_modules_find_no_descriptor_but_their_own(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    with open("/etc/hostname") as stray:
        high = fcntl.fcntl(stray, fcntl.F_DUPFD, 200)  # above --control's descriptor, the other is below
        one = checker(inherit=[stray.fileno(), high])
        os.close(high)
    with one.connect() as connection:
        connection.sendall(GOOD)
        wait_until(lambda: len(pids()) == 1)
        worker = pids()[0]
        for pid in (worker, one.process.pid):
            assert "/etc/hostname" not in opened_by(pid)
        # The standard streams and the pipe to the supervisor: a module cannot answer in the checker's place.
        assert not any(name.startswith("socket:") for name in opened_by(worker))


def opened_by(pid):
    return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]


def test_a_check_leaves_no_core_file(checker, stack, pids):
    stack(f"auth required pam_test_hang.so file={pids.path}")
    with checker().connect() as connection:
        connection.sendall(GOOD)
        wait_until(lambda: len(pids()) == 1)
        with open(f"/proc/{pids()[0]}/limits") as limits:
            line = next(line for line in limits if line.startswith("Max core file size"))
        assert line.split()[4:6] == ["0", "0"]


# Its command line.


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--peer"],
        ["--peer", "x"],
        ["--peer", ""],
        ["--peer", "-1"],
        ["--peer", "4294967295"],
        ["--peer", "0", "--deadline", "0"],
        ["--peer", "0", "--deadline", "121"],
        ["--peer", "0", "--deadline", "1s"],
        ["--peer", "0", "--control", "2"],
        ["--peer", "0", "--control", "x"],
        ["--peer", "0", "--confdir", "relative"],
        ["--peer", "0", "extra"],
        ["--peer", "0", "--no-such-option"],
    ],
)
def test_a_wrong_command_line_is_named_and_ends_with_status_2(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stdout == "" and "usage:" in done.stderr


def test_help_goes_to_standard_output_with_status_0(program):
    done = subprocess.run([program, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: twinlock-checker") and "--control FD" in done.stdout


def test_without_a_connection_on_standard_input_it_says_so(program):
    done = subprocess.run([program, "--peer", "0"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
