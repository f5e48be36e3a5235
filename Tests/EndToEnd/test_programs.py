"""Programs on the socket, with the stock python client: signing in, sessions, who may do what, and errors by name."""

import re
import subprocess
import sys

import pytest
import varlink

import accounts
import twinlockd
from terminals import Pty
from twinlockd import ACCOUNT, AUTHENTICATION, Program, refusal


@pytest.fixture(params=["the user's own program", "root's program"])
def program(request, enrolled):
    """A caller that may sign the user in, and how it names him."""
    own = request.param.startswith("the user")
    one = Program(enrolled if own else None)
    one.named = {} if own else {"user": enrolled.name}
    return one


def refused_with(call, *arguments, **named):
    """The error that a call is answered with."""
    with pytest.raises(varlink.VarlinkError) as raised:
        call(*arguments, **named)
    return raised.value


def test_signing_in_takes_both_steps_and_gives_a_session(program, enrolled):
    begun = program.sign_in(password=enrolled.password, **program.named)
    assert begun["state"] == "codeRequired"
    signed_in = program.verify(begun["session"], enrolled.phone.next_code())
    assert signed_in["state"] == "signedIn"
    assert signed_in["user"] == enrolled.name
    assert signed_in["factors"] == ["password", "code"]
    assert signed_in["session"] != begun["session"]
    session = program.get_session(signed_in["session"])
    assert session["user"] == enrolled.name
    assert session["uid"] == enrolled.uid
    assert session["factors"] == ["password", "code"]
    assert session["created"] < session["expires"]
    program.sign_out(signed_in["session"])
    assert refused_with(program.get_session, signed_in["session"]).error() == refusal("SignInAgain")


def test_a_session_before_the_code_is_good_for_nothing_else(program, enrolled):
    begun = program.sign_in(password=enrolled.password, **program.named)
    assert refused_with(program.get_session, begun["session"]).error() == refusal("SignInAgain")
    assert refused_with(program.status, session=begun["session"]).error() == refusal("SignInAgain", ACCOUNT)


def test_errors_have_names(program, enrolled):
    begun = program.sign_in(password=enrolled.password, **program.named)
    wrong = refused_with(program.verify, begun["session"], enrolled.phone.wrong_code())
    assert wrong.error() == refusal("AuthenticationFailed")
    assert not wrong.parameters()
    assert refused_with(program.verify, "no-session", "123456").error() == refusal("SignInAgain")
    assert refused_with(program.get_session, "no-session").error() == refusal("SignInAgain")


def test_a_used_code_is_named_to_root_alone(enrolled):
    code = enrolled.phone.last_code()
    root = refused_with(Program().both_steps, code, user=enrolled.name, password=enrolled.password)
    assert root.error() == refusal("CodeAlreadyUsed")
    own = refused_with(Program(enrolled).both_steps, code, password=enrolled.password)
    assert own.error() == refusal("AuthenticationFailed")


def test_a_wrong_password_is_answered_like_a_right_one(program, enrolled):
    right = program.sign_in(password=enrolled.password, **program.named)
    wrong = program.sign_in(password=enrolled.password + "x", **program.named)
    assert {name: type(value) for name, value in right.items()} == {name: type(value) for name, value in wrong.items()}
    assert {**right, "session": "", "expires": 0} == {**wrong, "session": "", "expires": 0}
    assert len(right["session"]) == len(wrong["session"])
    verdict = refused_with(program.verify, wrong["session"], enrolled.phone.next_code())
    assert verdict.error() == refusal("AuthenticationFailed")


def test_root_cannot_tell_a_user_from_nobody(daemon, enrolled):
    root = Program()
    names = [enrolled.name, accounts.add_account().name, "no-such-user"]
    replies = [root.sign_in(user=name, password="guess") for name in names]
    shapes = [{**reply, "user": "", "session": len(reply["session"]), "expires": 0} for reply in replies]
    assert shapes[0] == shapes[1] == shapes[2]


def test_nobody_signs_another_one_in(enrolled):
    other = Program(accounts.add_account())
    for user in (enrolled.name, "root", "no-such-user"):
        error = refused_with(other.sign_in, user=user, password=enrolled.password)
        assert error.error() == "org.varlink.service.PermissionDenied"


def test_a_session_is_of_no_use_to_others(enrolled):
    own, other = Program(enrolled), Program(accounts.add_account())
    begun = own.sign_in(password=enrolled.password)
    assert refused_with(other.verify, begun["session"], enrolled.phone.next_code()).error() == refusal("SignInAgain")
    finished = own.verify(begun["session"], enrolled.phone.next_code())["session"]
    assert refused_with(other.get_session, finished).error() == refusal("SignInAgain")
    assert refused_with(other.status, session=finished).error() == refusal("SignInAgain", ACCOUNT)
    other.sign_out(finished)
    assert own.get_session(finished)["user"] == enrolled.name


def test_status_tells_how_the_account_stands(enrolled):
    own = Program(enrolled)
    assert own.status()["enabled"]
    assert own.status()["user"] == enrolled.name
    assert not Program(accounts.add_account()).status()["enabled"]
    refused_with(own.both_steps, enrolled.phone.wrong_code(), password=enrolled.password)
    assert own.status()["failedCodes"] == 1


def test_setting_up_takes_the_password_and_is_not_active_before_the_first_code(daemon, account):
    own = Program(account)
    assert refused_with(own.call, ACCOUNT, "BeginSetUp", password="wrong").error() == refusal(
        "AuthenticationFailed", ACCOUNT
    )
    set_up = own.call(ACCOUNT, "BeginSetUp", password=account.password)
    phone = accounts.Authenticator(set_up["secret"])
    assert not own.status()["enabled"]
    assert own.status()["setUpBegun"]
    assert own.sign_in(password=account.password)["state"] == "signedIn"
    wrong = refused_with(own.call, ACCOUNT, "ConfirmSetUp", code=phone.wrong_code())
    assert wrong.error() == refusal("AuthenticationFailed", ACCOUNT)
    assert not own.status()["enabled"]
    own.call(ACCOUNT, "ConfirmSetUp", code=phone.next_code())
    assert own.status()["enabled"]
    assert own.sign_in(password=account.password)["state"] == "codeRequired"


def test_enabling_ends_sessions_that_showed_no_code(daemon, account):
    own = Program(account)
    session = own.sign_in(password=account.password)["session"]
    assert own.get_session(session)["factors"] == ["password"]
    twinlockd.enrol(account)
    assert refused_with(own.get_session, session).error() == refusal("SignInAgain")


def test_disabling_takes_password_and_code(enrolled):
    own = Program(enrolled)
    for parameters in (
        {"password": enrolled.password},
        {"code": enrolled.phone.next_code()},
        {"password": enrolled.password, "code": enrolled.phone.wrong_code()},
        {"password": "wrong", "code": enrolled.phone.last_code()},
    ):
        assert refused_with(own.call, ACCOUNT, "Disable", **parameters).error() == refusal(
            "AuthenticationFailed", ACCOUNT
        )
        assert own.status()["enabled"]
    own.call(ACCOUNT, "Disable", password=enrolled.password, code=enrolled.phone.next_code())
    assert not own.status()["enabled"]
    assert own.sign_in(password=enrolled.password)["state"] == "signedIn"


def test_an_expired_password_is_named_to_programs_after_the_code(enrolled):
    subprocess.run(["chage", "--lastday", "0", enrolled.name], check=True)
    own = Program(enrolled)
    error = refused_with(own.both_steps, enrolled.phone.next_code(), password=enrolled.password)
    assert error.error() == refusal("PasswordExpired")


def test_a_name_that_was_given_away_does_not_inherit(enrolled):
    """Removed and made again under another uid: not the old account, and not one without a second factor either."""
    name, uid = enrolled.name, enrolled.uid
    subprocess.run(["userdel", name], check=True, capture_output=True)
    subprocess.run(["useradd", "--no-create-home", "--uid", str(uid + 5000), name], check=True, capture_output=True)
    accounts.set_password(enrolled, enrolled.password)
    root = Program()
    refused_with(root.both_steps, enrolled.phone.next_code(), user=name, password=enrolled.password)


def test_the_stock_command_line_client(daemon):
    words = [sys.executable, "-m", "varlink.cli", "help"]
    for interface in (AUTHENTICATION, ACCOUNT, "org.varlink.service"):
        done = subprocess.run([*words, f"unix:{twinlockd.SOCKET}/{interface}"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"interface {interface}" in done.stdout
    info = subprocess.run(
        [sys.executable, "-m", "varlink.cli", "info", f"unix:{twinlockd.SOCKET}"], capture_output=True, text=True
    )
    assert {AUTHENTICATION, ACCOUNT} <= set(re.findall(r"org\.[\w.]+", info.stdout))


def test_the_stock_library_asks_for_series_and_for_no_reply(daemon, account):
    """On one connection, so that a reply too many would be taken for the next one."""
    with (
        varlink.Client(address=f"unix:{twinlockd.SOCKET}") as client,
        client.open(AUTHENTICATION) as twinlock,
        client.open("org.varlink.service") as service,
    ):
        signed_in = twinlock.SignIn(user=account.name, password=account.password)
        assert signed_in["state"] == "signedIn"
        session = signed_in["session"]
        assert [reply["user"] for reply in twinlock.GetSession(session=session, _more=True)] == [account.name]
        assert [reply["product"] for reply in service.GetInfo(_more=True)] == ["twinlockd"]
        assert service.GetInfo(_oneway=True) is None
        assert "interface" in service.GetInterfaceDescription(AUTHENTICATION)["description"]
        assert twinlock.SignOut(session=session, _oneway=True) is None
        assert refused_with(twinlock.GetSession, session=session).error() == refusal("SignInAgain")
        series = twinlock.GetSession(session=session, _more=True)
        assert refused_with(list, series).error() == refusal("SignInAgain")
