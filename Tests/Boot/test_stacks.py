"""The stacks of docs/login-programs.md, written into the files that Debian ships, and the programs that read them."""

import pytest

import guide
import people
from installed import ROOT_PASSWORD
from stacks import BLOCKS, lines
from waiting import wait_for


@pytest.fixture
def plain(host):
    """Installed, and in no login yet."""
    host.shell(guide.commands("disable-logins"))
    return host


def write_stack(host, service, name):
    """As the page says: in place of what Debian's file asks, all else as it is."""
    # A program for which there is no file has this one.
    shipped = service if host.run("test", "-e", f"/etc/pam.d/{service}", check=False).returncode == 0 else "other"
    before = host.read(f"/etc/pam.d/{shipped}").splitlines()
    kept = [line for line in before if not line.startswith(("auth", "@include common-auth"))]
    assert kept != before, f"{shipped} asks for nothing"
    host.write(f"/etc/pam.d/{service}", "\n".join([*lines(name), *kept]) + "\n")


def restart_sshd(host, name):
    host.write("/etc/ssh/sshd_config.d/10-twinlock.conf", BLOCKS[name])
    host.shell("sshd -t; systemctl restart ssh")


def test_sshd_with_password_and_code(plain):
    write_stack(plain, "sshd", "sshd")
    restart_sshd(plain, "password-and-code")
    person = people.enrolled(plain)
    assert plain.ssh(person.name, *person.both())
    assert not plain.ssh(person.name, person.password, person.phone.wrong_code())
    assert not plain.ssh(person.name, person.password)
    assert not plain.ssh(person.name, key=people.given_key(person))


def test_sshd_with_key_and_code(plain):
    write_stack(plain, "sshd", "sshd")
    restart_sshd(plain, "key-and-code")
    person = people.enrolled(plain)
    key = people.given_key(person)
    assert not plain.ssh(person.name, *person.both())
    assert not plain.ssh(person.name, person.phone.wrong_code(), key=key)
    assert plain.ssh(person.name, person.phone.next_code(), key=key)


def test_sshd_with_one_field_for_both(plain):
    write_stack(plain, "sshd", "one-field")
    restart_sshd(plain, "password-and-code")
    person = people.enrolled(plain)
    assert not plain.ssh(person.name, person.password + person.phone.wrong_code())
    assert plain.ssh(person.name, person.password + person.phone.next_code())


def test_a_group_without_a_code(plain):
    write_stack(plain, "sshd", "group-without-a-code")
    restart_sshd(plain, "password-and-code")
    person, exempt = people.enrolled(plain), people.enrolled(plain)
    plain.shell(f"groupadd no-code; usermod --append --groups no-code {exempt.name}")
    assert plain.ssh(exempt.name, exempt.password)
    assert not plain.ssh(exempt.name, "a guess")
    assert plain.ssh(person.name, *person.both())
    assert not plain.ssh(person.name, person.password)


@pytest.mark.parametrize("name", ["sudo", "after-common-auth"])
def test_sudo(plain, name):
    write_stack(plain, "sudo", name)
    write_stack(plain, "sudo-i", name)
    person, other = people.enrolled(plain), people.enrolled(plain)
    assert plain.sudo(person.name, *person.both())
    assert not plain.sudo(person.name, person.password, person.phone.wrong_code())
    assert not plain.sudo(person.name, "a guess", person.phone.next_code())
    assert plain.sudo(other.name, *other.both(), options=("-i",))
    assert not plain.sudo(other.name, other.password, other.phone.wrong_code(), options=("-i",))


def test_su(plain):
    write_stack(plain, "su", "su")
    caller, person, other = people.newcomer(plain), people.enrolled(plain), people.enrolled(plain)
    assert plain.su(caller.name, person.name, *person.both())
    assert not plain.su(caller.name, person.name, person.password, person.phone.wrong_code())
    assert plain.su(caller.name, other.name, *other.both(), options=("--login",))
    assert not plain.su(caller.name, other.name, other.password, other.phone.wrong_code(), options=("--login",))
    assert plain.run("su", "--command", "id -un", person.name).stdout == f"{person.name}\n", "root is asked nothing"


@pytest.mark.parametrize("name", ["login", "login-with-a-way-in"])
def test_login(plain, name):
    write_stack(plain, "login", name)
    person = people.enrolled(plain)
    assert plain.login(person.name, *person.both())
    assert not plain.login(person.name, person.password, person.phone.wrong_code())
    plain.shell("systemctl mask --now twinlockd.service")
    assert plain.login("root", ROOT_PASSWORD) == (name == "login-with-a-way-in")
    assert not plain.login("root", "a guess")
    assert not plain.login(person.name, *person.both())


# A screen, without one.
DISPLAY = {"DISPLAY": ":97"}


class Locker:
    """i3lock, on a person's screen."""

    def __init__(self, host, person):
        self.host = host
        host.run("systemd-run", "--unit=screen", "--property=Type=exec", "Xvfb", ":97", "-ac")
        wait_for(lambda: host.run("test", "-e", "/tmp/.X11-unix/X97", check=False).returncode == 0, "the X server")
        words = ["--unit=locker", f"--uid={person.name}", "--setenv=DISPLAY=:97", "--property=Type=exec"]
        host.run("systemd-run", *words, "i3lock", "--nofork")
        # The window takes the keyboard once it is there; typing into nothing would be lost.
        wait_for(lambda: self._xdotool("search", "--onlyvisible", "--class", "i3lock").returncode == 0, "the lock")

    def _xdotool(self, *words):
        return self.host.run("xdotool", *words, check=False, environment=DISPLAY)

    def type(self, answer):
        self._xdotool("type", "--delay", "5", answer)
        self._xdotool("key", "Return")

    def is_open(self):
        return self.host.property("locker.service", "ActiveState") != "active"


def test_a_locker_with_one_field(plain):
    write_stack(plain, "i3lock", "locker")
    plain.write("/etc/twinlock/twinlockd.conf", "[sign-in]\nfailure-delay = 0\n")
    person = people.enrolled(plain, password="correcthorse")
    locker = Locker(plain, person)
    locker.type(person.password + person.phone.wrong_code())
    wait_for(lambda: "code wrong" in plain.journal("twinlockd.service"), "the refusal")
    assert not locker.is_open()
    locker.type(person.password + person.phone.next_code())
    wait_for(locker.is_open, "the screen to be unlocked")
    assert plain.property("locker.service", "Result") == "success"


def unlock(host, person, *answers):
    """What a locker does that can ask two questions, as the person himself; libpam stands for the program."""
    words = ["pamtester", "two-questions", person.name, "authenticate"]
    text = "".join(f"{answer}\n" for answer in answers)
    return host.run(*words, user=person.name, text=text, check=False).returncode == 0


def test_a_locker_that_asks_two_questions(plain):
    write_stack(plain, "two-questions", "locker-with-two-questions")
    person = people.enrolled(plain)
    assert not unlock(plain, person, person.password, person.phone.wrong_code())
    assert not unlock(plain, person, "a guess")
    assert unlock(plain, person, *person.both())


@pytest.mark.parametrize("where", ["the profile", "the page"])
def test_cron_asks_nobody_and_needs_no_daemon(plain, where):
    """A person with a second factor, and a table of his own. cron runs it when it starts."""
    if where == "the profile":
        plain.shell(guide.commands("enable-logins"))
    else:
        write_stack(plain, "cron", "cron")
    person = people.enrolled(plain)
    plain.shell("systemctl mask --now twinlockd.service; systemctl stop twinlockd.socket cron")
    plain.run("crontab", "-", user=person.name, text=f"@reboot id -un > /home/{person.name}/told\n")
    # It knows by this file that it has started since the boot.
    plain.shell("rm -f /run/crond.reboot; systemctl start cron")
    wait_for(
        lambda: plain.run("cat", f"/home/{person.name}/told", check=False).stdout == f"{person.name}\n", "cron's job"
    )
