"""The package comes, changes and goes without touching a login that it was not asked to touch."""

import pathlib
import re

import pytest

import guide
import people
from installed import bring_package
from terminals import Pty
from waiting import wait_for

PAM = "cat /etc/pam.d/common-*"


def test_nothing_but_the_named_libraries_is_needed(bare):
    bring_package(bare)
    bare.shell(guide.commands("install"))
    linked = bare.shell("ldd /usr/sbin/twinlockd /usr/bin/twinlock").stdout
    assert "not found" not in linked and "swift" not in linked.lower()


# The package once more, with a later number.
LATER = """
mkdir -p before
mv twinlock_*.deb before/
dpkg-deb -R before/twinlock_*.deb new
sed -i 's/^Version: .*/Version: 99.0/' new/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -z1 -b new twinlock_99.0.deb
"""


def upgrade(host):
    host.shell(LATER)
    host.shell(guide.commands("upgrade"))


def test_an_upgrade_keeps_sessions_settings_and_profiles(host):
    person = people.enrolled(host)
    stacks = host.shell(PAM).stdout
    before = host.run("twinlock", "admin", "show", "--json", person.name).stdout
    pid = host.property("twinlockd.service", "MainPID")
    socket = host.property("twinlockd.socket", "ActiveEnterTimestampMonotonic")
    upgrade(host)
    assert host.property("twinlockd.service", "MainPID") not in ("0", pid)
    assert host.property("twinlockd.socket", "ActiveEnterTimestampMonotonic") == socket
    assert host.shell(PAM).stdout == stacks
    assert host.run("twinlock", "admin", "show", "--json", person.name).stdout == before
    assert host.ssh(person.name, *person.both())


def test_a_login_that_waits_for_its_code_during_an_upgrade_goes_on(host):
    person, at_su = people.enrolled(host), people.enrolled(host)
    su = people.inside(people.newcomer(host), "su", "--login", at_su.name)
    with Pty(host.ssh_command(person.name, options=("-t",))) as ssh_login, Pty(su) as su_login:
        logins = {ssh_login: person, su_login: at_su}
        for terminal, one in logins.items():
            terminal.read_until("assword: $")
            terminal.send(f"{one.password}\n")
            terminal.read_until("code: $")
        upgrade(host)
        for terminal, one in logins.items():
            terminal.send(f"{one.phone.next_code()}\n")
            terminal.read_until(r"\$ $")
            terminal.send("echo in as $(id -un); exit\n")
            seen, _ = terminal.finish()
            assert f"in as {one.name}\r\n" in seen


STATE = "/var/lib/twinlock"


def test_an_upgrade_copies_a_database_of_an_older_form_aside_and_everybody_logs_in(host):
    person = people.enrolled(host)
    host.shell("systemctl stop twinlockd.service")
    host.bring(pathlib.Path(__file__).with_name("version1.sql"), "/root/version1.sql")
    host.shell("sqlite3 version1.db < version1.sql; chown twinlock: version1.db; chmod 0600 version1.db")
    host.shell(f"rm {STATE}/twinlock.db*; mv version1.db {STATE}/twinlock.db")
    upgrade(host)
    assert host.ssh(person.name, *person.both())
    assert host.shell(f"stat --format '%a %U' {STATE}/twinlock.db.v1").stdout == "600 twinlock\n"
    # The daemon has the database for itself.
    host.shell("systemctl stop twinlockd.service")
    assert version(host, "twinlock.db.v1") == 1 < version(host, "twinlock.db")


def version(host, name):
    return int(host.run("sqlite3", f"{STATE}/{name}", "PRAGMA user_version").stdout)


def test_the_package_before_refuses_a_later_form_and_says_how_to_go_back(host):
    person = people.enrolled(host)
    before = host.shell("ls twinlock_*.deb").stdout.strip()
    upgrade(host)
    # What a later daemon would have done: a copy with the number of the old form, then another form.
    host.shell("systemctl stop twinlockd.service")
    number = version(host, "twinlock.db")
    later = [f"VACUUM INTO '{STATE}/twinlock.db.v{number}'", "PRAGMA user_version = 99"]
    host.run("sqlite3", f"{STATE}/twinlock.db", *later)
    host.shell(f"chown twinlock: {STATE}/twinlock.db*")

    host.shell(guide.commands("go-back", PACKAGE=f"before/{before}"), text="y\n")
    assert not host.ssh(person.name, *person.both())
    command = wait_for(lambda: re.search("rm -f .*", host.journal("twinlockd.service")), "the way back")[0]
    assert f"its schema is version 99, this program knows up to {number}" in host.journal("twinlockd.service")
    host.shell(command)
    host.shell(guide.commands("went-back"))
    assert host.ssh(person.name, person.password, person.recovery_codes[0])


def test_removal_is_refused_while_a_stack_names_the_module_by_hand(host):
    host.write("/etc/pam.d/ours", "auth required pam_twinlock.so\n")
    gone = host.run("apt-get", "remove", "--yes", "twinlock", check=False)
    assert gone.returncode != 0
    assert "/etc/pam.d/ours" in gone.stdout + gone.stderr
    assert host.run("sh", "-c", "ls /usr/lib/*/security/pam_twinlock.so").returncode == 0


def test_purge_keeps_the_secrets_where_it_cannot_ask(host):
    people.enrolled(host)
    told = host.shell("apt-get purge --yes twinlock")
    assert "kept: /var/lib/twinlock" in told.stdout + told.stderr
    host.run("test", "-e", "/var/lib/twinlock/twinlock.db")
    host.run("test", "-e", "/var/lib/twinlock/sealing.key")


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_purge_asks(host, answer):
    people.enrolled(host)
    words = ["env", "DEBIAN_FRONTEND=readline", "apt-get", "purge", "--yes", "twinlock"]
    status, text = host.on_terminal(words, [r"Delete the secrets of all accounts\? \[yes/no\] $", answer])
    assert status == 0, text
    kept = host.run("test", "-e", f"{STATE}/twinlock.db", check=False).returncode == 0
    assert kept == (answer == "no"), text


def test_purge_deletes_the_secrets_where_somebody_has_said_yes(host):
    people.enrolled(host)
    host.run("debconf-set-selections", text="twinlock twinlock/delete-secrets boolean true\n")
    host.shell("apt-get purge --yes twinlock")
    assert host.run("test", "-e", "/var/lib/twinlock", check=False).returncode != 0


def test_an_installation_after_a_removal_finds_everybody_again(host):
    person = people.enrolled(host)
    host.shell("apt-get remove --yes twinlock")
    host.shell(guide.commands("install"))
    host.shell(guide.commands("enable-logins"))
    assert host.ssh(person.name, *person.both())
