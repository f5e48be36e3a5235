import Testing

@testable import TwinlockOTP

@Suite("recovery codes")
struct RecoveryCodeTests {
    private func code(_ text: String) -> RecoveryCode? {
        Array(text.utf8).withUnsafeBytes { RecoveryCode(normalizing: $0) }
    }

    private func code(random: [UInt8]) -> RecoveryCode {
        random.withUnsafeBytes { RecoveryCode(random: $0) }
    }

    private func text(_ code: RecoveryCode) -> String {
        code.text().withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("each of 32 values has a symbol of its own, none of them I, L, O or U")
    func alphabet() {
        var symbols: [Character] = []
        for value in UInt8(0)..<32 {
            let text = self.text(self.code(random: [UInt8](repeating: value, count: 10)))
            #expect(Set(text).subtracting("-").count == 1)
            symbols.append(text.first ?? "?")
        }
        #expect(String(symbols) == "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    }

    @Test("shown as two groups of five with a dash, the first random byte first")
    func shape() {
        #expect(self.text(self.code(random: Array(0..<10))) == "01234-56789")
        #expect(self.text(self.code(random: Array(22..<32))) == "PQRST-VWXYZ")
    }

    @Test("every symbol comes from exactly eight of the 256 values of its byte: none is likelier than another")
    func noBias() {
        for position in 0..<10 {
            var counts: [Character: Int] = [:]
            for byte in UInt8.min...UInt8.max {
                var random = [UInt8](repeating: 0, count: 10)
                random[position] = byte
                let text = Array(self.text(self.code(random: random)).filter { $0 != "-" })
                counts[text[position], default: 0] += 1
                #expect(text.enumerated().allSatisfy { $0.offset == position || $0.element == "0" })
            }
            #expect(counts.count == 32 && counts.values.allSatisfy { $0 == 8 })
        }
    }

    @Test(
        "case, spaces and dashes do not matter, I and L are 1, O is 0",
        arguments: [
            "01ABC-DEFGH", "01abcdefgh", "0 1 a b c d e f g h", " 01ABC DEFGH ", "01AB-CDE-FGH", "--01abc--defgh--",
            "OIABC-DEFGH", "olabc-defgh", "oiabc-defgh", "OLABCDEFGH",
        ]
    )
    func spellings(text: String) throws {
        let typed = try #require(self.code(text))
        #expect(typed.matches(try #require(self.code("01ABCDEFGH"))))
        #expect(self.text(typed) == "01ABC-DEFGH")
    }

    @Test(
        "anything else is no recovery code",
        arguments: [
            "", " ", "-", "01ABC-DEFG", "01ABC-DEFGHJ", "01ABC-DEFGU", "u1ABC-DEFGH", "01ABC_DEFGH", "01ABC\tDEFGH",
            "01ABC-DEFG\n", "01ABC\u{2013}DEFGH", "\u{ff10}1ABC-DEFGH", "01ABC-DEFG\u{0}", "01ABC-DEFG.", "01ABC/DEFGH",
            "01ABC:DEFGH", "01ABC@DEFGH", "01ABC[DEFGH", "01ABC`DEFG", "01ABC{DEFG", "123456", "12345678", "twl_ABCDEF",
            String(repeating: "0", count: 64),
        ]
    )
    func noCode(text: String) {
        #expect(self.code(text) == nil)
    }

    @Test("a code that differs in one bit, at whatever place, is another code")
    func differs() {
        let zero = self.code(random: [UInt8](repeating: 0, count: 10))
        for position in 0..<10 {
            for bit in 0..<5 {
                var random = [UInt8](repeating: 0, count: 10)
                random[position] = 1 << UInt8(bit)
                #expect(!self.code(random: random).matches(zero))
            }
        }
        #expect(zero.matches(self.code(random: [UInt8](repeating: 0xe0, count: 10))), "three bits of eight count")
    }

    @Test("what is stored comes back, and nothing else is read")
    func stored() throws {
        let code = self.code(random: Array(22..<32))
        let bytes = code.stored.withUnsafeBytes { Array($0) }
        #expect(bytes == [0x00, 0x02, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf], "what is in databases already")
        let again = try #require(RecoveryCode(stored: code.stored))
        #expect(again.matches(code) && self.text(again) == "PQRST-VWXYZ")
        for other in [
            [], Array(bytes.dropLast()), bytes + [0], [0, 4] + bytes.dropFirst(2), [0xff] + bytes.dropFirst(),
        ] {
            #expect(RecoveryCode(stored: other.withUnsafeBytes { SecretBytes(copying: $0) }) == nil, "\(other)")
        }
    }

    @Test("the codes of a set differ from each other, whatever the generator says")
    func distinct() {
        var draws = 0
        let codes = RecoveryCode.distinct(4) { count in
            defer { draws += 1 }
            return SecretBytes(count: count) { $0.initializeMemory(as: UInt8.self, repeating: UInt8(draws / 3)) }
        }
        #expect(codes.map(self.text) == ["00000-00000", "11111-11111", "22222-22222", "33333-33333"])
        #expect(draws == 10)
    }

    @Test("a recovery code does not show in a description or a dump")
    func redacted() {
        let code = self.code(random: Array(22..<32))
        var dumped = ""
        dump(code, to: &dumped)
        for text in ["\(code)", String(reflecting: code), dumped, "\([code])"] {
            #expect(text.contains("<redacted>") && !text.contains("PQRST"), "\(text)")
        }
    }
}

@Suite("what is typed at a prompt for a code")
struct TypedCodeTests {
    private func shape(_ text: String, digits: Int = 6) -> String {
        switch Array(text.utf8).withUnsafeBytes({ TypedCode(normalizing: $0, digits: digits) }) {
        case .code: "code"
        case .recoveryCode: "recovery code"
        case .neither: "neither"
        }
    }

    @Test(
        "digits of the account's length are a code, ten symbols a recovery code, all else is neither",
        arguments: [
            ("123456", "code"), ("123 456", "code"), ("12-34-56", "code"), ("0123456789", "recovery code"),
            ("01234-56789", "recovery code"), ("abcde-fghjk", "recovery code"), ("12345", "neither"), ("", "neither"),
            ("1234567", "neither"), ("12345678", "neither"), ("l23456", "neither"), ("12345678901", "neither"),
            (" - ", "neither"), ("yes", "neither"),
        ]
    )
    func shapes(text: String, expected: String) {
        #expect(self.shape(text) == expected)
    }

    @Test("no text has both shapes, whatever the account's length", arguments: [6, 7, 8])
    func disjoint(digits: Int) {
        for count in 0...16 {
            let text = String(repeating: "7", count: count)
            let expected = count == digits ? "code" : count == 10 ? "recovery code" : "neither"
            #expect(self.shape(text, digits: digits) == expected)
        }
    }
}
