"""Whether other people's Varlink clients understand our server, in everything that the protocol can say.

The interface org.varlink.certification was made for that: the server hands a value to each call, and the next one has
to bring it back. Ours compares to the last bit, so a client that gets to the end has read and written all of them as we
do.
"""

import json
import math
import pathlib
import socket
import subprocess
import sys
import unicodedata

import pytest
import varlink
import varlink.scanner

CERTIFICATION = "org.varlink.certification"
STEPS = [f"Test{number:02}" for number in range(1, 12)] + ["End"]
REPLIES = [f"Reply number {number}" for number in range(1, 11)]

# Exchanges that the server keeps at once.
KEPT = 64


class Wire:
    """A connection without a client library: what is sent is what the test says."""

    def __init__(self, server):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        self.connection.connect(server.path)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, *calls):
        """All of them in one go."""
        self.send_text("".join(json.dumps(call) + "\0" for call in calls))

    def send_text(self, text):
        self.connection.sendall(text.encode())

    def read(self):
        while b"\0" not in self.received:
            part = self.connection.recv(65536)
            assert part, "the server hung up"
            self.received += part
        reply, self.received = self.received.split(b"\0", 1)
        return json.loads(reply)

    def ask(self, call):
        self.send(call)
        return self.read()

    def start(self):
        return self.ask(call("Start"))["parameters"]["client_id"]

    def go_on(self, client_id, handed, steps):
        """Makes these calls as they should be. Returns what the last of them returned."""
        for step in steps:
            self.send(right_call(step, client_id, handed))
            if step == "Test10":
                handed = {"last_more_replies": [self.read()["parameters"]["string"] for _ in REPLIES]}
            elif step == "Test11":
                handed = {}
            else:
                handed = self.read()["parameters"]
        return handed

    def reach(self, step):
        """Begins an exchange and makes all the calls before this one. Returns the right call."""
        client_id = self.start()
        handed = self.go_on(client_id, {}, STEPS[: STEPS.index(step)])
        return right_call(step, client_id, handed)


def call(method, flags=None, **parameters):
    return {"method": f"{CERTIFICATION}.{method}", "parameters": parameters, **(flags or {})}


def right_call(step, client_id, handed):
    flags = {"Test10": {"more": True}, "Test11": {"oneway": True}}
    return call(step, flags.get(step), client_id=client_id, **handed)


def error(name, **parameters):
    """An error as it comes over the wire."""
    return {"error": name, **({"parameters": parameters} if parameters else {})}


CLIENT_ID_ERROR = error(f"{CERTIFICATION}.ClientIdError")


def certification_error(wants, got):
    return error(f"{CERTIFICATION}.CertificationError", wants=wants, got=got)


def invalid_parameter(name):
    return error("org.varlink.service.InvalidParameter", parameter=name)


def run_stock_client(server):
    """The client of varlink's own certification, as its package has it."""
    words = ["-m", "varlink.tests.test_certification", "--client", f"--varlink={server.address}"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_stock_client_passes(server):
    output = run_stock_client(server)
    assert [line for line in output if line.startswith("Test10: ")] == [f"Test10: {{'string': '{r}'}}" for r in REPLIES]
    assert output[-2:] == ["End: {'all_ok': True}", "Certification passed"]


def test_the_stock_client_passes_with_the_values_where_writers_and_readers_go_wrong(make_server):
    output = run_stock_client(make_server("--edges"))
    assert f"Test02: {{'int': {-2**63}}}" in output
    assert "Test03: {'float': 5e-324}" in output
    assert output[-2:] == ["End: {'all_ok': True}", "Certification passed"]


def test_the_interface_is_the_public_one(server):
    """Names, types and the order of parameters, as the package's own text has them. Comments may differ."""
    path = pathlib.Path(varlink.__file__).parent / "tests" / f"{CERTIFICATION}.varlink"
    public = varlink.scanner.Interface(path.read_text())
    with varlink.Client(address=server.address) as client:
        ours = client.get_interface(CERTIFICATION)
    assert described(ours) == described(public)
    assert ours.description != public.description


def described(thing):
    """What varlink's reader made of an interface text, as plain values."""
    scanner = varlink.scanner
    match thing:
        case scanner.Interface():
            return thing.name, {name: described(member) for name, member in thing.members.items()}
        case scanner._Method():
            return "method", described(thing.in_type), described(thing.out_type)
        case scanner._Alias() | scanner._Error():
            return type(thing).__name__, described(thing.type)
        case scanner._Struct():
            return "struct", [(name, described(field)) for name, field in thing.fields.items()]
        case scanner._Enum():
            return "enum", list(thing.fields)
        case scanner._Maybe() | scanner._Array() | scanner._Dict():
            return type(thing).__name__, described(thing.element_type)
        case scanner._CustomType():
            return "named", thing.name
        case scanner._Object() | bool() | int() | float() | str() | set():
            return type(thing).__name__
    raise AssertionError(f"varlink's reader knows a kind that this test does not: {thing!r}")


def test_calls_sent_in_one_go_are_answered_in_their_order(server):
    """Ten replies in the middle, and none to the call that asks for none."""
    with Wire(server) as first:
        client_id = first.start()
        calls, handed = [], {}
        for step in STEPS:
            calls.append(right_call(step, client_id, handed))
            handed = first.go_on(client_id, handed, [step])
    with Wire(server) as wire:
        other = wire.start()
        for one in calls:
            one["parameters"]["client_id"] = other
        wire.send(*calls)
        replies = [wire.read() for _ in range(9 + 10 + 1)]
    assert [reply["parameters"]["string"] for reply in replies[9:19]] == REPLIES
    assert [reply.get("continues", False) for reply in replies] == 9 * [False] + 9 * [True] + 2 * [False]
    assert replies[19] == {"parameters": {"all_ok": True}}


def altered(value):
    """Every value that differs from this one in one place."""
    match value:
        case None:
            yield 0
        case bool():
            yield not value
        case int():
            yield value - 1 if value > 0 else value + 1
        case float():
            yield math.nextafter(value, 0)
            if value == 0:
                yield -value
        case str():
            yield value + " "
            # Looks the same, and for some languages' comparisons it is.
            if unicodedata.normalize("NFC", value) != value:
                yield unicodedata.normalize("NFC", value)
        case list():
            yield [*value, value[-1] if value else {}]
            for index, inner in enumerate(value):
                yield value[:index] + value[index + 1 :]
                yield from (value[:index] + [other] + value[index + 1 :] for other in altered(inner))
        case dict():
            yield {**value, "more": {}}
            for name, inner in value.items():
                rest = {key: member for key, member in value.items() if key != name}
                # Null and absent are the same.
                if inner is not None:
                    yield rest
                yield from ({**rest, name: other} for other in altered(inner))


def test_the_alterations_are_what_they_should_be():
    assert list(altered({"a": [1, None], "b": "e\u0301"})) == [
        {"a": [1, None], "b": "e\u0301", "more": {}},
        {"b": "e\u0301"},
        {"a": [1, None, None], "b": "e\u0301"},
        {"a": [None], "b": "e\u0301"},
        {"a": [0, None], "b": "e\u0301"},
        {"a": [1], "b": "e\u0301"},
        {"a": [1, 0], "b": "e\u0301"},
        {"a": [1, None]},
        {"a": [1, None], "b": "e\u0301 "},
        {"a": [1, None], "b": "\u00e9"},
    ]


def altered_calls(right):
    """The call with every single place of its values altered, the exchange's name excepted."""
    for name, value in right["parameters"].items():
        if name != "client_id":
            for other in altered(value):
                yield {**right, "parameters": {**right["parameters"], name: other}}


@pytest.mark.parametrize("options", [[], ["--edges"]], ids=["common", "edges"])
@pytest.mark.parametrize("step", STEPS[1:10])
def test_a_value_that_differs_anywhere_is_refused_and_both_calls_are_shown(make_server, options, step):
    with Wire(make_server(*options)) as wire:
        count = len(list(altered_calls(wire.reach(step))))
        assert count > 0
        for number in range(count):
            right = wire.reach(step)
            wrong = list(altered_calls(right))[number]
            assert exact(wire.ask(wrong)) == exact(certification_error(wants=right, got=wrong))
            assert wire.ask(right) == CLIENT_ID_ERROR


def exact(value):
    """For comparisons in which 1, 1.0 and True, and 0.0 and -0.0, are not the same."""
    return json.dumps(value, sort_keys=True)


def test_a_call_without_reply_is_checked_as_any_other(server):
    """What was wrong with it shows at the next call."""
    with Wire(server) as wire:
        for number in range(len(list(altered_calls(wire.reach("Test11"))))):
            right = wire.reach("Test11")
            wire.send(list(altered_calls(right))[number])
            assert wire.ask(call("End", client_id=right["parameters"]["client_id"])) == CLIENT_ID_ERROR


def test_a_call_that_is_not_the_next_one_is_refused(server):
    with Wire(server) as wire:
        for index, step in enumerate(STEPS):
            right = wire.reach(step)
            wrong = {**right, "method": f"{CERTIFICATION}.{STEPS[index - 1]}"}
            wrong.pop("oneway", None)
            assert wire.ask(wrong) == certification_error(wants=right, got=wrong)
            assert wire.ask({**right, "oneway": False}) == CLIENT_ID_ERROR


def test_without_more_the_series_is_not_begun_and_nothing_is_lost(server):
    with Wire(server) as wire:
        right = wire.reach("Test10")
        for flag in ({}, {"more": False}):
            without = {name: member for name, member in right.items() if name != "more"}
            assert wire.ask({**without, **flag}) == error("org.varlink.service.ExpectedMore")
        wire.send(right)
        replies = [wire.read() for _ in REPLIES]
    assert replies == [
        *({"parameters": {"string": string}, "continues": True} for string in REPLIES[:-1]),
        {"parameters": {"string": REPLIES[-1]}},
    ]


def test_the_call_that_wants_no_reply_must_say_so(server):
    with Wire(server) as wire:
        right = wire.reach("Test11")
        wrong = {name: member for name, member in right.items() if name != "oneway"}
        assert wire.ask(wrong) == certification_error(wants=right, got=wrong)


def test_a_flag_that_the_method_does_not_have_is_refused(server):
    with Wire(server) as wire:
        right = wire.reach("Test02")
        assert wire.ask({**right, "more": True}) == certification_error(wants=right, got={**right, "more": True})
        right = wire.reach("Test02")
        wire.send({**right, "oneway": True})
        assert wire.ask(right) == CLIENT_ID_ERROR


def test_a_parameter_too_many_too_few_or_of_another_type_is_named_and_costs_nothing(server):
    with Wire(server) as wire:
        for step in STEPS:
            right = wire.reach(step)
            for name, value in right["parameters"].items():
                rest = {key: member for key, member in right["parameters"].items() if key != name}
                without_reply = {**right, "oneway": False}
                for wrong in (rest, {**rest, name: None}, {**rest, name: 1.5 if isinstance(value, str) else "1"}):
                    assert wire.ask({**without_reply, "parameters": wrong}) == invalid_parameter(name)
                wrong = {**right["parameters"], "other": value}
                assert wire.ask({**without_reply, "parameters": wrong}) == invalid_parameter("other")
            wire.go_on(right["parameters"]["client_id"], without_id(right["parameters"]), [step])
        assert wire.ask(call("Start", client_id="x")) == invalid_parameter("client_id")


def without_id(parameters):
    return {name: value for name, value in parameters.items() if name != "client_id"}


@pytest.mark.parametrize("written", ["1.0", "1", "1e0", "10E-1", "0.1e+01", "1.00000000000000000000"])
def test_a_float_is_taken_however_it_is_written(server, written):
    with Wire(server) as wire:
        right = wire.reach("Test04")
        wire.send_text(json.dumps(right).replace('"float": 1.0', f'"float": {written}') + "\0")
        assert wire.read() == {"parameters": {"string": "ping"}}


@pytest.mark.parametrize("written", ["1e400", "-1e400", "1.0000000000000002", "9223372036854775808"])
def test_another_float_is_shown_as_it_was_written(server, written):
    with Wire(server) as wire:
        right = wire.reach("Test04")
        wrong = json.dumps(right).replace('"float": 1.0', f'"float": {written}')
        wire.send_text(wrong + "\0")
        reply = wire.read()
    assert reply == certification_error(wants=right, got=json.loads(wrong))


@pytest.mark.parametrize("written", ["1.0", "1e0", "true", "9223372036854775808"])
def test_an_int_is_a_number_without_fraction_and_exponent(server, written):
    with Wire(server) as wire:
        right = wire.reach("Test03")
        wire.send_text(json.dumps(right).replace('"int": 1', f'"int": {written}') + "\0")
        assert wire.read() == invalid_parameter("int")


def test_the_order_of_members_means_nothing_and_null_is_absent(server):
    def turned(value):
        if isinstance(value, dict):
            return {name: turned(member) for name, member in reversed(value.items()) if member is not None}
        return [turned(element) for element in value] if isinstance(value, list) else value

    with Wire(server) as wire:
        right = turned(wire.reach("Test10"))
        assert "nullable" not in right["parameters"]["mytype"]
        assert wire.ask(right) == {"parameters": {"string": REPLIES[0]}, "continues": True}
    with Wire(server) as wire:
        right = wire.reach("Test10")
        assert "nullable_array_struct" not in right["parameters"]["mytype"]
        right["parameters"]["mytype"]["nullable_array_struct"] = None
        assert wire.ask(right) == {"parameters": {"string": REPLIES[0]}, "continues": True}


def test_exchanges_do_not_mix(server):
    with Wire(server) as one, Wire(server) as other:
        first, second = one.start(), other.start()
        assert first != second
        handed = [{}, {}]
        for step in STEPS:
            handed = [one.go_on(first, handed[0], [step]), other.go_on(second, handed[1], [step])]
        assert handed == [{"all_ok": True}] * 2


def test_an_exchange_that_was_never_begun_or_has_ended_is_unknown(server):
    with Wire(server) as wire:
        assert wire.ask(call("Test01", client_id="1")) == CLIENT_ID_ERROR
        client_id = wire.start()
        assert wire.go_on(client_id, {}, STEPS) == {"all_ok": True}
        for step in STEPS:
            assert wire.ask(call(step, client_id=client_id)) == CLIENT_ID_ERROR


def test_the_oldest_exchange_makes_room(server):
    with Wire(server) as wire:
        begun = [wire.start() for _ in range(KEPT + 1)]
        answers = [wire.ask(call("Test01", client_id=client_id)) for client_id in begun]
    assert answers == [CLIENT_ID_ERROR] + KEPT * [{"parameters": {"bool": True}}]


def test_a_method_that_the_interface_does_not_have_is_not_found(server):
    with Wire(server) as wire:
        answer = wire.ask(call("Test12", client_id=wire.start()))
    assert answer == error("org.varlink.service.MethodNotFound", method=f"{CERTIFICATION}.Test12")


def test_the_stock_client_is_told_what_went_wrong(server):
    with varlink.Client(address=server.address) as client, client.open(CERTIFICATION) as connection:
        client_id = connection.Start()["client_id"]
        assert connection.Test01(client_id) == {"bool": True}
        with pytest.raises(varlink.VarlinkError) as refused:
            connection.Test02(client_id, False)
        right, wrong = (call("Test02", client_id=client_id, bool=value) for value in (True, False))
        assert refused.value.as_dict() == certification_error(wants=right, got=wrong)
        with pytest.raises(varlink.VarlinkError) as refused:
            connection.Test03(client_id, 1)
        assert refused.value.error() == f"{CERTIFICATION}.ClientIdError"


def test_the_stock_client_is_told_to_ask_for_more(server):
    with varlink.Client(address=server.address) as client, client.open(CERTIFICATION) as connection:
        with Wire(server) as wire:
            right = wire.reach("Test10")
        with pytest.raises(varlink.VarlinkError) as refused:
            connection.Test10(**right["parameters"])
        assert refused.value.error() == "org.varlink.service.ExpectedMore"
        replies = list(connection.Test10(**right["parameters"], _more=True))
    assert replies == [{"string": string} for string in REPLIES]
