import Testing
import TwinlockInterface
import TwinlockTerminal
import TwinlockVarlink

@testable import twinlock

@Suite("what the command says")
struct WordsTests {
    static func text(_ write: (Frame) -> Void) -> String {
        let frame = Frame()
        write(frame)
        return frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    static func secret(_ text: String) -> SecretText {
        Array(text.utf8).withUnsafeBytes { SecretText(copying: $0) }
    }

    @Test(
        "every named error has its exit status",
        arguments: [
            (.authenticationFailed, .refused), (.tooManyFailures(seconds: 9), .notNow),
            (.tooManyFailures(seconds: nil), .notNow), (.signInAgain, .refused), (.passwordExpired, .refused),
            (.codeAlreadyUsed, .refused), (.unavailable, .notNow), (.notEnabled, .refused), (.noSetUp, .refused),
            (.recoveryCodesReplaced, .refused),
        ] as [(NamedError, Outcome)]
    )
    func exitStatus(error: NamedError, expected: Outcome) {
        let failure = Failure(error)
        #expect(failure.status == expected)
        #expect(failure.cause == error)
        #expect(!failure.message.isEmpty && !failure.message.hasSuffix("."))
    }

    @Test(
        "a wait is never told shorter than it is",
        arguments: [(1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (121, "3 minutes"), (900, "15 minutes")]
    )
    func duration(seconds: Int, expected: String) {
        #expect(Wording.duration(seconds) == expected)
    }

    @Test("status for a script has every member, whatever applies")
    func statusJSON() {
        let off = GetStatusResult(
            user: "alice",
            uid: 1000,
            enabled: false,
            enabledAt: nil,
            setUpBegun: true,
            failedCodes: 0,
            waitSeconds: nil,
            exhausted: false
        )
        #expect(
            Self.text { StatusText.writeJSON(off, into: $0) } == #"{"user":"alice","uid":1000,"enabled":false,"#
                + #""enabledAt":null,"setUpBegun":true,"failedCodes":0,"waitSeconds":null,"exhausted":false,"#
                + #""recoveryCodesLeft":null,"recoveryCodesAcknowledged":null,"recoveryCodesInDoubt":null,"#
                + #""recoverySetUpUntil":null}"# + "\n"
        )
    }

    @Test("status for a person names a wait and an exhausted account")
    func statusText() {
        var status = GetStatusResult(
            user: "alice",
            uid: 1000,
            enabled: true,
            enabledAt: nil,
            setUpBegun: false,
            failedCodes: 7,
            waitSeconds: 42,
            exhausted: false
        )
        #expect(StatusText.lines(status).contains("7: codes are refused for another 42 seconds\n"))
        status.waitSeconds = nil
        status.exhausted = true
        #expect(StatusText.lines(status).contains("7: codes are refused until the failures are cleared\n"))
    }

    @Test("status for a person tells how the recovery codes stand, and of the leave after a lost phone")
    func recoveryStatus() {
        var status = GetStatusResult(
            user: "alice",
            uid: 1000,
            enabled: true,
            enabledAt: nil,
            setUpBegun: false,
            failedCodes: 0,
            waitSeconds: nil,
            exhausted: false
        )
        #expect(StatusText.lines(status).contains("Recovery codes    none"))
        status.recoveryCodesLeft = 2
        status.recoveryCodesAcknowledged = false
        #expect(StatusText.lines(status).contains("Recovery codes    2 left, not known to be saved\n"))
        #expect(!StatusText.lines(status).contains("Lost phone"))
        status.recoveryCodesAcknowledged = true
        status.recoverySetUpUntil = 1_700_000_000
        #expect(StatusText.lines(status).contains("Recovery codes    2 left, saved\n"))
        #expect(StatusText.lines(status).contains("Lost phone        until 2023-11-1"))
        status.enabled = false
        status.recoveryCodesLeft = nil
        #expect(!StatusText.lines(status).contains("Recovery codes"))
    }

    @Test("lines are folded at blanks, and never inside a command")
    func folded() {
        #expect(Wording.folded("one two", columns: 80) == "one two")
        #expect(Wording.folded("one two three", columns: 9) == "one two\n    three")
        #expect(Wording.folded("say `a b c d e` now", columns: 12) == "say\n    `a b c d e`\n    now")
        #expect(Wording.folded("incomprehensibilities", columns: 4) == "incomprehensibilities")
    }

    @Test("a set-up shows all that an app asks for, and the key in groups of four")
    func setUp() {
        let setUp = BeginSetUpResult(
            account: "al\u{1B}ice",
            issuer: "host",
            secret: Self.secret("ABCDEFGHIJ"),
            uri: Self.secret("otpauth://x"),
            algorithm: "SHA1",
            digits: 6,
            period: 30,
            expires: 1_800_000_000
        )
        let text = Self.text { SetUpText.write(setUp, replaces: false, withQR: false, into: $0) }
        for line in [
            "  Account    al\u{FFFD}ice", "  Issuer     host", "  Key        ABCD EFGH IJ",
            "  Type       TOTP (time based)",
            "  Algorithm  SHA1", "  Digits     6", "  Period     30 seconds",
        ] {
            #expect(text.contains(line + "\n"))
        }
        #expect(!text.contains("in use"))
        #expect(
            Self.text { SetUpText.write(setUp, replaces: true, withQR: true, into: $0) }.contains("QR code below")
        )
        let json = Self.text { SetUpText.writeJSON(setUp, into: $0) }
        #expect(json.hasSuffix("}\n") && json.filter { $0 == "\n" }.count == 1)
        #expect(json.contains(#""secret":"ABCDEFGHIJ","uri":"otpauth:"#))
    }
}
