import Testing
import TwinlockOTP

@Suite("A password with a code behind it")
struct CombinedAnswerTests {
    static func password(of answer: String, digits: Int = 6) -> String {
        let bytes = Array(answer.utf8)
        let count = bytes.withUnsafeBytes { CombinedAnswer.passwordBytes(of: $0, digits: digits) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test(
        "the digits of a code are taken from the right, and no more than a code has",
        arguments: [
            ("correct horse123456", "correct horse"), ("hunter12345678", "hunter12"), ("p123456", "p"),
            ("żółw123456", "żółw"), ("ends in a dash-123456", "ends in a dash-"),
        ]
    )
    func digits(answer: String, password: String) {
        #expect(Self.password(of: answer) == password)
    }

    @Test("an account's codes of eight digits are taken whole, and six digits then are a part of the password")
    func eight() {
        #expect(Self.password(of: "hunter12345678", digits: 8) == "hunter")
        #expect(Self.password(of: "hunter123456", digits: 8) == "hunter123456")
    }

    @Test(
        "a recovery code is taken in its dashed form, in either case and with the letters that are read as digits",
        arguments: ["ABCDE-FGHJK", "abcde-fghjk", "0O1IL-23456", "12345-67890"]
    )
    func recovery(code: String) {
        #expect(Self.password(of: "correct horse" + code) == "correct horse")
        #expect(Self.password(of: "correct-horse-" + code, digits: 8) == "correct-horse-")
    }

    @Test(
        "anything else is all password",
        arguments: [
            "correct horse", "correct horse12345", "pass 123 456", "pass123-456", "passABCDEFGHJK", "passABCDE FGHJK",
            "passABCD-EFGHJK", "passABCDE-FGHJU", "pass123456 ", "pass１２３４５６", "pass12345٦", "passABCDE--FGHJ", "",
        ]
    )
    func whole(answer: String) {
        #expect(Self.password(of: answer) == answer)
    }

    @Test("a code alone is all password: the password has a byte at least", arguments: ["123456", "ABCDE-FGHJK"])
    func alone(answer: String) {
        #expect(Self.password(of: answer) == answer)
    }

    @Test("what looks like both is a recovery code")
    func both() {
        #expect(Self.password(of: "pass12345-678901") == "pass12345-")
        #expect(Self.password(of: "passA2345-67890") == "pass")
    }
}
