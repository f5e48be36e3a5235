"""What administrators see, by the command and by stock clients: root and the members of a group, and nobody else."""

import json
import os
import signal
import subprocess

import pytest
import varlink

import accounts
import twinlockd
from twinlockd import Program

ADMINISTRATION = "org.twinlock.Administration"
GROUP = "twinlock-admin"


@pytest.fixture(scope="session")
def group():
    subprocess.run(["groupadd", "--force", "--system", GROUP], check=True)
    return GROUP


def admin(*words, account=None):
    if account is None:
        return subprocess.run(["twinlock", "admin", *words], capture_output=True, text=True, timeout=60)
    return account.run("twinlock", "admin", *words)


def listed(done):
    assert done.returncode == 0, done.stderr
    return {entry["user"]: entry for entry in map(json.loads, done.stdout.splitlines())}


def test_root_lists_accounts_as_they_stand(enrolled):
    entry = listed(admin("list", "--json"))[enrolled.name]
    own = json.loads(enrolled.run("twinlock", "status", "--json").stdout)
    assert entry == own
    assert entry["enabled"] and entry["uid"] == enrolled.uid
    lines = admin("list").stdout.splitlines()
    assert lines[0].split()[:2] == ["ACCOUNT", "UID"]
    assert lines[1].split()[:3] == [enrolled.name, str(enrolled.uid), "on,"]


def test_wrong_codes_show(enrolled):
    with pytest.raises(varlink.VarlinkError):
        Program(enrolled).both_steps(enrolled.phone.wrong_code(), password=enrolled.password)
    assert listed(admin("list", "--json"))[enrolled.name]["failedCodes"] == 1


def test_a_list_longer_than_a_page_comes_whole(daemon, account):
    """70 set-ups that are begun; the last page is smaller than the others."""
    names = []
    for _ in range(70):
        one = accounts.add_account("many")
        Program(one).call(twinlockd.ACCOUNT, "BeginSetUp", password=one.password)
        names.append(one.name)
    found = listed(admin("list", "--json"))
    assert list(found) == sorted(names)
    assert all(entry["setUpBegun"] and not entry["enabled"] for entry in found.values())
    with (
        varlink.Client(address=f"unix:{twinlockd.SOCKET}") as client,
        client.open(ADMINISTRATION) as connection,
    ):
        pages = [page["accounts"] for page in connection.ListAccounts(limit=32, _more=True)]
        assert [len(page) for page in pages] == [32, 32, 6]
        first = connection.ListAccounts(limit=32)
        assert first["next"] == pages[0][-1]["user"]
        assert connection.ListAccounts(after=first["next"], limit=32)["accounts"] == pages[1]


def test_health_is_well(daemon):
    done = admin("health", "--json")
    assert done.returncode == 0, done.stderr
    health = json.loads(done.stdout)
    assert (health["store"], health["checker"]) == ("working", "working")
    assert health["started"] <= health["time"]
    assert f"twinlockd {health['version']}" in subprocess.run(["twinlockd", "--version"], capture_output=True, text=True).stdout
    assert "works" in admin("health").stdout


def test_health_names_a_checker_that_hangs(make_daemon):
    """Stopped, as by a debugger or a host out of memory: the question is answered all the same, and the exit status tells."""
    one = make_daemon({"checker.deadline": 1})
    stopped = one.checker_pids()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        done = admin("health", "--json")
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert json.loads(done.stdout)["checker"] == "failing"
    assert json.loads(done.stdout)["store"] == "working"
    assert done.returncode == 4
    assert "twinlock: error: a part of the daemon fails" in done.stderr
    assert admin("health").returncode == 0


def test_a_member_of_the_group_may_look_and_others_may_not(group, make_daemon, account):
    make_daemon()
    for words in (["list"], ["health"]):
        refused = admin(*words, account=account)
        assert refused.returncode == 1, refused.stdout
        assert "does not allow" in refused.stderr
    subprocess.run(["usermod", "--append", "--groups", group, account.name], check=True)
    words = ["setpriv", "--reuid", account.name, "--regid", account.name, "--init-groups", "twinlock", "admin", "list"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_listed_service_signs_others_in_and_checks_what_it_is_handed(make_daemon, account):
    panel = accounts.add_account("panel")
    other = accounts.add_account()
    make_daemon({"services.users": panel.name})
    reply = Program(panel).sign_in(user=account.name, password=account.password, context={"service": "panel"})
    assert reply["state"] == "signedIn"
    assert Program(panel).get_session(reply["session"])["service"] == "panel"
    own = Program(account).sign_in(password=account.password)
    assert Program(panel).get_session(own["session"])["user"] == account.name
    for call in (
        lambda: Program(other).sign_in(user=account.name, password=account.password),
        lambda: Program(panel).sign_in(user=account.name, password=account.password, context={"purpose": "login"}),
    ):
        with pytest.raises(varlink.VarlinkError) as refused:
            call()
        assert refused.value.error() == "org.varlink.service.PermissionDenied"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("[services]\nusers = nobody-at-all\n", 'cannot find user "nobody-at-all"'),
        ("[services]\ngroups = nobody-at-all\n", 'cannot find group "nobody-at-all"'),
        ("[administration]\ngroup = nobody-at-all\n", 'cannot find group "nobody-at-all"'),
    ],
)
def test_a_name_in_the_settings_that_nobody_has_stops_the_start(installed, tmp_path, settings, words):
    file = tmp_path / "twinlockd.conf"
    file.write_text(settings)
    done = subprocess.run(["twinlockd", "--config", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert words in done.stderr
