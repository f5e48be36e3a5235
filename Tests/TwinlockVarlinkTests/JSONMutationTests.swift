import Testing

@testable import TwinlockVarlink

/// SplitMix64: the same mutations in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("JSON parser under mutated messages")
struct JSONMutationTests {
    static let seeds = [
        #"{"method":"org.twinlock.Authentication.SignIn","parameters":{"user":"alice","password":"\u00e9\ud83d\ude00"}}"#,
        #"{"a":[1,-2.5e+3,true,null,[[[{"b":{}}]]]],"x.y":{"":""},"more":false}"#,
        "[\"é€😀\",9223372036854775807,1e400,\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    ]

    /// Walks everything that can be asked of a value.
    private static func visit(_ value: JSONValue) -> Int {
        var visited = 1
        #expect((value.string == nil) == (value.secret == nil))
        #expect((value.integer != nil) == (value.kind == .integer))
        #expect(value.double == nil || value.kind == .integer || value.kind == .number)
        #expect(value.double != nil || value.kind != .integer)
        for element in value.elements ?? [] { visited += self.visit(element) }
        for (name, member) in value.members ?? [] {
            #expect(value[name]?.kind == member.kind)
            visited += self.visit(member)
        }
        return visited
    }

    @Test("never traps; what it accepts is UTF-8, can be walked, written and read again", arguments: 0..<seeds.count)
    func mutations(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed) + 1)
        let interesting: [UInt8] = Array("{}[],:\"\\u0dD8cC1-+.eE \u{1}".utf8) + [0x00, 0x80, 0xc0, 0xed, 0xf4, 0xff]
        var accepted = 0
        for _ in 0..<4000 {
            var bytes = Array(Self.seeds[seed].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes[place] = interesting.randomElement(using: &random) ?? 0
                case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
                case 3: if bytes.count > 1 { bytes.remove(at: place) }
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 9)], at: place)
                }
            }
            guard let value = try? JSONValue.parse(Frame(bytes)) else { continue }
            accepted += 1
            #expect(String(validating: bytes, as: UTF8.self) != nil)
            let written = Frame()
            var writer = JSONWriter(into: written)
            writer.value(value)
            #expect(writer.isComplete)
            #expect(try Self.visit(JSONValue.parse(written)) == Self.visit(value))
        }
        #expect(accepted > 0)
    }

    @Test("no prefix of a message is a message", arguments: seeds)
    func prefixes(text: String) {
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self) { try JSONValue.parse(Frame(bytes[..<length])) }
        }
    }
}
