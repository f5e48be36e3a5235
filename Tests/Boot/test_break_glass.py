"""Twinlock is broken: root at the console still gets in, and nobody else does, anywhere."""

import concurrent.futures

import pytest

import people
from installed import ROOT_PASSWORD

BREAKAGES = {
    "daemon masked": "systemctl mask --now twinlockd.service",
    "socket stopped": "systemctl stop twinlockd.socket twinlockd.service",
    "socket file removed": "systemctl stop twinlockd.service; rm /run/twinlock/twinlock.socket",
    "checker's socket masked": "systemctl stop twinlockd.service; systemctl mask --now twinlock-checker.socket",
    "database gone": "systemctl stop twinlockd.service; rm /var/lib/twinlock/twinlock.db*",
    "key gone": "systemctl stop twinlockd.service; rm /var/lib/twinlock/sealing.key",
    "daemon removed": "systemctl stop twinlockd.service; rm /usr/sbin/twinlockd",
    "module removed": "rm /usr/lib/*/security/pam_twinlock.so",
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_only_root_at_the_console_gets_in(host, breakage):
    with_factor = people.enrolled(host)
    without = people.newcomer(host)
    host.shell(BREAKAGES[breakage])
    # All at once: where the daemon starts again and again, each of them waits as long as the module does.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        root = pool.submit(host.login, "root", ROOT_PASSWORD)
        others = {"root, guessing": pool.submit(host.login, "root", "a guess")}
        for person, answers in ((with_factor, with_factor.both()), (without, (without.password,))):
            for door in (host.ssh, host.login, host.sudo):
                others[f"{person.name} by {door.__name__}"] = pool.submit(door, person.name, *answers)
        others["root by ssh"] = pool.submit(host.ssh, "root", ROOT_PASSWORD)
        others["root by su"] = pool.submit(host.su, without.name, "root", ROOT_PASSWORD)
    assert root.result()
    assert [door for door, admitted in others.items() if admitted.result()] == []


# Another file system in place of the state, with the same state in it and no room.
FULL = """
systemctl stop twinlockd.service
cp -a /var/lib/twinlock /root/state
mount -t tmpfs -o size=1M,mode=0700,uid=$(id -u twinlock),gid=$(id -g twinlock) tmpfs /var/lib/twinlock
cp -a /root/state/. /var/lib/twinlock/
cat /dev/zero > /var/lib/twinlock/filler 2>/dev/null || true
"""


def test_a_full_disk_keeps_out_who_needs_a_code_and_nobody_else(host):
    """A code that cannot be noted as used opens nothing. Who has no second factor has nothing to be noted."""
    with_factor = people.enrolled(host)
    without = people.newcomer(host)
    host.shell(FULL)
    assert not host.ssh(with_factor.name, *with_factor.both())
    assert not host.login(with_factor.name, *with_factor.both())
    assert host.ssh(without.name, without.password)
    assert host.login("root", ROOT_PASSWORD)
