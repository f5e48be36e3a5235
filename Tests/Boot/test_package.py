"""The package comes, changes and goes without touching a login that it was not asked to touch."""

import guide
import people
from installed import bring_package

PAM = "cat /etc/pam.d/common-*"


def test_nothing_but_the_named_libraries_is_needed(bare):
    bring_package(bare)
    bare.shell(guide.commands("install"))
    linked = bare.shell("ldd /usr/sbin/twinlockd /usr/bin/twinlock").stdout
    assert "not found" not in linked and "swift" not in linked.lower()


def test_an_upgrade_keeps_sessions_settings_and_profiles(host):
    person = people.enrolled(host)
    stacks = host.shell(PAM).stdout
    before = host.run("twinlock", "admin", "show", "--json", person.name).stdout
    pid = host.property("twinlockd.service", "MainPID")
    socket = host.property("twinlockd.socket", "ActiveEnterTimestampMonotonic")
    host.shell("dpkg-deb -R twinlock_*.deb new; rm twinlock_*.deb")
    host.shell("sed -i 's/^Version: .*/Version: 99.0/' new/DEBIAN/control")
    host.shell("dpkg-deb --root-owner-group -Zgzip -z1 -b new twinlock_99.0.deb")
    host.shell(guide.commands("upgrade"))
    assert host.property("twinlockd.service", "MainPID") not in ("0", pid)
    assert host.property("twinlockd.socket", "ActiveEnterTimestampMonotonic") == socket
    assert host.shell(PAM).stdout == stacks
    assert host.run("twinlock", "admin", "show", "--json", person.name).stdout == before
    assert host.ssh(person.name, *person.both())


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
