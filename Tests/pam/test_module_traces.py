"""What the module leaves behind: nothing. (Every login of every other test checks descriptors, threads, signals and the
environment of its host as well, see pam_host.Host.login.)"""

import json
import os
import random
import re
import subprocess

import pam_host
import pytest
from fake_daemon import HANG, code_required, error, reply, signed_in
from pam_host import CODE_PROMPT, PASSWORD_PROMPT

PASSWORD = "a-planted-password-that-is-long-0451"
CODE = "planted-code-with-many-letters-3141"
SESSION = "a-planted-session-of-some-length-2718"
# Searched by their ends: free(3) writes over the beginning of what it is given.
NEEDLES = [secret[-16:] for secret in (PASSWORD, CODE, SESSION)]


def test_only_what_libpam_looks_up_is_exported(built):
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", str(built / "pam_twinlock.so")], capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[2] for line in listed.splitlines()} == {
        "pam_sm_authenticate",
        "pam_sm_setcred",
        "pam_sm_acct_mgmt",
        "pam_sm_open_session",
        "pam_sm_close_session",
        "pam_sm_chauthtok",
    }


def test_the_module_needs_libpam_and_libc_alone(built):
    dynamic = subprocess.run(
        ["readelf", "-d", str(built / "pam_twinlock.so")], capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"NEEDED.*\[(.*)\]", dynamic)) == {"libpam.so.0", "libc.so.6"}
    assert "BIND_NOW" in dynamic


def test_the_module_does_not_ask_the_environment_the_shell_or_the_name_service(built):
    undefined = subprocess.run(
        ["nm", "-D", "--undefined-only", str(built / "pam_twinlock.so")], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[-1].split("@")[0] for line in undefined.splitlines()}
    for name in ("getenv", "secure_getenv", "system", "popen", "execve", "fork", "getpwnam", "getpwnam_r", "signal"):
        assert name not in names
    assert "explicit_bzero" in names or "__explicit_bzero_chk" in names


ENDS = {
    "accepted": ([code_required(session=SESSION), signed_in()], "PAM_SUCCESS"),
    "wrong": ([code_required(session=SESSION), error("AuthenticationFailed")], "PAM_AUTH_ERR"),
    "locked": ([code_required(session=SESSION), error("TooManyFailures", seconds=30)], "PAM_MAXTRIES"),
    "garbage": ([code_required(session=SESSION), b"{" + SESSION.encode()], "PAM_AUTHINFO_UNAVAIL"),
    "no answer": ([code_required(session=SESSION), HANG], "PAM_AUTHINFO_UNAVAIL"),
    "gone": ([code_required(session=SESSION)], "PAM_AUTHINFO_UNAVAIL"),
    "wrong user": ([code_required(user="bob", session=SESSION)], "PAM_AUTHINFO_UNAVAIL"),
    "no daemon": ([], "PAM_AUTHINFO_UNAVAIL"),
}


@pytest.mark.parametrize(("behaviours", "result"), ENDS.values(), ids=ENDS.keys())
def test_cve_2024_10041_no_secret_is_left_in_memory(daemon, plain_host, socket_path, behaviours, result):
    if behaviours:
        daemon(*behaviours)
    outcome = plain_host.login([PASSWORD, CODE], [f"socket={socket_path}", "timeout=1"], needles=NEEDLES)
    assert outcome.result == result
    assert outcome.needles == [0, 0, 0]


def test_the_search_for_secrets_finds_what_is_there(plain_host, socket_path):
    """The user name is no secret and stays, so that the search above is one that can fail."""
    outcome = plain_host.login([PASSWORD], [f"socket={socket_path}"], user="a-planted-user", needles=["a-planted-user"])
    assert outcome.needles[0] > 0


@pytest.mark.parametrize(("behaviours", "result"), ENDS.values(), ids=ENDS.keys())
def test_cve_2020_13881_no_secret_and_no_reply_text_is_logged_even_with_debug(
    daemon, plain_host, socket_path, behaviours, result
):
    if behaviours:
        daemon(*behaviours)
    outcome = plain_host.login([PASSWORD, CODE], [f"socket={socket_path}", "timeout=1", "debug"])
    assert outcome.result == result
    shown = outcome.log_text + "".join(text for _, text in outcome.messages + outcome.prompts)
    for secret in NEEDLES:
        assert secret not in shown


def test_duo_unix_385_no_text_of_a_reply_reaches_the_terminal_or_the_log(daemon, sign_in):
    daemon(code_required(), error("org.example.\x1b[2J evil", message="\x1b]0;evil\x07 evil"))
    outcome = sign_in(["correct horse", "123456"], "debug")
    assert outcome.messages == []
    assert "evil" not in outcome.log_text
    assert outcome.prompts == [PASSWORD_PROMPT, CODE_PROMPT]


def test_debug_logs_steps_and_changes_nothing(daemon, sign_in):
    daemon(code_required(), signed_in())
    outcome = sign_in(["correct horse", "123456"], "debug")
    assert outcome.result == "PAM_SUCCESS"
    assert outcome.log == ["a code is needed", "the code was right"]


def test_a_login_that_goes_well_logs_nothing_of_its_own(daemon, sign_in):
    daemon(code_required(), signed_in())
    assert sign_in(["correct horse", "123456"]).log == []


def test_cve_2018_9275_a_hundred_logins_in_one_program_leave_no_descriptor(daemon, host, socket_path):
    daemon(*[frame for _ in range(50) for frame in (code_required(), signed_in(), b"garbage")])
    outcome = host.login(["correct horse", "123456"], [f"socket={socket_path}"], rounds=100)
    assert outcome.results == ["PAM_SUCCESS", "PAM_AUTHINFO_UNAVAIL"] * 50


def test_a_host_without_standard_streams_finds_none_of_our_descriptors_there(daemon, plain_host, socket_path):
    """A daemon that closed descriptors 0 to 2 would otherwise read and write our socket as its own."""
    server = daemon(code_required(), HANG)
    command = plain_host.command(["correct horse", "123456"], [f"socket={socket_path}", "timeout=30"])
    process = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command])
    try:
        wait_until(lambda: len(server.frames) == 2)
        descriptors = {int(name) for name in os.listdir(f"/proc/{process.pid}/fd")}
        sockets = [fd for fd in descriptors if os.readlink(f"/proc/{process.pid}/fd/{fd}").startswith("socket:")]
        assert len(sockets) == 1 and sockets[0] > 2
        flags = open(f"/proc/{process.pid}/fdinfo/{sockets[0]}").read()
        assert int(re.search(r"flags:\s+(\d+)", flags).group(1), 8) & os.O_CLOEXEC
    finally:
        process.kill()
        process.wait()


def wait_until(condition, seconds=20):
    """Looks until it is so. The bound is for a failing test; a passing one does not get near it."""
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


# A fuzzed peer. The seed is fixed: a run can be repeated, and a finding becomes a case in test_module_refusals.py.

ROUNDS = 400


def mutate(rng, frame):
    """One reply, spoilt a little or a lot."""
    data = bytearray(frame)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = rng.choice((b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\0", b"\\u", b"\xf0\x9f"))
        elif kind == 2:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 3:
            data[at:at] = bytes(data[at : at + rng.randrange(1, 40)])
        elif kind == 4:
            data[at:at] = rng.randbytes(rng.randrange(1, 40))
        else:
            data[at:at] = rng.choice((b"[", b'{"":', b'"\\', b"0")) * rng.randrange(1, 200)
    return bytes(data)


def says_yes(frame):
    """Whether a frame is one that a correct reader accepts as the verdict for alice."""
    if not frame.endswith(b"\0") or b"\0" in frame[:-1]:
        return False
    try:
        parameters = json.loads(frame[:-1])["parameters"]
        return all(parameters[key] == value for key, value in VERDICT.items())
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


VERDICT = {"state": "signedIn", "user": "alice", "secondFactor": "verified"}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_fuzzed_peer_crashes_nothing_and_opens_nothing(daemon, host, socket_path, seed):
    rng = random.Random(seed)
    seeds = [signed_in(), code_required(), error("TooManyFailures", seconds=30), reply(x=[1, -2.5e3, {"y": None}])]
    behaviours, frames = [], []
    for _ in range(ROUNDS):
        frame = mutate(rng, rng.choice(seeds))
        behaviours += [code_required(), frame]
        frames.append(frame)
    daemon(*behaviours)
    outcome = host.login(
        ["correct horse", "123456"], [f"socket={socket_path}", "timeout=5"], rounds=ROUNDS, timeout=120
    )
    assert len(outcome.results) == ROUNDS
    for result, frame in zip(outcome.results, frames):
        assert result != "PAM_IGNORE"
        if result == "PAM_SUCCESS":
            assert says_yes(frame), frame


@pytest.mark.parametrize(("behaviours", "result"), ENDS.values(), ids=ENDS.keys())
def test_valgrind_finds_nothing(daemon, plain_host, socket_path, behaviours, result):
    """What the sanitizers do not see: a decision by a byte that was never written."""
    if behaviours:
        daemon(*behaviours)
    command = plain_host.command([PASSWORD, CODE], [f"socket={socket_path}", "timeout=10"])
    words = ["valgrind", "--quiet", "--error-exitcode=99", "--track-fds=yes", "--leak-check=full"]
    if behaviours and behaviours[-1] is HANG:
        command = plain_host.command([PASSWORD, CODE], [f"socket={socket_path}", "timeout=1"])
    # What is allowed to be left is libpam's own; errors and leaks that are certain are not.
    done = subprocess.run(
        [*words, "--errors-for-leak-kinds=definite", *command], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert f"result {next(number for number, name in pam_host.RESULTS.items() if name == result)}" in done.stdout
