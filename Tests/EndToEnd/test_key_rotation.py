"""A new sealing key: everything is sealed anew while logins go on, whatever happens meanwhile."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading

import pytest
import varlink

import accounts
import logins
import sealed
import twinlockd
from twinlockd import SOCKET, STATE, Program
from waiting import wait_for

ADMINISTRATION = "org.twinlock.Administration"
FILES = ["sealing.key", "sealing.key.new", "sealing.key.previous"]

# More than are sealed anew before a kill can come.
CROWD = 2000


def files():
    return [name for name in FILES if (STATE / name).exists()]


def health():
    return Program().call(ADMINISTRATION, "GetHealth")


def records(method):
    """What the log says of a method, the newest first."""
    found = Program().call(ADMINISTRATION, "GetLog", limit=200)["records"]
    return [
        (record["outcome"], record["reason"], record.get("callerUid")) for record in found if record["method"] == method
    ]


def rotate(*words):
    return subprocess.run(
        ["twinlock", "admin", "rotate-key", *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def is_over():
    return "keyRotation" not in {name for name, value in health().items() if value is not None}


@pytest.fixture
def crowded(daemon, enrolled):
    """The daemon with that many accounts more, and one that logs in."""
    assert daemon.stop() == 0
    sealed.crowd(sealed.Key.from_file(), CROWD)
    daemon.start()
    return enrolled


def progress(until):
    """Begins a rotation, and reads how far it is until that is true of it; hangs up then."""
    told = []
    with varlink.Client(address=f"unix:{SOCKET}") as client, client.open(ADMINISTRATION) as connection:
        for reply in connection.RotateKey(_more=True):
            told.append(reply)
            if until(reply["rotation"]):
                break
    return told


class Logins:
    """Logins of one person after another, by both steps, until told to stop."""

    def __init__(self, people):
        self.people = people
        self.outcomes = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        for person in self.people:
            if self._is_over.is_set():
                return
            self.outcomes.append(logins.pamtester("rotation", person, person.password, person.phone.next_code()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()


def test_it_is_told_what_is_sealed(daemon, enrolled, tmp_path):
    assert sealed.columns_that_hold_sealed_bytes(tmp_path) == set(sealed.PLACES)


def test_everything_is_sealed_anew_and_says_the_same(daemon, enrolled, tmp_path):
    Program().call(ADMINISTRATION, "IssueRecoveryCode", user=enrolled.name)
    begun = accounts.add_account()
    setting_up = Program(begun).call(twinlockd.ACCOUNT, "BeginSetUp", password=begun.password)
    old = sealed.Key.from_file()
    before = sealed.digest_of_secrets(old, tmp_path)
    done = rotate("--yes", "--json")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[-1]["began"] is True
    assert told[-1]["rotation"] == {"accountsDone": 2, "accountsTotal": 2, "unreadable": 0, "finished": True}
    new = sealed.Key.from_file()
    assert (new.id != old.id, files()) == (True, ["sealing.key"])
    assert sealed.digest_of_secrets(new, tmp_path) == before
    # Somebody who has the old key, and the database of now, has nothing.
    assert not any(old.open(value, kind, whose) for _, kind, whose, value in sealed.values(tmp_path))
    assert records("RotateKey") == [("accepted", "keyRotated", 0), ("continued", "keyRotationBegun", 0)]
    # What was begun under the old key goes on.
    phone = accounts.Authenticator(setting_up["secret"])
    Program(begun).call(twinlockd.ACCOUNT, "ConfirmSetUp", code=phone.next_code())
    reply = Program(enrolled).both_steps(enrolled.phone.next_code(), password=enrolled.password)
    assert reply["state"] == "signedIn"


def test_a_sign_in_that_waits_for_its_code_goes_on_after_it(daemon, enrolled):
    waiting = Program(enrolled).sign_in(password=enrolled.password)
    session = Program(enrolled).both_steps(enrolled.phone.next_code(), password=enrolled.password)["session"]
    assert rotate("--yes").returncode == 0
    assert Program(enrolled).verify(waiting["session"], enrolled.phone.next_code())["state"] == "signedIn"
    assert Program(enrolled).get_session(session)["user"] == enrolled.name


def test_logins_go_on_while_it_goes_on(daemon, crowded, tmp_path):
    logins.write_stack("rotation", logins.TWINLOCK)
    people = [crowded, *(twinlockd.enrol(accounts.add_account()) for _ in range(7))]
    old = sealed.Key.from_file()
    with Logins(people) as those:
        told = progress(lambda rotation: rotation["finished"])
    assert those.outcomes and all(login.admitted for login in those.outcomes)
    done = [reply["rotation"]["accountsDone"] for reply in told]
    assert done == sorted(done) or told[-1]["rotation"]["finished"]
    assert told[-1]["rotation"]["accountsTotal"] == CROWD + 8
    new = sealed.Key.from_file()
    assert all(new.is_named_by(value) for *_, value in sealed.values(tmp_path))
    sealed.digest_of_secrets(new, tmp_path)
    assert old.id != new.id


def test_killed_in_the_middle_it_goes_on_by_itself_at_the_next_start(daemon, crowded, tmp_path):
    old = sealed.Key.from_file()
    before = sealed.digest_of_secrets(old, tmp_path)
    last = progress(lambda rotation: 0 < rotation["accountsDone"] < rotation["accountsTotal"])[-1]
    daemon.kill()
    assert not last["rotation"]["finished"]
    assert files() == ["sealing.key", "sealing.key.previous"]
    new = sealed.Key.from_file()
    assert sealed.Key.from_file("sealing.key.previous").id == old.id
    named = [new.is_named_by(value) for *_, value in sealed.values(tmp_path)]
    assert any(named) and not all(named)
    daemon.start()
    # At once, on whichever side of the middle the account is.
    reply = Program(crowded).both_steps(crowded.phone.next_code(), password=crowded.password)
    assert reply["state"] == "signedIn"
    wait_for(is_over, "the rotation to end")
    assert files() == ["sealing.key"]
    assert sealed.digest_of_secrets(new, tmp_path) == before
    assert [reason for _, reason, _ in records("RotateKey")] == ["keyRotated", "keyRotationBegun"]
    assert "going on" in daemon.log()


def test_until_it_is_finished_health_says_so_and_another_one_is_not_begun(daemon, crowded):
    progress(lambda rotation: True)
    key = sealed.Key.from_file().id
    told = health()["keyRotation"]
    assert told["accountsTotal"] in (0, CROWD + 1) and not told["finished"]
    assert "being replaced" in subprocess.run(["twinlock", "admin", "health"], capture_output=True, text=True).stdout
    done = rotate("--yes", "--json")
    assert {json.loads(line)["began"] for line in done.stdout.splitlines()} == {False}, done
    assert sealed.Key.from_file().id == key
    wait_for(is_over, "the rotation to end")


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_stop_does_not_wait_for_it(daemon, crowded, way):
    progress(lambda rotation: rotation["accountsDone"] > 0)
    if way == "stop":
        assert daemon.stop() == 0
    else:
        daemon.kill()
    daemon.start()
    wait_for(is_over, "the rotation to end")
    assert files() == ["sealing.key"]


def test_a_key_that_came_as_a_credential_is_replaced_by_who_keeps_it(make_daemon, account, tmp_path):
    # Where the daemon's own user can read it; a service manager hands each over in a way of its own.
    credentials = pathlib.Path(tempfile.mkdtemp(dir="/run"))
    credentials.chmod(0o755)
    key = credentials / "twinlock.sealing.key"
    key.write_text(f"twinlock-sealing-key-v1 {os.urandom(32).hex()}\n")
    key.chmod(0o644)
    daemon = make_daemon(environment={"CREDENTIALS_DIRECTORY": str(credentials)})
    twinlockd.enrol(account)
    old = sealed.Key(key.read_text())
    done = rotate("--yes")
    assert done.returncode == 1 and "credential" in done.stderr, done.stderr
    # As the administrator's guide says.
    assert daemon.stop() == 0
    key.rename(credentials / "twinlock.sealing.key.previous")
    key.write_text(f"twinlock-sealing-key-v1 {os.urandom(32).hex()}\n")
    key.chmod(0o644)
    daemon.start()
    wait_for(is_over, "everything to be sealed anew")
    new = sealed.Key(key.read_text())
    sealed.digest_of_secrets(new, tmp_path)
    assert daemon.stop() == 0
    (credentials / "twinlock.sealing.key.previous").unlink()
    daemon.start()
    assert Program(account).both_steps(account.phone.next_code(), password=account.password)["state"] == "signedIn"
    assert not any(old.open(value, kind, whose) for _, kind, whose, value in sealed.values(tmp_path))


def test_only_root_may(daemon, enrolled):
    done = enrolled.run("twinlock", "admin", "rotate-key", "--yes")
    assert done.returncode == 1 and "root" in done.stderr
    with pytest.raises(varlink.VarlinkError, match="PermissionDenied"):
        Program(enrolled).call(ADMINISTRATION, "RotateKey")
    assert files() == ["sealing.key"]


def test_without_an_answer_nothing_is_done(daemon):
    before = sealed.Key.from_file().id
    done = rotate()
    assert done.returncode != 0
    assert sealed.Key.from_file().id == before
