"""Who listens: the module looks before it sends anything (CVE-2019-19522, tyvsmith/facelock#73)."""

import errno
import os
import socket
import subprocess

import pytest
from fake_daemon import code_required, listening_socket, signed_in
from pam_host import CODE_PROMPT, PASSWORD_PROMPT

ANSWERS = ["correct horse", "123456"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be another user")
# Numbers that no account has: nothing looks them up.
DAEMON, STRANGER = 54321, 54322


def assert_untold(server, outcome):
    assert (outcome.result, outcome.prompts) == ("PAM_AUTHINFO_UNAVAIL", [PASSWORD_PROMPT])
    assert server is None or server.frames == []
    assert len(outcome.log) == 1


def test_no_daemon_refuses_and_the_log_names_the_socket_and_the_reason(sign_in, socket_path):
    outcome = sign_in(ANSWERS, "nullok")
    assert_untold(None, outcome)
    assert outcome.log_text == f'cannot reach twinlockd at "{socket_path}": No such file or directory'


def test_a_socket_that_nobody_listens_on_refuses(sign_in, socket_path):
    listening_socket(socket_path).close()
    outcome = sign_in(ANSWERS, "nullok")
    assert_untold(None, outcome)
    assert outcome.log_text == f'cannot reach twinlockd at "{socket_path}": Connection refused'


def test_code_only_without_a_daemon_refuses_and_is_never_ignored(sign_in):
    outcome = sign_in(["123456"], "code_only", "nullok")
    assert (outcome.result, outcome.prompts) == ("PAM_AUTHINFO_UNAVAIL", [])


def test_cve_2020_24612_a_socket_that_may_not_be_reached_is_no_missing_enrolment(host, daemon, socket_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to be another user")
    server = daemon(code_required(), signed_in())
    socket_path.parent.chmod(0o700)
    outcome = host.login(["123456"], [f"socket={socket_path}", "code_only", "nullok"], uid=STRANGER)
    assert outcome.result == "PAM_AUTHINFO_UNAVAIL"
    assert "Permission denied" in outcome.log_text
    assert server.connections == 0


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o1777, 0o1775])
def test_a_socket_in_a_directory_that_others_may_write_to_is_told_nothing(daemon, sign_in, socket_path, mode):
    """The sticky bit helps an ancestor only: in the socket's own directory anybody could have made the socket."""
    server = daemon(code_required(), signed_in())
    socket_path.parent.chmod(mode)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_a_directory_above_that_others_may_write_to_is_as_bad(daemon, sign_in, socket_path, mode):
    server = daemon(code_required(), signed_in())
    socket_path.parent.parent.chmod(mode)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


def test_a_sticky_ancestor_of_root_is_fine(daemon, sign_in, socket_path):
    ancestor = socket_path.parents[2]
    if ancestor.stat().st_uid != 0 or not ancestor.stat().st_mode & 0o1000:
        pytest.skip(f"{ancestor} is no sticky directory of root's")
    daemon(code_required(), signed_in())
    assert sign_in(ANSWERS).result == "PAM_SUCCESS"


@as_root
def test_a_sticky_ancestor_of_somebody_else_is_not(daemon, sign_in, socket_path):
    server = daemon(code_required(), signed_in())
    socket_path.parent.parent.chmod(0o1777)
    os.chown(socket_path.parent.parent, STRANGER, -1)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


def test_no_symbolic_link_is_followed_to_the_directory(daemon, host, socket_path):
    server = daemon(code_required(), signed_in())
    link = socket_path.parent.parent / "link"
    link.symlink_to(socket_path.parent)
    assert_untold(server, host.login(ANSWERS, [f"socket={link}/twinlock.socket", "nullok"]))


def test_no_symbolic_link_is_followed_to_the_socket(daemon, host, socket_path):
    server = daemon(code_required(), signed_in())
    link = socket_path.parent / "link"
    link.symlink_to(socket_path)
    assert_untold(server, host.login(ANSWERS, [f"socket={link}", "nullok"]))


def test_a_file_in_the_place_of_the_socket_or_of_its_directory_refuses(sign_in, host, socket_path):
    socket_path.touch()
    assert_untold(None, sign_in(ANSWERS, "nullok"))
    assert_untold(None, host.login(ANSWERS, [f"socket={socket_path}/x", "nullok"]))
    assert_untold(None, host.login(ANSWERS, [f"socket={socket_path.parent}", "nullok"]))


def test_slashes_may_be_doubled(daemon, host, socket_path):
    daemon(code_required(), signed_in())
    outcome = host.login(ANSWERS, ["socket=" + str(socket_path).replace("/twinlock.socket", "//twinlock.socket")])
    assert outcome.result == "PAM_SUCCESS"


@as_root
def test_the_owner_of_the_socket_may_listen(daemon, sign_in, socket_path):
    listener = listening_socket(socket_path, uid=DAEMON)
    os.chown(socket_path, DAEMON, -1)
    os.chown(socket_path.parent, DAEMON, -1)
    daemon(code_required(), signed_in(), listener=listener)
    assert sign_in(ANSWERS).result == "PAM_SUCCESS"


@as_root
def test_root_may_listen_on_a_socket_of_the_daemons(daemon, sign_in, socket_path):
    """As a listener that systemd has made, before the daemon calls listen(2) again."""
    daemon(code_required(), signed_in())
    os.chown(socket_path, DAEMON, -1)
    assert sign_in(ANSWERS).result == "PAM_SUCCESS"


@as_root
@pytest.mark.parametrize("owner", [0, DAEMON])
def test_somebody_else_who_listens_is_told_nothing(daemon, sign_in, socket_path, owner):
    server = daemon(code_required(), signed_in(), listener=listening_socket(socket_path, uid=STRANGER))
    os.chown(socket_path, owner, -1)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


@as_root
@pytest.mark.parametrize("level", [0, 1])
def test_a_directory_of_a_third_user_is_told_nothing(daemon, sign_in, socket_path, level):
    server = daemon(code_required(), signed_in(), listener=listening_socket(socket_path, uid=DAEMON))
    os.chown(socket_path, DAEMON, -1)
    os.chown(socket_path.parents[level], STRANGER, -1)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


@as_root
def test_a_socket_of_root_in_the_directory_of_somebody_else_is_told_nothing(daemon, sign_in, socket_path):
    server = daemon(code_required(), signed_in())
    os.chown(socket_path.parent, STRANGER, -1)
    assert_untold(server, sign_in(ANSWERS, "nullok"))


@as_root
def test_to_a_caller_that_is_not_root_its_own_daemon_is_right(daemon, host, socket_path):
    server = daemon(code_required(), signed_in(), listener=listening_socket(socket_path, uid=STRANGER))
    outcome = host.login(ANSWERS, [f"socket={socket_path}"], uid=STRANGER)
    assert (outcome.result, outcome.prompts) == ("PAM_SUCCESS", [PASSWORD_PROMPT, CODE_PROMPT])
    assert server.calls[0]["parameters"]["context"]["realUid"] == STRANGER


@as_root
def test_to_a_caller_that_is_not_root_another_users_daemon_is_not(daemon, host, socket_path):
    server = daemon(code_required(), signed_in(), listener=listening_socket(socket_path, uid=DAEMON))
    assert_untold(server, host.login(ANSWERS, [f"socket={socket_path}"], uid=STRANGER))


def fill_backlog(path):
    """Connections until the listener takes no more."""
    held = []
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        if client.connect_ex(str(path)) == errno.EAGAIN:
            client.close()
            return held
        held.append(client)


def test_a_full_backlog_refuses_after_the_connect_deadline(host, socket_path):
    listener = listening_socket(socket_path, backlog=1)
    held = fill_backlog(socket_path)
    outcome = host.login(ANSWERS, [f"socket={socket_path}", "nullok"])
    assert_untold(None, outcome)
    assert "timed out" in outcome.log_text
    for client in [*held, listener]:
        client.close()


def test_a_backlog_that_empties_in_time_is_waited_for(host, daemon, socket_path):
    listener = listening_socket(socket_path, backlog=1)
    held = fill_backlog(socket_path)
    command = host.command(ANSWERS, [f"socket={socket_path}"])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **host.environment}, stdin=subprocess.DEVNULL
    )
    assert process.stdout.readline().startswith("prompt")  # the next thing it does is to connect
    for client in held:
        client.close()
    # The connections in the backlog come first; they are closed and get what nobody reads.
    daemon(*[b""] * len(held), code_required(), signed_in(), listener=listener)
    output, _ = process.communicate(timeout=60)
    assert "result 0" in output
