"""systemd's varlinkctl against the daemon: what an administrator types, and the strictest reader of our texts."""

import json
import pathlib
import subprocess

import pytest
import varlink

import accounts
import bed
import interfaces
import twinlockd
from interfaces import SERVICE
from twinlockd import AUTHENTICATION, SOCKET, raw_call, refusal
from waiting import wait_for

GET_INFO = f"{SERVICE}.GetInfo"
SIGN_IN = f"{AUTHENTICATION}.SignIn"
VERIFY = f"{AUTHENTICATION}.Verify2FACode"
GET_SESSION = f"{AUTHENTICATION}.GetSession"
SIGN_OUT = f"{AUTHENTICATION}.SignOut"

OFFERED = [*interfaces.NAMES, SERVICE]


@pytest.fixture(scope="module", autouse=True)
def edge(module_daemon):
    return module_daemon


@pytest.fixture
def user(edge):
    """With a second factor, and two codes that are right at once."""
    return twinlockd.enrol(accounts.add_account())


@pytest.fixture
def varlinkctl(varlinkctl_program):
    """Runs it as root or as an account. It may not say anything to its error output unless it fails."""

    def run(*words, account=None):
        options = account.options() if account else {}
        done = subprocess.run([varlinkctl_program, *map(str, words)], capture_output=True, text=True, timeout=60, **options)
        assert done.returncode in (0, 1), done.stderr
        return done

    return run


@pytest.fixture
def succeed(varlinkctl):
    """Runs it and returns its output."""

    def run(*words, account=None):
        done = varlinkctl(*words, account=account)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def described(interface):
    return raw_call(f"{SERVICE}.GetInterfaceDescription", interface=interface)["parameters"]["description"]


def test_it_tells_who_the_daemon_is(succeed):
    info = raw_call(GET_INFO)["parameters"]
    assert json.loads(succeed("info", "--json=short", SOCKET)) == info
    told = succeed("info", SOCKET)
    for word in ("Twinlock", "twinlockd", info["version"], *info["interfaces"]):
        assert word in told
    assert succeed("info", f"unix:{SOCKET}") == told


def test_it_lists_the_interfaces_that_have_a_text(succeed):
    assert succeed("list-interfaces", SOCKET).split() == sorted(OFFERED)


def test_it_lists_every_method_of_every_text(succeed):
    declared = [f"{name}.{method}" for name in OFFERED for method in interfaces.members(described(name), "method")]
    assert len(declared) >= 10
    assert succeed("list-methods", SOCKET).split() == sorted(declared)


@pytest.mark.parametrize("interface", OFFERED)
def test_it_shows_an_interface_as_it_is_declared(succeed, interface):
    """It reads the text and writes it anew, or shows it raw where it cannot: so the layout is its own."""
    shown = succeed("introspect", SOCKET, interface)
    text = described(interface)
    assert interfaces.statements(shown) == interfaces.statements(text)
    assert shown.strip() != text.strip()


def test_it_shows_all_interfaces(succeed):
    shown = succeed("introspect", SOCKET)
    for interface in OFFERED:
        assert interfaces.statements(described(interface)) <= interfaces.statements(shown)


@pytest.mark.parametrize("file", interfaces.FILES, ids=lambda file: file.stem)
def test_the_files_are_valid_and_what_the_daemon_hands_out(succeed, file):
    succeed("validate-idl", file)
    assert described(file.stem) == file.read_text()
    assert f"interface {file.stem}\n" in file.read_text()


@pytest.mark.parametrize("interface", OFFERED)
def test_what_the_daemon_hands_out_is_valid(succeed, tmp_path, interface):
    file = tmp_path / f"{interface}.varlink"
    file.write_text(described(interface))
    succeed("validate-idl", file)
    parsed = varlink.Interface(file.read_text())
    assert parsed.name == interface
    for kind in ("type", "method", "error"):
        assert set(interfaces.members(file.read_text(), kind)) <= set(parsed.members)


def test_a_text_that_is_not_valid_is_told(varlinkctl, tmp_path):
    """What the two tests before rely on."""
    file = tmp_path / "org.example.test.varlink"
    file.write_text(described(AUTHENTICATION).replace("?Context", "?Contexts"))
    done = varlinkctl("validate-idl", file)
    assert done.returncode == 1
    assert "unresolved type" in done.stderr
    file.write_text(described(AUTHENTICATION).replace("method SignIn", "method signIn"))
    assert varlinkctl("validate-idl", file).returncode == 1


def test_every_method_that_is_declared_is_there(varlinkctl, succeed):
    """Called by a user without any right, and without parameters: whatever is answered, it is not "unknown"."""
    nobody_special = accounts.add_account()
    for method in succeed("list-methods", SOCKET).split():
        done = varlinkctl("call", SOCKET, method, account=nobody_special)
        assert "MethodNotFound" not in done.stderr and "MethodNotImplemented" not in done.stderr, method
    missing = varlinkctl("call", SOCKET, f"{AUTHENTICATION}.Missing", account=nobody_special)
    assert "MethodNotFound" in missing.stderr


def test_a_call_prints_its_reply(succeed):
    info = raw_call(GET_INFO)["parameters"]
    for parameters in ([], ["{}"], ["null"]):
        assert json.loads(succeed("call", SOCKET, GET_INFO, *parameters)) == info
    left_out = json.loads(succeed("call", SOCKET, SIGN_IN))
    assert left_out == {"state": "passwordRequired", "user": "root"}
    nulls = '{"user":null,"password":null,"context":null}'
    assert json.loads(succeed("call", SOCKET, SIGN_IN, nulls)) == left_out


@pytest.mark.parametrize(
    "words, error, parameters",
    [
        ([GET_INFO, '{"x":1}'], f"{SERVICE}.InvalidParameter", {"parameter": "x"}),
        ([f"{SERVICE}.No"], f"{SERVICE}.MethodNotFound", {"method": f"{SERVICE}.No"}),
        (["org.example.no.No"], f"{SERVICE}.MethodNotFound", {"method": "org.example.no.No"}),
        (
            [f"{SERVICE}.GetInterfaceDescription", '{"interface":"org.example.no"}'],
            f"{SERVICE}.InterfaceNotFound",
            {"interface": "org.example.no"},
        ),
        ([VERIFY], f"{SERVICE}.InvalidParameter", {"parameter": "session"}),
        ([SIGN_IN, '{"context":{"realUid":1.5}}'], f"{SERVICE}.InvalidParameter", {"parameter": "context.realUid"}),
        ([VERIFY, '{"session":"no","code":"123456"}'], refusal("SignInAgain"), {}),
    ],
)
def test_an_error_has_its_name_and_fails_unless_it_is_expected(varlinkctl, words, error, parameters):
    done = varlinkctl("call", SOCKET, *words)
    assert done.returncode == 1
    assert done.stderr.strip() == f"Method call {words[0]}() failed: {error}"
    assert json.loads(done.stdout or "{}") == parameters
    expected = varlinkctl("call", f"--graceful={error}", SOCKET, *words)
    assert expected.returncode == 0
    assert json.loads(expected.stdout or "{}") == parameters
    assert varlinkctl("call", "--graceful=org.example.Other", SOCKET, *words).returncode == 1


def test_more_gives_one_reply_where_there_is_one(succeed, varlinkctl):
    info = raw_call(GET_INFO)["parameters"]
    # A text sequence (RFC 7464): a record separator before each reply.
    replies = succeed("call", "--more", SOCKET, GET_INFO).split("\x1e")
    assert [json.loads(reply) for reply in replies if reply.strip()] == [info]
    assert json.loads(succeed("call", "--collect", SOCKET, GET_INFO)) == [info]
    done = varlinkctl("call", "--more", SOCKET, VERIFY)
    assert done.returncode == 1
    assert f"{SERVICE}.InvalidParameter" in done.stderr


def test_oneway_says_nothing_and_is_carried_out(succeed, varlinkctl, user):
    assert succeed("call", "--oneway", SOCKET, GET_INFO) == ""
    assert succeed("call", "--oneway", SOCKET, "org.example.no.No") == ""
    session = json.dumps({"session": signed_in(succeed, user)["session"]})
    succeed("call", SOCKET, GET_SESSION, session, account=user)
    assert succeed("call", "--oneway", SOCKET, SIGN_OUT, session, account=user) == ""
    wait_for(
        lambda: refusal("SignInAgain") in varlinkctl("call", SOCKET, GET_SESSION, session, account=user).stderr,
        "the session to end",
    )


def signed_in(succeed, user):
    """Both steps, by the user's own varlinkctl."""
    password = json.dumps({"password": user.password})
    begun = json.loads(succeed("call", SOCKET, SIGN_IN, password, account=user))
    assert begun["state"] == "codeRequired"
    code = json.dumps({"session": begun["session"], "code": user.phone.next_code()})
    return json.loads(succeed("call", SOCKET, VERIFY, code, account=user))


def test_it_signs_its_user_in(succeed, varlinkctl, user):
    reply = signed_in(succeed, user)
    assert (reply["state"], reply["user"]) == ("signedIn", user.name)
    session = json.dumps({"session": reply["session"]})
    told = json.loads(succeed("call", SOCKET, GET_SESSION, session, account=user))
    assert (told["user"], told["uid"], told["factors"]) == (user.name, user.uid, ["password", "code"])
    stranger = varlinkctl("call", SOCKET, GET_SESSION, session, account=accounts.add_account())
    assert refusal("SignInAgain") in stranger.stderr
    assert json.loads(succeed("call", SOCKET, SIGN_OUT, session, account=user) or "{}") == {}


def test_a_wrong_code_is_refused_by_name(succeed, varlinkctl, user):
    begun = json.loads(succeed("call", SOCKET, SIGN_IN, json.dumps({"password": user.password}), account=user))
    code = json.dumps({"session": begun["session"], "code": user.phone.wrong_code()})
    done = varlinkctl("call", SOCKET, VERIFY, code, account=user)
    assert done.returncode == 1
    assert refusal("AuthenticationFailed") in done.stderr
