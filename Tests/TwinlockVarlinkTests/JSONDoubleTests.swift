import Testing

@testable import TwinlockVarlink

@Suite("Floating-point numbers in JSON")
struct JSONDoubleTests {
    /// Values and their shortest texts.
    static let written: [(Double, String)] = [
        (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-2, "-2.0"), (0.1, "0.1"), (0.1 + 0.2, "0.30000000000000004"),
        (.pi, "3.141592653589793"), (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1e-5, "1e-05"), (1e23, "1e+23"),
        (0x1p53, "9007199254740992.0"), (.leastNonzeroMagnitude, "5e-324"),
        (.leastNormalMagnitude, "2.2250738585072014e-308"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        (-.greatestFiniteMagnitude, "-1.7976931348623157e+308"),
    ]

    static func written(_ value: Double) -> String {
        JSONWriterTests.written { $0.double(value) }
    }

    @Test("the fewest digits that tell a value from its neighbours, never those of an integer", arguments: written)
    func writing(value: Double, expected: String) throws {
        #expect(Self.written(value) == expected)
        #expect(try JSONValue.parse(expected).kind == .number)
    }

    @Test("what was written comes back bit for bit: the edges and their neighbours, and ten thousand patterns")
    func roundTrip() throws {
        var random = SplitMix(state: 1)
        let edges = Self.written.flatMap { [$0.0, $0.0.nextUp, $0.0.nextDown] }
        let patterns = (0..<10_000).map { _ in Double(bitPattern: random.next()) }
        for value in (edges + patterns) where value.isFinite {
            let read = try #require(try JSONValue.parse(Self.written(value)).double)
            #expect(read.bitPattern == value.bitPattern, "\(value)")
        }
    }

    @Test(
        "a number is read as the nearest value, ties to even, whatever way it is written",
        arguments: [
            ("1", 1), ("-0", -0.0), ("0e5", 0), ("1e2", 100), ("1E+2", 100), ("0.1e1", 1), ("12.50", 12.5),
            ("9007199254740993", 9_007_199_254_740_992), ("9007199254740993.0", 9_007_199_254_740_992),
            ("9007199254740993.00000000000000000001", 9_007_199_254_740_994),
            ("9007199254740995", 9_007_199_254_740_996), ("9223372036854775807", 0x1p63),
            ("-9223372036854775808", -0x1p63), ("18446744073709551616", 0x1p64),
            ("2.2250738585072011e-308", Double.leastNormalMagnitude.nextDown),
            ("1.7976931348623158e308", .greatestFiniteMagnitude), ("0.000001e314", 1e308),
            ("1e-400", 0), ("-1e-400", -0.0), ("2.4703282292062327e-324", 0),
            ("2.4703282292062328e-324", .leastNonzeroMagnitude),
        ] as [(String, Double)]
    )
    func reading(text: String, expected: Double) throws {
        #expect(try JSONValue.parse(text).double?.bitPattern == expected.bitPattern)
    }

    @Test(
        "a number beyond what a Double holds is none, and no infinity",
        arguments: [
            "1e400", "-1e400", "1.7976931348623159e308", "1e99999999999999999999",
            "1\(String(repeating: "0", count: 309))",
        ]
    )
    func outOfRange(text: String) throws {
        let value = try JSONValue.parse(text)
        #expect(value.kind == .number)
        #expect(value.double == nil)
    }

    @Test("a message full of digits is read to the last of them")
    func longest() throws {
        let zeros = String(repeating: "0", count: 60_000)
        #expect(try JSONValue.parse("9007199254740993.\(zeros)").double == 9_007_199_254_740_992)
        #expect(try JSONValue.parse("9007199254740993.\(zeros)1").double == 9_007_199_254_740_994)
        #expect(try JSONValue.parse("0.\(zeros)1e60001").double == 1)
    }

    @Test("what is no number has no value", arguments: ["null", "true", "\"1.0\"", "[1.0]", "{\"a\":1.0}"])
    func otherKinds(text: String) throws {
        #expect(try JSONValue.parse(text).double == nil)
    }

    @Test("a member is written, or left out where there is no value")
    func members() {
        let text = JSONWriterTests.written { writer in
            writer.beginObject()
            writer.member("absent", double: nil)
            writer.member("f", double: 5)
            writer.member("i", 5)
            writer.endObject()
        }
        #expect(text == #"{"f":5.0,"i":5}"#)
    }

    @Test("NaN and infinity stop the program before a byte of them is sent")
    func notFinite() async {
        await #expect(processExitsWith: .failure) { _ = Self.written(.nan) }
        await #expect(processExitsWith: .failure) { _ = Self.written(.infinity) }
        await #expect(processExitsWith: .failure) { _ = Self.written(-.infinity) }
    }
}
