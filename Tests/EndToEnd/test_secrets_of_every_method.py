"""Every method of ours, called once with all that it takes: what is secret in it is nowhere afterwards."""

import time

import pytest

import accounts
import interfaces
import memory
import twinlockd
from test_secrets import PLACES, recovery_needles
from twinlockd import ACCOUNT, AUTHENTICATION
from waiting import wait_for

ADMINISTRATION = "org.twinlock.Administration"
EVERY_METHOD = {
    f"{file.stem}.{name}"
    for file in interfaces.FILES
    if file.stem.startswith("org.twinlock.")
    for name in interfaces.members(file.read_text(), "method")
}
# What programs send as a secret, and what they are sent as one.
SENT = {"password", "code", "first", "second", "session"}
GIVEN = {"secret", "session", "token", "recoveryCode"}


class Recorder:
    """Calls methods over connections of its own, and keeps everything secret that goes either way."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.needles = {}
        self.called = set()

    def call(self, caller, method, error=None, **parameters):
        self.called.add(method)
        for name in SENT & parameters.keys():
            self.keep(f"{name} of {method}", parameters[name])
        with twinlockd.connect(caller) as connection:
            reply = twinlockd.exchange(connection, method, **parameters)
        assert reply.get("error") == (twinlockd.refusal(error, method.rpartition(".")[0]) if error else None), reply
        answer = reply["parameters"] if "parameters" in reply else {}
        for name in GIVEN & answer.keys():
            self.keep(f"{name} from {method}", answer[name])
        codes = [code["code"] if isinstance(code, dict) else code for code in answer.get("recoveryCodes", [])]
        self.needles |= recovery_needles(codes, f"recovery code from {method}")
        return answer

    def keep(self, name, value):
        needle = value.encode()
        # Six digits may be anywhere by chance: those that are there before they were ever sent tell nothing.
        if len(value) > 6 or not memory.in_memory(self.daemon.pid, {name: needle}):
            self.needles[name] = needle


def own_life(call, alice):
    """What a person does with a factor of his own, from set-up to disabling. Leaves a session."""
    password = {"password": alice.password}
    begun = call(alice, f"{ACCOUNT}.BeginSetUp", **password)
    phone = accounts.Authenticator(begun["secret"])
    issued = call(alice, f"{ACCOUNT}.ConfirmSetUp", code=phone.next_code())
    call(alice, f"{ACCOUNT}.AcknowledgeRecoveryCodes", issuedAt=issued["issuedAt"])

    pending = call(alice, f"{AUTHENTICATION}.SignIn", **password)["session"]
    call(alice, f"{AUTHENTICATION}.Verify2FACode", "AuthenticationFailed", session=pending, code=phone.wrong_code())
    session = call(alice, f"{AUTHENTICATION}.Verify2FACode", session=pending, code=phone.next_code())["session"]
    both = {"session": session, **password}
    for method in ("GetStatus", "GetLog", "ListSessions"):
        call(alice, f"{ACCOUNT}.{method}", session=session)
    call(alice, f"{AUTHENTICATION}.GetSession", session=session)
    call(alice, f"{AUTHENTICATION}.GetNotice")
    call(alice, f"{ACCOUNT}.ClearFailures", **both)
    call(alice, f"{ACCOUNT}.ViewRecoveryCodes", **both)
    codes = call(alice, f"{ACCOUNT}.RegenerateRecoveryCodes", **both)["recoveryCodes"]

    wish = {"description": "of a test", "expires": int(time.time()) + 3600, "groups": ["account.read"]}
    made = call(alice, f"{ACCOUNT}.CreateToken", **both, **wish)
    call(alice, f"{ACCOUNT}.ListTokens", session=made["token"])
    call(alice, f"{ACCOUNT}.EditToken", **both, id=made["id"], description="edited")
    call(alice, f"{ACCOUNT}.RefreshToken", **both, id=made["id"])
    call(alice, f"{ACCOUNT}.RevokeToken", **both, id=made["id"])

    pending = call(alice, f"{AUTHENTICATION}.SignIn", **password)["session"]
    other = call(alice, f"{AUTHENTICATION}.Verify2FACode", session=pending, code=codes[0].lower())["session"]
    listed = call(alice, f"{ACCOUNT}.ListSessions", session=other)["sessions"]
    call(alice, f"{ACCOUNT}.RevokeSession", id=next(entry["id"] for entry in listed if not entry["current"]), session=other)
    call(alice, f"{ACCOUNT}.RevokeSessions", session=other, exceptThis=True)
    call(alice, f"{AUTHENTICATION}.SignOut", session=other)
    call(alice, f"{ACCOUNT}.Disable", **password, code=codes[1])


def roots_help(call, alice):
    """What root does for an account and for the host."""
    who = {"user": alice.name}
    begun = call(None, f"{ADMINISTRATION}.BeginSetUp", **who)
    phone = accounts.Authenticator(begun["secret"])
    call(None, f"{ADMINISTRATION}.ConfirmSetUp", **who, code=phone.next_code())
    for method in ("GetHealth", "ListAccounts", "GetLog"):
        call(None, f"{ADMINISTRATION}.{method}")
    call(None, f"{ADMINISTRATION}.ShowAccount", **who)
    call(None, f"{ADMINISTRATION}.ExplainPolicy", **who, service="sshd")
    call(None, f"{ADMINISTRATION}.IssueRecoveryCode", **who)
    call(None, f"{ADMINISTRATION}.Unlock", **who)
    # An app whose clock is an hour ahead.
    ahead = {"first": phone.code_at(phone.step + 120), "second": phone.code_at(phone.step + 121)}
    call(None, f"{ADMINISTRATION}.Resynchronise", **who, **ahead)
    call(None, f"{ADMINISTRATION}.Adopt", "NotParted", **who)
    call(None, f"{ADMINISTRATION}.RotateKey")
    call(None, f"{ADMINISTRATION}.Reset", **who)
    call(None, f"{ADMINISTRATION}.MarkRestored")


@pytest.fixture
def recorder(daemon, account):
    recorder = Recorder(daemon)
    own_life(recorder.call, account)
    roots_help(recorder.call, account)
    return recorder


def test_no_secret_of_any_method_is_left_in_memory_a_file_or_the_log(recorder, daemon):
    assert recorder.called == EVERY_METHOD, "a method that no secret was looked for of"
    assert len(recorder.needles) > 100

    def left():
        found = {pid: memory.in_memory(pid, recorder.needles) for pid in [daemon.pid, *daemon.checker_pids()]}
        return {pid: what for pid, what in found.items() if what}

    # The last reply is on its way before the last buffer is wiped.
    wait_for(lambda: not left(), lambda: f"the secrets to be gone, but there is {left()}")
    for place in PLACES:
        assert memory.in_files(place, recorder.needles) == []
    log = daemon.log().encode()
    assert [name for name, needle in recorder.needles.items() if needle in log] == []
