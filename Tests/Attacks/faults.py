"""A daemon from which something is taken away, and what must be true meanwhile and afterwards."""

import accounts
import logins
import phones
import twinlockd
from start_line import StartLine

SERVICE = "attack"

DATABASE = twinlockd.STATE / "twinlock.db"
KEY = twinlockd.STATE / "sealing.key"


def settle(make_daemon, **options):
    logins.write_stack(SERVICE, logins.TWINLOCK)
    daemon = make_daemon(**options)
    return daemon, twinlockd.enrol(accounts.add_account(), daemon.clock)


def through_pam(account, code):
    """What pam_authenticate returns for this login."""
    line = StartLine.at_pam(1, SERVICE)
    try:
        return line.race([{"user": account.name, "password": account.password, "code": code}])[0]
    finally:
        line.close()


def through_pam_is_refused(account, code):
    """Whether PAM says that it cannot know (PAM_AUTHINFO_UNAVAIL), which it may before the code is asked for."""
    told = logins.pamtester(SERVICE, account, account.password, code).told
    return "Authentication service cannot retrieve authentication info" in told


def assert_nothing_is_told(account, code):
    """A right code, a wrong one and a recovery code are answered alike, over the socket and through PAM."""
    tried = (code, account.phone.wrong_code(), account.recovery_codes[0])
    assert [phones.verify(account, one) for one in tried] == ["Unavailable"] * 3
    assert [through_pam(account, one) for one in tried] == ["PAM_AUTHINFO_UNAVAIL"] * 3


def assert_nothing_was_lost(account, code):
    """What was refused was neither spent nor counted; what was used before stays used."""
    assert phones.verify(account, account.phone.code_at(account.phone.used_step - 1)) == "CodeAlreadyUsed"
    assert phones.verify(account, code) is None
    assert phones.verify(account, code) == "CodeAlreadyUsed"
    status = twinlockd.Program(account).status()
    assert status["failedCodes"] == 0
    assert status["recoveryCodesLeft"] == 10
    assert phones.verify(account, account.recovery_codes[0]) is None
    assert twinlockd.Program(account).status()["recoveryCodesLeft"] == 9


def assert_start_is_refused(daemon, words):
    """And the next start, when the cause is gone, works."""
    mark = len(daemon.log())
    daemon.begin()
    assert daemon.process.wait(timeout=60) == 1
    assert words in daemon.log()[mark:], daemon.log()[mark:]


def has_ended(daemon):
    return daemon.process.poll() is not None


def fresh_code(daemon, account):
    """A code that is right, after one that was used."""
    phones.move_on(daemon.clock)
    assert phones.verify(account, account.phone.next_code()) is None
    return account.phone.next_code()
