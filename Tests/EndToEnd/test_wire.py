"""The edge, byte by byte on the real socket: what is a call, what is none, and what becomes of a connection."""

import array
import contextlib
import errno
import json
import os
import socket
import tempfile
import types

import pytest

import accounts
import twinlockd
from twinlockd import ACCOUNT, AUTHENTICATION, connect
from waiting import wait_for
from wire import (
    GET_DESCRIPTION,
    GET_INFO,
    SERVICE,
    ask,
    call,
    frame,
    next_bytes,
    received_until_end,
    replies,
    send,
    wait_until_read,
)

SIGN_IN = f"{AUTHENTICATION}.SignIn"
VERIFY = f"{AUTHENTICATION}.Verify2FACode"
GET_SESSION = f"{AUTHENTICATION}.GetSession"
SIGN_OUT = f"{AUTHENTICATION}.SignOut"

MESSAGE_BYTES = 64 * 1024
DEPTH = 32
STRING_BYTES = 8 * 1024


@pytest.fixture(scope="module", autouse=True)
def edge(module_daemon):
    """The daemon of every test here: none of them may leave a trace in it."""
    yield module_daemon
    assert module_daemon.process.poll() is None, module_daemon.log()


@pytest.fixture(scope="module")
def user(edge):
    return accounts.add_account()


class Witness:
    """A session. It is over when somebody has carried out a call to end it."""

    def __init__(self, account):
        reply = ask(call(SIGN_IN, parameters={"user": account.name, "password": account.password}))
        self.session = reply["parameters"]["session"]
        self.sign_out = call(SIGN_OUT, parameters={"session": self.session})

    def is_over(self):
        reply = ask(call(GET_SESSION, parameters={"session": self.session}))
        return reply.get("error") == twinlockd.refusal("SignInAgain")


@pytest.fixture(scope="module")
def witnesses():
    return []


@pytest.fixture
def witness(user, witnesses):
    """The same for all that must not end it, until one does."""
    if not witnesses or witnesses[-1].is_over():
        witnesses.append(Witness(user))
    return witnesses[-1]


@pytest.fixture
def own_witness(user):
    """One that the test may end."""
    return Witness(user)


@pytest.fixture(scope="module")
def info(edge):
    """The reply to a call that nothing is special about."""
    reply = ask(call())
    assert reply["parameters"]["vendor"] == "Twinlock"
    return reply


def named(cases):
    return pytest.mark.parametrize("text", cases.values(), ids=cases.keys())


def with_extra(member):
    """A good call with one more member in its envelope."""
    member = member.encode() if isinstance(member, str) else member
    return b'{"method":"%s",%s}' % (GET_INFO.encode(), member)


def with_text(content):
    """A good call that carries a string, written as given, where any object may be."""
    content = content.encode() if isinstance(content, str) else content
    return with_extra(b'"org.example.test":{"text":"%s"}' % content)


def padded(length):
    """A good call of so many bytes."""
    text = f'{{"method":"{GET_INFO}"}}'
    return text + " " * (length - len(text))


def objects(depth):
    return with_extra('"org.example.test":' + '{"a":' * (depth - 2) + "{}" + "}" * (depth - 2))


def arrays(depth):
    return with_extra('"org.example.test":{"a":' + "[" * (depth - 2) + "]" * (depth - 2) + "}")


ILL_FORMED = {
    "a continuation byte alone": b"\x80",
    "an overlong slash in two bytes": b"\xc0\xaf",
    "an overlong NUL in two bytes": b"\xc0\x80",
    "an overlong slash in three bytes": b"\xe0\x80\xaf",
    "an overlong U+07FF in three bytes": b"\xe0\x9f\xbf",
    "an overlong slash in four bytes": b"\xf0\x80\x80\xaf",
    "an overlong U+FFFF in four bytes": b"\xf0\x8f\xbf\xbf",
    "a leading surrogate": b"\xed\xa0\x80",
    "a trailing surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "U+110000": b"\xf4\x90\x80\x80",
    "a lead byte beyond Unicode": b"\xf5\x80\x80\x80",
    "two bytes cut short": b"\xc3",
    "three bytes cut short": b"\xe2\x82",
    "four bytes cut short": b"\xf0\x9f\x92",
    "two bytes cut short by a letter": b"\xc3a",
    "the byte FE": b"\xfe",
    "the byte FF": b"\xff",
}

REFUSED = {
    # JSON, but no call
    "an array": "[]",
    "a string": '"x"',
    "a number": "1",
    "null": "null",
    "an empty object": "{}",
    "no method": '{"parameters":{}}',
    "a method that is null": '{"method":null}',
    "a method that is a number": '{"method":1}',
    "a method that is an object": '{"method":{}}',
    "an unknown key": with_extra('"x":{}'),
    "an unknown key that holds null": with_extra('"x":null'),
    "a key of replies": with_extra('"continues":true'),
    "an error": with_extra('"error":"org.example.No"'),
    "a key without a name": with_extra('"":{}'),
    "a known key in capitals": with_extra('"Parameters":{}'),
    **{
        f"parameters that are {kind}": with_extra(f'"parameters":{value}')
        for kind, value in {"an array": "[]", "a string": '"x"', "a number": "0", "false": "false"}.items()
    },
    **{
        f"an extension that is {kind}": with_extra(f'"org.example.test":{value}')
        for kind, value in {"null": "null", "text": '"x"', "an array": "[]", "a number": "1", "true": "true"}.items()
    },
    # flags
    **{
        f"{flag} that is {kind}": with_extra(f'"{flag}":{value}')
        for flag in ("oneway", "more", "upgrade")
        for kind, value in {"1": "1", "0": "0", "text": '"true"', "null": "null", "an object": "{}"}.items()
    },
    "oneway and more": with_extra('"oneway":true,"more":true'),
    "oneway and upgrade": with_extra('"oneway":true,"upgrade":true'),
    "more and upgrade": with_extra('"more":true,"upgrade":true'),
    "all three flags": with_extra('"oneway":true,"more":true,"upgrade":true'),
    "upgrade": with_extra('"upgrade":true'),
    # repeated keys
    "method twice": with_extra(f'"method":"{GET_INFO}"'),
    "method twice, once in escapes": with_extra(f'"\\u006dethod":"{GET_INFO}"'),
    "parameters twice": with_extra('"parameters":{},"parameters":{}'),
    "a false flag twice": with_extra('"more":false,"more":false'),
    "an extension twice": with_extra('"org.example.test":{},"org.example.test":{}'),
    "a parameter twice": f'{{"method":"{SIGN_IN}","parameters":{{"user":"a","user":"a"}}}}',
    "a parameter twice, once null": f'{{"method":"{SIGN_IN}","parameters":{{"user":null,"user":"a"}}}}',
    "a parameter's member twice": f'{{"method":"{SIGN_IN}","parameters":{{"context":{{"tty":"a","tty":"b"}}}}}}',
    "a member twice, deep": with_extra('"org.example.test":{"a":[{"b":[[{"c":1,"d":2,"c":3}]]}]}'),
    "a member without a name twice": with_extra('"org.example.test":{"":1,"":2}'),
    "a member twice, once in escapes": with_extra('"org.example.test":{"é":1,"\\u00e9":2}'),
    # size and depth
    "one byte too many": padded(MESSAGE_BYTES + 1),
    "twice the bytes": padded(2 * MESSAGE_BYTES),
    "objects one too deep": objects(DEPTH + 1),
    "arrays one too deep": arrays(DEPTH + 1),
    "brackets alone, as many as fit": "[" * MESSAGE_BYTES,
    "a string one byte too long": with_text("a" * (STRING_BYTES + 1)),
    "a string too long by a character of two bytes": with_text("a" * (STRING_BYTES - 1) + "é"),
    "a string too long by an escape": with_text("a" * STRING_BYTES + "\\n"),
    "a name one byte too long": with_extra(f'"org.example.test":{{"{"a" * (STRING_BYTES + 1)}":1}}'),
    "a parameter one byte too long for a string": (
        f'{{"method":"{SIGN_IN}","parameters":{{"user":"{"a" * (STRING_BYTES + 1)}"}}}}'
    ),
    # text
    **{f"{what}, in a string": with_text(bad) for what, bad in ILL_FORMED.items()},
    **{f"{what}, in a key": with_extra(b'"org.example.%s":{}' % bad) for what, bad in ILL_FORMED.items()},
    **{f"{what}, in the method": b'{"method":"%s"}' % bad for what, bad in ILL_FORMED.items()},
    "a byte beyond ASCII outside of strings": with_extra(b'"parameters":{}\xc2\xa0'),
    "U+0000 in a string": with_text("\\u0000"),
    "U+0000 in a key": with_extra('"org.example.\\u0000":{}'),
    "U+0000 in a parameter": f'{{"method":"{SIGN_IN}","parameters":{{"user":"root\\u0000"}}}}',
    "a leading surrogate in escapes": with_text("\\ud83d"),
    "a trailing surrogate in escapes": with_text("\\ude00"),
    "two leading surrogates in escapes": with_text("\\ud83d\\ud83d"),
    "an escape that is none": with_text("\\x41"),
    "an escape cut short": with_text("\\u12"),
    **{f"the control character {code} as it is": with_text(bytes([code])) for code in (0x01, 0x0A, 0x1F)},
    # numbers that are none
    **{
        f"the number {number}": with_extra(f'"org.example.test":{{"n":{number}}}')
        for number in ("01", "-01", "+1", "1.", ".5", "-", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity")
    },
    # not JSON
    "nothing but white space": "  ",
    "a brace": "{",
    "a call cut short": '{"method":"org.varlink',
    "a call without its brace": f'{{"method":"{GET_INFO}"',
    "two calls without a NUL": f'{{"method":"{GET_INFO}"}}{{"method":"{GET_INFO}"}}',
    "a letter behind the call": f'{{"method":"{GET_INFO}"}}x',
    "a comma at the end": f'{{"method":"{GET_INFO}",}}',
    "a comma at the end of an array": with_extra('"org.example.test":{"a":[1,]}'),
    "single quotes": "{'method':'org.varlink.service.GetInfo'}",
    "a comment": f'{{"method":"{GET_INFO}"/**/}}',
    "a byte order mark": b"\xef\xbb\xbf" + padded(0).encode(),
    "the word nil": with_extra('"parameters":nil'),
    "half a word": with_extra('"more":fals'),
    "a form feed for white space": with_extra('\f"more":false'),
    "nothing at all": "",
}


@named(REFUSED)
def test_what_is_no_call_ends_the_connection(witness, text):
    """Without a byte of reply; and what stands behind it, in the same write, is not carried out."""
    with connect() as connection:
        send(connection, frame(text), witness.sign_out)
        assert next_bytes(connection) == b""
    assert not witness.is_over()


def test_what_stands_behind_a_call_is_carried_out(own_witness, info):
    """What the tests of refusals rely on."""
    with connect() as connection:
        send(connection, call(), own_witness.sign_out)
        assert replies(connection, 2) == [info, {"parameters": {}}]
    assert own_witness.is_over()


def test_a_call_before_one_that_is_none_is_answered(witness, info):
    with connect() as connection:
        send(connection, call(), frame("[]"), witness.sign_out)
        assert received_until_end(connection) == json_frame(info)
    assert not witness.is_over()


def json_frame(reply):
    """A reply as the daemon writes it."""
    return frame(json.dumps(reply, separators=(",", ":")))


ACCEPTED = {
    "white space everywhere": f' \t\r\n{{ "method" :\n"{GET_INFO}" ,\r"parameters"\t: {{ }} }} \n',
    "escapes in the method": '{"method":"org\\u002evarlink.service.\\u0047etInfo"}',
    "an escaped solidus": with_text("\\/"),
    "no parameters": with_extra('"more":false'),
    "parameters that are null": with_extra('"parameters":null'),
    "parameters that are empty": with_extra('"parameters":{}'),
    **{f"{flag} that is false": with_extra(f'"{flag}":false') for flag in ("oneway", "more", "upgrade")},
    "all flags false": with_extra('"oneway":false,"more":false,"upgrade":false'),
    "one flag true and the others false": with_extra('"oneway":false,"more":true,"upgrade":false'),
    "more, for a method that answers once": with_extra('"more":true'),
    "an extension": with_extra('"org.example.test":{}'),
    "an extension that holds things": with_extra('"org.example.test":{"method":1,"a":[null,true,{"b":"c"}]}'),
    "two extensions": with_extra('"org.example.a":{},"org.example.b":{}'),
    "members of the same name in different objects": with_extra('"org.example.test":{"a":{"a":{"a":1}}}'),
    "names that differ in form alone": with_extra('"org.example.test":{"é":1,"e\\u0301":2}'),
    "exactly the bytes that fit": padded(MESSAGE_BYTES),
    "objects exactly as deep as may be": objects(DEPTH),
    "arrays exactly as deep as may be": arrays(DEPTH),
    "a string exactly as long as may be": with_text("a" * STRING_BYTES),
    "a string as long as may be, of longer escapes": with_text("\\u0041" * STRING_BYTES),
    "a name exactly as long as may be": with_extra(f'"org.example.test":{{"{"a" * STRING_BYTES}":1}}'),
    "numbers that fit no integer": with_extra('"org.example.test":{"n":[1.0,1e2,-0,1e400,123456789012345678901]}'),
    **{
        f"U+{code:04X}": with_text(chr(code))
        for code in (0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF)
    },
    "a pair of surrogates in escapes": with_text("\\ud83d\\ude00"),
}


@named(ACCEPTED)
def test_what_is_a_call_is_answered(info, text):
    with connect() as connection:
        send(connection, frame(text))
        assert replies(connection, 1) == [info]


def test_the_bounds_of_one_call_say_nothing_of_the_next(info):
    with connect() as connection:
        for text in (padded(MESSAGE_BYTES), objects(DEPTH), padded(MESSAGE_BYTES), with_text("a" * STRING_BYTES)):
            send(connection, frame(text))
            assert replies(connection, 1) == [info]


# --- Frames and writes ---


# Escapes, characters of each length, white space: wherever it is cut, the pieces are different.
A_CALL = (
    f' {{ "method" : "{GET_INFO}" , "parameters" : {{ "\\u0078\\ud83d\\ude00éह😀" : [ -1.5e3 , null ] }} , '
    '"org.example.test" : { "a\\"b" : "\\\\" } }'
)
ITS_ERROR = {"error": f"{SERVICE}.InvalidParameter", "parameters": {"parameter": "x😀éह😀"}}


def test_a_call_may_be_cut_anywhere():
    """The daemon has read the first piece before the second is written."""
    whole = frame(A_CALL)
    with contextlib.ExitStack() as stack:
        connections = {place: stack.enter_context(connect()) for place in range(1, len(whole))}
        for place, connection in connections.items():
            connection.sendall(whole[:place])
        for place, connection in connections.items():
            wait_until_read(connection)
            connection.sendall(whole[place:])
        for place, connection in connections.items():
            assert replies(connection, 1) == [ITS_ERROR], f"cut after {place} bytes"


def test_a_call_may_come_a_byte_at_a_time(info):
    with connect() as connection:
        for byte in call():
            connection.sendall(bytes([byte]))
            wait_until_read(connection)
        assert replies(connection, 1) == [info]


def test_calls_in_one_write_are_answered_in_their_order(info):
    with connect() as connection:
        send(
            connection,
            call(),
            call("org.example.No"),
            call(GET_DESCRIPTION, parameters={"interface": SERVICE}),
            call(SIGN_IN, parameters={"user": 1}),
            call(),
        )
        answers = replies(connection, 5)
    assert answers[0] == answers[4] == info
    assert answers[1] == {"error": f"{SERVICE}.MethodNotFound", "parameters": {"method": "org.example.No"}}
    assert f"interface {SERVICE}" in answers[2]["parameters"]["description"]
    assert answers[3] == {"error": f"{SERVICE}.InvalidParameter", "parameters": {"parameter": "user"}}


def test_a_thousand_calls_in_one_write_are_all_answered(info):
    with connect() as connection:
        send(connection, call() * 1000)
        assert replies(connection, 1000) == [info] * 1000


def test_two_nuls_are_a_call_and_none(witness, info):
    with connect() as connection:
        send(connection, call(), b"\0", witness.sign_out)
        assert received_until_end(connection) == json_frame(info)
    assert not witness.is_over()


def test_a_call_without_its_nul_is_none(own_witness):
    """The peer says that nothing will follow."""
    with connect() as connection:
        connection.sendall(own_witness.sign_out[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert next_bytes(connection) == b""
    assert not own_witness.is_over()


def test_whoever_sends_no_more_still_gets_his_replies(info):
    with connect() as connection:
        connection.sendall(call() * 3)
        connection.shutdown(socket.SHUT_WR)
        assert received_until_end(connection) == json_frame(info) * 3


def test_too_many_bytes_are_not_waited_for(witness):
    """The end comes with the first byte too many, not with the NUL."""
    with connect() as connection:
        send(connection, padded(MESSAGE_BYTES + 1).encode())
        assert next_bytes(connection) == b""
    assert not witness.is_over()


def test_descriptors_that_come_with_a_call_are_closed(edge, info):
    """Otherwise a stranger could use up the daemon's."""
    with tempfile.TemporaryFile() as file, connect() as connection:
        for _ in range(20):
            rights = array.array("i", [file.fileno()] * 10)
            connection.sendmsg([call()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            assert replies(connection, 1) == [info]
        directory = f"/proc/{edge.pid}/fd"
        theirs = [os.readlink(f"{directory}/{name}") for name in os.listdir(directory)]
        assert os.readlink(f"/proc/self/fd/{file.fileno()}") not in theirs


@pytest.mark.parametrize("then", ["a call", "no more", "nothing"])
def test_a_byte_out_of_band_is_no_byte_of_a_call(info, then):
    """unix(7), MSG_OOB: a kernel may refuse it."""
    with connect() as connection:
        connection.sendall(call()[:20])
        try:
            connection.send(b"x", socket.MSG_OOB)
        except OSError as error:
            assert error.errno == errno.EOPNOTSUPP
        if then != "nothing":
            connection.sendall(call()[20:])
            if then == "no more":
                connection.shutdown(socket.SHUT_WR)
            assert replies(connection, 1) == [info]
    assert ask(call()) == info


# --- Without a reply ---


def test_a_oneway_call_has_no_reply_whatever_comes_of_it(info):
    with connect() as connection:
        send(
            connection,
            call(oneway=True),
            call("org.example.No", oneway=True),
            call(SIGN_IN, parameters={"user": 1}, oneway=True),
            call(VERIFY, parameters={"session": "x", "code": "1"}, oneway=True),
            call(),
        )
        connection.shutdown(socket.SHUT_WR)
        assert received_until_end(connection) == json_frame(info)


def test_a_oneway_call_is_carried_out_before_the_next(own_witness):
    sign_out = call(SIGN_OUT, parameters={"session": own_witness.session}, oneway=True)
    with connect() as connection:
        send(connection, sign_out, call(GET_SESSION, parameters={"session": own_witness.session}))
        assert replies(connection, 1) == [{"error": twinlockd.refusal("SignInAgain")}]


def test_whoever_hangs_up_behind_a_oneway_call_has_made_it(user):
    """He has nothing to wait for."""
    witnesses = [Witness(user) for _ in range(8)]
    for one in witnesses:
        with connect() as connection:
            connection.sendall(call(SIGN_OUT, parameters={"session": one.session}, oneway=True))
    for one in witnesses:
        wait_for(one.is_over, "the session to end")


# --- Hanging up ---


def test_hanging_up_anywhere_disturbs_nobody(edge, own_witness, info):
    """In the middle of a call, behind one, before the reply: others are answered meanwhile, and nothing stays open."""
    whole = frame(A_CALL)
    with connect() as other:
        send(other, call())
        assert replies(other, 1) == [info]
        before = len(os.listdir(f"/proc/{edge.pid}/fd"))
        for place in range(len(whole) + 1):
            with connect() as connection:
                connection.sendall(whole[:place])
            send(other, call())
            assert replies(other, 1) == [info]
        for place in range(len(own_witness.sign_out)):
            with connect() as connection:
                connection.sendall(own_witness.sign_out[:place])
        wait_for(lambda: len(os.listdir(f"/proc/{edge.pid}/fd")) <= before, "the connections to be closed")
    assert not own_witness.is_over()


def test_hanging_up_with_replies_unread_disturbs_nobody(info):
    for count in (1, 2, 200):
        with connect() as connection:
            connection.sendall(call(GET_DESCRIPTION, parameters={"interface": AUTHENTICATION}) * count)
            connection.recv(1)
        assert ask(call()) == info


# --- Parameters ---


def refused_parameter(method, text):
    reply = ask(frame(f'{{"method":"{method}","parameters":{text}}}'))
    assert reply.get("error") == f"{SERVICE}.InvalidParameter", reply
    assert set(reply["parameters"]) == {"parameter"}
    return reply["parameters"]["parameter"]


PARAMETERS = {
    # unknown
    (GET_INFO, '{"x":1}'): "x",
    (GET_INFO, '{"x":null}'): "x",
    (GET_DESCRIPTION, f'{{"interface":"{SERVICE}","x":1}}'): "x",
    (SIGN_IN, '{"x":1}'): "x",
    (SIGN_IN, '{"User":"a"}'): "User",
    (SIGN_IN, '{"context":{"x":1}}'): "context.x",
    (SIGN_IN, '{"context":{"context":{}}}'): "context.context",
    (VERIFY, '{"session":"a","code":"1","user":"b"}'): "user",
    # missing
    (GET_DESCRIPTION, "{}"): "interface",
    (GET_DESCRIPTION, "null"): "interface",
    (GET_DESCRIPTION, '{"interface":null}'): "interface",
    (VERIFY, "{}"): "session",
    (VERIFY, '{"session":"a"}'): "code",
    (VERIFY, '{"code":"1"}'): "session",
    (VERIFY, '{"session":"a","code":null}'): "code",
    (GET_SESSION, "null"): "session",
    (SIGN_OUT, "{}"): "session",
    (f"{ACCOUNT}.ConfirmSetUp", "{}"): "code",
    # of another type
    (GET_DESCRIPTION, '{"interface":1}'): "interface",
    (GET_DESCRIPTION, f'{{"interface":["{SERVICE}"]}}'): "interface",
    (SIGN_IN, '{"user":1}'): "user",
    (SIGN_IN, '{"user":true}'): "user",
    (SIGN_IN, '{"password":["a"]}'): "password",
    (SIGN_IN, '{"password":12345678}'): "password",
    (SIGN_IN, '{"context":"x"}'): "context",
    (SIGN_IN, '{"context":[]}'): "context",
    (SIGN_IN, '{"context":{"service":1}}'): "context.service",
    (SIGN_IN, '{"context":{"tty":{}}}'): "context.tty",
    (SIGN_IN, '{"context":{"remoteHost":false}}'): "context.remoteHost",
    (SIGN_IN, '{"context":{"purpose":"Login"}}'): "context.purpose",
    (SIGN_IN, '{"context":{"purpose":1}}'): "context.purpose",
    (SIGN_IN, '{"context":{"passed":"password"}}'): "context.passed",
    (SIGN_IN, '{"context":{"passed":{"password":true}}}'): "context.passed",
    (SIGN_IN, '{"context":{"passed":["password","x"]}}'): "context.passed",
    (SIGN_IN, '{"context":{"passed":[null]}}'): "context.passed",
    (VERIFY, '{"session":"a","code":123456}'): "code",
    (f"{ACCOUNT}.GetStatus", '{"session":{}}'): "session",
    # too long
    (SIGN_IN, f'{{"user":"{"a" * 257}"}}'): "user",
    (SIGN_IN, f'{{"user":"{"a" * STRING_BYTES}"}}'): "user",
    (SIGN_IN, f'{{"password":"{"a" * 513}"}}'): "password",
    (SIGN_IN, f'{{"context":{{"service":"{"a" * 65}"}}}}'): "context.service",
    (SIGN_IN, f'{{"context":{{"remoteHost":"{"é" * 128}"}}}}'): "context.remoteHost",
    (VERIFY, f'{{"session":"a","code":"{"1" * 65}"}}'): "code",
}


@pytest.mark.parametrize("case", PARAMETERS, ids=lambda case: f"{case[0].rpartition('.')[2]} {case[1][:50]}")
def test_a_parameter_that_does_not_fit_is_named(case):
    assert refused_parameter(*case) == PARAMETERS[case]


def test_a_parameter_that_does_not_fit_ends_nothing(info):
    with connect() as connection:
        for method, text in PARAMETERS:
            send(connection, frame(f'{{"method":"{method}","parameters":{text}}}'), call())
            refused, answered = replies(connection, 2)
            assert refused["error"] == f"{SERVICE}.InvalidParameter"
            assert answered == info


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "{}",
        '{"user":null,"password":null,"context":null}',
        '{"context":{}}',
        '{"context":{"service":null,"tty":null,"remoteHost":null,"realUid":null,"purpose":null,"passed":null}}',
        '{"context":{"passed":[]}}',
    ],
)
def test_what_may_be_left_out_may_be_null_or_empty(text):
    left_out = ask(call(SIGN_IN))
    assert left_out["parameters"]["state"] == "passwordRequired"
    assert ask(frame(f'{{"method":"{SIGN_IN}","parameters":{text}}}')) == left_out


@pytest.mark.parametrize("number", ["0", "-0", "1", "-1", "4294967296", str(2**63 - 1), str(-(2**63))])
def test_every_integer_of_64_bits_is_one(number):
    reply = ask(frame(f'{{"method":"{SIGN_IN}","parameters":{{"context":{{"realUid":{number}}}}}}}'))
    assert reply["parameters"]["state"] == "passwordRequired"


@pytest.mark.parametrize(
    "value",
    [
        str(2**63),
        str(-(2**63) - 1),
        str(2**64),
        "9" * 400,
        "1.0",
        "0.0",
        "-0.0",
        "1e2",
        "1E2",
        "1e0",
        "10e-1",
        "1e400",
        '"1"',
        "true",
        "[1]",
        "{}",
    ],
)
def test_what_is_no_integer_of_64_bits_is_none(value):
    assert refused_parameter(SIGN_IN, f'{{"context":{{"realUid":{value}}}}}') == "context.realUid"


# --- Callers ---


@pytest.mark.parametrize("uid", [200_000, 65_534], ids=["a uid without an account", "the uid that stands for any other"])
def test_who_is_nobody_here_may_read_the_texts_and_no_more(info, uid):
    with connect(types.SimpleNamespace(uid=uid, gid=uid)) as connection:
        send(connection, call(), call(GET_DESCRIPTION, parameters={"interface": AUTHENTICATION}))
        assert replies(connection, 2)[0] == info
        denied = {"error": f"{SERVICE}.PermissionDenied"}
        for method in (SIGN_IN, f"{ACCOUNT}.GetStatus"):
            send(connection, call(method))
            assert replies(connection, 1) == [denied]
        send(connection, call(SIGN_IN, parameters={"user": "root", "password": "guess"}))
        assert replies(connection, 1) == [denied]


# --- Methods ---


@pytest.mark.parametrize(
    "method",
    [
        "",
        ".",
        "GetInfo",
        ".GetInfo",
        "org.varlink.service",
        "org.varlink.service.",
        "org.varlink.service.getInfo",
        "org.varlink.service.GetInfo ",
        "org.varlink.Service.GetInfo",
        "org.varlink.service.GetInfo.GetInfo",
        "org.example.No",
        f"{AUTHENTICATION}.No",
        f"{AUTHENTICATION}.signIn",
        f"{ACCOUNT}.SignIn",
        "no\nmethod \U0001f600",
        "a" * STRING_BYTES,
    ],
    ids=lambda method: repr(method[:40]),
)
def test_a_method_that_is_not_there_is_named(method):
    assert ask(call(method)) == {"error": f"{SERVICE}.MethodNotFound", "parameters": {"method": method}}


def test_an_interface_that_is_not_there_is_named():
    reply = ask(call(GET_DESCRIPTION, parameters={"interface": "org.example.no"}))
    assert reply == {"error": f"{SERVICE}.InterfaceNotFound", "parameters": {"interface": "org.example.no"}}
