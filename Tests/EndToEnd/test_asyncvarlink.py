"""asyncvarlink against the daemon: a client that has no interface text but declares what it expects, with types."""

import asyncio
import collections.abc
import contextlib
import dataclasses
import enum
import typing

import pytest
from asyncvarlink import (
    GenericVarlinkErrorReply,
    TypedVarlinkErrorReply,
    VarlinkClientProtocol,
    VarlinkInterface,
    connect_unix_varlink,
    varlinkmethod,
)
from asyncvarlink.serviceinterface import InterfaceNotFound, InvalidParameter, VarlinkServiceInterface

import accounts
import interfaces
import twinlockd
from twinlockd import AUTHENTICATION, SOCKET

# --- The interface, as somebody would write it down who means to be strict: what is not here may not be in a reply ---


class State(enum.Enum):
    signedIn = 1
    passwordRequired = 2
    codeRequired = 3
    setUpRequired = 4


class Factor(enum.Enum):
    password = 1
    publickey = 2
    code = 3


class Purpose(enum.Enum):
    session = 1
    login = 2


class SecondFactor(enum.Enum):
    verified = 1
    notEnrolled = 2
    exempt = 3


@dataclasses.dataclass
class Context:
    service: str | None = None
    tty: str | None = None
    remoteHost: str | None = None
    realUid: int | None = None
    purpose: Purpose | None = None
    passed: list[Factor] | None = None


class SignInResult(typing.TypedDict):
    state: State
    session: str | None
    user: str
    factors: list[Factor] | None
    secondFactor: SecondFactor | None
    expires: int | None
    failedCodes: int | None
    recoveryCodesLeft: int | None
    recoveryCodeUsed: bool | None
    message: str | None
    prompt: str | None
    passwordBytes: int | None


class Session(typing.TypedDict):
    user: str
    uid: int
    factors: list[Factor]
    service: str
    created: int
    expires: int
    token: bool | None
    groups: list[str] | None


class Notice(typing.TypedDict):
    notice: str | None


class AuthenticationFailed(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        pass


class TooManyFailures(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        seconds: int | None


class SignInAgain(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        pass


class PasswordExpired(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        pass


class CodeAlreadyUsed(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        pass


class Unavailable(TypedVarlinkErrorReply, interface=AUTHENTICATION):
    class Parameters:
        pass


class Authentication(VarlinkInterface, name=AUTHENTICATION):
    errors = (AuthenticationFailed, TooManyFailures, SignInAgain, PasswordExpired, CodeAlreadyUsed, Unavailable)

    @varlinkmethod
    async def SignIn(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        combined: bool | None = None,
        context: Context | None = None,
    ) -> SignInResult:
        raise NotImplementedError

    @varlinkmethod
    async def Verify2FACode(self, *, session: str, code: str) -> SignInResult:
        raise NotImplementedError

    @varlinkmethod
    async def GetSession(self, *, session: str) -> Session:
        raise NotImplementedError

    @varlinkmethod
    async def SignOut(self, *, session: str) -> None:
        raise NotImplementedError

    @varlinkmethod
    async def GetNotice(self, *, user: str | None = None, remaining: bool | None = None) -> Notice:
        raise NotImplementedError


class Info(typing.TypedDict):
    vendor: str
    product: str
    version: str
    url: str
    interfaces: list[str]


class ServiceInSeries(VarlinkInterface, name=interfaces.SERVICE):
    """The service interface as a client sees it that asks for a series of replies."""

    errors = (InterfaceNotFound,)

    @varlinkmethod
    async def GetInfo(self) -> collections.abc.AsyncIterator[Info]:
        yield

    @varlinkmethod(return_parameter="description")
    async def GetInterfaceDescription(self, *, interface: str) -> collections.abc.AsyncIterator[str]:
        yield


# --- The tests ---


@pytest.fixture(scope="module", autouse=True)
def edge(module_daemon):
    return module_daemon


@pytest.fixture
def user(edge):
    """With a second factor, and two codes that are right at once."""
    return twinlockd.enrol(accounts.add_account())


@contextlib.asynccontextmanager
async def connected(*declared, account=None):
    """Proxies of interfaces over one connection, made by root or by an account."""
    with accounts.acting_as(account):
        transport, protocol = await connect_unix_varlink(VarlinkClientProtocol, SOCKET)
    try:
        yield [protocol.make_proxy(interface) for interface in declared]
    finally:
        transport.close()


def in_time(coroutine):
    """The library has no deadline of its own."""
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def test_what_is_declared_here_is_what_the_text_declares():
    """Otherwise the rest would show that a client knows something, not that it knows the interface."""
    file = next(file for file in interfaces.FILES if file.stem == AUTHENTICATION)
    ours = Authentication.render_interface_description(comments=False)
    assert interfaces.statements(ours) == interfaces.statements(file.read_text())


def test_it_tells_who_the_daemon_is():
    async def ask():
        async with connected(VarlinkServiceInterface) as (service,):
            info = await service.GetInfo()
            replies = [await service.GetInterfaceDescription(interface=name) for name in info["interfaces"]]
            return info, [reply["description"] for reply in replies]

    info, texts = in_time(ask())
    assert (info["vendor"], info["product"]) == ("Twinlock", "twinlockd")
    assert sorted(info["interfaces"]) == sorted([*interfaces.NAMES, interfaces.SERVICE])
    for name, text in zip(info["interfaces"], texts, strict=True):
        assert f"interface {name}\n" in text


def test_signing_in_takes_both_steps(user):
    async def sign_in():
        async with connected(Authentication, account=user) as (twinlock,):
            begun = await twinlock.SignIn(password=user.password)
            assert begun["state"] is State.codeRequired
            done = await twinlock.Verify2FACode(session=begun["session"], code=user.phone.next_code())
            session = await twinlock.GetSession(session=done["session"])
            assert await twinlock.SignOut(session=done["session"]) in (None, {})
            with pytest.raises(SignInAgain):
                await twinlock.GetSession(session=done["session"])
            return done, session

    done, session = in_time(sign_in())
    assert (done["state"], done["user"], done["factors"]) == (
        State.signedIn,
        user.name,
        [Factor.password, Factor.code],
    )
    assert (session["user"], session["uid"]) == (user.name, user.uid)


def test_root_signs_in_for_a_login_with_a_context(user):
    """The members of the context that are not given go out as null."""

    async def log_in():
        context = Context(service="sshd", remoteHost="192.0.2.1", realUid=0, purpose=Purpose.login)
        async with connected(Authentication) as (twinlock,):
            begun = await twinlock.SignIn(user=user.name, password=user.password, context=context)
            return await twinlock.Verify2FACode(session=begun["session"], code=user.phone.next_code())

    verdict = in_time(log_in())
    assert verdict["state"] is State.signedIn
    assert verdict["secondFactor"] is SecondFactor.verified
    assert verdict.get("session") is None


def test_a_notice_is_a_line_or_nothing(user):
    async def ask():
        async with connected(Authentication) as (twinlock,):
            calls = twinlock.GetNotice(user=user.name), twinlock.GetNotice(user=user.name, remaining=True)
            return [(await call).get("notice") for call in calls]

    assert in_time(ask()) == [None, "Twinlock: 10 recovery codes left."]


def test_errors_have_names_and_types(user):
    async def fail():
        async with connected(Authentication, VarlinkServiceInterface, account=user) as (twinlock, service):
            with pytest.raises(SignInAgain):
                await twinlock.GetSession(session="no")
            begun = await twinlock.SignIn(password=user.password)
            with pytest.raises(AuthenticationFailed):
                await twinlock.Verify2FACode(session=begun["session"], code=user.phone.wrong_code())
            with pytest.raises(InterfaceNotFound) as raised:
                await service.GetInterfaceDescription(interface="org.example.no")
            assert raised.value.p_interface == "org.example.no"
            # Not among the errors that the interface declares: known by its name alone.
            with pytest.raises(GenericVarlinkErrorReply) as raised:
                await twinlock.SignIn(user="root", password="x")
            assert raised.value.name == "org.varlink.service.PermissionDenied"
            with pytest.raises(GenericVarlinkErrorReply) as raised:
                await twinlock.SignIn(context=Context(service="x" * 65))
            assert raised.value.name == InvalidParameter.name
            assert raised.value.parameters == {"parameter": "context.service"}

    in_time(fail())


def test_calls_that_are_not_waited_for_are_answered_each_with_its_own():
    """Twenty calls on their way at once, over one connection."""

    async def ask():
        async with connected(VarlinkServiceInterface, Authentication) as (service, twinlock):
            names = [interfaces.SERVICE, AUTHENTICATION] * 5
            texts = [service.GetInterfaceDescription(interface=name) for name in names]
            users = [twinlock.SignIn(user=f"user {number}") for number in range(10)]
            replies = await asyncio.gather(*(call for pair in zip(texts, users, strict=True) for call in pair))
            return names, replies

    names, replies = in_time(ask())
    for name, reply in zip(names, replies[::2], strict=True):
        assert f"interface {name}\n" in reply["description"]
    for number, reply in enumerate(replies[1::2]):
        assert reply["user"] == f"user {number}"
        assert reply["state"] is State.passwordRequired


def test_a_oneway_call_is_carried_out_and_leaves_no_reply():
    account = accounts.add_account()

    async def sign_out():
        async with connected(Authentication, VarlinkServiceInterface, account=account) as (twinlock, service):
            done = await twinlock.SignIn(password=account.password)
            assert done["state"] is State.signedIn
            await twinlock.SignOut.oneway(session=done["session"])
            with pytest.raises(SignInAgain):
                await twinlock.GetSession(session=done["session"])
            return await service.GetInfo()

    assert in_time(sign_out())["product"] == "twinlockd"


def test_a_series_ends_with_its_one_reply():
    async def ask():
        async with connected(ServiceInSeries) as (service,):
            infos = [info async for info in service.GetInfo()]
            texts = [text async for text in service.GetInterfaceDescription(interface=AUTHENTICATION)]
            with pytest.raises(InterfaceNotFound):
                async for _ in service.GetInterfaceDescription(interface="org.example.no"):
                    pass
            return infos, texts

    infos, texts = in_time(ask())
    assert [info["product"] for info in infos] == ["twinlockd"]
    assert len(texts) == 1
