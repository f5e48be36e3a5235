"""The administrator's guide, from the first command to the last, on one system."""

import guide
import people
from installed import ROOT_PASSWORD, bring_package


def test_the_guide(bare):
    machine = bare
    before = machine.run("sh", "-c", "cat /etc/pam.d/*").stdout
    bring_package(machine)
    machine.shell(guide.commands("install"))
    assert machine.run("sh", "-c", "ls /etc/pam.d/* | grep -v twinlock-password | xargs cat").stdout == before
    machine.shell(guide.commands("look"))

    someone = people.newcomer(machine)
    people.set_up_in_dialogue(someone, guide.commands("enable"))
    without = people.newcomer(machine)

    machine.shell(guide.commands("enable-logins"))
    machine.on_terminal(
        guide.commands("root-password").split(), ["assword: $", ROOT_PASSWORD], ["assword: $", ROOT_PASSWORD]
    )
    assert machine.ssh(someone.name, *someone.both())
    assert not machine.ssh(someone.name, someone.password, someone.phone.wrong_code())
    assert machine.ssh(without.name, without.password)
    listed = machine.shell(guide.commands("list")).stdout
    assert someone.name in listed and without.name not in listed

    # Every door, each with a person whose codes are fresh.
    by_key = people.enrolled(machine)
    key = people.given_key(by_key)
    assert not machine.ssh(by_key.name, by_key.password, key=key, options=("-o", "PreferredAuthentications=publickey"))
    assert not machine.ssh(by_key.name, by_key.phone.wrong_code(), key=key)
    assert machine.ssh(by_key.name, by_key.phone.next_code(), key=key)
    everywhere(machine)

    machine.reboot()
    everywhere(machine)
    assert machine.ssh(without.name, without.password)

    # Somebody has lost the phone.
    lost = people.enrolled(machine)
    told = machine.shell(guide.commands("lost-phone", USER=lost.name)).stdout
    code = next(line for line in told.splitlines() if len(line) == 11 and line[5] == "-")
    assert machine.ssh(lost.name, lost.password, code)
    machine.shell(guide.commands("reset", USER=lost.name))
    assert machine.ssh(lost.name, lost.password)

    assert_well(machine)
    machine.shell(guide.commands("watch"))
    machine.shell(guide.commands("trouble"))

    # Out of the logins and in again, then off for good.
    machine.shell(guide.commands("disable-logins"))
    assert machine.ssh(someone.name, someone.password)
    assert machine.login("root", ROOT_PASSWORD)
    machine.shell(guide.commands("enable-logins"))
    machine.shell(guide.commands("remove"), text="y\n")
    assert machine.run("sh", "-c", "cat /etc/pam.d/*").stdout == before + machine.read("/etc/pam.d/twinlock-password")
    assert machine.ssh(someone.name, someone.password)
    assert machine.sudo(someone.name, someone.password)
    assert machine.login(someone.name, someone.password)


def assert_well(machine):
    """Nothing is found on the host of the guide, but for a clock that nothing keeps right in a container."""
    done = machine.run("sh", "-c", guide.commands("doctor"), check=False)
    wrong = [line for line in done.stdout.splitlines() if line.startswith(("locks-out: ", "lets-in: "))]
    assert set(wrong) <= {"locks-out: clock-unsynchronised"}, done.stdout
    assert done.returncode == (1 if wrong else 0), done.stdout + done.stderr


def everywhere(machine):
    """ssh, sudo, su and the console let a person in with password and code, and not without."""
    over_ssh, by_sudo, by_su, at_console = (people.enrolled(machine) for _ in range(4))
    assert machine.ssh(over_ssh.name, *over_ssh.both())
    assert not machine.ssh(over_ssh.name, over_ssh.password, over_ssh.phone.wrong_code())
    assert machine.sudo(by_sudo.name, *by_sudo.both())
    assert not machine.sudo(by_sudo.name, by_sudo.password, by_sudo.phone.wrong_code())
    assert machine.su(over_ssh.name, by_su.name, *by_su.both())
    assert not machine.su(over_ssh.name, by_su.name, by_su.password, by_su.phone.wrong_code())
    assert machine.login(at_console.name, *at_console.both())
    assert not machine.login(at_console.name, at_console.password, at_console.phone.wrong_code())


def test_settings(host):
    host.shell("systemctl start twinlockd.service")
    host.shell("mkdir -p /etc/twinlock; printf '[sign-in]\\nissuer = Example\\n' > /etc/twinlock/twinlockd.conf")
    told = host.shell(guide.commands("reload")).stdout
    assert "sign-in.issuer taken over" in told
    host.shell(guide.commands("checker-as-root"))
    assert host.property("twinlock-checker@x.service", "User") == "root"
    person = people.enrolled(host)
    assert host.ssh(person.name, *person.both())


def test_backup_and_restore(host):
    kept = people.enrolled(host)
    host.shell(guide.commands("backup"))
    later = people.enrolled(host)
    host.shell("systemctl stop twinlockd.socket twinlockd.service; rm -r /var/lib/twinlock/*")
    host.shell("systemctl start twinlockd.socket")
    host.shell(guide.commands("restore"))
    listed = host.run("twinlock", "admin", "list").stdout
    assert kept.name in listed and later.name not in listed
    assert not host.ssh(kept.name, kept.password)
    assert host.ssh(kept.name, kept.password, kept.recovery_codes[0])
    before = host.read("/root/twinlock-sealing.key")
    host.shell(guide.commands("rotate"))
    assert host.read("/root/twinlock-sealing.key") != before
    assert host.ssh(kept.name, kept.password, kept.recovery_codes[1])


def test_a_sealed_key(host):
    person = people.enrolled(host)
    host.shell(guide.commands("seal"))
    assert host.run("test", "-e", "/var/lib/twinlock/sealing.key", check=False).returncode != 0
    host.reboot()
    assert host.ssh(person.name, *person.both())


def test_every_command_of_the_guide_is_run():
    """Reads this directory: which of them runs first is nobody's business."""
    text = "".join(path.read_text() for path in guide.PAGE.parents[1].joinpath("Tests/Boot").glob("*.py"))
    assert {name for name in guide.names() if f'commands("{name}"' not in text} == set()
    assert len(guide.names()) == guide.fenced()
