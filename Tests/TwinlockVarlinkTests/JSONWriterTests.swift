import Testing

@testable import TwinlockVarlink

@Suite("JSON writer")
struct JSONWriterTests {
    static func written(_ body: (inout JSONWriter) -> Void) -> String {
        let frame = Frame(capacity: 0)
        var writer = JSONWriter(into: frame)
        body(&writer)
        #expect(writer.isComplete)
        return frame.text
    }

    @Test("objects, arrays and every kind of value, without padding")
    func everything() {
        let text = Self.written { writer in
            writer.beginObject()
            writer.member("s", "x")
            writer.member("i", -5)
            writer.member("b", true)
            writer.member("absent", nil as String?)
            writer.member("absent", nil as Int64?)
            writer.member("absent", nil as Bool?)
            writer.member("absent", nil as [String]?)
            writer.member("absent", secret: nil)
            writer.member("list", ["a", "b"])
            writer.name("a")
            writer.beginArray()
            writer.null()
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.integer(.min)
            writer.bool(false)
            writer.endArray()
            writer.endObject()
        }
        #expect(
            text == #"{"s":"x","i":-5,"b":true,"list":["a","b"],"a":[null,{},[],-9223372036854775808,false]}"#
        )
    }

    @Test("every ASCII character and some others come back as they went")
    func roundTrip() throws {
        let scalars = (1...0x7f).compactMap { Unicode.Scalar(UInt32($0)) } + ["é", "€", "😀", "\u{10ffff}", "\u{2028}"]
        let original = String(String.UnicodeScalarView(scalars))
        let text = Self.written { $0.string(original) }
        #expect(!text.utf8.contains { $0 < 0x20 })
        #expect(try JSONValue.parse(text).string == original)
    }

    @Test("U+0000 is never sent")
    func noNUL() {
        #expect(Self.written { $0.string("a\0b") } == #""a\ufffdb""#)
        #expect(!Array("a\0b".utf8).withUnsafeBytes { JSONWriter.canWrite(utf8: $0) })
        #expect(Array("aé".utf8).withUnsafeBytes { JSONWriter.canWrite(utf8: $0) })
    }

    @Test("a secret goes from frame to frame, escaped as needed")
    func secrets() throws {
        let secret = try #require(try JSONValue.parse(#""p\"\\\u0001é""#).secret)
        let text = Self.written { writer in
            writer.beginArray()
            writer.secret(secret)
            Array("x\n".utf8).withUnsafeBytes { writer.secret(utf8: $0) }
            writer.endArray()
        }
        #expect(text == #"["p\"\\\u0001é","x\n"]"#)
    }

    @Test("any value goes from frame to frame as it is: numbers by the digit, members in their order, secrets too")
    func values() throws {
        let text = #"{"b":[null,true,false,{},[],"p\"é"],"a":{"":-0.0,"n":1e400,"i":-9223372036854775809,"z":1.50}}"#
        let value = try JSONValue.parse(" [\(text) ] ")
        let inner = try #require(value.elements?.first)
        #expect(Self.written { $0.value(inner) } == text)
        #expect(Self.written { $0.value(value) } == "[\(text)]")
    }

    @Test("a text is complete only when everything is closed")
    func completeness() {
        var writer = JSONWriter(into: Frame())
        #expect(!writer.isComplete)
        writer.beginArray()
        #expect(!writer.isComplete)
        writer.endArray()
        #expect(writer.isComplete)
    }
}
