import Testing
import TwinlockInterface
import TwinlockOTP
import TwinlockTerminal
import TwinlockVarlink

@testable import twinlock

@Suite("recovery codes as the command shows and compares them")
struct RecoveryCodesTests {
    static let codes = ["0123A-BCDEF", "GHJKM-NPQRS", "TVWXY-Z0123", "00000-11111", "ZZZZZ-YYYYY"]

    static func secrets(_ texts: [String]) -> [SecretText] { texts.map(WordsTests.secret) }

    static func isOne(_ typed: String) -> Bool {
        SavingCodes.isOne(WordsTests.secret(typed), of: self.secrets(self.codes))
    }

    @Test(
        "a code is known again in either case, with blanks and dashes anywhere, and by letters that look like digits",
        arguments: [
            "GHJKM-NPQRS", "ghjkmnpqrs", " ghjkm npqrs ", "g-h-j-k-m-n-p-q-r-s", "OOOOO-iIlL1", "ooooo11111",
            "TVWXY-ZO123", "TVWXY-Z0L23", "o123abcdef",
        ]
    )
    func isKnown(typed: String) {
        #expect(Self.isOne(typed))
    }

    @Test(
        "anything else is not: part of one, two at once, a code of the app, nothing",
        arguments: [
            "", " ", "-", "GHJKM", "GHJKM-NPQR", "GHJKM-NPQRSS", "GHJKM-NPQRS TVWXY-Z0123", "123456", "GHJKM_NPQRS",
            "GHJKM-NPQRT", "SRQPN-MKJHG", "\tGHJKM-NPQRS", "ＧＨＪＫＭ-NPQRS",
        ]
    )
    func isUnknown(typed: String) {
        #expect(!Self.isOne(typed))
    }

    @Test("what is taken here for a code is what the daemon takes for it, whatever byte stands in it")
    func sameReading() throws {
        let code = Self.codes[1]
        let daemons = try #require(RecoveryCode(text: code))
        for byte in UInt8.min...UInt8.max where byte != 0 {
            for place in 0..<code.utf8.count {
                var bytes = Array(code.utf8)
                bytes[place] = byte
                let typed = bytes.withUnsafeBytes { SecretText(copying: $0) }
                let isRight = bytes.withUnsafeBytes { RecoveryCode(normalizing: $0) }?.matches(daemons) ?? false
                #expect(SavingCodes.isOne(typed, of: Self.secrets([code])) == isRight, "byte \(byte) at \(place)")
            }
        }
    }

    @Test("new codes are in two columns, read from top to bottom, below the words that say what they are for")
    func twoColumns() {
        let text = WordsTests.text { RecoveryCodesText.writeNew(Self.secrets(Self.codes), into: $0) }
        #expect(text.contains("the only way back without the phone"))
        #expect(
            text.hasSuffix(
                "\n\n    0123A-BCDEF      00000-11111\n    GHJKM-NPQRS      ZZZZZ-YYYYY\n    TVWXY-Z0123\n\n"
            )
        )
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.split(separator: "\n").allSatisfy { $0.count < 80 })
    }

    private static func shown(host: String? = "192.0.2.7") -> ViewRecoveryCodesResult {
        ViewRecoveryCodesResult(
            recoveryCodes: [
                ShownRecoveryCode(code: WordsTests.secret(Self.codes[0])),
                ShownRecoveryCode(
                    code: WordsTests.secret(Self.codes[1]),
                    usedAt: 1_700_000_000,
                    usedService: "ss\u{1B}hd",
                    usedHost: host
                ),
            ],
            issuedAt: 1_690_000_000,
            acknowledged: false
        )
    }

    @Test("used codes are marked; what the daemon says of them cannot steer the terminal")
    func marks() throws {
        let text = WordsTests.text { RecoveryCodesText.writeAll(Self.shown(), of: "alice", into: $0) }
        #expect(text.contains("Recovery codes of alice, made 2023-07-2") && text.contains("1 left:\n"))
        #expect(text.contains("\n    0123A-BCDEF\n"))
        let line = try #require(text.split(separator: "\n").first { $0.contains("GHJKM") })
        #expect(line.hasPrefix("    GHJKM-NPQRS  used 2023-11-1") && line.hasSuffix("for ss\u{FFFD}hd from 192.0.2.7"))
        #expect(line.count < 80)
    }

    @Test("where a name is too long for the line, it has one of its own")
    func longHost() {
        let host = String(repeating: "h", count: 60)
        let text = WordsTests.text { RecoveryCodesText.writeAll(Self.shown(host: host), of: "alice", into: $0) }
        #expect(text.contains("\n    GHJKM-NPQRS\n                 used 2023-11-1"))
    }

    @Test("in a file all but the good codes is in lines that begin with a mark")
    func file() {
        let text = WordsTests.text {
            RecoveryCodesText.writeFile(Self.shown().recoveryCodes, of: "alice", issuedAt: 1_690_000_000, into: $0)
        }
        #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") } == ["0123A-BCDEF"])
        #expect(text.contains("\n# GHJKM-NPQRS  used "))
        #expect(text.hasPrefix("# Recovery codes of alice on "))
    }

    @Test("without any set of them that is said")
    func none() {
        let none = ViewRecoveryCodesResult(recoveryCodes: [], issuedAt: nil, acknowledged: false)
        #expect(
            WordsTests.text { RecoveryCodesText.writeAll(none, of: "alice", into: $0) }
                == "There are no recovery codes for alice.\n"
        )
    }

    @Test("a script finds every member of every code, null where there is nothing to say")
    func json() {
        #expect(
            WordsTests.text { RecoveryCodesText.writeJSON(Self.shown(host: nil), into: $0) } == #"{"recoveryCodes":["#
                + #"{"code":"0123A-BCDEF","usedAt":null,"usedService":null,"usedHost":null},"#
                + #"{"code":"GHJKM-NPQRS","usedAt":1700000000,"usedService":"ss\u001bhd","usedHost":null}],"#
                + #""issuedAt":1690000000,"acknowledged":false}"# + "\n"
        )
        let new = NewRecoveryCodesResult(recoveryCodes: Self.secrets(["0123A-BCDEF"]), issuedAt: 7)
        #expect(
            WordsTests.text { RecoveryCodesText.writeJSON(new, enabled: true, into: $0) }
                == #"{"enabled":true,"recoveryCodes":["0123A-BCDEF"],"issuedAt":7}"# + "\n"
        )
        #expect(
            WordsTests.text { RecoveryCodesText.writeJSON(new, into: $0) }
                == #"{"recoveryCodes":["0123A-BCDEF"],"issuedAt":7}"# + "\n"
        )
    }

    @Test("a sign-in by recovery code is named, with what is left")
    func signIn() {
        let signedIn = SignInResult(
            state: .signedIn,
            user: "alice",
            factors: [.password, .code],
            recoveryCodesLeft: 4,
            recoveryCodeUsed: true
        )
        let text = SignInText.lines(signedIn, sessionFile: nil)
        #expect(text.contains("with password and recovery code.\n"))
        #expect(text.contains("That recovery code is used up; 4 left.\n"))
        #expect(
            WordsTests.text { SignInText.writeJSON(signedIn, isKept: false, into: $0) }
                .hasSuffix(#""recoveryCodesLeft":4,"recoveryCodeUsed":true}"# + "\n")
        )
    }
}

extension RecoveryCode {
    fileprivate init?(text: String) {
        guard let code = Array(text.utf8).withUnsafeBytes({ RecoveryCode(normalizing: $0) }) else { return nil }
        self = code
    }
}
