"""The same exchange with asyncvarlink, which shares no code with the stock client.

It is strict: it takes its types from annotations, and refuses replies that have others or unknown members. It hands
back a null that the stock client leaves out.
"""

import asyncio
import collections.abc
import typing

import pytest
from asyncvarlink import VarlinkClientProtocol, VarlinkInterface, connect_unix_varlink, varlinkmethod
from asyncvarlink.error import GenericVarlinkErrorReply

CERTIFICATION = "org.varlink.certification"

OneTwoThree = typing.Literal["one", "two", "three"]
FooBarBaz = typing.Literal["foo", "bar", "baz"]


class Four(typing.TypedDict):
    bool: bool
    int: int
    float: float
    string: str


class Pair(typing.TypedDict):
    first: int
    second: str


class Anonymous(typing.TypedDict):
    foo: bool
    bar: bool


class Interface(typing.TypedDict):
    foo: list[dict[str, FooBarBaz] | None] | None
    anon: Anonymous


class MyType(typing.TypedDict):
    object: typing.Any
    enum: OneTwoThree
    struct: Pair
    array: list[str]
    dictionary: dict[str, str]
    stringset: set[str]
    nullable: str | None
    nullable_array_struct: list[Pair] | None
    interface: Interface


class Certification(VarlinkInterface, name=CERTIFICATION):
    @varlinkmethod(return_parameter="client_id")
    def Start(self) -> str: ...

    @varlinkmethod(return_parameter="bool")
    def Test01(self, *, client_id: str) -> bool: ...

    @varlinkmethod(return_parameter="int")
    def Test02(self, *, client_id: str, bool: bool) -> int: ...

    @varlinkmethod(return_parameter="float")
    def Test03(self, *, client_id: str, int: int) -> float: ...

    @varlinkmethod(return_parameter="string")
    def Test04(self, *, client_id: str, float: float) -> str: ...

    @varlinkmethod
    def Test05(self, *, client_id: str, string: str) -> Four: ...

    @varlinkmethod(return_parameter="struct")
    def Test06(self, *, client_id: str, bool: bool, int: int, float: float, string: str) -> Four: ...

    @varlinkmethod(return_parameter="map")
    def Test07(self, *, client_id: str, struct: Four) -> dict[str, str]: ...

    @varlinkmethod(return_parameter="set")
    def Test08(self, *, client_id: str, map: dict[str, str]) -> set[str]: ...

    @varlinkmethod(return_parameter="mytype", allow_foreign=True)
    def Test09(self, *, client_id: str, set: set[str]) -> MyType: ...

    @varlinkmethod(return_parameter="string", allow_foreign=True)
    def Test10(self, *, client_id: str, mytype: MyType) -> collections.abc.Iterator[str]: ...

    @varlinkmethod
    def Test11(self, *, client_id: str, last_more_replies: list[str]) -> None: ...

    @varlinkmethod(return_parameter="all_ok")
    def End(self, *, client_id: str) -> bool: ...


async def exchange(path, alter=lambda mytype: mytype):
    """Everything from Start to End; what Test09 returned may be altered before Test10 is given it."""
    transport, protocol = await connect_unix_varlink(VarlinkClientProtocol, path)
    try:
        server = protocol.make_proxy(Certification)
        client_id = (await server.Start())["client_id"]
        handed = {}
        for number in range(1, 10):
            handed = await getattr(server, f"Test{number:02}")(client_id=client_id, **handed)
        series = server.Test10(client_id=client_id, mytype=alter(handed["mytype"]))
        replies = [reply["string"] async for reply in series]
        await server.Test11.oneway(client_id=client_id, last_more_replies=replies)
        return await server.End(client_id=client_id)
    finally:
        transport.close()


@pytest.mark.parametrize("options", [[], ["--edges"]], ids=["common", "edges"])
def test_asyncvarlink_passes(make_server, options):
    assert asyncio.run(exchange(make_server(*options).path)) == {"all_ok": True}


def test_asyncvarlink_is_told_what_went_wrong(server):
    with pytest.raises(GenericVarlinkErrorReply) as refused:
        asyncio.run(exchange(server.path, alter=lambda mytype: {**mytype, "enum": "one"}))
    assert refused.value.name == f"{CERTIFICATION}.CertificationError"
    wants, got = (refused.value.parameters[name] for name in ("wants", "got"))
    assert wants["parameters"]["mytype"].pop("enum") == "two"
    assert got["parameters"]["mytype"].pop("enum") == "one"
    assert got == wants
    assert got["parameters"]["mytype"]["nullable"] is None
