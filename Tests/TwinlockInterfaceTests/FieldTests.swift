import Testing
import TwinlockVarlink

@testable import TwinlockInterface

@Suite("parameters are held against the table")
struct FieldTests {
    private struct Keyed: Message {
        static let fields: [Field] = [.required("rawKey", .int)]
        let rawKey: Int64?

        init(checked object: JSONValue?) {
            self.rawKey = object?["rawKey"]?.integer
        }

        func write(to json: inout JSONWriter) {
            json.member("rawKey", self.rawKey)
        }
    }

    private static func value(_ text: String) throws -> JSONValue {
        let frame = Frame()
        Array(text.utf8).withUnsafeBytes { frame.append($0) }
        return try JSONValue.parse(frame)
    }

    @Test("a name that only looks alike is another: neither known, nor in place of one that is required")
    func lookAlike() throws {
        #expect(try Keyed(parameters: Self.value(#"{"rawKey":7}"#)).rawKey == 7)
        let text = "{\"raw\u{212a}ey\":7}"
        #expect(throws: InvalidParameter(parameter: "raw\u{212a}ey")) { try Keyed(parameters: Self.value(text)) }
        #expect(throws: InvalidParameter(parameter: "rawKey")) { try Keyed(reply: Self.value(text)) }
        let both = "{\"raw\u{212a}ey\":7,\"rawKey\":\"7\"}"
        #expect(throws: InvalidParameter(parameter: "rawKey")) { try Keyed(reply: Self.value(both)) }
    }
}
