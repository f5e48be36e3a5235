"""A public key first: sshd checks it and says so, and then the code alone is asked for."""

import pathlib
import subprocess

import pytest

import accounts
import logins
import twinlockd

PORT = 2223
CODE = ["Verification code: "]
BOTH = ["Password: ", "Verification code: "]


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A person's key, without a passphrase."""
    path = tmp_path_factory.mktemp("key") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture(scope="module")
def key_sshd(installed, system_log):
    """An sshd that asks for a key and then PAM."""
    settings = ["PubkeyAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"]
    server = logins.Sshd(PORT, settings).start()
    yield server
    server.stop()


@pytest.fixture
def stack(key_sshd):
    def write(*auth):
        logins.write_stack("sshd", *auth)

    write(logins.TWINLOCK)
    return write


def accept_key(account, key):
    directory = pathlib.Path(account.home) / ".ssh"
    directory.mkdir(mode=0o700)
    (directory / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
    subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", directory], check=True)


@pytest.fixture
def ssh(stack, key):
    """Logs in with the key."""

    def run(account, *answers, **options):
        if hasattr(account, "home") and not (pathlib.Path(account.home) / ".ssh").exists():
            accept_key(account, key)
        methods = {"PreferredAuthentications": "publickey,keyboard-interactive"}
        return logins.ssh(account, *answers, Port=PORT, IdentityFile=key, IdentitiesOnly="yes", **methods, **options)

    return run


def test_after_the_key_the_code_alone_is_asked_for(ssh, enrolled):
    login = ssh(enrolled, enrolled.phone.next_code())
    assert login.admitted, login
    assert login.prompts == CODE


@pytest.mark.parametrize("fault", ["wrong code", "empty code", "password", "used code"])
def test_after_the_key_only_the_right_code_lets_in(ssh, enrolled, fault):
    answer = {
        "wrong code": enrolled.phone.wrong_code,
        "empty code": lambda: "",
        "password": lambda: enrolled.password,
        "used code": enrolled.phone.last_code,
    }[fault]()
    login = ssh(enrolled, answer)
    assert not login.admitted
    assert login.prompts == CODE


def test_without_the_key_nothing_is_asked(stack, enrolled):
    login = logins.ssh(enrolled, enrolled.password, enrolled.phone.next_code(), Port=PORT)
    assert (login.admitted, login.prompts) == (False, [])


def test_the_key_alone_lets_in_who_is_not_enrolled_with_nullok_and_not_without(ssh, stack, daemon, account):
    login = ssh(account, "123456")
    assert (login.admitted, login.prompts) == (False, CODE)
    stack(f"{logins.TWINLOCK} nullok")
    login = ssh(account)
    assert (login.admitted, login.prompts) == (True, [])


def test_where_the_settings_do_not_name_the_service_the_password_is_asked_for_too(ssh, make_daemon, account):
    make_daemon({"policy.publickey-services": "proxy"})
    twinlockd.enrol(account)
    login = ssh(account, account.password, account.phone.next_code())
    assert login.admitted, login
    assert login.prompts == BOTH
    login = ssh(account, account.password + "x", account.phone.next_code())
    assert (login.admitted, login.prompts) == (False, BOTH)


def test_code_only_asks_for_the_code_alone_whatever_sshd_says(ssh, stack, enrolled):
    stack(f"{logins.TWINLOCK} code_only")
    login = ssh(enrolled, enrolled.phone.next_code())
    assert (login.admitted, login.prompts) == (True, CODE)


def test_the_record_says_that_a_key_was_shown_and_no_password(ssh, daemon, enrolled):
    ssh(enrolled, enrolled.phone.next_code())
    assert "first factor shown" in daemon.log()


def test_a_host_rule_in_the_account_phase_is_obeyed_after_a_key(ssh, enrolled):
    subprocess.run(["usermod", "--expiredate", "1", enrolled.name], check=True)
    login = ssh(enrolled, enrolled.phone.next_code())
    assert (login.admitted, login.prompts) == (False, CODE)


FORGED = {"SSH_AUTH_INFO_0": "publickey ssh-ed25519 AAAA", "SSH_CONNECTION": "::1 1 ::1 22"}


def test_an_environment_that_somebody_makes_up_changes_nothing_in_su(make_daemon, account):
    """Even where a key counts in su: what sshd says is in PAM's environment, and su's own is the caller's."""
    make_daemon({"policy.publickey-services": "sshd, su"})
    twinlockd.enrol(account)
    logins.write_stack("su", logins.TWINLOCK)
    other = accounts.add_account("other")
    login = logins.su(other, account, account.password, account.phone.next_code(), environment=FORGED)
    assert login.admitted, login
    assert login.prompts == BOTH
    login = logins.su(other, account, account.password + "x", account.phone.next_code(), environment=FORGED)
    assert (login.admitted, login.prompts) == (False, BOTH)
