import Testing

@testable import TwinlockVarlink

@Suite("Call envelope")
struct CallTests {
    static func error(_ text: String) -> CallError? {
        do throws(CallError) {
            _ = try Call.decode(Frame(text))
            return nil
        } catch {
            return error
        }
    }

    @Test("method, split at its last dot")
    func method() throws {
        let call = try Call.decode(Frame(#"{"method":"org.twinlock.Account.GetStatus"}"#))
        #expect(call.method == "org.twinlock.Account.GetStatus")
        #expect(call.interfaceName == "org.twinlock.Account")
        #expect(call.memberName == "GetStatus")
        #expect(!call.oneway && !call.more && call.parameters == nil)
    }

    @Test("a method without a dot, with nothing on one side, or with other letters is split without harm")
    func oddMethods() throws {
        let odd = [
            ("Foo", "", "Foo"), ("", "", ""), (".", "", ""), ("a.", "a", ""), (".B", "", "B"), ("é.ü", "é", "ü"),
        ]
        for (method, interface, member) in odd {
            let call = try Call.decode(Frame("{\"method\":\"\(method)\"}"))
            #expect(call.interfaceName == interface)
            #expect(call.memberName == member)
        }
    }

    @Test("absent, null and empty parameters are all nothing to read")
    func parameters() throws {
        #expect(try Call.decode(Frame(#"{"method":"a.B"}"#)).parameters == nil)
        #expect(try Call.decode(Frame(#"{"method":"a.B","parameters":null}"#)).parameters == nil)
        #expect(try Call.decode(Frame(#"{"method":"a.B","parameters":{}}"#)).parameters?.members?.isEmpty == true)
        #expect(try Call.decode(Frame(#"{"parameters":{"x":1},"method":"a.B"}"#)).parameters?["x"]?.integer == 1)
    }

    @Test("false flags say nothing, one true flag is heard")
    func flags() throws {
        let quiet = try Call.decode(Frame(#"{"method":"a.B","oneway":false,"more":false,"upgrade":false}"#))
        #expect(!quiet.oneway && !quiet.more)
        #expect(try Call.decode(Frame(#"{"method":"a.B","oneway":true,"more":false}"#)).oneway)
        #expect(try Call.decode(Frame(#"{"method":"a.B","more":true}"#)).more)
    }

    @Test("a dotted key holding an object is ignored")
    func extensions() throws {
        #expect(try Call.decode(Frame(#"{"method":"a.B","com.example.trace":{"id":[1]}}"#)).method == "a.B")
    }

    @Test(
        "everything that closes the connection",
        arguments: [
            ("[]", .notAnObject), ("null", .notAnObject), ("\"a.B\"", .notAnObject), ("1", .notAnObject),
            ("{}", .methodMissing), (#"{"parameters":{}}"#, .methodMissing), (#"{"method":null}"#, .methodNotAString),
            (#"{"method":1}"#, .methodNotAString), (#"{"method":"a.B","x":1}"#, .unknownKey),
            (#"{"method":"a.B","":{}}"#, .unknownKey), (#"{"method":"a.B","Method":"a.B"}"#, .unknownKey),
            (#"{"method":"a.B","continues":false}"#, .unknownKey),
            (#"{"method":"a.B","x.y":1}"#, .extensionNotAnObject),
            (#"{"method":"a.B","x.y":null}"#, .extensionNotAnObject),
            (#"{"method":"a.B","x.y":[]}"#, .extensionNotAnObject),
            (#"{"method":"a.B","parameters":[]}"#, .parametersNotAnObject),
            (#"{"method":"a.B","parameters":""}"#, .parametersNotAnObject),
            (#"{"method":"a.B","parameters":false}"#, .parametersNotAnObject),
            (#"{"method":"a.B","oneway":1}"#, .flagNotABoolean), (#"{"method":"a.B","more":"true"}"#, .flagNotABoolean),
            (#"{"method":"a.B","more":null}"#, .flagNotABoolean), (#"{"method":"a.B","upgrade":0}"#, .flagNotABoolean),
            (#"{"method":"a.B","oneway":true,"more":true}"#, .contradictingFlags),
            (#"{"method":"a.B","upgrade":true,"more":true}"#, .contradictingFlags),
            (#"{"method":"a.B","upgrade":true}"#, .upgradeAsked), ("", .json(.empty)),
            (#"{"method":"a.B","method":"a.B"}"#, .json(.repeatedName(offset: 17))),
            (#"{"method":"a.B","parameters":{"x":1,"x":1}}"#, .json(.repeatedName(offset: 37))),
            (#"{"method":"a.B","parameters":{"x":"\u0000"}}"#, .json(.nulCharacter(offset: 35))),
            (#"{"method":"a.B"}x"#, .json(.trailingText(offset: 16))),
        ] as [(String, CallError)]
    )
    func refusals(text: String, expected: CallError) {
        #expect(Self.error(text) == expected)
    }

    @Test("what is encoded decodes to the same, and says nothing needless")
    func roundTrip() throws {
        let frame = Frame()
        Call.encode(method: "a.b.C", oneway: false, more: true, into: frame) { $0.member("user", "alice") }
        #expect(frame.text == #"{"method":"a.b.C","parameters":{"user":"alice"},"more":true}"#)
        let call = try Call.decode(frame)
        #expect(call.method == "a.b.C" && call.more && !call.oneway)
        #expect(call.parameters?["user"]?.string == "alice")
        let plain = Frame()
        Call.encode(method: "a.b.C", oneway: true, more: false, into: plain, parameters: nil)
        #expect(plain.text == #"{"method":"a.b.C","oneway":true}"#)
        let empty = Frame()
        Call.encode(method: "a.b.C", oneway: false, more: false, into: empty) { _ in }
        #expect(empty.text == #"{"method":"a.b.C"}"#)
    }
}
