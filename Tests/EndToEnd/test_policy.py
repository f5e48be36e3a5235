"""Rules of the settings, on real logins and by the command that explains them."""

import json
import os
import re
import subprocess

import pytest

import accounts
import bed
import logins
import twinlockd
from terminals import Pty
from twinlockd import Program

ENVIRONMENT = {"env": {**accounts.ENVIRONMENT, "HOME": "/root"}}


@pytest.fixture(scope="session")
def staff(installed):
    subprocess.run(["groupadd", "--force", "twinlock-staff"], check=True)
    return "twinlock-staff"


def member_of(group):
    account = accounts.add_account()
    subprocess.run(["usermod", "--append", "--groups", group, account.name], check=True)
    return account


def explained(user, *words):
    done = subprocess.run(["twinlock", "admin", "show", user, "--json", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_group_must_have_a_second_factor_over_ssh_and_others_need_not(stack, staff, make_daemon):
    make_daemon({"rule staff.groups": staff, "rule staff.services": "sshd", "rule staff.second-factor": "required"})
    stack("auth required pam_twinlock.so nullok")
    one, other = member_of(staff), accounts.add_account()
    assert logins.ssh(other, other.password, "").admitted
    login = logins.ssh(one, one.password, "123456")
    assert not login.admitted and login.prompts == ["Password: ", "Verification code: "]
    assert Program(one).sign_in(password=one.password)["state"] == "signedIn", "for sshd alone"
    twinlockd.enrol(one)
    assert logins.ssh(one, one.password, one.phone.next_code()).admitted
    told = explained(one.name, "--service", "sshd", "--host", "192.0.2.1")
    assert (told["secondFactor"], told["groupsKnown"]) == ("required", True)
    assert [(rule["name"], rule["match"], rule["decides"]) for rule in told["rules"]] == [("staff", "yes", True)]
    assert explained(other.name, "--service", "sshd")["rules"][0]["match"] == "no"


def test_from_a_network_no_code_is_asked_for(stack, make_daemon, account):
    make_daemon({"rule here.from": "127.0.0.0/8, ::1", "rule here.second-factor": "off"})
    twinlockd.enrol(account)
    login = logins.ssh(account, account.password, "")
    assert login.admitted and login.prompts == ["Password: "]
    assert Program(account).sign_in(password=account.password)["state"] == "codeRequired", "a program is on this host"


def test_the_explanation_is_readable_on_a_small_terminal(make_daemon, account):
    make_daemon({"rule later.second-factor": "required", "rule later.starts": "2099-01-01"})
    words = ["env", "TZ=UTC", "twinlock", "admin", "show", account.name, "--service", "sshd"]
    with Pty(words, size=(24, 80), **ENVIRONMENT) as terminal:
        text, status = terminal.finish()
    assert status == 0, text
    assert "optional: who has one is asked for it" in text
    assert "later: matches, and another is stricter or it has not started (required from 2099-01-01 00:00 on)" in text


def test_who_will_need_one_is_told_at_login(stack, make_daemon, account):
    make_daemon({"rule later.second-factor": "required", "rule later.starts": "2099-01-01"})
    notice = Program().call(twinlockd.AUTHENTICATION, "GetNotice", user=account.name)["notice"]
    assert notice == "Twinlock: From 2099-01-01 on logins need a second factor: `twinlock enable` sets it up."


def check(tmp_path, text):
    file = tmp_path / "twinlockd.conf"
    file.write_text(text)
    return subprocess.run(["twinlockd", "--check-config", "--config", file], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rule a]\nservices = sshd\n", "rule a: it says nothing"),
        ("[rule a]\nstarts = 2027-01-01\nset-up = yes\n", "rule a: starts goes with second-factor"),
        ("[rule a]\nusers = x\nhide-password-result = no\n", "rule a: hide-password-result goes with no users or groups"),
        ("[rule a]\ngroups = nobody-at-all\nset-up = no\n", 'rule a: cannot find group "nobody-at-all"'),
        ("[rule a]\nfrom = 192.0.2.1/24\nset-up = no\n", 'rule a: "192.0.2.1/24" is no network'),
    ],
)
def test_rules_that_cannot_be_are_refused_before_the_daemon_is_started(installed, tmp_path, text, words):
    done = check(tmp_path, text)
    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rule a]\nservices = no-such-service\nset-up = no\n", "rule a: no file of /etc/pam.d is called no-such-service"),
        ("[rule a]\nusers = nobody-at-all\nset-up = no\n", "rule a: no local user is called nobody-at-all"),
        ("[rule a]\ngroups = 4000000000\nset-up = no\n", "rule a: no local group has the number 4000000000"),
        ("[rule a]\nsecond-factor = required\n", "root must have a second factor by every service"),
        ("[policy]\nsecond-factor = required\n", "root must have a second factor by every service"),
        ("[policy]\nsecond-factor = off\n", "nobody is asked for a second factor where no rule says otherwise"),
        ("[rule a]\nservices = sshd\nsecond-factor = off\n", "rule a: nobody is asked for a second factor by sshd"),
        ("[rule a]\nfrom = 0.0.0.0/0\nsecond-factor = off\n", "rule a: nobody is asked for a second factor from 0.0.0.0/0"),
        (
            "[rule a]\nfirst-factor = password\n[rule b]\nfirst-factor = publickey\n",
            "rule a and rule b accept no first factor together",
        ),
    ],
)
def test_settings_that_are_perhaps_not_meant_are_warned_of(installed, tmp_path, text, words):
    done = check(tmp_path, text)
    assert done.returncode == 0, done.stderr
    assert f"twinlockd: warning: {words}" in done.stderr


def test_settings_that_are_meant_are_not_warned_of(installed, tmp_path):
    text = """
[policy]
set-up = yes
[rule staff]
services = sshd
groups = 0
except-users = root
second-factor = required
[rule inside]
services = sshd
from = 192.0.2.0/24
second-factor = off
"""
    assert (done := check(tmp_path, text)).returncode == 0 and done.stderr == "", done.stderr


def test_the_page_about_rolling_out_is_true(make_daemon, tmp_path):
    page = (bed.REPOSITORY / "docs" / "rolling-out.md").read_text()
    settings = re.search(r"```ini\n(.*?)```", page, re.DOTALL).group(1)
    done = check(tmp_path, settings)
    assert (done.returncode, done.stderr) == (0, "")
    one = accounts.add_account()
    subprocess.run(["usermod", "--append", "--groups", "users", one.name], check=True)
    rules = {}
    for line in settings.splitlines():
        if line.startswith("["):
            section = line[1:-1]
        elif "=" in line:
            key, value = line.split(" = ")
            rules[f"{section}.{key}"] = value
    make_daemon(rules)
    commands = [command for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for command in block.splitlines()]
    assert len(commands) == 5
    told = []
    for command in commands:
        words = command.replace("alice", one.name).split()
        environment = {**os.environ, "TZ": "UTC"}
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    assert "optional: who has one is asked for it" in told[1]
    assert "staff: matches, and another is stricter or it has not started (required from 2027-03-01 00:00 on)" in told[1]
    assert "late: decides" in told[1] and "late: does not match" in told[2]
