"""Every result that a PAM module can have, from our module's place, in the stacks that pam-auth-update has written."""

import concurrent.futures
import functools
import pathlib
import subprocess

import pytest

from installed import ROOT_PASSWORD

REPOSITORY = pathlib.Path(__file__).parents[2]
BUILD = REPOSITORY / ".build" / "pam-tests"
STAND_IN = BUILD / "pam_test_result.so"

# As Linux-PAM numbers them; 31 is the last.
SUCCESS, IGNORE = 0, 25
RESULTS = range(32)
PASSWORD = "correct horse battery"

# Programs whose stack includes common-auth, and whose own lines ask nothing and let nobody in.
SERVICES = ["login", "sshd", "sudo"]

# sshd 9.8 and later shut out an address that has failed so often.
PEOPLE = f"""
cp stand-in.so /usr/lib/*/security/pam_twinlock.so
for number in $(seq 0 31); do
    useradd --create-home --shell /bin/bash --groups sudo result$number
    echo "result$number:{PASSWORD}"
done | chpasswd
if sshd -T | grep -q ^persourcepenalties; then
    echo 'PerSourcePenalties no' > /etc/ssh/sshd_config.d/tests.conf
    systemctl restart ssh
fi
"""


@pytest.fixture
def with_stand_in(host):
    """Enabled as the guide says. In the module's place is another one, which has the result of the user's name."""
    subprocess.run(["make", "-s", "-C", REPOSITORY / "Tests/pam", f"OUT={BUILD}"], check=True)
    host.bring(STAND_IN, "/root/stand-in.so")
    host.shell(PEOPLE)
    return host


def pamtester(host, service, name, result, password):
    """Whether libpam lets somebody into this service; the program itself does not run."""
    words = ["pamtester", "-I", f"ruser=result{result}", service, name, "authenticate", "setcred(PAM_ESTABLISH_CRED)"]
    return host.run(*words, text=f"{password}\n", check=False).returncode == 0


def admitting(door, password):
    """The results with which a door opens. Many at once: a refusal takes seconds in some programs."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        opened = pool.map(lambda result: door(result, password), RESULTS)
        return [result for result, opens in zip(RESULTS, opened) if opens]


def of_person(host, service):
    return lambda result, password: pamtester(host, service, f"result{result}", result, password)


def of_root(host, service):
    return lambda result, password: pamtester(host, service, "root", result, password)


def test_success_lets_in_ignore_goes_on_to_the_password_and_all_else_refuses(with_stand_in):
    for service in SERVICES:
        assert admitting(of_person(with_stand_in, service), PASSWORD) == [SUCCESS, IGNORE], service
        assert admitting(of_person(with_stand_in, service), "a guess") == [SUCCESS], service


def test_root_at_the_console_is_asked_for_the_password_alone_whatever_the_result(with_stand_in):
    door = of_root(with_stand_in, "login")
    assert admitting(door, ROOT_PASSWORD) == list(RESULTS)
    assert admitting(door, "a guess") == []


def test_root_elsewhere_and_without_the_consoles_profile_is_anybody(with_stand_in):
    for service in ("sshd", "sudo"):
        assert admitting(of_root(with_stand_in, service), ROOT_PASSWORD) == [SUCCESS, IGNORE], service
    with_stand_in.shell("pam-auth-update --disable twinlock-console")
    for door in (of_root, of_person):
        password = ROOT_PASSWORD if door is of_root else PASSWORD
        assert admitting(door(with_stand_in, "login"), password) == [SUCCESS, IGNORE]
        assert admitting(door(with_stand_in, "login"), "a guess") == [SUCCESS]


def test_the_programs_themselves_take_it_so(with_stand_in):
    host = with_stand_in
    host.add_user("neighbour", PASSWORD)
    doors = {"login": host.login, "sudo": host.sudo, "su": functools.partial(host.su, "neighbour"), "ssh": host.ssh}
    for name, door in doors.items():
        # On a terminal an answer waits for its question, and where the module says yes there is none.
        opens = admitting(
            lambda result, password: door(f"result{result}", *([password] if result != SUCCESS else [])), PASSWORD
        )
        assert opens == [SUCCESS, IGNORE], name
        assert not door(f"result{IGNORE}", "a guess"), name
    # Here the module has the result service_err.
    assert host.login("root", ROOT_PASSWORD)
    assert not host.login("root", "a guess")
    assert not host.su("neighbour", "root", ROOT_PASSWORD)
